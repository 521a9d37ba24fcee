"""The forms of disputes and renewals: they check what people type and give it as the actions' arguments."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms

from accounts.people.models import Staff
from mikano_cx.kit.forms import QuickSelect
from ownership.disputes.models import DraftRuling
from ownership.facts.models import RulingKind
from ownership.timeline.fact_cards import FactCard

WORDS = 2_000
NOBODY = "nobody"


def _text_field(label: str, required: str, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": required},
        **options,
    )


class OpenForm(forms.Form):
    """A new dispute. `involved` are the salespeople whom the account's facts name, `others` all other sellers."""

    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    question = _text_field(
        "What is in question?",
        "Say what is in question, in a sentence.",
        help_text="One or two sentences, for the head who rules on it: what isn't right, and what shows it.",
    )
    claimants = forms.TypedMultipleChoiceField(
        label="Who claims the account?", coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    another = forms.TypedChoiceField(
        label="And who else?", coerce=int, empty_value=None, required=False, widget=QuickSelect
    )

    def __init__(
        self, data: Any = None, *, involved: Iterable[Staff], others: Iterable[Staff], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial={"key": uuid4().hex, **initial})
        chips = [(person.pk, person.full_name) for person in involved]
        self.people = {person.pk: person for person in (*involved, *others)}
        self.fields["claimants"].choices = chips  # type: ignore[attr-defined]
        self.fields["another"].choices = [("", "Nobody else"), *((one.pk, one.full_name) for one in others)]  # type: ignore[attr-defined]
        if not chips:
            del self.fields["claimants"]

    def chosen(self) -> list[Staff]:
        typed = self.cleaned_data
        ids = [*typed.get("claimants", ()), *([typed["another"]] if typed["another"] else [])]
        return [self.people[pk] for pk in ids]


class DraftForm(forms.Form):
    """A ruling on one fact (`card`), with the choices that make sense for the fact as it stands."""

    ruling = forms.ChoiceField(
        label="What was it really?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the ruling does."},
    )
    credited_to = forms.ChoiceField(label="Whose, if it is somebody else’s", required=False, widget=QuickSelect)
    reason = _text_field(
        "Reason",
        "Give the ruling's reason: it is kept with it.",
        help_text="What shows it: an order, an e-mail, an ERP document. It is kept for good.",
    )

    def __init__(self, data: Any = None, *, card: FactCard, sellers: Iterable[Staff] = (), initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["ruling"].choices = choices = rulings_on(card)  # type: ignore[attr-defined]
        if card.kind == "sale":
            people = [(str(person.pk), _person_label(person)) for person in sellers]
            self.fields["credited_to"].choices = [("", "Choose…"), *people, (NOBODY, "Nobody")]  # type: ignore[attr-defined]
        else:
            del self.fields["credited_to"]
        if len(choices) == 1:
            self.initial.setdefault("ruling", choices[0][0])

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("ruling") == RulingKind.CREDIT and not typed.get("credited_to"):
            self.add_error("credited_to", "Say whose the sale is.")
        return typed

    def values(self) -> dict[str, Any]:
        """The arguments `kind`, `substantive` and `reason` of `draft_ruling`."""
        ruling = self.cleaned_data["ruling"]
        kind = RulingKind.RECLASSIFY.value if ruling in _SUBSTANTIVE_BY_CHOICE else ruling
        return {"kind": kind, "substantive": _SUBSTANTIVE_BY_CHOICE.get(ruling), "reason": self.cleaned_data["reason"]}

    def credited(self, sellers: Iterable[Staff]) -> Staff | None:
        return next((person for person in sellers if str(person.pk) == self.cleaned_data.get("credited_to")), None)


_SUBSTANTIVE_BY_CHOICE = {"substantive": True, "remark": False}


def rulings_on(card: FactCard) -> list[tuple[str, str]]:
    """The rulings that can change the fact as it stands, as choices (value, label)."""
    credit = (RulingKind.CREDIT.value, "A sale of somebody else")
    readings = [("substantive", "A substantive interaction"), ("remark", "Not a substantive interaction")]
    struck = (RulingKind.VOID.value, "Nothing: strike it out")
    if card.kind == "sale":
        return [credit] if card.ignored else [credit, struck]
    if card.kind == "interaction":
        return readings if card.ignored else [readings[1 if card.substantive else 0], struck]
    return [struck] if card.kind in ("created", "assignment") and not card.ignored else []


def draft_as_typed(draft: DraftRuling) -> dict[str, Any]:
    """The form's initial values for an existing draft."""
    reading = "substantive" if draft.substantive else "remark"
    ruling = reading if draft.kind == RulingKind.RECLASSIFY else draft.kind
    return {"ruling": ruling, "credited_to": str(draft.credited_to_id or NOBODY), "reason": draft.reason}


def _person_label(person: Staff) -> str:
    return f"{person} (left)" if person.last_working_day or not person.is_active else person.full_name


class SignForm(forms.Form):
    """The decision to sign; `digest` is that of the preview that the head has seen."""

    digest = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    reason = _text_field(
        "Why it is decided so",
        "Say why it is decided so: the claimants will read it.",
        help_text="The claimants will read it. It is kept for good, with the replay before and after.",
    )


class CloseForm(forms.Form):
    reason = _text_field("Why the finding stands", "Say why the finding stands: the claimants will read it.")


class WithdrawForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=WORDS, required=False)


class RenewForm(forms.Form):
    reason = _text_field(
        "Why it counts after all",
        "Say why it counts after all: it is kept with it.",
        help_text="What shows that striking it out was wrong. It is kept for good.",
    )


class DisputeFilters(forms.Form):
    """The filters of the list of disputes; a value that isn't offered is ignored."""

    state = forms.ChoiceField(required=False, widget=QuickSelect)
    division = forms.ChoiceField(required=False, widget=QuickSelect)

    def __init__(self, data: Any, *, states: list[tuple[str, str]], divisions: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["state"].choices = [("", "Any state"), *states]  # type: ignore[attr-defined]
        self.fields["division"].choices = [("", "Any division"), *divisions]  # type: ignore[attr-defined]
