"""Sales and online reviews in the admin: recorded once, and read."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.people.access import staff_of
from accounts.people.admin_bases import (
    HistoryAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    VerbAdmin,
    VerbForm,
)
from accounts.records.models import Account
from accounts.records.search import match_search
from interactions.sales.actions import record_credit_note, record_sale
from interactions.sales.models import OnlineReview, Sale
from mikano_cx.kit.identifiers import erp_id

FOUND = 500  # accounts whose sales a search looks for


@admin.register(OnlineReview)
class OnlineReviewAdmin(HistoryAdmin, ReadOnlyAdmin):
    """Brought by feeds."""

    list_display = ["external_id", "platform", "written_on", "rating", "out_of", "author", "division", "account"]
    list_filter = ["platform", "division"]
    list_select_related = ["division", "account"]
    search_fields = ["=external_id", "author"]
    raw_id_fields = ["account"]


class SaleForm(VerbForm):
    """An invoice, or a credit note, which has its account and the rest from its invoice."""

    FROM_INVOICE = ("account", "salesperson", "salesperson_code", "division", "product_line")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            self.fields["account"].required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("credit_note_of"):
            for name in self.FROM_INVOICE:
                if given.get(name):
                    self.add_error(name, "Leave this empty: a credit note has it from its invoice.")
        elif not given.get("account") and "account" not in self.errors:
            self.add_error("account", "Say whose invoice it is.")
        return given


class CreditNoteInline(ReadOnlyInline):
    model = Sale
    fk_name = "credit_note_of"
    verbose_name_plural = "credit notes"
    fields = readonly_fields = ("invoice_number", "sold_on", "naira", "recorded_at")

    @admin.display(description="Amount (NGN)")
    def naira(self, obj: Sale) -> str:
        return f"{obj.amount:,.2f}"


@admin.register(Sale)
class SaleAdmin(HistoryAdmin, VerbAdmin):
    """A sale is recorded, never edited: a credit note or a ruling corrects it."""

    form = SaleForm
    list_display = ["invoice_number", "sold_on", "account", "naira", "sold_by", "division"]
    list_filter = [
        *("source", "division", "sold_on"),
        ("credit_note_of", admin.EmptyFieldListFilter),
        ("salesperson", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account", "salesperson", "division"]
    search_fields = ["invoice_number"]
    search_help_text = "The beginning of the invoice number, or an account's name, phone or code"
    autocomplete_fields = ["account", "salesperson", "credit_note_of"]
    written: ClassVar[list[str]] = [
        *("invoice_number", "credit_note_of", "account", "sold_on", "amount", "salesperson", "salesperson_code"),
        *("division", "product_line"),
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = ["net", "source", "recorded_at", "created_by", "import_reference"]
        return ["naira" if name == "amount" else name for name in (*self.written, *kept)] if obj else self.written

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        return [CreditNoteInline] if obj and obj.credit_note_of_id is None else []

    @admin.display(description="Amount (NGN)", ordering="amount")
    def naira(self, obj: Sale) -> str:
        return f"{obj.amount:,.2f}"

    @admin.display(description="Salesperson", ordering="salesperson")
    def sold_by(self, obj: Sale) -> str:
        return str(obj.salesperson or obj.salesperson_code or "-")

    @admin.display(description="Net of credit notes (NGN)")
    def net(self, obj: Sale) -> str:
        counted = Sale.objects.net().filter(pk=obj.pk).first()
        return f"{counted.net_amount:,.2f}" if counted else "-"  # type: ignore[attr-defined]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        accounts = match_search(Account.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        number = Q(invoice_number__startswith=erp_id(search_term))
        return queryset.filter(number | Q(account__in=list(accounts))), False

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Sale:
        given: dict[str, Any] = {name: form.cleaned_data[name] for name in self.written}
        invoice, by, at = given.pop("credit_note_of"), staff_of(request), timezone.now()
        if invoice is None:
            return record_sale(**given, by=by, at=at)
        note = {name: given[name] for name in ("invoice_number", "sold_on", "amount")}
        return record_credit_note(**note, credits=invoice, by=by, at=at)
