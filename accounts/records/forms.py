"""Forms that create and edit accounts and contacts."""

from itertools import chain
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.db.models import Model

from accounts.people import roles
from accounts.people.models import Division, Staff
from accounts.records.filter_choices import industries
from accounts.records.form_fields import AccountCodeField
from accounts.records.models import Account, Contact
from accounts.records.models.contacts import Consent
from mikano_cx.kit import phones
from mikano_cx.kit.forms import DayInput, SuggestInput


class RecordForm(forms.Form):
    """The base of the forms of accounts and contacts.

    When creating, `key` is the idempotency key and `another_because` the word that a near match asks for. When editing,
    `version` is the version that the person saw. `name_field` comes first; near matches are searched by it and by the
    fields `telling`. A field of `layout` that the form doesn't declare is the form field of the `model`'s column.
    """

    model: ClassVar[type[Model]]
    noun: ClassVar[str]
    nouns: ClassVar[str]
    name_field: ClassVar[str]
    name_label: ClassVar[str]  # the label when editing; for a new record the field's own label is a question
    telling: ClassVar[tuple[str, ...]]
    layout: ClassVar[tuple[tuple[str, ...], ...]]
    phones: ClassVar[tuple[str, ...]] = ()
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    another_because = forms.CharField(
        label="Why is this another one?", max_length=120, required=False,
        widget=forms.TextInput(attrs={"placeholder": "e.g. another branch, a namesake", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, staff: Staff, record: Any = None, initial: Any = None) -> None:
        start: dict[str, Any] = {"key": uuid4().hex, **(initial or {})}
        if record is not None:
            asked = [*self.base_fields, *chain(*self.layout)]
            start = {name: getattr(record, name, None) for name in asked} | {"version": record.version}
        for name in self.phones:
            start[name] = phones.phone_text(start.get(name) or "")
        super().__init__(data, initial=start)
        for name in chain(*self.layout):
            if name not in self.fields:
                self.fields[name] = self.model._meta.get_field(name).formfield()  # type: ignore[union-attr,assignment]
        self.record, self.staff = record, staff
        if record is not None:
            self.fields[self.name_field].label = self.name_label
        for name in ("key", "another_because") if record is not None else ("version",):
            del self.fields[name]

    @property
    def values(self) -> dict[str, Any]:
        """The values of the record's own fields, as its action takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.own_fields}

    @property
    def own_fields(self) -> list[str]:
        return [name for name in self.fields if name not in ("key", "version", "another_because")]

    @property
    def naming(self) -> forms.BoundField:
        return self[self.name_field]

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[name] for name in row] for row in self.layout]


class AccountForm(RecordForm):
    model, noun, nouns = Account, "account", "accounts"
    name_field, name_label = "name", "Company name"
    telling = ("main_phone", "erp_customer_id")
    layout = (("division", "industry"), ("main_phone", "erp_customer_id"), ("address",), ("parent",), ("note",))
    phones = ("main_phone",)
    name = forms.CharField(
        label="Which company?", max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "The official name"}),
        error_messages={"required": "Give the company's official name."},
    )  # fmt: skip
    division = forms.ModelChoiceField(Division.objects.none(), required=False, empty_label="No division")
    industry = forms.CharField(max_length=80, required=False, widget=SuggestInput(industries))
    main_phone = forms.CharField(
        label="Main phone number", max_length=60, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "placeholder": "0803 123 4567"}),
    )  # fmt: skip
    erp_customer_id = forms.CharField(
        label="ERP customer ID", max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    parent = AccountCodeField(
        label="Parent account", required=False, help_text="Type a name to look it up, or its code.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, staff: Staff, **options: Any) -> None:
        super().__init__(data, staff=staff, **options)
        own = Division.objects.all()
        self.fields["division"].queryset = own if staff.has_role(roles.ALL_DIVISIONS) else _own_divisions(staff)  # type: ignore[attr-defined]
        if self.record is None and len(staff.division_ids) == 1:
            self.initial.setdefault("division", next(iter(staff.division_ids)))
        customer = getattr(self.record, "erp_customer", None)
        for name in customer.owns if customer else ():
            self.fields[name].disabled = True
            self.fields[name].help_text = "From the ERP: change it there, and the next import brings it."


def _own_divisions(staff: Staff) -> Any:
    return Division.objects.filter(pk__in=staff.division_ids)


class ContactForm(RecordForm):
    model, noun, nouns = Contact, "contact", "contacts"
    name_field, name_label = "full_name", "Full name"
    telling = ("account", "mobile", "email")
    layout = (("account", "job_title"), ("mobile", "email"), ("is_active",), ("consent", "consent_on"), ("note",))
    phones = ("mobile",)
    full_name = forms.CharField(
        label="Who is it?", max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "First and last name"}),
        error_messages={"required": "Give the person's full name."},
    )  # fmt: skip
    account = AccountCodeField(
        label="Works at", help_text="Type the account's name to look it up, or its code.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
        error_messages={"required": "Say which account the person works at."},
    )  # fmt: skip
    mobile = forms.CharField(
        label="Mobile number", max_length=60, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "placeholder": "0803 123 4567"}),
    )  # fmt: skip
    email = forms.EmailField(
        label="E-mail", max_length=200, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    is_active = forms.BooleanField(label="Still works there", required=False, initial=True)
    consent = forms.ChoiceField(choices=Consent.choices, required=False, initial=Consent.UNKNOWN)
    consent_on = forms.DateField(label="Consent as of", required=False, widget=DayInput())
    note = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_consent(self) -> str:
        return self.cleaned_data["consent"] or Consent.UNKNOWN
