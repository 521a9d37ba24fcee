"""Models of divisions, their product lines and their working hours."""

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords


class Division(models.Model):
    """A part of Mikano with its own customers, head and data steward."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80, unique=True)
    head = models.ForeignKey(
        "accounts.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="divisions_headed"
    )
    steward = models.ForeignKey(
        "accounts.Staff", null=True, blank=True, on_delete=models.PROTECT, related_name="divisions_stewarded"
    )
    go_live_on = models.DateField("go-live date", null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class ProductLine(models.Model):
    """Something that a division sells. Inquiries about it rotate among the salespeople who have the line."""

    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="product_lines")
    name = models.CharField(max_length=80)
    history = HistoricalRecords()

    class Meta:
        ordering = ["division", "name"]
        constraints = [models.UniqueConstraint(fields=["division", "name"], name="a_product_line_once_a_division")]

    def validate_constraints(self, exclude: Any = None) -> None:
        """Do nothing: the action refuses names that are taken."""

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """One stretch of working time on a weekday, in local time. A day without a row is a day off."""

    WEEKDAYS = list(enumerate(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]))

    division = models.ForeignKey(Division, on_delete=models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS)
    opens = models.TimeField()
    closes = models.TimeField()
    history = HistoricalRecords()

    class Meta:
        ordering = ["division", "weekday"]
        verbose_name_plural = "working hours"
        constraints = [
            models.UniqueConstraint(fields=["division", "weekday"], name="one_stretch_a_weekday"),
            models.CheckConstraint(condition=models.Q(opens__lt=models.F("closes")), name="opens_before_it_closes"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"
