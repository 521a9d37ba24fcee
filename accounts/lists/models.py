"""The model of a saved view."""

from django.conf import settings
from django.db import models

from accounts.lists.registry import LISTS


def list_choices() -> list[tuple[str, str]]:
    return list(LISTS.items())


class SavedView(models.Model):
    """A list's address (filters, sorting, columns) saved under a name for one person or a whole division."""

    list_name = models.CharField("list", max_length=20, choices=list_choices)
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, help_text="The part of the address after the question mark.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    division = models.ForeignKey(
        "accounts.Division", null=True, blank=True, on_delete=models.CASCADE, help_text="Shared with this division."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_name", "name"], name="a_view_name_once_a_person_and_list")
        ]

    def __str__(self) -> str:
        return self.name
