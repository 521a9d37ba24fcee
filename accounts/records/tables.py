"""Tables of the lists of accounts and contacts."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.records.models import Account, Contact
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.html import markup, markup_of_each
from mikano_cx.kit.local_time import day_text, days_left, days_left_text, last_day, local_date
from mikano_cx.kit.tables import (
    CodeColumn,
    Column,
    HubTable,
    MomentColumn,
    PersonColumn,
    PhoneColumn,
    address_of_page,
    badge,
    person_chip,
)

OWNER_URGENT = 60  # days


class OwnerColumn(PersonColumn):
    """The owner chip of a row: the name, or why there is no owner, and how long ownership lasts if it ends soon."""

    def render(self, record: Account) -> Any:
        parts = []
        if record.owner:
            parts.append(person_chip(record.owner))
        elif record.ownership_state == OwnershipState.ORPHAN:
            parts.append(badge("Orphan", "warn", "Nobody owns this account yet"))
        if record.ownership_state == OwnershipState.UNASSIGNED:
            parts.append(badge("Unassigned", "warn", "Waiting to be assigned"))
        if record.expires_at is not None:
            parts.append(_countdown(record.expires_at, record.ownership_state, local_date(timezone.now())))
        return markup('<span class="owner-chip">{}</span>', markup_of_each("{}", ((p,) for p in parts)))


@lru_cache(maxsize=2_000)
def _countdown(until: datetime, state: str, today: date) -> SafeString:
    """The days left of a lead, or of an ownership that ends within OWNER_URGENT days; else nothing."""
    left = days_left(until, today)
    if state != OwnershipState.LED and left > OWNER_URGENT:
        return SafeString("")
    tone = "danger" if left <= 3 else "warn" if left <= 14 else ""
    lead = "lead, " if state == OwnershipState.LED else ""
    return badge(f"{lead}{days_left_text(left)}", tone, f"Until the end of {day_text(last_day(until))}")


class AccountTable(HubTable):
    name = Column("Company", href=address_of_page("pages:account"), order_by=("name", "pk"))
    code = CodeColumn("ID")
    industry = Column("Industry", order_by=("industry", "name", "pk"), attrs={"td": {"class": "wide-only"}})
    division = Column("Division", orderable=False, plain=lambda record: str(record.division or ""))
    owner = OwnerColumn("Owner", empty_values=(), orderable=False)
    last_touch = MomentColumn("Last touch", accessor="last_interaction_at", default="Never")
    main_phone = PhoneColumn("Phone", orderable=False)
    erp_customer_id = Column("ERP ID", orderable=False, attrs={"td": {"class": "wide-only"}})
    ownership_state = Column("State", orderable=False, plain=lambda record: record.get_ownership_state_display())
    address = Column("Address", orderable=False)
    created_at = MomentColumn("Added", orderable=False)

    always = ("name",)
    usual = ("name", "code", "industry", "division", "owner", "last_touch", "main_phone", "erp_customer_id")
    label = "Accounts"

    class Meta:
        order_by = "name"
        default = ""


class ContactTable(HubTable):
    name = Column("Name", accessor="full_name", href=address_of_page("pages:contact"),
                  order_by=("full_name", "pk"))  # fmt: skip
    code = CodeColumn("ID")
    job_title = Column("Job title", orderable=False)
    account = Column("Account", href=address_of_page("pages:account", "account"), orderable=False,
                     plain=lambda record: str(record.account))  # fmt: skip
    account_code = Column("Account ID", accessor="account__code", orderable=False)
    mobile = PhoneColumn("Mobile", orderable=False)
    email = Column("E-mail", orderable=False)
    last_touch = MomentColumn("Last touch", accessor="last_interaction_at", default="Never")
    active = Column(
        "Active", accessor="is_active", orderable=False, plain=lambda record: "Yes" if record.is_active else "No"
    )
    consent = Column("Consent", orderable=False, plain=lambda record: record.get_consent_display())

    always = ("name",)
    usual = ("name", "job_title", "account", "mobile", "email", "last_touch", "active")
    label = "Contacts"

    class Meta:
        order_by = "name"
        default = ""

    def render_email(self, value: str) -> Any:
        name, _, domain = value.rpartition("@")
        return markup('<a href="mailto:{}">{}@<wbr>{}</a>', value, name, domain)

    def render_active(self, record: Contact) -> Any:
        return "Yes" if record.is_active else badge("Left", "", "No longer works there")
