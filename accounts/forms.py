from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import uuid4

from django import forms

from accounts import roles
from accounts.choices import industries
from accounts.models import Account, Division, SavedView, Staff
from accounts.models.contacts import Consent
from mikano_cx.kit import identifiers, phones
from mikano_cx.kit.forms import DayInput, SuggestInput


class AccountCodeField(forms.CharField):
    """An account by its code. Its suggestions come while typing (`accounts:near_accounts` with `lookup`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, strip=True, **options)

    def prepare_value(self, value: Any) -> Any:
        return value.code if isinstance(value, Account) else value

    def clean(self, value: Any) -> Any:
        written = identifiers.code(super().clean(value))
        if not written:
            return None
        account = Account.objects.select_related("division").filter(code=written).first()
        if account is None:
            raise forms.ValidationError(f"No account has the code {written}.", code="unknown_account")
        return account


class RecordForm(forms.Form):
    """What the forms of accounts and contacts share.

    Creating: `key` makes five taps one record, `another_because` is the word that a near match asks for.
    Editing: `version` is the one that the person saw.
    """

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
            start = {name: getattr(record, name, None) for name in self.base_fields} | {"version": record.version}
        for name in self.phones:
            start[name] = phones.shown(start.get(name) or "")
        super().__init__(data, initial=start)
        self.record, self.staff = record, staff
        for name in ("key", "another_because") if record is not None else ("version",):
            del self.fields[name]

    @property
    def values(self) -> dict[str, Any]:
        """The record's own fields, for its verb."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.own_fields}

    @property
    def own_fields(self) -> list[str]:
        return [name for name in self.fields if name not in ("key", "version", "another_because")]

    def bound(self, names: Iterable[str]) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    def theirs(self, now: Any) -> list[dict[str, Any]]:
        """Where the record as it is now says otherwise than this form: field, label, mine, theirs (as words)."""
        rows = []
        for name in self.own_fields:
            mine, saved = self.cleaned_data.get(name), getattr(now, name)
            if (mine or "") != (saved or "") and self._plain(name, mine) != self._plain(name, saved):
                words = {"mine": self._plain(name, mine), "theirs": self._plain(name, saved)}
                rows.append({"name": name, "label": self[name].label, **words})
        return rows

    def _plain(self, name: str, value: Any) -> str:
        if name in self.phones:
            return phones.shown(phones.tidy(value or ""))
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return str(value or "").replace("\r\n", "\n").strip()


class AccountForm(RecordForm):
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
    address = forms.CharField(max_length=300, required=False)
    parent = AccountCodeField(
        label="Parent account", required=False, help_text="Its code, such as A001. Type a name to look it up.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
    )  # fmt: skip
    note = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, staff: Staff, **options: Any) -> None:
        super().__init__(data, staff=staff, **options)
        own = Division.objects.all()
        self.fields["division"].queryset = own if staff.has_role(roles.ALL_DIVISIONS) else _own(staff)  # type: ignore[attr-defined]
        if self.record is None and len(staff.division_ids) == 1:
            self.initial.setdefault("division", next(iter(staff.division_ids)))


def _own(staff: Staff) -> Any:
    return Division.objects.filter(pk__in=staff.division_ids)


class ContactForm(RecordForm):
    phones = ("mobile",)
    full_name = forms.CharField(
        label="Who is it?", max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "First and last name"}),
        error_messages={"required": "Give the person's full name."},
    )  # fmt: skip
    account = AccountCodeField(
        label="Works at", help_text="The account's code, such as A001. Type a name to look it up.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
        error_messages={"required": "Say which account the person works at."},
    )  # fmt: skip
    job_title = forms.CharField(max_length=120, required=False)
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


class ViewForm(forms.Form):
    """A list's address to keep. `next` is the list's own path."""

    list_name = forms.ChoiceField(choices=SavedView.LISTS)
    name = forms.CharField(max_length=60, required=False)
    query = forms.CharField(required=False, max_length=4000)
    next = forms.RegexField(r"^/[a-z]+/\Z")
    division = forms.ModelChoiceField(Division.objects.all(), required=False)
