"""The model of a notice to one person."""

from django.conf import settings
from django.db import models

NOTICE_LABELS: dict[str, str] = {}
"""The label of each kind of notice. Apps that give notices add their own in `AppConfig.ready`."""


def notice_kinds() -> list[tuple[str, str]]:
    return list(NOTICE_LABELS.items())


class Notice(models.Model):
    """A message to one person, mostly about an account, shown in the hub until it is read."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    account = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    kind = models.CharField(max_length=20, choices=notice_kinds)
    about_at = models.DateTimeField(help_text="The instant of what it tells: a notice is given once.")
    text = models.CharField(max_length=400)
    url = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["to", "account", "kind", "about_at"], name="a_notice_once"),
            models.UniqueConstraint(
                fields=["to", "url", "kind", "about_at"],
                condition=models.Q(account=None),
                name="a_notice_without_account_once",
            ),
        ]
        indexes = [models.Index(fields=["to", "-at"], condition=models.Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return self.text
