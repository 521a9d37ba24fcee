"""The read-only admin page of saved views."""

from django.contrib import admin

from accounts.lists.models import SavedView
from accounts.lists.registry import LISTS
from accounts.people.admin_bases import ReadOnlyAdmin


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ["name", "shown_list", "owner", "division", "created_at"]
    list_filter = ["list_name", "division"]
    list_select_related = ["owner", "division"]
    search_fields = ["name"]

    @admin.display(description="List", ordering="list_name")
    def shown_list(self, obj: SavedView) -> str:
        return LISTS.get(obj.list_name, obj.list_name)
