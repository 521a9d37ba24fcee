"""The contents of the style guide: invented people and accounts, and a form and a table that exist only there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django_tables2 as tables
from django import forms
from django.core.paginator import Page, Paginator
from django.http import HttpRequest

from mikano_cx.kit.local_time import day_start, local_date
from mikano_cx.kit.names import initials


@dataclass(frozen=True)
class SpecimenPerson:
    full_name: str

    @property
    def initials(self) -> str:
        return initials(self.full_name)


@dataclass(frozen=True)
class SpecimenAccount:
    """An account with the attributes that the owner chip reads."""

    state: str
    owner: SpecimenPerson | None = None
    ownership_state: str = "owned"
    owner_basis: str = "rules"
    expires_at: datetime | None = None

    @property
    def get_ownership_state_display(self) -> str:
        return self.ownership_state.capitalize()


FUNKE, CHIDI, AISHA = SpecimenPerson("Funke Adeyemi"), SpecimenPerson("Chidi Okonkwo"), SpecimenPerson("Aisha Bello")
COMPANIES = ("Dangote Cement Plc", "Zenith Towers Ltd", "Lekki Gardens", "Nigerian Breweries", "Transcorp Hotels")


class SpecimenForm(forms.Form):
    company = forms.CharField(label="Company name", help_text="The official spelling.")
    email = forms.EmailField(label="E-mail", required=False)
    division = forms.ChoiceField(choices=[("power", "Power Generation"), ("lifts", "Elevators"), ("build", "Building")])
    channel = forms.ChoiceField(
        choices=[("phone", "Phone"), ("whatsapp", "WhatsApp"), ("visit", "Site visit")],
        widget=forms.RadioSelect,
        initial="phone",
    )
    topics = forms.MultipleChoiceField(
        choices=[("price", "Price"), ("service", "Service"), ("parts", "Parts")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    notes = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    due_on = forms.DateField(label="Due", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    confidential = forms.BooleanField(
        required=False, label="For this division only", help_text="Other divisions see that it happened, not what."
    )


class SpecimenChipsForm(forms.Form):
    channel = forms.CharField()
    channel_chips = (
        {"value": "phone", "label": "Phone", "icon": "phone", "checked": True},
        {"value": "visit", "label": "Site visit", "icon": "map-pin", "checked": False},
    )


class SpecimenUploadForm(forms.Form):
    workbook = forms.FileField(label="Hub workbook", help_text="An .xlsx file of up to 150 MB.")


class SpecimenFilterForm(forms.Form):
    q = forms.CharField(
        label="Search", required=False, widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or code"})
    )
    owner = forms.ChoiceField(choices=[("", "Any"), ("me", "Me")], required=False)
    state = forms.ChoiceField(choices=[("", "Any"), ("orphan", "Orphan")], required=False)


class SpecimenTable(tables.Table):
    label, region = "Accounts, specimen", "specimen-table"
    pick = tables.CheckBoxColumn(
        accessor="code",
        attrs={
            "th__input": {"aria-label": "Select all", "data-select-all": ""},
            "td__input": {"aria-label": lambda record: f"Select {record['company']}"},
            "td": {"class": "select"},
            "th": {"class": "select"},
        },
    )
    company = tables.TemplateColumn('<a href="#table">{{ record.company }}</a>', order_by="company")
    code = tables.Column(verbose_name="Account ID")
    owner = tables.TemplateColumn('{% ui "person" staff=record.owner %}', orderable=False)
    touched = tables.TemplateColumn("{{ record.touched|moment }}", verbose_name="Last touch")
    value = tables.TemplateColumn(
        "₦{{ record.value }}m", verbose_name="Open deals", attrs={"td": {"class": "num"}, "th": {"class": "num"}}
    )


class SpecimenEmptyTable(tables.Table):
    label, region = "Accounts, none", "empty-table"
    company = tables.Column()

    class Meta:
        empty_text = "No account matches"


def _table(request: HttpRequest, at: datetime) -> SpecimenTable:
    rows = [
        {
            "code": f"A{n:03}",
            "company": f"{COMPANIES[n % 5]}{f' {n // 5 + 1}' if n >= 5 else ''}",
            "owner": (FUNKE, CHIDI, None)[n % 3],
            "touched": at - timedelta(days=n * 3),
            "value": (n * 37) % 490,
        }
        for n in range(43)
    ]
    table = SpecimenTable(rows)
    tables.RequestConfig(request, paginate={"per_page": 5}).configure(table)
    return table


def _owners(on: date, reader: Any) -> list[SpecimenAccount]:
    ends = [day_start(on + timedelta(days=days)) for days in (41, 9, 2, -1)]
    return [
        SpecimenAccount("owned", FUNKE, expires_at=day_start(on + timedelta(days=300))),
        SpecimenAccount("yours", reader, "led", expires_at=ends[0]),
        SpecimenAccount("led, time left", CHIDI, "led", expires_at=ends[0]),
        SpecimenAccount("led, ends soon", AISHA, "led", expires_at=ends[1]),
        SpecimenAccount("led, ends in days", FUNKE, "led", expires_at=ends[2]),
        SpecimenAccount("lead over", CHIDI, "led", expires_at=ends[3]),
        SpecimenAccount("from the workbook", AISHA, owner_basis="workbook"),
        SpecimenAccount("unassigned", None, "unassigned"),
        SpecimenAccount("orphan", None, "orphan"),
    ]


def specimens(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """The style guide's context at the instant `at`."""
    faulty = SpecimenForm({"company": "", "email": "not-an-address", "division": "power", "channel": "", "notes": ""})
    faulty.is_valid()
    return {
        "form": SpecimenForm(auto_id="form_%s"),
        "faulty": faulty,
        "filter": SpecimenFilterForm(auto_id="filter_%s"),
        "upload": SpecimenUploadForm(auto_id="upload_%s"),
        "chips": SpecimenChipsForm(auto_id="chips_%s"),
        "job": {"done_steps": 3200, "all_steps": 6000},
        "table": _table(request, at),
        "empty_table": SpecimenEmptyTable([]),
        "owners": _owners(local_date(at), request.user),
        "people": [
            FUNKE,
            CHIDI,
            AISHA,
            SpecimenPerson("Ngozi Eze"),
            SpecimenPerson("Tunde Bakare"),
            SpecimenPerson("Ifeoma Obi"),
        ],
        "page": _specimen_page(),
        "tabs": [
            {"label": "Time line", "url": "#tabs", "current": True, "count": 48},
            {"label": "Contacts", "url": "#tabs", "count": 3},
            {"label": "Details", "url": "#tabs"},
        ],
        "badges": ("", "success", "warn", "danger", "info", "accent"),
        "alerts": ("info", "success", "warn", "danger"),
        "moments": [at, at - timedelta(days=1), at - timedelta(days=12), datetime(2024, 5, 21, 9, 30, tzinfo=UTC)],
        "schemes": ("light", "dark"),
    }


def _specimen_page() -> Page:
    return Paginator(range(900), 25).page(4)
