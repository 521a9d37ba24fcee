from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords


class RulingKind(models.TextChoices):
    VOID = "void", "Strike the fact out"
    CREDIT = "credit", "Credit the sale to somebody else"
    RECLASSIFY = "reclassify", "Say whether the interaction was substantive"


class Dispute(models.Model):
    """A question of whose an account is, put to a division head with the evidence; kept for good.

    What it was decided on is copied into it when it is closed: what becomes of the facts later doesn't change it. Who
    claims the account is said once, when it is opened.
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
        """For a badge."""
        return self.get_state_display().partition(":")[0]

    @property
    def tone(self) -> str:
        """The badge's kind."""
        return {self.State.OPEN: "warn", self.State.RULED: "success"}.get(self.State(self.state), "")


class RulingOnAFact(models.Model):
    """What a ruling says of one fact."""

    kind = models.CharField(max_length=10, choices=RulingKind.choices)
    target = models.CharField(max_length=40, help_text="Id of the fact.")
    credited_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    substantive = models.BooleanField(null=True, blank=True)
    reason = models.TextField()

    class Meta:
        abstract = True


class DraftRuling(RulingOnAFact):
    """A ruling that a head thinks of. It changes nothing until it is signed."""

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


class Ruling(RulingOnAFact):
    """A signed ruling: a fact. A later one on the same fact takes its place; none is changed or deleted."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="rulings")
    dispute = models.ForeignKey(Dispute, null=True, on_delete=models.PROTECT, related_name="rulings")
    entry = models.ForeignKey(
        "interactions.Interaction",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The log's entry that it is about, if it is about one: kept as long as the ruling.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rulings")
    at = models.DateTimeField()
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.target})"
