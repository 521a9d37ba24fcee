from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from interactions.log.models.interactions import LogIsEvidence
from mikano_cx.kit.history import LeanHistory
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.local_time import day_start

FIRST_DAY = date(1990, 1, 1)  # no sale is dated before
KEPT = "A sale is evidence: correct it by a credit note or a ruling."
NAIRA: dict[str, Any] = {"max_digits": 17, "decimal_places": 2}


class SaleSource(models.TextChoices):
    """Where a sale came from. A deal's numbers are the hub's own, all others are the ERP's."""

    ERP = "erp", "From the ERP"
    CSV = "csv", "From a file of the ERP"
    HAND = "hand", "Recorded by hand"
    DEAL = "deal", "Deal won in the hub"


class SaleQuerySet(models.QuerySet["Sale"]):
    def for_listing(self) -> "SaleQuerySet":
        return self.select_related("account", "salesperson", "division", "credit_note_of")

    def net(self, known_at: datetime | None = None) -> "SaleQuerySet":
        """Invoices (no credit notes) with `net_amount`, in NGN: the amount and all its credit notes.

        `known_at` leaves out invoices and notes that the hub learned of later. Adding exactly is up to the database:
        see `interactions.sales.facts` for sums that decide something.
        """
        known = Q() if known_at is None else Q(recorded_at__lte=known_at)
        notes = Sale.objects.filter(known, credit_note_of=OuterRef("pk")).order_by().values("credit_note_of")
        money = models.DecimalField(**NAIRA)
        credited = Coalesce(Subquery(notes.annotate(sum=Sum("amount")).values("sum")), 0, output_field=money)
        net_amount = models.ExpressionWrapper(F("amount") + credited, output_field=money)
        return self.filter(known, credit_note_of=None).annotate(net_amount=net_amount)

    def closed(self) -> "SaleQuerySet":
        """Closed deals: invoices of which something is left after their credit notes."""
        return self.net().filter(Q(net_amount__gt=0))

    def numbered(self, *numbers: str) -> "SaleQuerySet":
        """Invoices and credit notes with these normalised ERP numbers."""
        return self.filter(~Q(source=SaleSource.DEAL), invoice_number__in=numbers)

    def attribute(self, salesperson_id: int, at: datetime) -> int:
        """Say at the instant `at` who sold what nobody was known to have sold; the others stay."""
        return super(SaleQuerySet, self.filter(salesperson=None)).update(salesperson=salesperson_id, attributed_at=at)

    def update(self, **values: Any) -> int:
        forbidden = set(values) - {"is_demo", "import_reference"}
        if forbidden:
            raise LogIsEvidence(f"{KEPT} {', '.join(sorted(forbidden))} can't be changed in bulk.")
        return super().update(**values)

    def delete(self) -> Any:
        raise LogIsEvidence(KEPT)

    def erase(self) -> int:
        """Really delete rows: for undoing an import and clearing the demo, nothing else."""
        if self.filter(import_reference="", is_demo=False).exists():
            raise LogIsEvidence("Only imported sales (undo) and demo sales can be erased.")
        rows: models.QuerySet[Sale] = models.QuerySet(Sale).filter(pk__in=list(self.values_list("pk", flat=True)))
        notes = rows.exclude(credit_note_of=None).delete()[0]  # before the invoices that they name
        return notes + rows.delete()[0]


class Sale(models.Model):
    """One invoice or credit note of the ERP, as it was recorded. Evidence: never edited, never deleted.

    Whose it is may become known later (`sales_actions.attribute_sales`): once, and it is said when.
    """

    ITS_OWN_LIFE: ClassVar[frozenset[str]] = frozenset({"is_demo", "import_reference"})

    invoice_number = models.CharField(max_length=40, help_text="The ERP's number, as text.")
    account = models.ForeignKey(  # sale_by_account begins with it
        "accounts.Account", on_delete=models.PROTECT, related_name="sales", db_index=False
    )
    sold_on = models.DateField("date", help_text="The invoice's local day.")
    recorded_at = models.DateTimeField(editable=False, help_text="When the hub learned of it: the server's clock.")
    amount = models.DecimalField("amount (NGN)", **NAIRA)
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sales",
        db_index=False,  # sale_by_salesperson begins with it
    )
    salesperson_code = models.CharField(
        "salesperson as given", max_length=120, blank=True, help_text="The ERP's code or the name, also if unknown."
    )
    attributed_at = models.DateTimeField(
        null=True, editable=False, help_text="When it became known whose code this is, if it wasn't from the first."
    )
    division = models.ForeignKey(
        "accounts.Division", null=True, blank=True, on_delete=models.PROTECT, related_name="sales", db_index=False
    )
    product_line = models.CharField(max_length=80, blank=True)
    credit_note_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_notes",
        db_index=False,  # credit_note_by_invoice leaves out the many that are none
        help_text="The invoice that this credit note takes back, wholly or in part.",
    )
    source = models.CharField(max_length=8, choices=SaleSource.choices, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    import_reference = models.CharField(
        max_length=120, blank=True, editable=False, help_text="The file that it came with, and its digest."
    )
    is_demo = models.BooleanField(default=False, editable=False)
    history = LeanHistory(excluded_fields=["idempotency_key"])
    _history_user: Any
    _loaded: dict[str, Any]

    objects = SaleQuerySet.as_manager()

    class Meta:
        ordering = ["-sold_on", "-pk"]
        indexes = [
            models.Index(fields=["-sold_on", "-id"], name="sale_by_day"),
            models.Index(fields=["account", "-sold_on", "-id"], name="sale_by_account"),
            models.Index(fields=["salesperson", "-sold_on", "-id"], name="sale_by_salesperson"),
            models.Index(
                fields=["salesperson_code", "account"],
                condition=Q(salesperson=None) & ~Q(salesperson_code=""),
                name="sale_of_nobody_known",
            ),
            models.Index(
                fields=["credit_note_of"], condition=Q(credit_note_of__isnull=False), name="credit_note_by_invoice"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(invoice_number=""), name="a_sale_has_a_number"),
            models.CheckConstraint(condition=Q(sold_on__gte=FIRST_DAY), name="sold_since_1990"),
            models.CheckConstraint(
                condition=Q(credit_note_of=None) | Q(amount__lte=0), name="a_credit_note_adds_nothing"
            ),
            models.UniqueConstraint(
                fields=["invoice_number"], condition=~Q(source=SaleSource.DEAL), name="one_sale_an_invoice_number"
            ),
            models.UniqueConstraint(
                fields=["invoice_number"], condition=Q(source=SaleSource.DEAL), name="one_sale_a_deal"
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=Q(idempotency_key__isnull=False), name="a_sale_once_a_key"
            ),
        ]

    def __str__(self) -> str:
        return self.invoice_number

    @property
    def at(self) -> datetime:
        """The instant at which it takes effect: local midnight of its day."""
        return day_start(self.sold_on)

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **options: Any) -> "Sale":
        instance = super().from_db(db, field_names, values, **options)
        instance._loaded = dict(zip(field_names, values, strict=True))
        return instance

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses (`LogIsEvidence`) a change of anything but the marks of demo and import; so does the database."""
        loaded = getattr(self, "_loaded", {})
        if any(getattr(self, name) != value for name, value in loaded.items() if name not in self.ITS_OWN_LIFE):
            raise LogIsEvidence(KEPT)
        self.invoice_number = erp_id(self.invoice_number)
        super().save(*args, **kwargs)
        names = [field.attname for field in self._meta.concrete_fields]
        self._loaded = {name: self.__dict__[name] for name in names if name in self.__dict__}

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise LogIsEvidence(KEPT)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Nothing: the verb says what is wrong, and at which field."""
