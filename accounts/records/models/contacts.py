"""The model of contacts."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Length, Upper
from django.urls import reverse

from accounts.records.models.accounts import Origin, search_text
from mikano_cx.kit.columns import columns_but
from mikano_cx.kit.history import LeanHistory
from mikano_cx.kit.names import person_key


class Consent(models.TextChoices):
    UNKNOWN = "unknown", "Not asked"
    GIVEN = "given", "Agreed to be contacted"
    OPTED_OUT = "opted_out", "Opted out"


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_listing(self) -> "ContactQuerySet":
        """The contacts with the account's name, and without the columns that no list shows."""
        named = ("account__code", "account__name")
        return self.select_related("account").only(*columns_but(Contact, Contact.UNLISTED), *named)


class Contact(models.Model):
    """One person who works at an account."""

    code = models.CharField("contact ID", max_length=20, unique=True, editable=False)
    full_name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=120, editable=False, db_index=True)
    job_title = models.CharField(max_length=120, blank=True)
    email = models.EmailField("e-mail", max_length=200, blank=True)
    mobile = models.CharField("mobile number", max_length=60, blank=True)
    account = models.ForeignKey(  # contact_by_account begins with it
        "accounts.Account", on_delete=models.PROTECT, related_name="contacts", db_index=False
    )
    is_active = models.BooleanField("still works there", default=True)
    consent = models.CharField(max_length=10, choices=Consent.choices, default=Consent.UNKNOWN)
    consent_on = models.DateField("consent as of", null=True, blank=True)
    note = models.TextField(blank=True)

    origin = models.CharField("where it came from", max_length=10, choices=Origin.choices, editable=False)
    import_run = models.ForeignKey(
        "accounts.ImportRun", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="contacts_created",
        db_index=False,
    )
    last_interaction_at = models.DateTimeField("last touch", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts edits, to notice a conflict.")
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    is_demo = models.BooleanField(default=False, editable=False)
    history = LeanHistory(
        indexed=["account"], excluded_fields=["search_text", "last_interaction_at", "idempotency_key"]
    )
    _history_user: Any

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["full_name", "pk"]
        indexes = [
            models.Index(fields=["full_name", "id"], name="contact_by_name"),
            models.Index(Length("code"), "code", name="contact_by_code"),
            models.Index(fields=["account", "full_name"], name="contact_by_account"),
            models.Index(fields=["mobile"], name="contact_by_mobile"),
            models.Index(Upper("email"), name="contact_by_email"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="a_contact_has_a_name"),
            models.CheckConstraint(condition=~models.Q(code=""), name="a_contact_has_a_code"),
            models.UniqueConstraint(fields=["idempotency_key"], name="a_contact_once_a_key"),
        ]

    WRITTEN = ("full_name", "account", "job_title", "email", "mobile", "is_active", "consent", "consent_on", "note")
    """The fields that people write, in the order in which forms ask for them."""
    UNLISTED = ("search_text", "note", "idempotency_key")
    """Columns that no list shows, and most are long."""

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("pages:contact", args=[self.code])

    def prepare(self) -> "Contact":
        """Fill the derived columns. `save` calls it; bulk writers call it themselves."""
        self.name_key = person_key(self.full_name)
        self.search_text = search_text(self.code, self.full_name, self.email, phone=self.mobile)
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        super().save(*args, **kwargs)
