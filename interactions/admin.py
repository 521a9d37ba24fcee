"""The log in the admin: read, and voided with a reason; it is logged and amended in the hub's own pages.

Sales too: recorded once, and read.
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from simple_history.template_utils import HistoricalRecordContextHelper

from accounts.admin.base import HistoryAdmin, ReadOnlyAdmin, ReadOnlyInline, RecordAdmin, VerbAdmin, VerbForm, acting
from accounts.models import Account, Contact
from accounts.roles import VOIDING
from accounts.search import matching
from interactions.actions import revise_kind, void_interaction
from interactions.facts import MASK, may_read_notes, may_read_secrets
from interactions.models import Amendment, Interaction, InteractionKind, KindVersion, OnlineReview, Sale
from interactions.sales_actions import record_credit_note, record_sale
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.refusal import Refused

FOUND = 500  # accounts and contacts whose interactions a search looks for


class MaskingHelper(HistoricalRecordContextHelper):
    """Differences without the notes."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        return MASK if change.field == "notes" else super().prepare_delta_change_value(change, value)


class AmendmentInline(ReadOnlyInline):
    model = Amendment
    fields = readonly_fields = ("at", "by", "shown_text")
    verbose_name_plural = "amendments beside it"
    reader: Any = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Amendment]:
        self.reader = request.user  # an inline lives as long as its request
        return super().get_queryset(request).select_related("by", "interaction__account")

    @admin.display(description="Text")
    def shown_text(self, obj: Amendment) -> str:
        return obj.text if may_read_notes(obj.interaction, self.reader) else MASK


class VoidForm(forms.Form):
    reason = forms.CharField(max_length=300, label="Why the entries are void")


@admin.register(Interaction)
class InteractionAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["code", "occurred_at", "account", "contact", "channel", "kind", "logged_by", "source", "voided"]
    list_filter = [
        *("channel", "source", "substantive", "confidential", "account__division"),
        ("voided_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["account", "contact", "kind", "logged_by"]
    search_fields = ["code"]
    search_help_text = "The entry's ID, or an account's or contact's name, phone or code"
    actions = ["void"]
    inlines = [AmendmentInline]
    shown: ClassVar[list[str]] = [
        *("code", "occurred_at", "logged_at", "logged_by", "source", "import_run", "account", "contact", "channel"),
        *("channel_word", "kind", "substantive", "direction", "confidential", "next_action", "due_on"),
        *("done_at", "done_by", "amended_at", "voided_at", "voided_by", "void_reason"),
    ]

    def get_fields(self, request: HttpRequest, obj: Interaction | None = None) -> Any:
        readable = obj is None or may_read_notes(obj, acting(request))
        return [*self.shown, "notes" if readable else "masked_notes"]

    def get_readonly_fields(self, request: HttpRequest, obj: Interaction | None = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description="Notes")
    def masked_notes(self, obj: Interaction) -> str:
        return MASK

    @admin.display(description="Void", boolean=True)
    def voided(self, obj: Interaction) -> bool:
        return obj.voided_at is not None

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        if not search_term.strip():
            return queryset, False
        accounts = matching(Account.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        contacts = matching(Contact.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        who = Q(account__in=list(accounts)) | Q(contact__in=list(contacts))
        return queryset.filter(Q(code=search_term.strip().upper()) | who), False

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: Any
    ) -> HistoricalRecordContextHelper:
        entry = Interaction.objects.select_related("account").filter(pk=historical_record.id).first()
        if entry is not None and (may_read_secrets(entry, acting(request)) or not _ever_confidential(entry)):
            return HistoricalRecordContextHelper(self.model, historical_record)
        return MaskingHelper(self.model, historical_record)

    def has_void_permission(self, request: HttpRequest) -> bool:
        return acting(request).has_role(VOIDING)

    @admin.action(description="Void, with a reason", permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet[Interaction]) -> HttpResponse | None:
        """Asks for the reason first; each entry is voided, or refused in words, by the verb."""
        form = VoidForm(request.POST if "reason" in request.POST else None)
        entries = list(queryset.select_related("account", "contact")[:100])
        if not form.is_valid():
            given = {"title": "Void interactions", "form": form, "entries": entries, "opts": self.opts}
            context = {**self.admin_site.each_context(request), **given}
            return TemplateResponse(request, "admin/interactions/void.html", context)
        for entry in entries:
            try:
                reason = form.cleaned_data["reason"]
                void_interaction(entry, by=acting(request), at=timezone.now(), reason=reason)
                self.message_user(request, f"{entry.code} is void.", messages.SUCCESS)
            except Refused as refusal:
                self.message_user(request, f"{entry.code}: {refusal.message}", messages.ERROR)
        return None


def _ever_confidential(entry: Interaction) -> bool:
    return entry.confidential or bool(entry.history.filter(confidential=True).exists())


@admin.register(Amendment)
class AmendmentAdmin(ReadOnlyAdmin):
    list_display = ["at", "interaction", "by"]
    list_select_related = ["interaction", "by"]
    search_fields = ["=interaction__code"]
    ordering = ["-at"]

    def get_fields(self, request: HttpRequest, obj: Amendment | None = None) -> Any:
        readable = obj is None or may_read_notes(obj.interaction, acting(request))
        said = ["text", "values"] if readable else ["masked_text"]
        return ["interaction", "at", "by", "import_run", *said]

    def get_readonly_fields(self, request: HttpRequest, obj: Amendment | None = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display(description="Text")
    def masked_text(self, obj: Amendment) -> str:
        return MASK


class KindVersionInline(ReadOnlyInline):
    model = KindVersion
    fields = readonly_fields = ("effective_from", "label", "substantive", "offered", "author")


@admin.register(OnlineReview)
class OnlineReviewAdmin(HistoryAdmin, ReadOnlyAdmin):
    """Brought by feeds."""

    list_display = ["external_id", "platform", "written_on", "rating", "out_of", "author", "division", "account"]
    list_filter = ["platform", "division"]
    list_select_related = ["division", "account"]
    search_fields = ["=external_id", "author"]
    raw_id_fields = ["account"]


@admin.register(InteractionKind)
class InteractionKindAdmin(ReadOnlyAdmin):
    list_display = ["slug", "position"]
    search_fields = ["slug"]
    inlines = [KindVersionInline]


class KindVersionForm(VerbForm):
    kind = forms.ModelChoiceField(InteractionKind.objects.all(), required=False, empty_label="A new kind")
    slug = forms.SlugField(label="New kind's short name", required=False, max_length=40, help_text="such-as-this")

    class Meta:
        model = KindVersion
        fields = ["kind", "label", "substantive", "offered", "effective_from"]


@admin.register(KindVersion)
class KindVersionAdmin(VerbAdmin, RecordAdmin):
    """A version is added, never edited: what was logged keeps the meaning it was logged with."""

    form = KindVersionForm
    list_display = ["kind", "label", "substantive", "offered", "effective_from", "author"]
    list_filter = ["substantive", "offered"]
    list_select_related = ["kind", "author"]
    search_fields = ["label", "kind__slug"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        new = ["kind", "slug", "label", "substantive", "offered", "effective_from"]
        return ["kind", *new[2:], "author", "created_at"] if obj else new

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> KindVersion:
        given = form.cleaned_data
        slug = given["kind"].slug if given["kind"] else given["slug"]
        values = {name: given[name] for name in ("label", "substantive", "offered", "effective_from")}
        return revise_kind(by=acting(request), at=timezone.now(), slug=slug, **values)


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
        accounts = matching(Account.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        number = Q(invoice_number__startswith=erp_id(search_term))
        return queryset.filter(number | Q(account__in=list(accounts))), False

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Sale:
        given: dict[str, Any] = {name: form.cleaned_data[name] for name in self.written}
        invoice, by, at = given.pop("credit_note_of"), acting(request), timezone.now()
        if invoice is None:
            return record_sale(**given, by=by, at=at)
        note = {name: given[name] for name in ("invoice_number", "sold_on", "amount")}
        return record_credit_note(**note, credits=invoice, by=by, at=at)
