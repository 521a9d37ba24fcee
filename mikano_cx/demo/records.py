"""Making the demo's rows in memory, seeded and relative to a given day, without a clock or a database."""

import random
from datetime import date, datetime, timedelta

from mikano_cx.demo import companies, stories
from mikano_cx.demo.cast import CAST, FIRST_NAMES, LAST_NAMES, CastMember
from mikano_cx.demo.row_types import AccountRow, ContactRow, Demo, EntryRow
from mikano_cx.demo.sales import add_sales, sellers_of
from mikano_cx.kit.local_time import day_start

SEED = 65
DAYS = 14 * 30  # days that the demo covers
# The due days of the next actions of each person's latest entries, counted from today.
DUE = (-6, -3, -1, 0, 0, 1, 3, 5, 9)


def make_demo(today: date) -> Demo:
    """The whole demo as of the local day `today`. The same day gives the same rows."""
    draw = random.Random(SEED)  # noqa: S311 (nothing here is secret)
    demo = Demo(today)
    for company in companies.every_company():
        demo.accounts.append(_account(draw, demo, *company))
    _join_family(demo)
    stories.shape_accounts(demo.accounts, since=_moment(draw, today - timedelta(days=DAYS)))
    for account in demo.accounts:
        for _ in range(draw.choice((1, 1, 2, 2, 2, 3, 3))):
            demo.contacts.append(_contact(draw, demo, account))
    _plant_duplicates(demo)
    for person in CAST:
        demo.entries += _entries(draw, demo, person)
    stories.add_stories(demo)
    add_sales(demo)
    demo.entries.sort(key=lambda entry: (entry.logged, entry.person.full_name))
    for number, entry in enumerate(demo.entries, 1):
        entry.number = number
        # A contact is created before the first conversation.
        known = entry.occurred - timedelta(minutes=30)
        entry.contact.created = min(entry.contact.created, known)
        entry.contact.account.created = min(entry.contact.account.created, entry.contact.created)
    return demo


def _account(draw: random.Random, demo: Demo, division: str, industry: str, name: str) -> AccountRow:
    number = len(demo.accounts) + 1
    sellers = sellers_of(division)
    busy = [person.entries for person in sellers]  # people who log more sell more
    by_hub = draw.random() < 0.15
    created = _moment(draw, demo.today - timedelta(days=draw.randrange(20, DAYS) if by_hub else DAYS))
    there = [person for person in sellers if not person.left_days_ago]
    return AccountRow(
        number=number,
        name=name,
        division=division,
        industry=industry,
        address=f"{draw.randrange(2, 160)} {draw.choice(companies.STREETS[division])}",
        phone=_phone(number) if draw.random() < 0.8 else "",
        erp=str(900_000 + number) if draw.random() < 0.6 else "",
        owner=draw.choices(sellers, busy)[0] if not by_hub and draw.random() < 0.88 else None,
        by_hub=by_hub,
        created=created,
        creator=draw.choice(there) if by_hub else None,
    )


def _join_family(demo: Demo) -> None:
    by_name = {account.name: account for account in demo.accounts}
    for name in companies.SUBSIDIARIES:
        by_name[name].parent = by_name[companies.PARENT]
    by_name[companies.PARENT].note = "Buys for the whole group; the subsidiaries order on its frame contract."


def _contact(draw: random.Random, demo: Demo, account: AccountRow) -> ContactRow:
    number = len(demo.contacts) + 1
    taken = {contact.name for contact in demo.contacts}
    name = next(name for name in iter(lambda: _name(draw), "") if name not in taken)
    first, last = name.lower().split()
    consent = draw.choices(("unknown", "given", "opted_out"), (55, 41, 4))[0]
    created = max(account.created, _moment(draw, demo.today - timedelta(days=draw.randrange(15, DAYS))))
    return ContactRow(
        number=number,
        name=name,
        title=draw.choice(companies.TITLES[account.division]),
        email=f"{first}.{last}@{_domain(account.name)}" if draw.random() < 0.75 else "",
        mobile=_phone(1_000 + number) if draw.random() < 0.9 else "",
        account=account,
        created=created,
        consent=consent,
        consent_on=None if consent == "unknown" else min(created.date() + timedelta(days=9), demo.today),
        active=draw.random() > 0.04,
    )


def _plant_duplicates(demo: Demo) -> None:
    """Add one company twice, with one of its people spelt in two ways."""
    first, second = (next(a for a in demo.accounts if a.name == name) for name in companies.DUPLICATES)
    first.phone = second.phone = _phone(first.number)
    first.erp, second.erp = str(900_000 + first.number), ""
    twins = [next(c for c in demo.contacts if c.account is account) for account in (first, second)]
    for twin, name in zip(twins, ("Chukwuemeka Obiora", "Chukwuemeka Obiorah"), strict=True):
        twin.name, twin.mobile, twin.title, twin.active = name, _phone(1_900), "Fleet Manager", True
        twin.email = "c.obiora@harmattanlogistics.example"


def _entries(draw: random.Random, demo: Demo, person: CastMember) -> list[EntryRow]:
    """A person's log: the latest entries have open next actions, and most older ones are done."""
    if not person.entries:
        return []
    contacts = _circle(draw, demo, person)
    entries = []
    gone = person.left_days_ago or person.away_days
    for due_in in () if person.left_days_ago else DUE:
        ago = draw.randrange(8, 15) if due_in < 0 else draw.randrange(1, 7) + person.away_days
        on = demo.today - timedelta(days=ago)
        entry = _entry(draw, person, contacts, on, wants_action=True)
        entry.due = demo.today + timedelta(days=due_in)
        entries.append(entry)
    while len(entries) < person.entries:
        # More entries lately, as people get used to the hub.
        back = gone + 1 + int((DAYS - gone - 10) * draw.random() ** 1.3)
        entry = _entry(draw, person, contacts, demo.today - timedelta(days=back), wants_action=False)
        if entry.next_action:
            entry.due = entry.occurred.date() + timedelta(days=draw.choice((1, 2, 3, 5, 7, 14)))
            entry.done = _moment(draw, entry.due + timedelta(days=draw.choice((-1, 0, 0, 0, 1, 3))))
            if not entry.logged < entry.done < day_start(demo.today):
                entry.next_action, entry.due, entry.done = "", None, None
        entries.append(entry)
    return entries


def _circle(draw: random.Random, demo: Demo, person: CastMember) -> list[ContactRow]:
    """The contacts that a person talks with: mostly those of own accounts, sometimes colleagues'."""
    near = [c for c in demo.contacts if c.account.division in person.divisions and not c.account.story]
    own = [c for c in near if c.account.owner is person]
    return own * 4 + draw.sample(near, len(near) // 2)


def _entry(
    draw: random.Random, person: CastMember, contacts: list[ContactRow], on: date, *, wants_action: bool
) -> EntryRow:
    contact = draw.choice(contacts)
    talks = companies.talks_of(contact.account.division)
    talk = draw.choice([t for t in talks if t.next_action] if wants_action else talks)
    words = {
        "name": contact.name.split()[0],
        "n": draw.randrange(2, 9),
        "m": draw.choice((24, 31, 48, 65, 90)),
        "k": draw.choice(("850,000", "1,400,000", "2,350,000", "3,200,000")),
    }
    occurred = _moment(draw, on)
    confidential = not wants_action and draw.random() < 0.015
    promising = draw.random() < 0.8
    return EntryRow(
        person=person,
        contact=contact,
        occurred=occurred,
        # Logged within minutes, or up to three hours later.
        logged=occurred + timedelta(minutes=draw.choice((2, 3, 5, 8, 15, 40, 180))),
        channel=draw.choice(talk.channels.split()),
        kind="internal-note" if confidential else talk.kind,
        direction="" if confidential else talk.direction,
        notes=(draw.choice(companies.CONFIDENTIAL) if confidential else talk.note).format(**words),
        next_action=talk.next_action.format(**words) if wants_action or (promising and not confidential) else "",
        confidential=confidential,
    )


def _moment(draw: random.Random, on: date) -> datetime:
    """A minute of the working day in local time; a weekend day becomes the Friday before."""
    on -= timedelta(days=max(0, on.weekday() - 4))
    return day_start(on) + timedelta(minutes=draw.randrange(8 * 60, 17 * 60))


def _name(draw: random.Random) -> str:
    return f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}"


def _phone(number: int) -> str:
    """A number in the 0700 range, which no operator gives to subscribers."""
    return f"+234700000{number:04d}"


def _domain(company: str) -> str:
    words = [word for word in company.lower().split() if word.isalpha()]
    return "".join(words[:2]) + ".example"
