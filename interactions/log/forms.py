"""Forms of the log: they check what people type and turn it into the arguments of actions."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.utils.text import slugify

from accounts.people.models import Staff
from accounts.records.search import Hit
from interactions.log.channels import CHANNELS
from interactions.log.form_fields import Who, contacts_near_new, picked_who, who_choices
from interactions.log.models import Channel, Direction, Interaction, Kinds
from mikano_cx.kit.local_time import LAGOS, local_date, next_weekday
from mikano_cx.kit.names import company_key
from mikano_cx.kit.refusal import Refused


def due_choices(today: date) -> list[tuple[str, str]]:
    """Days on which a next action is often due, as choices; the visible text is also the value sent."""
    tomorrow, friday, week = today + timedelta(days=1), next_weekday(today, 4), today + timedelta(days=7)
    choices = [("", "No date"), (today.isoformat(), "Today"), (tomorrow.isoformat(), "Tomorrow")]
    if friday != tomorrow and friday != week:
        choices.append((friday.isoformat(), f"Friday {friday.day} {friday:%b}"))
    return [*choices, (week.isoformat(), "+1 week"), ("date", "Another day")]


class DatePicker(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RefusableForm(forms.Form):
    """A form that shows an action's refusal at the field at fault."""

    FIELD_OF: dict[str, str] = {}

    def refuse(self, refused: Refused) -> None:
        field = self.FIELD_OF.get(refused.field or "", refused.field)
        self.add_error(field if field in self.fields else None, refused.message)


class NextForm(RefusableForm):
    """The next action and its due day."""

    next_action = forms.CharField(
        label="Next action",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Send the quote", "autocomplete": "off"}),
    )
    due = forms.ChoiceField(label="Due", required=False, widget=forms.RadioSelect)
    due_on = forms.DateField(label="On", required=False, widget=DatePicker())

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due"].choices = due_choices(today)  # type: ignore[attr-defined]
        self.fields["due"].initial = ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chip = cleaned.get("due") or ""
        if chip == "date" and not cleaned.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", "Choose the day.")
        if chip and chip != "date":
            cleaned["due_on"] = date.fromisoformat(chip)
        return cleaned


class PlanForm(NextForm):
    """The next action of an entry that was just saved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["next_action"].widget.attrs["data-focus"] = ""


class AnotherContactForm(forms.Form):
    """The word that creating a contact beside a near match asks for."""

    another_because = forms.CharField(
        label="Why is this another one?",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "e.g. another branch, a namesake", "autocomplete": "off"}),
    )


class LogForm(AnotherContactForm, NextForm):
    """The quick log. Three inputs make an entry: the contact or account, the channel, the notes."""

    FIELD_OF = {
        "kind": "kind",
        "occurred_at": "happened_on",
        "contact": "who",
        "account": "who",
        "full_name": "new_name",
        "mobile": "new_mobile",
    }

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    completes = forms.CharField(widget=forms.HiddenInput, required=False)
    who = forms.CharField(label="Who", required=False, max_length=120)
    picked = forms.CharField(required=False)
    channel = forms.ChoiceField(
        label="How",
        choices=Channel.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it happened: phone, WhatsApp, e-mail, ..."},
    )
    kind = forms.ChoiceField(label="Kind", required=False, widget=forms.RadioSelect)
    notes = forms.CharField(
        label="Notes",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "What was said, in a line or two"}),
    )
    happened_on = forms.DateField(label="Day", required=False, widget=DatePicker())
    happened_time = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    direction = forms.ChoiceField(
        label="Who contacted whom", required=False, choices=Direction.choices, widget=forms.RadioSelect
    )
    confidential = forms.BooleanField(
        required=False,
        label="Notes are for the account's division only",
        help_text="Others see that it happened, and its next action.",
    )
    new_name = forms.CharField(label="Full name", required=False, max_length=120)
    new_account = forms.CharField(label="Works at", required=False, max_length=200)
    new_account_picked = forms.CharField(required=False)
    new_mobile = forms.CharField(
        label="Mobile number", required=False, max_length=60, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )

    ANOTHER: ClassVar[tuple[str, ...]] = (
        "new_name",
        "new_account",
        "new_account_picked",
        "new_mobile",
        "another_because",
    )

    def __init__(self, *args: Any, by: Staff, at: datetime, **kwargs: Any) -> None:
        self.by, self.at = by, at
        self.choices: list[Who] = []
        self.account_choices: list[Who] = []
        super().__init__(*args, today=local_date(at), **kwargs)
        self.kinds = Kinds.of(at)
        kinds = [("", "By the channel"), *((version.kind.slug, version.label) for version in self.kinds.offered)]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial.setdefault("key", uuid4().hex)
            picked = picked_who(self.initial.get("picked", "")) if self.initial.get("picked") else None
            if picked:
                self.choices = [picked]
                self.initial["who"] = str(picked.record)
        max_day = local_date(at).isoformat()
        self.fields["happened_on"].widget.attrs["max"] = max_day

    @classmethod
    def instead(cls, typed: Mapping[str, Any], use: str, **options: Any) -> "LogForm":
        """The form as typed, with the existing record `use` in place of the person who was to be added."""
        kept = {name: typed[name] for name in cls.base_fields if name in typed and name not in cls.ANOTHER}
        return cls(initial={**kept, "picked": use}, **options)

    @cached_property
    def near(self) -> list[Hit]:
        return contacts_near_new(self.data) if self.is_bound else []

    @property
    def channel_chips(self) -> list[dict[str, Any]]:
        chosen = self["channel"].value()
        return [
            {"value": value, "label": label, "icon": CHANNELS[value].icon, "checked": value == chosen}
            for value, label in Channel.choices
        ]

    @property
    def folded_open(self) -> dict[str, bool]:
        """Whether each fold is open, because it holds typed text or an error."""
        folds = {
            "new": ("new_name", "new_account", "new_mobile", "another_because"),
            "kind": ("kind",),
            "more": ("happened_on", "happened_time", "direction", "confidential"),
        }
        return {fold: any(self[name].value() or self[name].errors for name in names) for fold, names in folds.items()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self._find_account_of_new(cleaned)
        self._find_who(cleaned)
        on, clock = cleaned.get("happened_on"), cleaned.get("happened_time")
        if on or clock:
            cleaned["occurred_at"] = datetime.combine(on or local_date(self.at), clock or time.min, tzinfo=LAGOS)
        return cleaned

    def clean_kind(self) -> Any:
        version = self.kinds.find(slug=self.cleaned_data["kind"])
        return version.kind if version else None

    def _find_who(self, cleaned: dict[str, Any]) -> None:
        typed, new = cleaned.get("who", ""), cleaned.get("new_name", "")
        picked = picked_who(cleaned.get("picked") or typed) if cleaned.get("picked") or typed else None
        if picked:
            self.choices = [picked]
            cleaned["contact"] = picked.record if picked.is_contact and not new else None
            cleaned["account"] = None if cleaned["contact"] else picked.account
            return
        if new:
            return
        self.choices = who_choices(typed, by=self.by)
        if self.choices:
            self.add_error("who", "Choose who it was.")
        elif typed:
            self.add_error("who", "Nobody was found. Add the person below, or try a code or phone number.")
        else:
            self.add_error("who", "Say who it was with: a contact or an account.")

    def _find_account_of_new(self, cleaned: dict[str, Any]) -> None:
        """Set the account of a person to be added: picked, typed exactly, or chosen as "who"."""
        if not cleaned.get("new_name"):
            return
        typed = cleaned.get("new_account", "")
        picked = next(filter(None, map(picked_who, filter(None, (cleaned.get("new_account_picked"), typed)))), None)
        if picked is None and not typed and (cleaned.get("picked") or "").startswith("a:"):
            picked = picked_who(cleaned["picked"])
        if picked is None and typed:
            choices = who_choices(typed, by=self.by, only_accounts=True)
            exact = [choice for choice in choices if company_key(str(choice.record)) == company_key(typed)]
            picked = exact[0] if len(exact) == 1 else None
            self.account_choices = choices
        if picked is None:
            self.add_error("new_account", "Choose the account the person works at.")
            return
        cleaned["new_account"] = picked.account
        self.account_choices = [picked]

    def refuse(self, refused: Refused) -> None:
        if refused.field == "account" and self.cleaned_data.get("new_name"):
            self.add_error("new_account", refused.message)
        else:
            super().refuse(refused)


class AmendForm(RefusableForm):
    """The entry itself, for its author, within the 15 minutes."""

    FIELD_OF = {"occurred_at": "happened_on"}

    channel = forms.ChoiceField(label="How", choices=Channel.choices, widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Kind", widget=forms.RadioSelect)
    notes = forms.CharField(label="Notes", required=False, widget=forms.Textarea(attrs={"rows": 5}))
    happened_on = forms.DateField(label="Day it happened", widget=DatePicker())
    happened_time = forms.TimeField(
        label="Time", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    direction = forms.ChoiceField(
        label="Who contacted whom", required=False, choices=Direction.choices, widget=forms.RadioSelect
    )
    confidential = forms.BooleanField(required=False, label="Notes are for the account's division only")

    def __init__(self, *args: Any, entry: Interaction, at: datetime, **kwargs: Any) -> None:
        self.entry = entry
        local = entry.occurred_at.astimezone(LAGOS)
        self.kinds = {version.kind.slug: version for version in Kinds.of(at).offered}
        initial = {
            "channel": entry.channel,
            "kind": entry.kind.slug,
            "notes": entry.notes,
            "direction": entry.direction,
            "confidential": entry.confidential,
            "happened_on": local.date(),
            "happened_time": local.time().replace(second=0, microsecond=0),
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        labels = {entry.kind.slug: str(entry.kind), **{slug: v.label for slug, v in self.kinds.items()}}
        self.fields["kind"].choices = list(labels.items())  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The changed values, as `amend_interaction` takes them."""
        cleaned, changed = self.cleaned_data, set(self.changed_data)
        values: dict[str, Any] = {
            name: cleaned[name] for name in ("channel", "notes", "direction", "confidential") if name in changed
        }
        if "kind" in changed:
            values["kind"] = self.kinds[cleaned["kind"]].kind
        if changed & {"happened_on", "happened_time"}:
            clock = cleaned["happened_time"] or time.min
            values["occurred_at"] = datetime.combine(cleaned["happened_on"], clock, tzinfo=LAGOS)
        return values


class AmendmentForm(RefusableForm):
    """A dated amendment beside the original entry."""

    text = forms.CharField(
        label="What should have been logged",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what should have been logged."},
    )


class VoidForm(RefusableForm):
    reason = forms.CharField(
        label="Why is it void?", max_length=300, error_messages={"required": "Say why the entry is void."}
    )


class RescheduleForm(RefusableForm):
    due_on = forms.DateField(label="New day", widget=DatePicker())


class KindForm(RefusableForm):
    """A version of a kind of interaction from a day on; without `slug` it adds a kind."""

    FIELD_OF = {"effective_from": "from_day"}

    slug = forms.SlugField(widget=forms.HiddenInput, required=False, max_length=40)
    label = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give the kind a name."})
    substantive = forms.BooleanField(
        required=False, label="Substantive", help_text="It can claim an orphan account (Rules of Engagement, rule 2)."
    )
    offered = forms.BooleanField(required=False, initial=True, label="Offered when logging")
    from_day = forms.DateField(
        label="From", required=False, widget=DatePicker(), help_text="Empty: from now on. Never in the past."
    )

    def values(self, at: datetime) -> dict[str, Any]:
        """The arguments of `revise_kind`."""
        cleaned = self.cleaned_data
        on = cleaned["from_day"]
        later = on and on > local_date(at)
        effective = datetime.combine(on, time.min, tzinfo=LAGOS) if later or (on and on < local_date(at)) else at
        return {
            "slug": cleaned["slug"] or slugify(cleaned["label"])[:40],
            "label": cleaned["label"],
            "substantive": cleaned["substantive"],
            "offered": cleaned["offered"],
            "effective_from": effective,
        }
