"""Definitions of metrics, versioned by day."""

from datetime import date

from django.conf import settings
from django.db import models


class DefinitionQuerySet(models.QuerySet["Definition"]):
    def in_force(self, metric: str, on: date) -> "Definition":
        """The definition of the metric that holds on the local day `on`. Raises DoesNotExist before the first."""
        found = self.filter(metric=metric, effective_from__lte=on).order_by("-effective_from").first()
        if found is None:
            raise Definition.DoesNotExist(f"No definition of {metric} is in force on {on}.")
        return found


class Definition(models.Model):
    """The definition and the target of a metric from a local day on; P&BI adds versions and edits none.

    A past period keeps the definition of its time.
    """

    class Metric(models.TextChoices):
        ADOPTION = "adoption", "Adoption Rate"

    metric = models.CharField(max_length=40, choices=Metric.choices)
    effective_from = models.DateField()
    target = models.DecimalField(max_digits=9, decimal_places=2, help_text="Percent; the figure must be above it.")
    text = models.TextField(help_text="The definition, shown beside every figure.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = DefinitionQuerySet.as_manager()

    class Meta:
        ordering = ["metric", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "effective_from"], name="one_definition_a_metric_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} from {self.effective_from:%d %b %Y}"
