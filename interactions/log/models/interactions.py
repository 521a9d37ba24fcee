"""The model of interactions: the entries of the log."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from interactions.log.channels import CHANNELS
from mikano_cx.kit.history import LeanHistory

AMENDABLE_FOR = timedelta(minutes=15)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # the earliest instant that an entry may have happened at


class Channel(models.TextChoices):
    PHONE = "phone", CHANNELS["phone"].label
    WHATSAPP = "whatsapp", CHANNELS["whatsapp"].label
    EMAIL = "email", CHANNELS["email"].label
    MEETING = "meeting", CHANNELS["meeting"].label
    SITE_VISIT = "site_visit", CHANNELS["site_visit"].label
    WALK_IN = "walk_in", CHANNELS["walk_in"].label
    WEB = "web", CHANNELS["web"].label
    OTHER = "other", CHANNELS["other"].label


class Direction(models.TextChoices):
    OUT = "out", "We contacted them"
    IN = "in", "They contacted us"
    NONE = "", "Not said"


class Source(models.TextChoices):
    WEB = "web", "Logged in the hub"
    IMPORT = "import", "Imported"
    API = "api", "Logged through the API"


class LogIsEvidence(Exception):
    """An attempt to edit or delete a logged entry. Entries are amended beside, or voided with a reason."""


class InteractionQuerySet(models.QuerySet["Interaction"]):
    def for_listing(self) -> "InteractionQuerySet":
        return self.select_related("contact", "account", "logged_by", "kind")

    def valid(self) -> "InteractionQuerySet":
        return self.filter(voided_at=None)

    def open_actions(self) -> "InteractionQuerySet":
        """Entries with a next action that is still to be done."""
        return self.valid().filter(done_at=None).exclude(next_action="")

    def actions_of(self, person: Any) -> "InteractionQuerySet":
        """Open next actions that are the person's: on own entries unless handed over, or handed over to the person."""
        return self.open_actions().filter(models.Q(handed_to=person) | models.Q(handed_to=None, logged_by=person))

    def due(self, on: date) -> "InteractionQuerySet":
        """Entries whose next action is due on the local day `on` or overdue."""
        return self.open_actions().filter(due_on__lte=on)

    def update(self, **values: Any) -> int:
        """Update in bulk. Columns of the entry's own life (next action, done, void) may change; evidence may not."""
        forbidden = set(values) & Interaction.EVIDENCE
        if forbidden:
            raise LogIsEvidence(f"The log is evidence: {', '.join(sorted(forbidden))} can't be changed in bulk.")
        return super().update(**values)

    def delete(self) -> Any:
        raise LogIsEvidence("The log is evidence: void the interaction with a reason.")

    def erase(self) -> int:
        """Delete rows for good: only for undoing an import and clearing the demo."""
        if self.exclude(source=Source.IMPORT).exclude(is_demo=True).exists():
            raise LogIsEvidence("Only imported rows (undo) and demo rows can be erased.")
        return super().delete()[0]


class Interaction(models.Model):
    """One touchpoint with a customer: the instant it happened and, separately, the instant it was logged."""

    EVIDENCE: ClassVar[frozenset[str]] = frozenset(
        "code occurred_at logged_at contact contact_id account account_id channel channel_word kind kind_id "
        "substantive direction notes confidential logged_by logged_by_id by_salesperson source idempotency_key".split()
    )

    code = models.CharField("interaction ID", max_length=24, unique=True, editable=False)
    occurred_at = models.DateTimeField("when it happened")
    logged_at = models.DateTimeField("when it was logged", editable=False, help_text="The server's clock.")
    # Declared indexes begin with contact, account and logged_by; no query filters by done_by or voided_by.
    contact = models.ForeignKey(
        "accounts.Contact",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="interactions",
        db_index=False,
    )
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="interactions",
        help_text="The contact's at that time.",
        db_index=False,
    )
    channel = models.CharField(max_length=12, choices=Channel.choices)
    channel_word = models.CharField(max_length=40, blank=True, help_text="The word of an imported row, if unknown.")
    kind = models.ForeignKey("interactions.InteractionKind", on_delete=models.PROTECT, related_name="interactions")
    substantive = models.BooleanField(help_text="As the kind was defined when this was logged.")
    direction = models.CharField(max_length=4, choices=Direction.choices, blank=True)
    notes = models.TextField(blank=True)
    confidential = models.BooleanField(default=False, help_text="Notes are for the account's division only.")
    next_action = models.CharField(max_length=200, blank=True)
    due_on = models.DateField("action due date", null=True, blank=True)
    done_at = models.DateTimeField("done when", null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    handed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name="next action handed to",
    )
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="interactions",
        editable=False,
        db_index=False,
    )
    by_salesperson = models.BooleanField(
        default=True, editable=False, help_text="Whether who logged it sold then: a salesperson claims an orphan."
    )
    source = models.CharField(max_length=8, choices=Source.choices, editable=False)
    import_run = models.ForeignKey(
        "accounts.ImportRun", null=True, editable=False, on_delete=models.SET_NULL, related_name="interactions"
    )
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts changes, to notice a conflict.")
    amended_at = models.DateTimeField(null=True, editable=False)
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    void_reason = models.CharField(max_length=300, blank=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    history = LeanHistory()
    _history_user: Any
    _loaded: dict[str, Any]

    objects = InteractionQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="interaction_by_time"),
            models.Index(fields=["account", "-occurred_at", "-id"], name="interaction_by_account"),
            models.Index(fields=["contact", "-occurred_at", "-id"], name="interaction_by_contact"),
            models.Index(fields=["logged_by", "-occurred_at", "-id"], name="interaction_by_logger"),
            models.Index(
                fields=["logged_by", "due_on"],
                condition=models.Q(done_at=None, voided_at=None, due_on__isnull=False) & ~models.Q(next_action=""),
                name="open_action_by_logger",
            ),
            models.Index(
                fields=["handed_to", "due_on"],
                condition=models.Q(done_at=None, voided_at=None, handed_to__isnull=False) & ~models.Q(next_action=""),
                name="open_action_handed_over",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(code=""), name="an_interaction_has_a_code"),
            models.CheckConstraint(condition=models.Q(occurred_at__gte=EARLIEST), name="it_happened_since_2000"),
            models.CheckConstraint(
                condition=models.Q(amended_at=None)
                | models.Q(
                    amended_at__lte=models.F("logged_at") + AMENDABLE_FOR, amended_at__gte=models.F("logged_at")
                ),
                name="amended_within_15_minutes",
            ),
            models.CheckConstraint(
                condition=models.Q(voided_at=None, void_reason="")
                | (models.Q(voided_at__isnull=False) & ~models.Q(void_reason="")),
                name="a_void_has_a_reason",
            ),
            models.UniqueConstraint(fields=["idempotency_key"], name="an_interaction_once_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_channel_display()}"

    @property
    def action_by(self) -> Any:
        """The member of staff who is to do the next action, or None."""
        return self.handed_to or self.logged_by

    @property
    def closed_at_import(self) -> bool:
        """Whether the next action was imported as closed, so that nobody is recorded as having done it."""
        return self.done_at is not None and self.done_by_id is None

    def get_absolute_url(self) -> str:
        return reverse("interactions:interaction", args=[self.code])

    def amendable(self, *, by: object, at: datetime) -> bool:
        """Whether `by` may change the entry itself at the instant `at`: its author may, for 15 minutes.

        Imported entries are only amended beside, because nobody typed them here.
        """
        live = self.source != Source.IMPORT and self.voided_at is None
        return live and by == self.logged_by and self.logged_at <= at <= self.logged_at + AMENDABLE_FOR

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **options: Any) -> "Interaction":
        instance = super().from_db(db, field_names, values, **options)
        instance._loaded = {
            name: value for name, value in zip(field_names, values, strict=True) if name in cls.EVIDENCE
        }
        return instance

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, but refuse (`LogIsEvidence`) a change of evidence, unless it is an amendment within the 15 minutes.

        A trigger and a constraint in the database refuse it too; this method gives the readable message.
        """
        changed = {name for name, value in getattr(self, "_loaded", {}).items() if getattr(self, name) != value}
        if changed & {"code", "logged_at", "logged_by_id", "source", "idempotency_key"}:
            raise LogIsEvidence("The log is evidence: who logged an interaction, and when, is never changed.")
        if changed and (self.amended_at is None or self.amended_at > self.logged_at + AMENDABLE_FOR):
            raise LogIsEvidence(
                "The log is evidence: after 15 minutes an amendment is a new entry beside the original."
            )
        super().save(*args, **kwargs)
        self._loaded = {name: getattr(self, name) for name in self.EVIDENCE if name in self.__dict__}

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise LogIsEvidence("The log is evidence: void the interaction with a reason.")
