from typing import Any

from accounts.models import Account, Contact
from accounts.models.accounts import OwnershipState
from mikano_cx.kit.html import markup, markup_of_each
from mikano_cx.kit.tables import (
    Column,
    HubTable,
    MomentColumn,
    PersonColumn,
    PhoneColumn,
    badge,
    page_of,
    person,
)


class OwnerColumn(PersonColumn):
    """The owner chip of a row: the name, or why there is none. (components/owner_chip.html, bare.)"""

    def render(self, record: Account) -> Any:
        parts = []
        if record.owner:
            parts.append(person(record.owner))
        elif record.ownership_state == OwnershipState.ORPHAN:
            parts.append(badge("Orphan", "warn", "Nobody owns this account yet"))
        if record.ownership_state == OwnershipState.UNASSIGNED:
            parts.append(badge("Unassigned", "warn", "Waiting to be assigned"))
        return markup('<span class="owner-chip">{}</span>', markup_of_each("{}", ((p,) for p in parts)))


class AccountTable(HubTable):
    name = Column("Company", href=page_of("pages:account"), order_by=("name", "pk"))
    code = Column("ID", order_by=("code",))
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
    empty_template = "accounts/account_list.html#empty"

    class Meta:
        order_by = "name"
        default = ""


class ContactTable(HubTable):
    name = Column("Name", accessor="full_name", href=page_of("pages:contact"),
                  order_by=("full_name", "pk"))  # fmt: skip
    code = Column("ID", order_by=("code",))
    job_title = Column("Job title", orderable=False)
    account = Column("Account", href=page_of("pages:account", "account"), orderable=False,
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
    empty_template = "accounts/contact_list.html#empty"

    class Meta:
        order_by = "name"
        default = ""

    def render_email(self, value: str) -> Any:
        return markup('<a href="mailto:{}">{}</a>', value, value)

    def render_active(self, record: Contact) -> Any:
        return "Yes" if record.is_active else badge("Left", "", "No longer works there")
