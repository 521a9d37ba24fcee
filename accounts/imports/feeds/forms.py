"""The forms of feeds: their settings with a line for each hub field, uploads, filters, and the stewards' decisions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from accounts.imports.customers import actions as validating
from accounts.imports.files.columns import Column
from accounts.imports.models import ErpCustomer, Feed, ImportRun
from accounts.imports.runs.registry import fields_of, kind_of, settings_of_others
from accounts.people import roles
from accounts.people.models import Division, Staff
from accounts.records.filter_choices import division_choices, of_division
from accounts.records.form_fields import AccountCodeField
from accounts.records.models import Account
from mikano_cx.kit.forms import SuggestInput
from mikano_cx.kit.names import plain
from mikano_cx.kit.phones import phone_text

NOT_READ = "-"  # what is typed for a field that isn't to be read, even if a column has its name


# --- a feed's settings -----------------------------------------------------------------------------------------------
class FeedForm(forms.ModelForm):
    """Settings but for the columns, which `form_of` adds: they depend on the feed's kind."""

    columns: ClassVar[dict[str, Sequence[Column]]] = {}  # a JSON field of the feed: what it maps
    only_rows = forms.CharField(
        label="Only rows where",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One value a line, as in Stage: Won. Other rows are left out, and counted.",
    )

    class Meta:
        model = Feed
        fields = (
            *("name", "kind", "source", "id_prefix", "division", "is_active", "holds"),
            *("folder", "pattern", "lines_pattern", "settle_seconds"),
            *("tab", "encoding", "delimiter", "decimal_comma", "date_order"),
            *("header_row", "footer_rows", "has_trailer"),
            *("days", "runs_at", "most_vanished", "most_changed"),
        )
        widgets = {"runs_at": forms.TimeInput(format="%H:%M", attrs={"type": "time"})}
        error_messages = {"name": {"unique": "Another feed has this name."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        feed = self.instance
        if "only_rows" in self.fields:
            self.fields["only_rows"].initial = "\n".join(
                f"{column}: {value}" for column, values in feed.only.items() for value in values
            )
        for name in self.columns:
            for term in self.columns[name]:
                column = getattr(feed, name).get(term.name)
                self.fields[f"{name}_{term.name}"].initial = NOT_READ if column == "" else column

    def clean_only_rows(self) -> dict[str, list[str]]:
        only: dict[str, list[str]] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["only_rows"].splitlines())):
            column, colon, value = (part.strip() for part in line.partition(":"))
            if not (column and colon):
                raise forms.ValidationError(f"“{line[:40]}” is no column and value: write Stage: Won.")
            only.setdefault(column, []).append(value)
        return only

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        given = self.cleaned_data
        if "only_rows" in given:
            self.instance.only = given["only_rows"]
        for name, terms in self.columns.items():
            typed = {term.name: given.get(f"{name}_{term.name}", "") for term in terms}
            mapping = {term: "" if column == NOT_READ else column for term, column in typed.items() if column}
            setattr(self.instance, name, mapping)
        return cleaned


def form_of(feed: Feed, base: type[FeedForm] = FeedForm, found: Callable[[], Iterable[str]] = tuple) -> type[FeedForm]:
    """The form of a feed that exists: its kind is settled, and each hub field of that kind has a line for its column.

    `found` gives the columns of its newest file, as suggestions.
    """
    columns: dict[str, Sequence[Column]] = {"mapping": fields_of(feed)}
    left_out = {"kind", *settings_of_others(feed)}
    if feed.lines_pattern and "lines_pattern" not in left_out:
        columns["lines_mapping"] = kind_of(feed).lines
    lines = {f"{name}_{term.name}": _line(term, found) for name, terms in columns.items() for term in terms}
    meta = type("Meta", (base.Meta,), {"fields": [name for name in base.Meta.fields if name not in left_out]})
    made: type[FeedForm] = type("FeedForm", (base,), {**lines, "Meta": meta, "columns": columns})
    return made


def _line(term: Column, found: Callable[[], Iterable[str]]) -> forms.CharField:
    widget = SuggestInput(found, attrs={"placeholder": f"found by name, as {term.label}", "class": "vTextField"})
    label = f"{term.label} (needed)" if term.needed else term.label
    return forms.CharField(label=label, max_length=200, required=False, widget=widget)


# --- uploads and lists -----------------------------------------------------------------------------------------------
class UploadForm(forms.Form):
    file = forms.FileField(
        help_text="It is read and shown first; nothing changes before you say so.",
        error_messages={"required": "Choose the file to bring in.", "empty": "This file is empty."},
    )
    lines_file = forms.FileField(
        label="File of lines",
        error_messages={"required": "Choose the file with the invoices' lines too.", "empty": "This file is empty."},
    )

    def __init__(self, *args: Any, feed: Feed, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not feed.lines_pattern:
            del self.fields["lines_file"]

    def clean(self) -> dict[str, Any] | None:
        most = settings.WORKBOOK_MAX_BYTES
        for name in ("file", "lines_file"):
            file = self.cleaned_data.get(name)
            if file is not None and (file.size or 0) > most:
                words = f"This file is larger than {most // 2**20} MB: put it into the drop folder."
                self.add_error(name, forms.ValidationError(words, code="too_large"))
        return self.cleaned_data


class Filters(forms.Form):
    """What isn't offered isn't asked for."""

    def given(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class RunFilters(Filters):
    feed = forms.ModelChoiceField(Feed.objects.none(), required=False, empty_label="All")
    state = forms.ChoiceField(choices=[("", "All"), *ImportRun.State.choices], required=False)

    def __init__(self, *args: Any, feeds: "QuerySet[Feed]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["feed"].queryset = feeds  # type: ignore[attr-defined]

    def narrow(self, runs: "QuerySet[ImportRun]") -> "QuerySet[ImportRun]":
        return runs.filter(**self.given())


class QueueFilters(Filters):
    q = forms.CharField(
        label="Name, ERP ID or phone", max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        choices=[
            *(("", "All"), ("match", "Looks like ours"), ("waiting", "New")),
            ("rejected", "Not wanted"),
        ],
        required=False,
    )
    division = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].choices = [("", "All"), *division_choices()]  # type: ignore[attr-defined]

    @property
    def states(self) -> tuple[str, ...]:
        """What the list shows: who isn't wanted only where that is asked for."""
        state = self.given().get("state")
        return (state,) if state else validating.OPEN

    def narrow(self, customers: "QuerySet[ErpCustomer]") -> "QuerySet[ErpCustomer]":
        given = self.given()
        if division := given.get("division"):
            customers = of_division(customers, "division", division)
        for word in plain(given.get("q", "")).split():
            customers = customers.filter(search_text__contains=word)
        return customers


# --- a steward's decisions -------------------------------------------------------------------------------------------
class Decision(forms.Form):
    def decide(self, customer: ErpCustomer, *, by: Staff, at: datetime) -> str:
        """Calls the verb; what was done, in words. Refuses what the verb does."""
        raise NotImplementedError


class CorrectForm(Decision):
    """What is the hub's of a customer's account."""

    division = forms.ModelChoiceField(Division.objects.none(), required=False, empty_label="No division")
    address = forms.CharField(max_length=300, required=False)
    main_phone = forms.CharField(label="Main phone number", max_length=60, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, customer: ErpCustomer, staff: Staff) -> None:
        record = customer.account or customer
        start = {name: getattr(record, name) for name in ("division", "address", "main_phone")}
        start["main_phone"] = phone_text(start["main_phone"])
        start["version"] = customer.account.version if customer.account else 0
        super().__init__(data, initial=start, auto_id="correct_%s")
        own = Division.objects.all() if staff.has_role(roles.ALL_DIVISIONS) else staff.divisions.all()
        self.fields["division"].queryset = own  # type: ignore[attr-defined]

    def decide(self, customer: ErpCustomer, *, by: Staff, at: datetime) -> str:
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        seen = self.cleaned_data["version"] or 0
        account = validating.correct(customer, by=by, at=at, values=values, seen_version=seen)
        return f"{account.name} is account {account.code}."


class MatchForm(Decision):
    account = AccountCodeField(
        label="Account of the hub",
        help_text="Type a name to look it up, or its code.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
        error_messages={"required": "Say which account of the hub it is."},
    )

    def decide(self, customer: ErpCustomer, *, by: Staff, at: datetime) -> str:
        account: Account = validating.match(customer, self.cleaned_data["account"], by=by, at=at)
        return f"{customer.name} is {account.code_and_name}."


class RejectForm(Decision):
    why = forms.CharField(
        label="Why the hub doesn't want it",
        max_length=200,
        error_messages={"required": "Say why the hub doesn't want it."},
    )

    def decide(self, customer: ErpCustomer, *, by: Staff, at: datetime) -> str:
        validating.reject(customer, by=by, at=at, why=self.cleaned_data["why"])
        return f"{customer.name} stays out of the hub."


class ReconsiderForm(Decision):
    """A button alone."""

    def decide(self, customer: ErpCustomer, *, by: Staff, at: datetime) -> str:
        validating.reconsider(customer, by=by, at=at)
        return f"{customer.name} waits for a look again."
