"""Admin pages of the log: entries are read, and voided with a reason. The hub's own pages log and amend them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from simple_history.template_utils import HistoricalRecordContextHelper

from accounts.people.access import staff_of
from accounts.people.admin_bases import (
    HistoryAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    RecordAdmin,
    VerbAdmin,
    VerbForm,
)
from accounts.people.roles import VOIDING
from accounts.records.models import Account, Contact
from accounts.records.search import match_search
from interactions.log.actions import revise_kind, void_interaction
from interactions.log.facts import MASK, may_read_notes, may_read_secrets
from interactions.log.models import Amendment, Interaction, InteractionKind, KindVersion
from mikano_cx.kit.refusal import Refused

FOUND = 500  # the most accounts and contacts whose interactions a search looks for


class MaskingHelper(HistoricalRecordContextHelper):
    """The history's differences without the notes."""

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        return MASK if change.field == "notes" else super().prepare_delta_change_value(change, value)


class AmendmentInline(ReadOnlyInline):
    model = Amendment
    fields = readonly_fields = ("at", "by", "shown_text")
    verbose_name_plural = "amendments beside it"
    reader: Any = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Amendment]:
        self.reader = request.user  # Django makes an inline for each request
        return super().get_queryset(request).select_related("by", "interaction__account")

    @admin.display(description="Text")
    def shown_text(self, obj: Amendment) -> str:
        return obj.text if may_read_notes(obj.interaction, self.reader) else MASK


class VoidAdminForm(forms.Form):
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
        readable = obj is None or may_read_notes(obj, staff_of(request))
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
        accounts = match_search(Account.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        contacts = match_search(Contact.objects.all(), search_term).values_list("pk", flat=True)[:FOUND]
        who = Q(account__in=list(accounts)) | Q(contact__in=list(contacts))
        return queryset.filter(Q(code=search_term.strip().upper()) | who), False

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: Any
    ) -> HistoricalRecordContextHelper:
        entry = Interaction.objects.select_related("account").filter(pk=historical_record.id).first()
        if entry is not None and (may_read_secrets(entry, staff_of(request)) or not _ever_confidential(entry)):
            return HistoricalRecordContextHelper(self.model, historical_record)
        return MaskingHelper(self.model, historical_record)

    def has_void_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).has_role(VOIDING)

    @admin.action(description="Void, with a reason", permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet[Interaction]) -> HttpResponse | None:
        """Ask for the reason first; then void each entry by the action, or show its refusal."""
        form = VoidAdminForm(request.POST if "reason" in request.POST else None)
        entries = list(queryset.select_related("account", "contact")[:100])
        if not form.is_valid():
            given = {"title": "Void interactions", "form": form, "entries": entries, "opts": self.opts}
            context = {**self.admin_site.each_context(request), **given}
            return TemplateResponse(request, "admin/interactions/void.html", context)
        for entry in entries:
            try:
                reason = form.cleaned_data["reason"]
                void_interaction(entry, by=staff_of(request), at=timezone.now(), reason=reason)
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
        readable = obj is None or may_read_notes(obj.interaction, staff_of(request))
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
    """Versions of kinds, which are added and never edited: an entry keeps the meaning that it was logged with."""

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
        return revise_kind(by=staff_of(request), at=timezone.now(), slug=slug, **values)
