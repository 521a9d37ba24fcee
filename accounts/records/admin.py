"""Admin pages of accounts and contacts: saved by actions, found by the hub's search, imported and exported as CSV."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm, ImportForm

from accounts.people.access import staff_of
from accounts.people.admin_bases import HistoryAdmin, ReadOnlyAdmin, VerbAdmin, VerbForm
from accounts.records.actions import create_account, create_contact, edit_account, edit_contact
from accounts.records.models import Account, CodeSeries, Contact, NearMatchWaiver
from accounts.records.resources import MAX_BYTES, AccountResource, ContactResource
from accounts.records.search import match_search
from mikano_cx.kit.phones import phone_text


class RecordAdminForm(VerbForm):
    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    another_because = forms.CharField(
        label="Why it is another one",
        required=False,
        max_length=120,
        help_text="Only where the hub says that a record looks the same.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "seen_version" in self.fields:
            self.fields["seen_version"].initial = self.instance.version


class SmallFileForm(ImportForm):
    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(
                f"Bring in at most {MAX_BYTES // 2**20} MB here; a whole workbook goes through Workbook."
            )
        return upload


class CustomerAdmin(ImportExportMixin, HistoryAdmin, VerbAdmin):
    """The admin page that accounts and contacts share."""

    form = RecordAdminForm
    import_form_class = SmallFileForm
    export_form_class = ExportForm
    import_formats = [CSV]  # only the pages of imports read workbooks, in a guarded child process
    export_formats = [CSV, XLSX]
    create: Any
    edit: Any

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or staff_of(request).writes_in(self.division_of(obj)))

    def division_of(self, obj: Any) -> int | None:
        raise NotImplementedError

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        return (match_search(queryset, search_term) if search_term.strip() else queryset), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        writable = self.has_change_permission(request, obj) if obj else True
        asked = (["seen_version"] if obj else ["another_because"]) if writable else []
        shown = [(None, {"fields": [*self.written, *asked]})]
        return [*shown, ("Kept by the hub", {"fields": self.kept})] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.kept if obj else ()

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Any:
        at = timezone.now()
        if change:
            values = {name: form.cleaned_data[name] for name in form.changed_data if name in self.written}
            seen = form.cleaned_data.get("seen_version") or 0
            return type(self).edit(obj, by=staff_of(request), at=at, values=values, seen_version=seen)
        values = {name: form.cleaned_data[name] for name in self.written}
        word = form.cleaned_data.get("another_because", "")
        return type(self).create(by=staff_of(request), at=at, values=values, another_because=word)

    written: tuple[str, ...]
    kept: tuple[str, ...]


@admin.register(Account)
class AccountAdmin(CustomerAdmin):
    create, edit = staticmethod(create_account), staticmethod(edit_account)
    resource_classes = [AccountResource]
    list_display = ["code", "name", "division", "owner", "industry", "phone", "last_interaction_at"]
    list_display_links = ["code", "name"]
    list_filter = ["division", "ownership_state", "owner_basis", "origin"]
    list_select_related = ["division", "owner"]
    search_fields = ["name"]
    search_help_text = "Name, phone, ERP ID or code"
    autocomplete_fields = ["parent"]
    written = Account.WRITTEN
    kept = (
        *("code", "owner", "ownership_state", "owner_basis", "owned_since", "expires_at"),
        *("origin", "import_run", "created_at", "created_by", "last_interaction_at"),
    )

    def division_of(self, obj: Any) -> int | None:
        return obj.division_id  # type: ignore[no-any-return]

    @admin.display(description="Main phone", ordering="main_phone")
    def phone(self, obj: Account) -> str:
        return phone_text(obj.main_phone)


@admin.register(Contact)
class ContactAdmin(CustomerAdmin):
    create, edit = staticmethod(create_contact), staticmethod(edit_contact)
    resource_classes = [ContactResource]
    list_display = ["code", "full_name", "job_title", "account", "email", "is_active", "consent"]
    list_display_links = ["code", "full_name"]
    list_filter = ["is_active", "consent", "account__division", "origin"]
    list_select_related = ["account"]
    search_fields = ["full_name"]
    search_help_text = "Name, phone, e-mail or code"
    autocomplete_fields = ["account"]
    written = Contact.WRITTEN
    kept = ("code", "origin", "import_run", "created_at", "created_by", "last_interaction_at")

    def division_of(self, obj: Any) -> int | None:
        return obj.account.division_id  # type: ignore[no-any-return]


@admin.register(NearMatchWaiver)
class NearMatchWaiverAdmin(ReadOnlyAdmin):
    list_display = ["at", "by", "account", "contact", "word", "near_codes"]
    list_select_related = ["by", "account", "contact"]
    search_fields = ["word", "=account__code", "=contact__code"]
    ordering = ["-at"]


@admin.register(CodeSeries)
class CodeSeriesAdmin(ReadOnlyAdmin):
    list_display = ["prefix", "last"]
