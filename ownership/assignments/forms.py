"""The forms of assigning and claiming: they check what people type and give it as the actions' arguments."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms

from accounts.records.models import Account, Contact
from interactions.log.channels import CHANNELS
from interactions.log.models import Channel, Kinds
from mikano_cx.kit.forms import DayField
from ownership.assignments.actions import Load


class AssignForm(forms.Form):
    """The person who gets the ticked accounts. `loads` are the people offered, those of the head's divisions first."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    assignee = forms.TypedChoiceField(
        label="Assign to", coerce=int, error_messages={"required": "Choose who gets the accounts."}
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "Kept with the account", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, loads: Iterable[Load]) -> None:
        super().__init__(data, initial={"key": uuid4().hex})
        self.people = {load.staff.pk: load.staff for load in loads}
        near = [(load.staff.pk, load.words) for load in loads if load.near]
        others = [(load.staff.pk, load.words) for load in loads if not load.near]
        groups = [(label, people) for label, people in (("My divisions", near), ("Others", others)) if people]
        self.fields["assignee"].choices = [("", "Choose a person"), *groups]  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """The arguments of `assign_accounts` besides the accounts."""
        typed = self.cleaned_data
        return {
            "assignee": self.people[typed["assignee"]],
            "reason": typed["reason"],
            "idempotency_key": typed["key"],
        }


class ClaimForm(forms.Form):
    """A substantive interaction with the orphan `account`, at the instant `at`."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    contact = forms.ModelChoiceField(
        Contact.objects.none(), label="With whom", required=False, empty_label="The company, nobody in particular"
    )
    channel = forms.ChoiceField(
        label="How",
        choices=Channel.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it happened: phone, WhatsApp, e-mail, ..."},
    )
    kind = forms.ChoiceField(
        label="What it was",
        required=False,
        widget=forms.RadioSelect,
        help_text="A meeting or a site visit is one, if you don't say otherwise.",
    )
    notes = forms.CharField(
        label="Notes",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "What was said, in a line or two"}),
    )
    next_action = forms.CharField(
        label="Next action",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Send the quote", "autocomplete": "off"}),
    )
    due_on = DayField(label="Due", required=False)

    def __init__(self, data: Any = None, *, account: Account, at: datetime, **options: Any) -> None:
        self.kinds = Kinds.of(at)
        substantive = [version for version in self.kinds.offered if version.substantive]
        super().__init__(data, initial={"key": uuid4().hex}, **options)
        self.fields["kind"].choices = [(version.kind.slug, version.label) for version in substantive]  # type: ignore[attr-defined]
        self.fields["contact"].queryset = Contact.objects.filter(account=account, is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take the channel's own kind when none is chosen; ask for one when that kind, as a call's, claims nothing."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        channel = typed.get("channel")
        if channel and not typed.get("kind") and "kind" not in self.errors:
            offered = {slug for slug, _ in self.fields["kind"].choices}  # type: ignore[attr-defined]
            typed["kind"] = CHANNELS[channel].kind
            if typed["kind"] not in offered:
                self.add_error("kind", "Choose what it was: only these kinds claim an account.")
        return typed

    @property
    def channel_chips(self) -> list[dict[str, Any]]:
        chosen = self["channel"].value()
        return [
            {"value": value, "label": label, "icon": CHANNELS[value].icon, "checked": value == chosen}
            for value, label in Channel.choices
        ]

    @property
    def asked(self) -> dict[str, Any]:
        """The arguments of `log_interaction` besides the account."""
        typed = dict(self.cleaned_data)
        version = self.kinds.find(slug=typed.pop("kind"))
        typed["idempotency_key"] = typed.pop("key")
        return {**typed, "kind": version.kind if version else None, "kinds": self.kinds}
