"""What-if questions about the policy, and the accounts that would change."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse

from accounts.records.models.accounts import OwnershipState


class WhatIf(models.Model):
    """A question: which accounts would change hands, as of an instant, if the clocks ran differently?

    A job answers it and changes no account. Questions are kept for 30 days.
    """

    orphan_after_months = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    lead_days = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    policy = models.ForeignKey(
        "ownership.Policy", on_delete=models.PROTECT, related_name="+", help_text="In force at the instant."
    )
    as_of = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey("accounts.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text="Accounts looked at, and how many would change in which way.")

    class Meta:
        ordering = ["-as_of", "-pk"]

    def __str__(self) -> str:
        return f"What if {self.orphan_after_months} months, {self.lead_days} days"

    def get_absolute_url(self) -> str:
        return reverse("ownership:what_if", args=[self.pk])


class WhatIfChange(models.Model):
    """An account that would be in other hands or in another state under the question's clocks."""

    class Kind(models.TextChoices):
        OTHER = "other", "Somebody else's"
        FREED = "freed", "Nobody's any more"
        HELD = "held", "Somebody's again"
        STATE = "state", "Another state, same hands"

    what_if = models.ForeignKey(WhatIf, on_delete=models.CASCADE, related_name="changes")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    owner_now = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state_now = models.CharField(max_length=12, choices=OwnershipState.choices)
    owner_then = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state_then = models.CharField(max_length=12, choices=OwnershipState.choices)

    class Meta:
        ordering = ["what_if", "kind", "account"]
        constraints = [models.UniqueConstraint(fields=["what_if", "account"], name="a_change_once_a_what_if")]

    def __str__(self) -> str:
        return f"{self.account}: {self.get_kind_display()}"
