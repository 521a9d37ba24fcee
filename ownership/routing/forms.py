"""The forms of routing and of leave."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.db.models import Model

from accounts.people.models import Division, ProductLine, Staff
from accounts.records.models import Account
from mikano_cx.kit import identifiers
from mikano_cx.kit.forms import DayField, SuggestInput


def _offer_choices(field: Any, model: type[Model], choices: list[tuple[Any, str]], among: Iterable[int]) -> None:
    """Offer choices that are fetched already; the posted value is looked up among the keys in `among`."""
    field.queryset = model._default_manager.filter(pk__in=list(among))
    field.choices = choices


class InquiryForm(forms.Form):
    """An inquiry to route, or to try where it would go."""

    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    division = forms.ModelChoiceField(Division.objects.none(), empty_label=None, to_field_name="slug")
    product_line = forms.ModelChoiceField(ProductLine.objects.none(), required=False, empty_label="Any")
    account = forms.CharField(
        max_length=240,
        required=False,
        help_text="Type a name to look it up, or its code. Empty: the inquiry matches no account.",
        widget=SuggestInput(attrs={"data-lookup": "account"}),
    )

    def __init__(
        self, data: Any = None, *, divisions: Iterable[Division], lines: Iterable[ProductLine], initial: Any = None
    ) -> None:
        super().__init__(data, initial={"key": uuid4().hex, **(initial or {})})
        slugs = {division.pk: division for division in divisions}
        _offer_choices(self.fields["division"], Division, [(one.slug, one.name) for one in slugs.values()], slugs)
        sold = {line.pk: f"{line.name} ({slugs[line.division_id]})" for line in lines if line.division_id in slugs}
        _offer_choices(self.fields["product_line"], ProductLine, [("", "Any"), *sold.items()], sold)

    def clean_account(self) -> Account | None:
        typed = self.cleaned_data["account"].partition(" · ")[0]
        if not typed:
            return None
        account = Account.objects.filter(code=identifiers.hub_code(typed)).first()
        if account is None:
            words = f"No account has the code “{typed}”: type a name, and choose it from the list."
            raise forms.ValidationError(words, code="unknown_account")
        return account

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        line, division = cleaned.get("product_line"), cleaned.get("division")
        if line and division and line.division_id != division.pk:
            self.add_error("product_line", f"{division} doesn't sell {line}.")
        return cleaned


class LeaveForm(forms.Form):
    """Leave: days, both included, on which somebody takes no new inquiries. Without `person` it is `me`."""

    person = forms.ModelChoiceField(
        Staff.objects.none(), label="Who", empty_label=None, to_field_name="username", required=False
    )
    first_day = DayField(label="First day")
    last_day = DayField(label="Last day", help_text="Both days included.")

    def __init__(self, data: Any = None, *, people: Iterable[Staff], me: Staff) -> None:
        super().__init__(data, initial={"person": me.username})
        known = {person.pk: person for person in people}
        _offer_choices(self.fields["person"], Staff, [(one.username, one.full_name) for one in known.values()], known)
        self.me, self.choosable = me, len(known) > 1

    def clean_person(self) -> Staff:
        return self.cleaned_data["person"] or self.me
