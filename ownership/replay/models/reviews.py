"""Owner reviews: differences between a workbook and the rules that a division head decides."""

from django.conf import settings
from django.db import models

from accounts.records.models.accounts import OwnershipState


class OwnerReview(models.Model):
    """An imported account whose owner in the workbook differs from the rules' owner: a division head decides.

    The account shows the workbook's owner until the head accepts the rules' owner.
    """

    class State(models.TextChoices):
        PENDING = "pending", "To be looked at"
        HELD = "held", "Held"
        ACCEPTED = "accepted", "Accepted"
        AGREED = "agreed", "No difference any more"

    OPEN = (State.PENDING.value, State.HELD.value)

    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="owner_reviews")
    import_run = models.ForeignKey("accounts.ImportRun", null=True, on_delete=models.SET_NULL, related_name="+")
    workbook_owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    computed_state = models.CharField(max_length=12, choices=OwnershipState.choices)
    computed_owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    computed_since = models.DateTimeField(null=True)
    rule = models.CharField(max_length=20, blank=True)
    evidence = models.JSONField(default=list)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state__in=["pending", "held"]), name="one_open_review_an_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.get_state_display()}"
