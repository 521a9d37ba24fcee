"""The forms of the policy and of the what if."""

from django import forms

from mikano_cx.kit.forms import DayField
from ownership.policies.actions.policies import LONGEST


def _clock(label: str, name: str, unit: str, help_text: str) -> forms.IntegerField:
    """A field for a whole number of `unit` (days, months), from 1 to ten years."""
    wrong = {
        "required": f"Say how many {unit}.",
        "invalid": f"Give a whole number of {unit}.",
        "min_value": f"Give 1 or more {unit}: a clock runs for at least one.",
        "max_value": f"Give {LONGEST[name]:,} {unit} or fewer: a clock runs for ten years at most.",
    }
    most = LONGEST[name]
    return forms.IntegerField(label=label, min_value=1, max_value=most, help_text=help_text, error_messages=wrong)


class ClocksForm(forms.Form):
    """Other clocks of the rules, to try out."""

    orphan_after_months = _clock(
        "Months without a sale", "orphan_after_months", "months", "After more than this an account is an orphan."
    )
    lead_days = _clock(
        "Days for a lead", "lead_days", "days", "How long a lead keeps an orphan without closing a deal."
    )


class PolicyForm(ClocksForm):
    """New clocks from a day on, with a reason."""

    effective_from = DayField(label="From", help_text="Today or later.")
    reason = forms.CharField(
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
        help_text="People will ask.",
        error_messages={"required": "Say why the policy changes."},
    )
