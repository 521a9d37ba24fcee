from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Movement(models.Model):
    """Somebody left, or came back: a fact. What was recorded by mistake is struck, not deleted.

    A departure is `at` midnight after the last working day, a return at midnight of the first day back (Lagos).
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
    """Days (both included, local) on which somebody takes no new inquiries."""

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
