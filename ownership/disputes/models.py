"""Disputes, and the draft rulings of their heads."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from ownership.facts.models import RulingOnAFact


class Dispute(models.Model):
    """A question of whose an account is, put to its division head with the evidence. It is kept for good.

    Closing it copies the evidence and both time lines into it, so later changes of the facts don't change the record.
    The claimants are named when it is opened and stay the same.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RULED = "ruled", "Ruled on"
        UPHELD = "upheld", "Closed: the finding stands"
        WITHDRAWN = "withdrawn", "Withdrawn"

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="disputes")
    question = models.TextField()
    claimants = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="disputes_claimed")
    flag = models.ForeignKey(
        "ownership.OwnershipFlag", null=True, blank=True, on_delete=models.SET_NULL, related_name="disputes"
    )
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Why it was decided so.")
    before = models.JSONField(null=True, help_text="The time line before the signed rulings.")
    after = models.JSONField(null=True, help_text="The time line after them.")
    evidence = models.JSONField(
        null=True, help_text="The facts, and what was ruled on them, as they were shown when it was closed."
    )
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    history = HistoricalRecords(excluded_fields=["before", "after", "evidence", "idempotency_key"])
    _history_user: Any

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="open"), name="one_open_dispute_an_account"
            ),
            models.UniqueConstraint(fields=["idempotency_key"], name="a_dispute_once_a_key"),
            models.CheckConstraint(
                condition=models.Q(state="open", closed_at=None, closed_by=None)
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False, closed_by__isnull=False)),
                name="a_closed_dispute_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk} on {self.account}"

    def get_absolute_url(self) -> str:
        return reverse("ownership:dispute", args=[self.pk])

    @property
    def short_state(self) -> str:
        """The state in one or two words, for a badge."""
        return self.get_state_display().partition(":")[0]

    @property
    def tone(self) -> str:
        """The badge's tone."""
        return {self.State.OPEN: "warn", self.State.RULED: "success"}.get(self.State(self.state), "")


class DraftRuling(RulingOnAFact):
    """A ruling that a head has drafted. It changes nothing until it is signed."""

    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    history = HistoricalRecords()
    _history_user: Any

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["dispute", "target"], name="one_draft_a_fact")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.target})"
