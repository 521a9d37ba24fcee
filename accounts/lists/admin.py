"""The read-only admin page of saved views."""

from django.contrib import admin

from accounts.lists.models import SavedView
from accounts.people.admin_bases import ReadOnlyAdmin


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ["name", "list_name", "owner", "division", "created_at"]
    list_filter = ["list_name", "division"]
    list_select_related = ["owner", "division"]
    search_fields = ["name"]
