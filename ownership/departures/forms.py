"""The forms of departures, hand-overs and returns."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.people.models import Staff
from mikano_cx.kit.forms import DayField, QuickSelect


class LeavingForm(forms.Form):
    """The person who leaves, and their last working day."""

    person = forms.ChoiceField(
        label="Who leaves",
        widget=QuickSelect,
        error_messages={"required": "Choose who leaves.", "invalid_choice": "Choose one of the people offered."},
    )
    last_working_day = DayField(label="Last working day", error_messages={"required": "Give the last working day."})

    def __init__(self, data: Any = None, *, people: Iterable[Staff]) -> None:
        super().__init__(data)
        self.people = _offer_people(self.fields["person"], people)

    def clean_person(self) -> Staff:
        return self.people[self.cleaned_data["person"]]


class HandOverForm(forms.Form):
    """The colleague who gets the leaver's open next actions."""

    to = forms.ChoiceField(
        label="Hand them over to",
        widget=QuickSelect,
        error_messages={"required": "Choose a colleague.", "invalid_choice": "Choose one of the people offered."},
    )

    def __init__(self, data: Any = None, *, people: Iterable[Staff]) -> None:
        super().__init__(data)
        self.people = _offer_people(self.fields["to"], people)

    def clean_to(self) -> Staff:
        return self.people[self.cleaned_data["to"]]


def _offer_people(field: Any, people: Iterable[Staff]) -> dict[str, Staff]:
    """Offer these people as the field's choices; returns them by their sign-in names, which are the values."""
    known = {person.username: person for person in people}
    field.choices = [("", "Choose a person"), *((name, person.full_name) for name, person in known.items())]
    return known


class ReturnForm(forms.Form):
    first_day = DayField(label="First day back", required=False)
