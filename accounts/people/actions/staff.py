"""The actions that write staff and divisions; the admin calls them.

Administrators and IT manage staff. Nobody changes their own roles, divisions or departure. Only an administrator may
change an administrator, because whoever changes an e-mail address can have the password reset. Only the command line
makes somebody an administrator.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.events import codes_given, facts_changed
from accounts.people import roles
from accounts.people.models import Division, Movement, ProductLine, Staff, StaffAlias, StaffRole, WorkingHours
from accounts.people.roles import Role
from mikano_cx.kit.local_time import day_start, local_date
from mikano_cx.kit.person_locks import lock_moving_person
from mikano_cx.kit.refusal import Refused, still_there

EARLIEST_LAST_DAY, LATEST_LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
TEXT_FIELDS = ("username", "full_name", "initials", "email", "erp_code")
MANY = ("divisions", "product_lines")
RIGHTS = frozenset({"divisions", "is_active"})
DIVISION_FIELDS = frozenset("name head steward go_live_on position".split())
UNIQUE = {"username": "signs in by this name", "email": "has this e-mail address", "erp_code": "has this ERP code"}


@transaction.atomic
def add_staff(*, by: Staff, at: datetime, values: Mapping[str, Any], granted: Iterable[str] = ()) -> Staff:
    """Add a person with the roles `granted` and without a password: a mailed link lets the person choose one.

    Refuses: `not_your_role`, `name_missing`, `username_missing`, `username_unfit`, `..._taken`.
    """
    _may_manage(by)
    person = Staff()
    person.set_unusable_password()
    _fill(person, values)
    _save(person, by)
    _set_many(person, values)
    _grant(person, by, granted)
    _give_code(person, None, by=by, at=at)
    return person


def staff_digest(person: Staff) -> str:
    """A digest of the record with its roles and divisions. Two records that differ have different digests."""
    row = Staff.objects.get(pk=person.pk)
    values = [getattr(row, name) for name in (*TEXT_FIELDS, "is_active", "last_working_day")]
    roles_held = sorted(StaffRole.objects.filter(staff=row).values_list("role", flat=True))
    many = [sorted(getattr(row, name).values_list("pk", flat=True)) for name in MANY]
    return hashlib.sha256(repr([*values, roles_held, *many]).encode()).hexdigest()[:32]


@transaction.atomic
def edit_staff(person: Staff, *, by: Staff, at: datetime, values: Mapping[str, Any], seen: str | None = None) -> Staff:
    """Change a person's names, addresses, divisions, product lines and whether they may sign in.

    `seen` is the `staff_digest` of the record that the editor looked at. Sales that carry the person's new ERP code,
    and have no salesperson yet, become the person's.
    Refuses: what `add_staff` refuses, `administrator`, `own_rights` (one's own divisions and signing in), and
    `conflict` when somebody else changed the person or their roles since `seen`.
    """
    locked = _lock(person, by)
    if seen is not None and seen != staff_digest(locked):
        words = "Somebody else changed this person meanwhile, and nothing of yours was saved. Open the page anew."
        raise Refused("conflict", words)
    if by == locked and RIGHTS & set(values):
        raise Refused("own_rights", "Somebody else changes your divisions and your signing in.")
    email, code, was_active = locked.email, locked.erp_code, locked.is_active
    _fill(locked, values)
    if locked.email != email:  # from now on the old address neither signs in nor resets the password
        EmailAddress.objects.filter(user=locked).delete()
    _save(locked, by)
    _set_many(locked, values)
    _give_code(locked, code, by=by, at=at)
    if locked.is_active and not was_active and locked.last_working_day is None:
        _works_here(locked, by=by, at=at)
    return locked


@transaction.atomic
def set_roles(person: Staff, *, by: Staff, at: datetime, granted: Iterable[str]) -> Staff:
    """Give the person exactly these roles. Refuses `not_your_role`, `administrator`, `own_rights`, `unknown_role`."""
    locked = _lock(person, by)
    if by == locked:
        raise Refused("own_rights", "Nobody gives oneself roles: ask a colleague or an administrator.", field="granted")
    _grant(locked, by, granted)
    return locked


@transaction.atomic
def depart(person: Staff, *, by: Staff, at: datetime, last_working_day: date) -> Staff:
    """Record that the person leaves: they can't sign in after the local day `last_working_day`. Nothing is deleted.

    At the midnight in Lagos after that day, the accounts that the person holds go back by the rules of engagement.
    Earlier records that contradict the departure are struck: the last departure, and a return that isn't before that
    midnight. IT may do this, and the head of all the person's divisions.
    Refuses: `not_your_role`, `administrator`, `own_rights`, `bad_date`.
    """
    locked = _lock_for_movement(person, by)
    if by == locked:
        raise Refused("own_rights", "Somebody else records your leaving.", field="last_working_day")
    if not EARLIEST_LAST_DAY <= last_working_day <= LATEST_LAST_DAY:
        raise Refused("bad_date", "Choose a day of this century.", field="last_working_day")
    instant = day_start(last_working_day + timedelta(days=1))
    last = _last_movement(locked)
    while last is not None and last.kind == Movement.Kind.RETURN and last.at >= instant:
        _strike(last, by=by, at=at)
        last = _last_movement(locked)
    left = last is not None and last.kind == Movement.Kind.DEPARTURE
    if last is not None and left and last.at != instant:
        _strike(last, by=by, at=at)
    if last is None or not left or last.at != instant:
        _move(locked, Movement.Kind.DEPARTURE, instant, by=by, at=at)
    _set_last_day(locked, by, last_working_day)
    facts_changed.send(Staff, account_ids=set(), staff_ids={locked.pk}, at=at, by=by)
    return locked


@transaction.atomic
def return_to_work(person: Staff, *, by: Staff, at: datetime, first_day: date | None = None) -> Staff:
    """Record that the person works here again from the local day `first_day` (today or earlier); None: they never left.

    Taking a departure back restores what the person held. A return after a departure restores nothing, by the rules.
    Refuses: `not_your_role`, `administrator`, `own_rights`, `bad_date`.
    """
    locked = _lock_for_movement(person, by)
    if by == locked:
        raise Refused("own_rights", "Somebody else records your coming back.", field="first_day")
    if first_day is not None and first_day > local_date(at):
        raise Refused("bad_date", "Record it on the first day back: until then they are away.", field="first_day")
    last = _last_movement(locked)
    if last is not None and last.kind == Movement.Kind.DEPARTURE:
        if first_day is None:
            _strike(last, by=by, at=at)
        elif day_start(first_day) < last.at:
            raise Refused("bad_date", "The first day back is after the last working day.", field="first_day")
        else:
            _move(locked, Movement.Kind.RETURN, day_start(first_day), by=by, at=at)
    _set_last_day(locked, by, None)
    facts_changed.send(Staff, account_ids=set(), staff_ids={locked.pk}, at=at, by=by)
    return locked


@transaction.atomic
def point_alias(alias: StaffAlias, *, by: Staff, at: datetime, staff: Staff) -> StaffAlias:
    """Say which person a spelling in imported files means. Later imports use it; rows imported before stay as they are.

    Refuses: `not_your_role`, `gone`.
    """
    _may_manage(by)
    locked: StaffAlias = still_there(StaffAlias.objects.select_for_update(), alias)
    if locked.staff_id != staff.pk:
        locked.staff = staff
        _write_by(locked, by).save()
    return locked


@transaction.atomic
def edit_division(division: Division, *, by: Staff, at: datetime, values: Mapping[str, Any]) -> Division:
    """Change a division's name, head, steward, go-live date and place. Refuses `not_your_role`, `name_missing`."""
    _may_arrange(by)
    locked = Division.objects.select_for_update().get(pk=division.pk)
    for name in DIVISION_FIELDS & set(values):
        setattr(locked, name, values[name])
    if not locked.name.strip():
        raise Refused("name_missing", "Give the division a name.", field="name")
    _write_by(locked, by).save()
    return locked


@transaction.atomic
def set_working_hours(division: Division, *, by: Staff, at: datetime, week: Mapping[int, tuple[time, time]]) -> None:
    """Set the division's local working hours by weekday (Monday is 0). Weekdays that `week` leaves out are days off.

    Refuses: `not_your_role`, `closes_before_it_opens`.
    """
    _may_arrange(by)
    stands = {row.weekday: row for row in WorkingHours.objects.select_for_update().filter(division=division)}
    for weekday, (opens, closes) in week.items():
        if opens >= closes:
            raise Refused("closes_before_it_opens", "A day's work opens before it closes.")
        row = stands.pop(weekday, None) or WorkingHours(division=division, weekday=weekday)
        if (row.opens, row.closes) != (opens, closes):
            row.opens, row.closes = opens, closes
            _write_by(row, by).save()
    for row in stands.values():
        _write_by(row, by).delete()


@transaction.atomic
def save_product_line(
    line: ProductLine | None, *, by: Staff, at: datetime, name: str, division: Division | None = None
) -> ProductLine:
    """Add a product line of a division, or rename one; a line never changes its division.

    Refuses: `not_your_role`, `name_missing`, `name_taken`.
    """
    _may_arrange(by)
    locked = ProductLine.objects.select_for_update(of=("self",)).get(pk=line.pk) if line else ProductLine()
    locked.division = division if division and not line else locked.division
    locked.name = " ".join(name.split())[:80]
    if not locked.name:
        raise Refused("name_missing", "Give the product line a name.", field="name")
    taken = Refused("name_taken", f"{locked.division} has a product line {locked.name} already.", field="name")
    if ProductLine.objects.filter(division=locked.division, name__iexact=locked.name).exclude(pk=locked.pk).exists():
        raise taken
    try:
        with transaction.atomic():
            _write_by(locked, by).save()
    except IntegrityError:  # another request added it at the same moment
        raise taken from None
    return locked


def _may_manage(by: Staff) -> None:
    if not (by.is_superuser or by.has_role(roles.STAFFING)):
        raise Refused("not_your_role", "IT and administrators manage staff.")


def _may_arrange(by: Staff) -> None:
    if not (by.is_superuser or by.has_role(roles.ARRANGING)):
        raise Refused("not_your_role", "IT and the P&BI team look after divisions.")


def _lock(person: Staff, by: Staff) -> Staff:
    _may_manage(by)
    locked = Staff.objects.select_for_update(no_key=True).get(pk=person.pk)
    if locked.is_superuser and not by.is_superuser:
        raise Refused("administrator", "Only an administrator changes an administrator's account.")
    return locked


def _fill(person: Staff, values: Mapping[str, Any]) -> None:
    for name in TEXT_FIELDS:
        if name in values:
            text = " ".join(str(values[name] or "").split())
            setattr(person, name, text or None if name in ("email", "erp_code") else text)
    person.is_active = values.get("is_active", person.is_active)
    if not person.full_name:
        raise Refused("name_missing", "Give the person's full name.", field="full_name")
    if not person.username:
        raise Refused("username_missing", "Give the name the person signs in by.", field="username")
    if "username" in values and not re.fullmatch(r"[\w.\- ]+", person.username):
        raise Refused("username_unfit", "A sign-in name has letters, digits, dots and hyphens.", field="username")
    _refuse_taken(person)


def _refuse_taken(person: Staff) -> None:
    for name, what in UNIQUE.items():
        value = getattr(person, name)
        other = Staff.objects.filter(**{f"{name}__iexact": value}).exclude(pk=person.pk).first() if value else None
        if other:
            raise Refused(f"{name}_taken", f"{other.full_name} {what} already.", field=name)


def _save(person: Staff, by: Staff) -> None:
    try:
        with transaction.atomic():
            _write_by(person, by).save()
    except IntegrityError:
        _refuse_taken(person)  # another request took it at the same moment
        raise


def _give_code(person: Staff, before: str | None, *, by: Staff, at: datetime) -> None:
    if person.erp_code and person.erp_code != before:
        codes_given.send(Staff, codes={person.erp_code}, at=at, by=by)


def _set_many(person: Staff, values: Mapping[str, Any]) -> None:
    for name in MANY:
        if name in values:
            getattr(person, name).set(values[name])


def _grant(person: Staff, by: Staff, granted: Iterable[str]) -> None:
    wanted = set(granted)
    if wanted - set(Role):
        raise Refused("unknown_role", "Choose among the hub's roles.", field="granted")
    held = {row.role: row for row in StaffRole.objects.filter(staff=person)}
    for role in sorted(wanted - set(held)):
        _write_by(StaffRole(staff=person, role=role), by).save()
    for role in sorted(set(held) - wanted):
        _write_by(held[role], by).delete()


def _lock_for_movement(person: Staff, by: Staff) -> Staff:
    """The person's row, locked, once `by` is found to be allowed to record a departure or return."""
    theirs = bool(person.division_ids) and person.division_ids <= by.division_ids
    if not (by.has_role(roles.LEAVING) and theirs):
        return _lock(person, by)
    locked = Staff.objects.select_for_update(no_key=True).get(pk=person.pk)
    if locked.is_superuser and not by.is_superuser:
        raise Refused("administrator", "Only an administrator changes an administrator's account.")
    return locked


def _last_movement(person: Staff) -> Movement | None:
    return Movement.objects.filter(staff=person, struck_at=None).order_by("-at", "-pk").first()


def _move(person: Staff, movement: str, instant: datetime, *, by: Staff, at: datetime) -> None:
    lock_moving_person(person.pk)
    Movement.objects.create(staff=person, kind=movement, at=instant, recorded_at=at, recorded_by=by)


def _works_here(person: Staff, *, by: Staff, at: datetime) -> None:
    """Record that a person known from a file alone, and taken for gone, works here."""
    last = _last_movement(person)
    if last is not None and last.kind == Movement.Kind.DEPARTURE:
        _strike(last, by=by, at=at)
        facts_changed.send(Staff, account_ids=set(), staff_ids={person.pk}, at=at, by=by)


def _strike(movement: Movement, *, by: Staff, at: datetime) -> None:
    lock_moving_person(movement.staff_id)
    movement.struck_at, movement.struck_by = at, by
    movement.save(update_fields=["struck_at", "struck_by"])


def _set_last_day(person: Staff, by: Staff, day: date | None) -> Staff:
    person.last_working_day = day
    _write_by(person, by).save()
    return person


def _write_by(row: Any, by: Staff) -> Any:
    row._history_user = by
    return row
