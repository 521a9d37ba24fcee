"""Writing the demo in bulk, without the actions, which can only write at the present time.

The bulk path keeps what actions keep: derived columns (`prepare`), last touches, whether a kind was substantive at the
time, and a history row for every row and change, dated when it would have happened. The rules decide who owns what
(`demo.ownership`). The demo has its own codes (DA001, DC001, DI00001), so the code series don't move and a real
workbook finds its codes free.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.db import transaction
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.lists.models import SavedView
from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import Origin, OwnerBasis, OwnershipState
from interactions.log.models import Amendment, Interaction, KindVersion
from mikano_cx.demo import PASSWORD
from mikano_cx.demo.cast import CAST, CastMember
from mikano_cx.demo.feeds import write_feeds
from mikano_cx.demo.ownership import Ownership
from mikano_cx.demo.records import DAYS, make_demo
from mikano_cx.demo.row_types import AccountRow, ContactRow, Demo, EntryRow
from mikano_cx.demo.stories import COMPANIES
from mikano_cx.kit.local_time import day_start, local_date

R = TypeVar("R", Account, Contact, Interaction)
Numbered = Callable[[int], str]


def demo_stands() -> bool:
    """Whether the demo is loaded. Samples (`samples`) are marked as demo data too, but don't count."""
    people = Staff.objects.filter(is_demo=True, erp_code__startswith="DSP")
    return people.exists() or Account.objects.filter(is_demo=True, code__startswith="DA").exists()


@transaction.atomic
def load_demo(*, at: datetime) -> dict[str, int]:
    """Write the demo as of the local day of the instant `at`. Returns the rows written by kind; empty if it is
    loaded."""
    if demo_stands():
        return {}
    demo = make_demo(local_date(at))
    begun = day_start(demo.today) - timedelta(days=DAYS + 10)
    staff = _staff(at, begun)
    accounts = _accounts(demo, staff)
    contacts = _contacts(demo, staff, accounts)
    ownership = Ownership(demo, staff, accounts, at=at)
    ownership.settle_people()
    ownership.write_assignments()
    ownership.write_sales(news=False)
    old, new = ([row for row in demo.entries if ownership.is_news(row.logged) == news] for news in (False, True))
    entries = _entries(old, staff, accounts, contacts)
    ownership.replay_history()
    ownership.write_sales(news=True)
    entries += _entries(new, staff, accounts, contacts)
    _incidents(entries, staff)
    ownership.replay_news()
    ownership.route()
    write_feeds(staff, at=at)
    _views(staff)
    return {
        "staff": len(staff),
        "accounts": len(accounts),
        "contacts": len(contacts),
        "interactions": len(entries),
        "sales": len(demo.sales),
    }


def _free(codes: Iterable[str | None], spelt: Numbered) -> Iterator[str]:
    """The unused codes of a series; a removed demo may have left some in use."""
    taken = set(codes)
    return (code for code in map(spelt, count(1)) if code not in taken)


def _divisions() -> dict[str, Division]:
    return {division.slug: division for division in Division.objects.all()}


def _last_touches(demo: Demo, number: Callable[[ContactRow], int]) -> dict[int, datetime]:
    touched: dict[int, datetime] = {}
    for entry in demo.entries:
        of = number(entry.contact)
        touched[of] = max(touched.get(of, entry.occurred), entry.occurred)
    return touched


def _staff(at: datetime, begun: datetime) -> dict[CastMember, Staff]:
    """The people of the demo. A sign-in name that is taken gets ".demo" appended."""
    taken = set(Staff.objects.values_list("username", flat=True)) | set(Staff.objects.values_list("email", flat=True))
    password, divisions = make_password(PASSWORD), _divisions()
    codes = _free(Staff.objects.values_list("erp_code", flat=True), "DSP{:03d}".format)
    people = {}
    for person in CAST:
        email = f"{person.username}@mikano.example"
        username = f"{person.username}.demo" if {person.username, email} & taken else person.username
        member = Staff(
            username=username,
            full_name=person.full_name,
            email=f"{username}@mikano.example",
            erp_code=next(codes) if person.entries else None,
            password=password,
            last_working_day=None
            if person.left_days_ago is None
            else local_date(at) - timedelta(days=person.left_days_ago),
            is_demo=True,
        )
        member.save()
        member.divisions.set([divisions[slug] for slug in person.divisions if slug in divisions])
        people[person] = member
        _lead(person, member)
    roles = [StaffRole(staff=people[person], role=role) for person in CAST for role in person.roles]
    bulk_create_with_history(roles, StaffRole, default_date=begun)
    mine = [member.pk for member in people.values()]
    Staff.objects.filter(pk__in=mine).update(created_at=begun)
    Staff.history.filter(id__in=mine).update(history_date=begun, created_at=begun)
    return people


def _lead(person: CastMember, member: Staff) -> None:
    """Fill the division's vacant posts without history, because `removal` vacates them in a row that is real."""
    Division.objects.filter(slug=person.leads, head=None).update(head=member)
    Division.objects.filter(slug=person.keeps, steward=None).update(steward=member)


def _accounts(demo: Demo, staff: dict[CastMember, Staff]) -> dict[int, Account]:
    codes = _free(Account.objects.values_list("code", flat=True), "DA{:03d}".format)
    erp_ids = set(Account.objects.values_list("erp_customer_id", flat=True))
    divisions, touched = _divisions(), _last_touches(demo, lambda contact: contact.account.number)
    made = {}
    for row in demo.accounts:
        account = _account(row, staff, next(codes), divisions.get(row.division))
        account.erp_customer_id = row.erp if row.erp not in erp_ids else None
        account.last_interaction_at = touched.get(row.number)
        made[row.number] = account.prepare()
    bulk_create_with_history(list(made.values()), Account)
    children = [(made[row.number], made[row.parent.number]) for row in demo.accounts if row.parent]
    for child, parent in children:
        child.parent, child.version = parent, child.version + 1
    bulk_update_with_history([child for child, _ in children], Account, ["parent", "version"])
    return made


def _account(row: AccountRow, staff: dict[CastMember, Staff], code: str, division: Division | None) -> Account:
    account = Account(
        code=code,
        name=row.name,
        industry=row.industry,
        address=row.address,
        main_phone=row.phone,
        division=division,
        note=row.note,
        owner=staff[row.on_paper] if row.on_paper else None,
        ownership_state=OwnershipState.OWNED if row.on_paper else OwnershipState.ORPHAN,
        owner_basis=OwnerBasis.WORKBOOK if row.on_paper else OwnerBasis.RULES,
        sourced_by=staff[row.creator] if row.creator else None,
        origin=Origin.HUB if row.by_hub else Origin.WORKBOOK,
        created_at=row.created,
        created_by=staff[row.creator] if row.creator else None,
        is_demo=True,
    )
    return _date_history(account, row.created, account.created_by)


def _contacts(demo: Demo, staff: dict[CastMember, Staff], accounts: dict[int, Account]) -> dict[int, Contact]:
    codes = _free(Contact.objects.values_list("code", flat=True), "DC{:03d}".format)
    touched = _last_touches(demo, lambda contact: contact.number)
    made = {row.number: _contact(row, staff, next(codes), accounts[row.account.number]) for row in demo.contacts}
    for number, contact in made.items():
        contact.last_interaction_at = touched.get(number)
    bulk_create_with_history(list(made.values()), Contact)
    return made


def _contact(row: ContactRow, staff: dict[CastMember, Staff], code: str, account: Account) -> Contact:
    contact = Contact(
        code=code,
        full_name=row.name,
        job_title=row.title,
        email=row.email,
        mobile=row.mobile,
        account=account,
        is_active=row.active,
        consent=row.consent,
        consent_on=row.consent_on,
        origin=account.origin,
        created_at=row.created,
        created_by=account.created_by,
        is_demo=True,
    )
    return _date_history(contact.prepare(), row.created, account.created_by)


def _entries(
    rows: list[EntryRow], staff: dict[CastMember, Staff], accounts: dict[int, Account], contacts: dict[int, Contact]
) -> list[Interaction]:
    codes = _free(Interaction.objects.values_list("code", flat=True), "DI{:05d}".format)
    versions = list(KindVersion.objects.select_related("kind").order_by("effective_from", "pk"))
    made = []
    for row in rows:
        entry = _entry(row, staff, versions, next(codes))
        entry.contact, entry.account = contacts[row.contact.number], accounts[row.contact.account.number]
        made.append(entry)
    # Rows are written in their final state; their histories have the logged state first, then the completed action.
    done = [(entry, row.done) for entry, row in zip(made, rows, strict=True) if row.done]
    _close_actions(done)
    Interaction.objects.bulk_create(made, 500)
    for entry, _ in done:
        entry.done_at = entry.done_by = None
        entry.version = 1
    Interaction.history.bulk_history_create(made, 500)
    _close_actions(done)
    Interaction.history.bulk_history_create(
        [_date_history(entry, at, entry.logged_by) for entry, at in done], 500, update=True
    )
    return made


def _close_actions(done: list[tuple[Interaction, datetime]]) -> None:
    for entry, at in done:
        entry.done_at, entry.done_by, entry.version = at, entry.logged_by, 2


def _entry(row: EntryRow, staff: dict[CastMember, Staff], versions: list[KindVersion], code: str) -> Interaction:
    # The latest version of the kind in force when the entry was logged.
    version = [v for v in versions if v.kind.slug == row.kind and v.effective_from <= row.logged][-1]
    entry = Interaction(
        code=code,
        occurred_at=row.occurred,
        logged_at=row.logged,
        channel=row.channel,
        kind=version.kind,
        substantive=version.substantive,
        direction=row.direction,
        notes=row.notes,
        confidential=row.confidential,
        next_action=row.next_action,
        due_on=row.due,
        logged_by=staff[row.person],
        by_salesperson=row.person.sells,
        source="web",
        is_demo=True,
    )
    return _date_history(entry, row.logged, entry.logged_by)


def _incidents(entries: list[Interaction], staff: dict[CastMember, Staff]) -> None:
    """Change some entries as happens in a log: one is voided, one amended at once, two amended later."""
    by_name = {person.full_name: member for person, member in staff.items()}
    told = {entry.pk for entry in entries if entry.account.name in COMPANIES}  # entries of stories stay unchanged
    of_funke = [entry for entry in reversed(entries) if entry.logged_by == by_name["Funke Ade"]]
    quiet = [entry for entry in of_funke if not entry.next_action and entry.pk not in told]
    twice, typo, later, corrected = quiet[2:6]
    steward = by_name["Aisha Bello"]
    twice.voided_at, twice.voided_by = twice.logged_at + timedelta(hours=20), steward
    twice.void_reason = "Logged twice: the other entry of that day stays."
    _change(twice, twice.voided_at, steward)
    typo.notes += " (It was the operations manager who called, not the secretary.)"
    typo.amended_at = typo.logged_at + timedelta(minutes=6)
    _change(typo, typo.amended_at, by_name["Funke Ade"])
    for entry, by, text in (
        (later, by_name["Funke Ade"], "They called again: the quantity is one more than noted here."),
        (corrected, steward, "The person spoken with was the deputy; the contact card is right now."),
    ):
        at = entry.logged_at + timedelta(hours=26)
        Amendment.objects.create(interaction=entry, at=at, by=by, text=text)
        _change(entry, at, by)


def _change(entry: Interaction, at: datetime, by: Staff) -> None:
    entry.version += 1
    _date_history(entry, at, by).save()


def _date_history(record: R, at: datetime, by: Staff | None) -> R:
    """The record, set so that its next history row is by that person at that instant."""
    record._history_date, record._history_user = at, by  # type: ignore[attr-defined]
    return record


def _views(staff: dict[CastMember, Staff]) -> None:
    """Create saved views: each steward's for the division, and one of Funke's own."""
    divisions, views = _divisions(), []
    for person, member in staff.items():
        shared = {"owner": member, "division": divisions.get(person.keeps)}
        if shared["division"]:
            for list_name, name, query in (
                ("accounts", "Without an owner", f"division={person.keeps}&owner=nobody"),
                ("accounts", "Quiet for 60 days", f"division={person.keeps}&untouched=60&sort=last_touch"),
                ("contacts", "Opted out", f"division={person.keeps}&consent=opted_out"),
            ):
                views.append(SavedView(list_name=list_name, name=name, query=query, **shared))
        if person.full_name == "Funke Ade":
            views.append(
                SavedView(list_name="accounts", name="My quiet accounts", query="owner=me&untouched=30", owner=member)
            )
    SavedView.objects.bulk_create(views)
