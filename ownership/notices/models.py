from django.conf import settings
from django.db import models


class NoticeKind(models.TextChoices):
    GAINED = "gained", "Yours now"
    LOST = "lost", "No longer yours"
    ENDING = "ending", "About to end"
    CLAIMED = "claimed", "Claimed"
    DISPUTE = "dispute", "Dispute"
    FLAG = "flag", "To be looked at"


class Notice(models.Model):
    """Something about an account that one person should know, told in the hub until it is read."""

    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    account = models.ForeignKey("accounts.Account", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    about_at = models.DateTimeField(help_text="The instant of what it tells: a notice is given once.")
    text = models.CharField(max_length=400)
    url = models.CharField(max_length=200)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["to", "account", "kind", "about_at"], name="a_notice_once"),
        ]
        indexes = [models.Index(fields=["to", "-at"], condition=models.Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return self.text
