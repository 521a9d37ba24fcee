"""Routings of inquiries to people."""

from django.conf import settings
from django.db import models


class RoutedBy(models.TextChoices):
    OWNER = "owner", "The account's owner"
    LEAD = "lead", "The account's lead"
    ROTATION = "rotation", "The division's rotation"
    NOBODY = "nobody", "Nobody could be found"


class Routing(models.Model):
    """An inquiry that went to a person (or to nobody) by the rule `routed_by`.

    It is never changed, because the rotation goes by it.
    """

    division = models.ForeignKey("accounts.Division", on_delete=models.PROTECT, related_name="routings")
    product_line = models.ForeignKey(
        "accounts.ProductLine", null=True, on_delete=models.PROTECT, related_name="routings"
    )
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.SET_NULL, related_name="routings")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="routings")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who asked."
    )
    routed_by = models.CharField(max_length=10, choices=RoutedBy.choices)
    at = models.DateTimeField()
    explanation = models.JSONField(default=list, help_text="Sentences: why this person.")
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["division", "product_line", "to", "-id"], name="routing_in_turn")]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="a_routing_once_a_key"),
            models.CheckConstraint(
                condition=models.Q(routed_by="nobody", to=None)
                | (~models.Q(routed_by="nobody") & models.Q(to__isnull=False)),
                name="a_routing_names_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.division} to {self.to or 'nobody'}"
