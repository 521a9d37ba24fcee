"""Sweeps and audits: one row for each run."""

from django.db import models


class Sweep(models.Model):
    """One run as of an instant: a sweep replays the accounts whose `next_at` has come, an audit compares all."""

    class Kind(models.TextChoices):
        SWEEP = "sweep", "Sweep"
        AUDIT = "audit", "Audit"

    kind = models.CharField(max_length=6, choices=Kind.choices)
    as_of = models.DateTimeField()
    policy = models.ForeignKey("ownership.Policy", on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField()
    replayed = models.PositiveIntegerField()
    changed = models.PositiveIntegerField(help_text="Accounts that changed; in an audit: that differ from their log.")
    differences = models.JSONField(default=list, help_text="What an audit found, the first hundred.")

    class Meta:
        ordering = ["-as_of"]
        constraints = [models.UniqueConstraint(fields=["kind", "as_of"], name="one_sweep_an_instant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} as of {self.as_of:%d %b %Y %H:%M}"
