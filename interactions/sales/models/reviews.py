from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class OnlineReview(models.Model):
    """What a customer said of us in public: one review of one site. The site may change it; the hub never does."""

    source = models.SlugField(max_length=30)
    external_id = models.CharField("review ID", max_length=60)
    platform = models.CharField(max_length=60, blank=True)
    written_on = models.DateField("date")
    rating = models.DecimalField(max_digits=5, decimal_places=2)
    out_of = models.DecimalField(max_digits=5, decimal_places=2, default=5)
    author = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    division = models.ForeignKey(
        "accounts.Division", null=True, blank=True, on_delete=models.PROTECT, related_name="online_reviews"
    )
    account = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.SET_NULL, related_name="online_reviews"
    )
    run = models.ForeignKey(
        "accounts.ImportRun",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What brought it.",
    )
    recorded_at = models.DateTimeField(editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    history = HistoricalRecords()
    _history_user: Any

    class Meta:
        ordering = ["-written_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_online_review_an_id"),
            models.CheckConstraint(
                condition=models.Q(rating__gte=0, rating__lte=models.F("out_of")), name="a_rating_fits_its_scale"
            ),
        ]
        indexes = [models.Index(fields=["division", "-written_on"], name="online_review_by_division")]

    def __str__(self) -> str:
        return f"{self.platform or self.source} {self.external_id}"
