"""Accounts and contacts as files for the admin's import and export. An action writes every row."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import BooleanWidget, CharWidget, DateWidget, ForeignKeyWidget

from accounts.people.models import Division, Staff
from accounts.records.actions import create_account, create_contact, edit_account, edit_contact
from accounts.records.models import Account, Contact
from mikano_cx.kit.identifiers import erp_id, hub_code
from mikano_cx.kit.phones import e164_or_typed
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets.delimited_text import formula_safe, formula_unsafe

MAX_BYTES, MAX_ROWS = 2 * 2**20, 5_000
CONFIRMATION = "another_because"


class CleanedText(CharWidget):
    """Text cleaned as the actions clean it, so that an unchanged row is recognised."""

    def __init__(self, clean: Callable[[Any], str]) -> None:
        super().__init__()
        self._clean = clean

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return self._clean(value)


class ByName(ForeignKeyWidget):
    """A reference to another record by its name or code; an unknown one is an error of the row."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        text = " ".join(str(value or "").split())
        found = self.model.objects.filter(**{f"{self.field}__iexact": text}).first() if text else None
        if text and found is None:
            raise ValidationError(f"There is no {self.model._meta.verbose_name} “{text}”.")
        return found


class VerbResource(ModelResource):
    """The base of both resources. A blank cell keeps the hub's value, and a blank code adds a record."""

    create: Any
    edit: Any

    def __init__(self, *, user: Staff | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.user = kwargs.get("user") or self.user
        if len(dataset) > MAX_ROWS:
            raise ValidationError(f"Bring in at most {MAX_ROWS:,} rows at a time.")
        if "code" not in (dataset.headers or []):
            raise ValidationError("The first line names the columns; “code” is one of them.")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for name, value in list(row.items()):
            if isinstance(value, str):
                row[name] = formula_unsafe(value)
        row["code"] = hub_code(row.get("code"))

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        if new and row["code"]:
            raise ValidationError({"code": f"The hub has no {row['code']}; leave the code blank for a new record."})

    def import_field(self, field: Any, instance: Any, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        if _has_value(row, field.column_name):
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Call the action; the dry run does so too, in a transaction that is rolled back."""
        values = {
            field.attribute: getattr(instance, field.attribute)
            for field in self.get_import_fields()
            if field.attribute != "code" and _has_value(row, field.column_name)
        }
        given: dict[str, Any] = {"by": self.user, "at": timezone.now(), "values": values, "any_phone": True}
        try:
            if is_create:
                saved = type(self).create(another_because=str(row.get(CONFIRMATION) or ""), **given)
            else:
                saved = type(self).edit(instance, seen_version=instance.version, **given)
        except Refused as refusal:
            raise ValidationError({refusal.field or "__all__": refusal.message}) from refusal
        instance.__dict__.update(saved.__dict__)

    def export_field(self, field: Any, instance: Any, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return formula_safe(value) if isinstance(value, str) else value

    def after_import_row(self, row: Any, row_result: Any, **kwargs: Any) -> None:
        """Set the preview's cells: the value, or old → new."""
        if row_result.instance is None:
            return
        cells = []
        for field in self.get_user_visible_fields():
            new = field.export(row_result.instance)
            old = field.export(row_result.original) if row_result.original else new
            cells.append(str(new) if old == new else f"{old or 'blank'} → {new or 'blank'}")
        row_result.diff = cells

    class Meta:
        abstract = True
        import_id_fields = ["code"]
        use_transactions = True
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True  # not skip_diff, which would silently switch skip_unchanged off
        store_instance = True
        clean_model_instances = False


class AccountResource(VerbResource):
    create, edit = staticmethod(create_account), staticmethod(edit_account)
    main_phone = Field("main_phone", "main_phone", widget=CleanedText(e164_or_typed))
    erp_customer_id = Field("erp_customer_id", "erp_customer_id", widget=CleanedText(erp_id))
    division = Field("division", "division", widget=ByName(Division, "name"))
    parent = Field("parent", "parent", widget=ByName(Account, "code"))
    owner = Field("owner__full_name", "owner", readonly=True)

    class Meta(VerbResource.Meta):
        model = Account
        abstract = False
        fields = ["code", *Account.WRITTEN, "owner"]


class ContactResource(VerbResource):
    create, edit = staticmethod(create_contact), staticmethod(edit_contact)
    mobile = Field("mobile", "mobile", widget=CleanedText(e164_or_typed))
    account = Field("account", "account", widget=ByName(Account, "code"))
    is_active = Field("is_active", "is_active", widget=BooleanWidget())
    consent_on = Field("consent_on", "consent_on", widget=DateWidget())

    class Meta(VerbResource.Meta):
        model = Contact
        abstract = False
        fields = ["code", *Contact.WRITTEN]


def _has_value(row: Any, column: str) -> bool:
    return str(row.get(column) if row.get(column) is not None else "").strip() != ""
