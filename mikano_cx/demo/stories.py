"""Accounts with chosen facts, so that the demo shows every outcome of the rules of engagement.

Days are counted back from the day of the demo.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from mikano_cx.demo.cast import cast_member
from mikano_cx.demo.row_types import AccountRow, AssignmentRow, ContactRow, Demo, DemoSaleRow, EntryRow
from mikano_cx.demo.sales import UNKNOWN_CODE, overnight, price_of
from mikano_cx.kit.local_time import LAGOS

DISPUTED, RULED, UPHELD = "Third Mainland Movers Ltd", "Mambilla Tea Growers Cooperative", "Ewekoro Tiles Ltd"
LATE_SALE, CREDITED, YEAR = "Sagamu Roads & Bridges Ltd", "Tinapa Stores Ltd", 365


class ToldSale(NamedTuple):
    company: str
    by: str  # empty for a person unknown to the hub
    ago: int
    line: str
    units: int = 1
    known_ago: int | None = None  # days ago; None for the next morning
    credited_ago: int | None = None  # days ago that a credit note took all of it back


class ToldTalk(NamedTuple):
    company: str
    by: str
    ago: int
    kind: str
    channel: str
    note: str
    direction: str = "out"


class ToldAssignment(NamedTuple):
    company: str
    to: str
    by: str
    ago: int
    reason: str


T8, X200, SERVICE, GSW, HYBRID = (
    *("JAC T8 pick-ups", "X200 trucks", "After-sales service"),
    *("GSW generators", "Hybrid power"),
)
SALES = (
    ToldSale("Gateway Escort Services Ltd", "Funke Ade", YEAR - 26, T8, 2),  # runs out within two months
    ToldSale("Kwara Line Transport Enterprises", "Segun Oyelaran", YEAR + 35, X200),  # an orphan since
    ToldSale("Olumo Rock Construction Ltd", "Segun Oyelaran", 210, X200, 2),  # unassigned: he left, the sale is young
    ToldSale("Bonny Dredging Works Ltd", "Segun Oyelaran", 220, T8, 3),  # given to Funke since
    ToldSale("Idanre Quarries Ltd", "Funke Ade", 250, X200, 2),
    ToldSale("Idanre Quarries Ltd", "Yinka Oladipo", 6, X200),  # out of turn
    ToldSale(LATE_SALE, "Aisha Bello", 24, SERVICE, 6, known_ago=17),
    ToldSale(DISPUTED, "Funke Ade", 230, T8, 2),
    ToldSale(DISPUTED, "Yinka Oladipo", 5, X200, 3),
    ToldSale("Balogun Street Traders Union", "Funke Ade", 75, T8),  # two sellers on one day: the greater value
    ToldSale("Balogun Street Traders Union", "Yinka Oladipo", 75, X200, 2),
    ToldSale(CREDITED, "Yinka Oladipo", 100, X200, credited_ago=70),  # no deal any more
    ToldSale("Night Heron Security Ltd", "", 30, T8, 2),  # unassigned: nobody known sold it
    ToldSale("Argungu Fish Farms Ltd", "Funke Ade", 60, T8),
    ToldSale("Zobe Farms & Allied Ltd", "Aisha Bello", 95, SERVICE, 4),
    ToldSale("Onitsha Spare Parts Depot Ltd", "Yinka Oladipo", YEAR + 20, T8, 2),
    ToldSale("Queen Amina Schools, Zaria", "Yinka Oladipo", 120, X200),
    ToldSale("Tarkwa Beach Resort Ltd", "Osagie Ighodaro", YEAR + 18, HYBRID),
    ToldSale(UPHELD, "Emeka Nwosu", 70, GSW),
    ToldSale("Kuto Pharmacy, Abeokuta", "Uche Nnamdi", YEAR + 24, "Syringes 5ml", 60),
    ToldSale("Island Book Society", "Bisi Lawal", YEAR + 30, "Private dining", 40),
)
TALKS: tuple[ToldTalk, ...] = (
    ToldTalk(
        "Yankari Tours & Travels Ltd",
        "Funke Ade",
        83,
        "demonstration",
        "site_visit",
        "Showed {name} the T8 at the park gate. They renew six vehicles next quarter.",
    ),
    ToldTalk(
        "Yankari Tours & Travels Ltd", "Funke Ade", 20, "quote-sent", "email", "Quote for six JAC T8 sent to {name}."
    ),
    ToldTalk(
        "Blue Egret Car Hire Ltd",
        "Funke Ade",
        89,
        "meeting",
        "meeting",
        "Met {name} about replacing the airport fleet. Budget comes with the new board.",
    ),
    ToldTalk(
        "Blue Egret Car Hire Ltd", "Funke Ade", 34, "conversation", "phone", "{name} says the board meets soon.", "in"
    ),
    ToldTalk(
        "Jabi Courtyard Hotel",
        "Emeka Nwosu",
        85,
        "technical-survey",
        "site_visit",
        "Load survey with {name}: a GSW-250 carries all of it, the laundry too.",
    ),
    ToldTalk(
        "Ikogosi Builders Nig. Ltd", "Yinka Oladipo", 140, "left-a-message", "phone", "No answer. Left a message."
    ),
    ToldTalk("Tarkwa Beach Resort Ltd", "Chinedu Obi", 11, "left-a-message", "phone", "Left a message for {name}."),
    ToldTalk("Etim Family", "Simi Coker", 60, "information-sent", "email", "Sent {name} the price list."),
    ToldTalk(DISPUTED, "Funke Ade", 26, "quote-sent", "email", "Quote for three X200 trucks sent to {name}: ₦138m."),
    ToldTalk(
        DISPUTED,
        "Funke Ade",
        13,
        "negotiation",
        "meeting",
        "{name} takes three X200 at list price, delivery in two weeks.",
    ),
    ToldTalk(
        DISPUTED,
        "Yinka Oladipo",
        5,
        "order",
        "email",
        "Order for three X200 came in while Funke was out. Passed it on.",
        "in",
    ),
    ToldTalk(
        RULED,
        "Yinka Oladipo",
        62,
        "meeting",
        "walk_in",
        "Dropped brochures with the guard at the gate; {name} was away.",
    ),
    ToldTalk(
        RULED,
        "Aisha Bello",
        57,
        "demonstration",
        "site_visit",
        "Test drive on the estate road with {name} and the field manager.",
    ),
    ToldTalk(
        CREDITED,
        "Funke Ade",
        40,
        "meeting",
        "meeting",
        "Met {name}: the truck that went back was too long for the yard.",
    ),
    ToldTalk(
        UPHELD,
        "Chinedu Obi",
        82,
        "site-visit",
        "site_visit",
        "Visited the kiln with {name}; the old set is past repair.",
    ),
    ToldTalk(
        "Queen Amina Schools, Zaria", "Aisha Bello", 33, "conversation", "phone", "{name} asks for a second bus.", "in"
    ),
    # Talk that moves nothing.
    *(
        ToldTalk(company, by, ago, "conversation", "phone", note)
        for company, by, ago, note in (
            ("Gateway Escort Services Ltd", "Funke Ade", 27, "{name} is content with both vans; no budget before May."),
            ("Bonny Dredging Works Ltd", "Funke Ade", 16, "{name} asks when the third pick-up is due for service."),
            ("Idanre Quarries Ltd", "Funke Ade", 48, "Called {name}: the trucks run two shifts."),
            ("Balogun Street Traders Union", "Yinka Oladipo", 41, "{name} will ask the members about a fifth vehicle."),
            ("Kwara Line Transport Enterprises", "Segun Oyelaran", 190, "{name} buys nothing this year."),
            ("Olumo Rock Construction Ltd", "Segun Oyelaran", 160, "Told {name} that a colleague takes over."),
            ("Onitsha Spare Parts Depot Ltd", "Funke Ade", 73, "{name} was friendly and in a hurry."),
            ("Argungu Fish Farms Ltd", "Funke Ade", 22, "{name} likes the pick-up."),
            ("Zobe Farms & Allied Ltd", "Aisha Bello", 38, "{name} wants the next service before the harvest."),
            ("Kuto Pharmacy, Abeokuta", "Uche Nnamdi", 210, "{name} found a cheaper supplier."),
            ("Island Book Society", "Bisi Lawal", 130, "{name}: no dinner this year."),
        )
    ),
)
GIVEN = (
    ToldAssignment("Bonny Dredging Works Ltd", "Funke Ade", "Ngozi Eze", 140, "Segun left; Funke knows their yard."),
    ToldAssignment(LATE_SALE, "Yinka Oladipo", "Ngozi Eze", 20, "Nobody seems to look after them."),
)
ON_PAPER = {
    "Argungu Fish Farms Ltd": "Yinka Oladipo",
    "Zobe Farms & Allied Ltd": "Segun Oyelaran",
    "Onitsha Spare Parts Depot Ltd": "Funke Ade",
    "Queen Amina Schools, Zaria": "Aisha Bello",
}
COMPANIES = {*(row.company for row in SALES), *(row.company for row in TALKS), *(row.company for row in GIVEN)}


def shape_accounts(accounts: list[AccountRow], *, since: datetime) -> None:
    """Mark the accounts with a story: known since `since`, from the workbook, without a source or a drawn seller."""
    for account in accounts:
        if account.name in COMPANIES:
            account.story, account.by_hub, account.creator, account.owner = True, False, None, None
            account.created = since
            account.on_paper = cast_member(ON_PAPER[account.name]) if account.name in ON_PAPER else None


def add_stories(demo: Demo) -> None:
    """Add what happens to these accounts."""
    accounts = {account.name: account for account in demo.accounts if account.story}
    contacts: dict[str, ContactRow] = {}
    for contact in demo.contacts:
        contacts.setdefault(contact.account.name, contact)
    for sold in SALES:
        _sell(demo, accounts[sold.company], sold)
    for talked in TALKS:
        demo.entries.append(_entry(demo.today, contacts[talked.company], talked))
    for given in GIVEN:
        at = _moment(demo.today, given.ago, 9)
        demo.given.append(
            AssignmentRow(accounts[given.company], cast_member(given.to), cast_member(given.by), at, given.reason)
        )


def _sell(demo: Demo, account: AccountRow, sold: ToldSale) -> None:
    on = demo.today - timedelta(days=sold.ago)
    known = overnight(on) if sold.known_ago is None else overnight(demo.today - timedelta(days=sold.known_ago))
    person = cast_member(sold.by) if sold.by else None
    amount, code = price_of(sold.line, sold.units), "" if person else UNKNOWN_CODE
    invoice = DemoSaleRow(account, on, amount, sold.line, person, known, code)
    demo.sales.append(invoice)
    if sold.credited_ago is not None:
        back = demo.today - timedelta(days=sold.credited_ago)
        demo.sales.append(DemoSaleRow(account, back, -amount, sold.line, person, overnight(back), credits=invoice))


def _entry(today: date, contact: ContactRow, talked: ToldTalk) -> EntryRow:
    contact.active = True
    occurred = _moment(today, talked.ago, 11)
    notes = talked.note.format(name=contact.name.split()[0])
    logged = occurred + timedelta(minutes=20)
    return EntryRow(
        cast_member(talked.by), contact, occurred, logged, talked.channel, talked.kind, talked.direction, notes
    )


def _moment(today: date, ago: int, hour: int) -> datetime:
    return datetime.combine(today - timedelta(days=ago), time(hour, 15), tzinfo=LAGOS)
