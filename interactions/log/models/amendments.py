"""The model of amendments."""

from typing import Any

from django.conf import settings
from django.db import models

from interactions.log.models.interactions import LogIsEvidence


class AmendmentQuerySet(models.QuerySet["Amendment"]):
    def update(self, **values: Any) -> int:
        raise LogIsEvidence("An amendment is evidence too: add another one.")

    def delete(self) -> Any:
        raise LogIsEvidence("An amendment is evidence too: add another one.")

    def erase(self) -> int:
        """Delete rows for good: only for undoing an import."""
        if self.filter(import_run=None).exists():
            raise LogIsEvidence("Only what an import brought can be erased (undo).")
        return super().delete()[0]


class Amendment(models.Model):
    """A dated text beside an interaction that says what should have been logged. The original stays as it was."""

    interaction = models.ForeignKey("interactions.Interaction", on_delete=models.CASCADE, related_name="amendments")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(help_text="What is amended, in words.")
    values = models.JSONField(
        default=dict,
        help_text="Cells that an imported file gives otherwise than the entry, by field; the latest counts.",
    )
    import_run = models.ForeignKey("accounts.ImportRun", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AmendmentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"Amendment of {self.interaction_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LogIsEvidence("An amendment is evidence too: add another one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise LogIsEvidence("An amendment is evidence too: add another one.")
