"""The stored time line of an account: its segments and its flags."""

from django.conf import settings
from django.db import models

from accounts.records.models.accounts import OwnershipState

HELD = (OwnershipState.OWNED.value, OwnershipState.LED.value)


class TenureQuerySet(models.QuerySet["Tenure"]):
    def current(self) -> "TenureQuerySet":
        return self.filter(end=None)


class Tenure(models.Model):
    """One segment of an account's time line, as the rules derive it; only `ownership.replay.actions.replay` writes it.

    The database ensures that an account's segments don't overlap and that at most one is open. The replay writes them
    without gaps and leaves the last one open; the audit compares them with the facts.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="tenures")
    state = models.CharField(max_length=12, choices=OwnershipState.choices)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="tenures")
    start = models.DateTimeField()
    end = models.DateTimeField(null=True)
    rule = models.CharField(max_length=20, help_text="The rule that began it, by its name in the rules of engagement.")
    evidence = models.JSONField(help_text="Ids of the facts that the rule rests on.")

    objects = TenureQuerySet.as_manager()

    class Meta:
        ordering = ["account", "start"]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=models.Q(end=None), name="one_open_segment"),
            models.UniqueConstraint(fields=["account", "start"], name="one_segment_begins_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(end=None) | models.Q(end__gt=models.F("start")), name="a_segment_has_a_length"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=HELD, holder__isnull=False)
                | (~models.Q(state__in=HELD) & models.Q(holder=None)),
                name="who_holds_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} from {self.start:%d %b %Y}"


class FlagKind(models.TextChoices):
    """The kinds of flags; the engine calls them the flag's cause."""

    OUT_OF_TURN_SALE = "out-of-turn-sale", "Out-of-turn sale"
    ASSIGNMENT_IGNORED = "assignment-ignored", "Ignored assignment"


class OwnershipFlag(models.Model):
    """Something in an account's time line that its division head should see.

    The replay derives it from the facts; `seen_at` and `seen_by` alone come from people.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="ownership_flags")
    kind = models.CharField(max_length=20, choices=FlagKind.choices)
    at = models.DateTimeField()
    evidence = models.JSONField(help_text="Ids of the facts concerned.")
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "at", "evidence"], name="a_flag_once"),
            models.CheckConstraint(
                condition=models.Q(seen_at=None, seen_by=None) | models.Q(seen_at__isnull=False, seen_by__isnull=False),
                name="a_seen_flag_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.at:%d %b %Y}"
