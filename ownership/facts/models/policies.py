"""The policy: how long the clocks of the rules run, from which day on."""

from datetime import date, datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from mikano_cx.kit.local_time import day_start, local_date


class PolicyQuerySet(models.QuerySet["Policy"]):
    def in_force(self, on: date) -> "Policy":
        """The policy that holds on the local day `on`, with `until`. Raises DoesNotExist before the first policy."""
        later = self.model.objects.filter(effective_from__gt=models.OuterRef("effective_from"))
        until = models.Subquery(later.order_by("effective_from").values("effective_from")[:1])
        policy = self.filter(effective_from__lte=on).annotate(until=until).order_by("-effective_from").first()
        if policy is None:
            raise Policy.DoesNotExist(f"No ownership policy is in force on {on}.")
        return policy


class Policy(models.Model):
    """How long the clocks of the rules run, from a local day on. P&BI adds policies; none is edited."""

    effective_from = models.DateField(unique=True)
    orphan_after_months = models.PositiveSmallIntegerField(
        default=12,
        validators=[MinValueValidator(1)],
        help_text="An account with no sale for more than this many months is an orphan (strategy v9, rule 2).",
    )
    lead_days = models.PositiveSmallIntegerField(
        default=90,
        validators=[MinValueValidator(1)],
        help_text="How long a lead keeps an orphan account without closing a deal (strategy v9, rule 2).",
    )
    timezone = models.CharField(max_length=40, default="Africa/Lagos", help_text="The calendar of days and months.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    until: date | None  # the first day of the next policy; only on a policy that `in_force` returned

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from"]
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(orphan_after_months__gte=1, lead_days__gte=1), name="clocks_run_at_least_one"
            )
        ]

    @property
    def ends_at(self) -> datetime | None:
        """The midnight at which the next policy takes over; None while there is none."""
        return None if self.until is None else day_start(self.until)

    @property
    def set_late(self) -> bool:
        """Whether the policy was set on its first day, after accounts were replayed that day under the one before."""
        return self.effective_from <= local_date(self.created_at)

    def __str__(self) -> str:
        return f"{self.orphan_after_months} months, {self.lead_days} days from {self.effective_from:%d %b %Y}"
