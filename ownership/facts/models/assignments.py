"""Assignments of accounts to salespeople."""

from django.conf import settings
from django.db import models


class Assignment(models.Model):
    """A division head gave an account to somebody. It is a fact; rule 4 decides whether it has an effect."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="assignments")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments_made")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=80, null=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["idempotency_key"], name="an_assignment_once_a_key")]

    def __str__(self) -> str:
        return f"{self.account} to {self.assignee}"
