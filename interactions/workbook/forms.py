import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from accounts.imports.models import ImportRun
from accounts.people.models import Division, Staff
from accounts.people.roles import ALL_DIVISIONS
from interactions.workbook.decisions import Choices
from interactions.workbook.preview import old_actions
from mikano_cx.kit.forms import DayInput

OLD = timedelta(days=30)  # an action due longer ago than that is suggested for closing


class ChoicesForm(forms.Form):
    blanks_keep = forms.BooleanField(
        label="Blank cells keep what the hub has", required=False, help_text="Otherwise a blank cell empties the field."
    )
    repair_names = forms.BooleanField(
        label="Repair damaged names", required=False, help_text="“CafÃ©” was “Café” before some program damaged it."
    )
    propose_dates = forms.BooleanField(
        label="Give “Follow up on Friday” its date",
        required=False,
        help_text="The first Friday after the row's date, where the due date is blank.",
    )
    old_before = forms.DateField(
        label="Old next actions are those due before",
        required=False,
        widget=DayInput(),
        help_text="Leave it blank to count none as old.",
        error_messages={"invalid": "Choose a day of the calendar for old next actions."},
    )

    @classmethod
    def of(cls, run: ImportRun) -> "ChoicesForm":
        """As the run has them, with how many cells each is about."""
        form = cls(initial={name: getattr(run, name) for name in cls.base_fields})
        damaged = sum(kinds.get("mojibake_name", 0) for kinds in run.kinds.values())
        proposed = run.hints.get("interactions", {}).get("proposed_date", 0)
        if damaged:
            form.fields["repair_names"].label = f"Repair {damaged:,} damaged name{'s' if damaged > 1 else ''}"
        if proposed:
            form.fields["propose_dates"].label = f"Give {proposed:,} of “Follow up on Friday” their date"
        return form

    @property
    def choices(self) -> Choices:
        return Choices(**{name: self.cleaned_data[name] for name in ChoicesForm.base_fields if name in self.fields})


class ApplyForm(forms.Form):
    """What is still to be chosen when an import is applied: whether old next actions come in closed."""

    close_old = forms.BooleanField(
        required=False,
        initial=True,
        help_text="They come in as closed at import, done by nobody. Otherwise they are overdue from the first day on.",
    )

    @classmethod
    def of(cls, run: ImportRun) -> "ApplyForm | None":
        """None where the import brings no old next action."""
        old = old_actions(run)
        if not (old and run.old_before):
            return None
        form = cls(initial={"close_old": run.made.get("closes_old_actions", True)})
        before = f"{run.old_before.day} {run.old_before:%b %Y}"
        form.fields["close_old"].label = f"Close {old:,} next action{'s' if old > 1 else ''} due before {before}"
        return form


class UploadForm(ChoicesForm):
    """`on` is the local day of the upload."""

    old_before = None  # type: ignore[assignment] # without the field: the preview asks
    file = forms.FileField(
        label="Workbook",
        help_text="The hub workbook (.xlsx), or the refused rows of an earlier import, mended.",
        error_messages={"required": "Choose the workbook to bring in.", "empty": "This file is empty."},
    )
    division = forms.ModelChoiceField(
        Division.objects.none(),
        label="Division of new accounts",
        required=False,
        empty_label="None yet",
        help_text="Accounts that the hub has already stay where they are.",
    )
    field_order = ("file", "division")

    def __init__(self, *args: Any, by: Staff, on: date, **kwargs: Any) -> None:
        divisions = Division.objects.all()
        if not by.has_role(ALL_DIVISIONS):
            divisions = divisions.filter(pk__in=by.division_ids)
        own = next(iter(by.division_ids)) if len(by.division_ids) == 1 else None
        start = dict.fromkeys(ChoicesForm.base_fields, True) | {"division": own}
        super().__init__(*args, **{"initial": start, **kwargs})
        self.fields["division"].queryset = divisions  # type: ignore[attr-defined]
        self.on = on

    @property
    def choices(self) -> Choices:
        return replace(super().choices, old_before=self.on - OLD)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        most = settings.WORKBOOK_MAX_BYTES
        if (file.size or 0) > most:
            raise forms.ValidationError(f"This file is larger than {most // 2**20} MB.", code="too_large")
        return file


@dataclass(frozen=True)
class Name:
    """A name in the file that the staff list doesn't have, its rows, and who was said to be meant."""

    written: str
    rows: int
    staff_id: int | None

    @property
    def field(self) -> str:
        """By the name, not its place: the names may be others when the answer comes in."""
        return f"person_{hashlib.sha256(self.written.encode()).hexdigest()[:16]}"


def names_of(run: ImportRun) -> list[Name]:
    """The names to be explained; those explained already stay, to be corrected, until the import is applied."""
    said = {name: Name(name, given["rows"], given["staff"]) for name, given in run.made.get("people", {}).items()}
    unknown = {name: Name(name, rows, None) for name, rows in run.unknown_people.items()}
    return [*(unknown | said).values()]


class PeopleForm(forms.Form):
    """One choice for each name; the staff list is asked for once."""

    def __init__(self, *args: Any, names: Sequence[Name], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = list(names)
        self.staff = {str(person.pk): person for person in Staff.objects.filter(is_active=True).order_by("full_name")}
        choices = [("", "Keep as an inactive person"), *((pk, str(person)) for pk, person in self.staff.items())]
        for name in self.names:
            self.fields[name.field] = forms.ChoiceField(
                choices=choices,
                label=name.written,
                required=False,
                initial=name.staff_id,
                help_text=f"{name.rows:,} row{'' if name.rows == 1 else 's'}",
            )

    @property
    def people(self) -> dict[str, Staff | None]:
        """What differs from what was said before: None takes it back."""
        chosen = {name: self.staff.get(self.cleaned_data[name.field]) for name in self.names}
        return {
            name.written: person for name, person in chosen.items() if (person.pk if person else None) != name.staff_id
        }
