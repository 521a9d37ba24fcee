"""Rulings, and the fields that they share with their drafts."""

from django.conf import settings
from django.db import models


class RulingKind(models.TextChoices):
    VOID = "void", "Strike the fact out"
    CREDIT = "credit", "Credit the sale to somebody else"
    RECLASSIFY = "reclassify", "Say whether the interaction was substantive"


class RulingOnAFact(models.Model):
    """The fields of a ruling on one fact: void, credit (`credited_to`) or reclassify (`substantive`)."""

    kind = models.CharField(max_length=10, choices=RulingKind.choices)
    target = models.CharField(max_length=40, help_text="Id of the fact.")
    credited_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    substantive = models.BooleanField(null=True, blank=True)
    reason = models.TextField()

    class Meta:
        abstract = True


class Ruling(RulingOnAFact):
    """A signed ruling, itself a fact. A later one on the same fact replaces it; none is changed or deleted."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="rulings")
    dispute = models.ForeignKey("ownership.Dispute", null=True, on_delete=models.PROTECT, related_name="rulings")
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
