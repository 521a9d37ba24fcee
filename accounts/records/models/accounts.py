"""Models of accounts and of waived near matches."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.urls import reverse

from mikano_cx.kit.columns import columns_but
from mikano_cx.kit.history import LeanHistory
from mikano_cx.kit.names import company_key, plain
from mikano_cx.kit.phones import search_digits


class Origin(models.TextChoices):
    """The source that a record came from."""

    HUB = "hub", "Created in the hub"
    WORKBOOK = "workbook", "Imported from the workbook"
    ERP = "erp", "Imported from the ERP"


class OwnershipState(models.TextChoices):
    """How an account is held. The rules in `ownership/` give the states their meaning."""

    OWNED = "owned", "Owned"
    LED = "led", "Led"
    UNASSIGNED = "unassigned", "Unassigned"
    ORPHAN = "orphan", "Orphan"


class OwnerBasis(models.TextChoices):
    """The source of the owner column: an imported workbook or the rules."""

    NONE = "", "Nothing yet"
    WORKBOOK = "workbook", "Given by the workbook"
    RULES = "rules", "Derived by the rules"


class AccountQuerySet(models.QuerySet["Account"]):
    def for_listing(self) -> "AccountQuerySet":
        """The accounts with the names of owner and division, and without the columns that no list shows."""
        named = ("owner__full_name", "owner__initials", "division__name")
        return self.select_related("owner", "division").only(*columns_but(Account, Account.UNLISTED), *named)


class Account(models.Model):
    """One business entity. Its code never changes, not even through imports and merges."""

    code = models.CharField("account ID", max_length=20, unique=True, editable=False)
    name = models.CharField("company name", max_length=200, help_text="The official spelling.")
    name_key = models.CharField(max_length=200, editable=False)
    industry = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=300, blank=True)
    main_phone = models.CharField("main phone number", max_length=60, blank=True)
    erp_customer_id = models.CharField("ERP customer ID", max_length=40, null=True, blank=True, unique=True)
    division = models.ForeignKey(
        "accounts.Division",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accounts",
        db_index=False,  # account_by_division begins with it
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subsidiaries",
        db_index=False,  # account_by_parent leaves out the many that have none
        verbose_name="parent account",
    )
    note = models.TextField(blank=True)
    # Only the replay in `ownership` writes these, except for an owner from an imported workbook (see `owner_basis`).
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="accounts_owned",
        db_index=False,  # account_by_owner begins with it
        verbose_name="account owner",
    )
    ownership_state = models.CharField(
        max_length=12, choices=OwnershipState.choices, default=OwnershipState.ORPHAN, editable=False
    )
    owner_basis = models.CharField(max_length=10, choices=OwnerBasis.choices, blank=True, editable=False)
    owned_since = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    last_sale_on = models.DateField("last sale", null=True, blank=True, editable=False)

    origin = models.CharField("where it came from", max_length=10, choices=Origin.choices, editable=False)
    import_run = models.ForeignKey(
        "accounts.ImportRun",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,  # account_by_import_run leaves out the many that have none
    )
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="accounts_created",
        db_index=False,
    )
    sourced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The salesperson who sourced and first logged it, if one did.",
    )
    last_interaction_at = models.DateTimeField("last touch", null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts edits, to notice a conflict.")
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    search_text = models.TextField(editable=False, default="")
    is_demo = models.BooleanField(default=False, editable=False)
    history = LeanHistory(excluded_fields=["search_text", "last_interaction_at", "last_sale_on", "idempotency_key"])
    _history_user: Any

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name", "id"], name="account_by_name"),
            models.Index(Length("code"), "code", name="account_by_code"),
            models.Index(fields=["owner", "name"], name="account_by_owner"),
            # Includes the columns that filter a division's list, so that counting reads the index alone.
            models.Index(fields=["division", "name", "owner", "ownership_state"], name="account_by_division"),
            models.Index(fields=["name_key"], name="account_by_name_key"),
            models.Index(fields=["industry"], name="account_by_industry"),
            models.Index(fields=["main_phone"], name="account_by_phone"),
            models.Index(fields=["parent"], condition=models.Q(parent__isnull=False), name="account_by_parent"),
            models.Index(
                fields=["import_run"], condition=models.Q(import_run__isnull=False), name="account_by_import_run"
            ),
            models.Index(
                fields=["owner", "ownership_state", "expires_at"],
                condition=models.Q(owner__isnull=False),
                name="account_by_holder",
            ),
            models.Index(fields=["expires_at", "id"], condition=models.Q(owner__isnull=False), name="account_by_end"),
            models.Index(
                fields=["-owned_since", "-id"], condition=models.Q(ownership_state="orphan"), name="account_orphans"
            ),
            models.Index(
                fields=["last_sale_on"], condition=models.Q(ownership_state="orphan"), name="account_orphans_by_sale"
            ),
            models.Index(
                fields=["expires_at", "id"],
                condition=models.Q(ownership_state="unassigned"),
                name="account_unassigned",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="an_account_has_a_name"),
            models.CheckConstraint(condition=~models.Q(code=""), name="an_account_has_a_code"),
            models.CheckConstraint(
                condition=models.Q(erp_customer_id=None) | ~models.Q(erp_customer_id=""), name="no_empty_erp_id"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="an_account_once_a_key",
            ),
        ]

    WRITTEN = ("name", "division", "industry", "address", "main_phone", "erp_customer_id", "parent", "note")
    """The fields that people write, in the order in which forms ask for them."""
    UNLISTED = ("search_text", "note", "idempotency_key")
    """Columns that no list shows, and most are long."""

    def __str__(self) -> str:
        return self.name

    @property
    def code_and_name(self) -> str:
        """The text of an input that takes an account: A001 · Zenith Bank PLC."""
        return f"{self.code} · {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("pages:account", args=[self.code])

    def prepare(self) -> "Account":
        """Fill the derived columns. `save` calls it; bulk writers call it themselves."""
        self.name_key = company_key(self.name)
        self.erp_customer_id = self.erp_customer_id or None
        self.search_text = search_text(self.code, self.name, self.name_key, self.erp_customer_id, phone=self.main_phone)
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        super().save(*args, **kwargs)


def search_text(*words: str | None, phone: str = "") -> str:
    """The text that search reads: plain words and the phone's national digits, separated so that no match spans two."""
    return "|".join(filter(None, [*(plain(word) for word in words if word), search_digits(phone)]))


class NearMatchWaiver(models.Model):
    """A record that somebody created beside a near match, with the word that says why it is another one."""

    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.CASCADE, related_name="waivers")
    contact = models.ForeignKey("accounts.Contact", null=True, on_delete=models.CASCADE, related_name="waivers")
    near_codes = models.JSONField(help_text="Codes of the records that looked the same.")
    word = models.CharField("why it is another one", max_length=120)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account__isnull=False, contact=None) | models.Q(account=None, contact__isnull=False),
                name="a_waiver_is_for_one_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account or self.contact}: {self.word}"
