"""Models of departures, returns and leave."""

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Movement(models.Model):
    """A recorded departure or return, which is a fact for the rules. One recorded by mistake is struck, not deleted.

    `at` is the midnight in Lagos after the last working day, or at the start of the first day back.
    """

    class Kind(models.TextChoices):
        DEPARTURE = "departure", "Left"
        RETURN = "return", "Came back"

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "kind", "at"], condition=models.Q(struck_at=None), name="one_movement_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff} {self.get_kind_display().lower()}"


class Leave(models.Model):
    """Local days, first and last included, on which somebody takes no new inquiries."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leaves")
    first_day = models.DateField()
    last_day = models.DateField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="a_leave_ends_after_it_begins"
            ),
            models.UniqueConstraint(fields=["staff", "first_day", "last_day"], name="a_leave_once"),
        ]

    def __str__(self) -> str:
        return f"{self.staff}: {self.first_day:%d %b %Y} to {self.last_day:%d %b %Y}"
