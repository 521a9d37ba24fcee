"""Renewals: facts recorded anew after a ruling struck them out by mistake."""

from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Renewal(models.Model):
    """A fact recorded anew, because the ruling that struck it out was wrong. It is never changed or deleted.

    It takes effect when the struck fact did, and is known from `recorded_at` on. A sale or an interaction is never
    renewed: another ruling restores it.
    """

    class Kind(models.TextChoices):
        CREATED = "created", "First logging"
        ASSIGNMENT = "assignment", "Assignment"

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="renewals")
    target = models.CharField(max_length=40, help_text="Id of the fact that was struck out.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who logged the account first, or to whom it was assigned.",
    )
    at = models.DateTimeField(help_text="When it took effect, as the struck one.")
    recorded_at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    is_demo = models.BooleanField(default=False, editable=False)
    history = HistoricalRecords()
    _history_user: Any

    class Meta:
        ordering = ["recorded_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["target"], name="a_fact_is_renewed_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.target}) anew"
