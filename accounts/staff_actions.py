"""The verbs of staff and divisions: the only writers, called by the admin.

Administrators and IT manage staff. Nobody changes one's own roles, divisions or leaving, and only an administrator
changes an administrator (whoever may change an e-mail address may have the password reset by it). That somebody is an
administrator is set by the command line alone.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts import roles
from accounts.models import Division, Staff, StaffRole, WorkingHours
from accounts.roles import Role
from mikano_cx.kit.refusal import Refused

TEXT_FIELDS = ("username", "full_name", "initials", "email", "erp_code")
RIGHTS = frozenset({"divisions", "is_active"})
DIVISION_FIELDS = frozenset("name head steward go_live_on position".split())
UNIQUE = {"username": "signs in by this name", "email": "has this e-mail address", "erp_code": "has this ERP code"}


@transaction.atomic
def add_staff(*, by: Staff, at: datetime, values: Mapping[str, Any], granted: Iterable[str] = ()) -> Staff:
    """Add a person, with roles, without a password: they set their own by the link that a mail brings.

    Refuses: `not_your_role`, `name_missing`, `username_missing`, `username_unfit`, `..._taken`.
    """
    _may_manage(by)
    person = Staff()
    person.set_unusable_password()
    _fill(person, values)
    _save(person, by)
    if values.get("divisions"):
        person.divisions.set(values["divisions"])
    _grant(person, by, granted)
    return person


@transaction.atomic
def edit_staff(person: Staff, *, by: Staff, at: datetime, values: Mapping[str, Any]) -> Staff:
    """Change a person's names, addresses, divisions and whether they may sign in.

    Refuses: what `add_staff` does, `administrator`, and `own_rights` (one's own divisions and signing in).
    """
    locked = _locked(person, by)
    if by == locked and RIGHTS & set(values):
        raise Refused("own_rights", "Somebody else changes your divisions and your signing in.")
    before = locked.email
    _fill(locked, values)
    if locked.email != before:  # the old address neither signs in nor resets the password any more
        EmailAddress.objects.filter(user=locked).delete()
    _save(locked, by)
    if "divisions" in values:
        locked.divisions.set(values["divisions"])
    return locked


@transaction.atomic
def set_roles(person: Staff, *, by: Staff, at: datetime, granted: Iterable[str]) -> Staff:
    """Give the person exactly these roles. Refuses `not_your_role`, `administrator`, `own_rights`, `unknown_role`."""
    locked = _locked(person, by)
    if by == locked:
        raise Refused("own_rights", "Nobody gives oneself roles: ask a colleague or an administrator.", field="granted")
    _grant(locked, by, granted)
    return locked


@transaction.atomic
def depart(person: Staff, *, by: Staff, at: datetime, last_working_day: date) -> Staff:
    """Record that the person leaves: they can't sign in after the local day `last_working_day`, nothing is deleted.

    Refuses `not_your_role`, `administrator`, `own_rights`.
    """
    locked = _locked(person, by)
    if by == locked:
        raise Refused("own_rights", "Somebody else records your leaving.", field="last_working_day")
    return _set_last_day(locked, by, last_working_day)


@transaction.atomic
def return_to_work(person: Staff, *, by: Staff, at: datetime) -> Staff:
    """Take a departure back. Refuses `not_your_role`, `administrator`."""
    return _set_last_day(_locked(person, by), by, None)


@transaction.atomic
def edit_division(division: Division, *, by: Staff, at: datetime, values: Mapping[str, Any]) -> Division:
    """Change a division's name, head, steward, go-live date and place. Refuses `not_your_role`, `name_missing`."""
    _may_arrange(by)
    locked = Division.objects.select_for_update().get(pk=division.pk)
    for name in DIVISION_FIELDS & set(values):
        setattr(locked, name, values[name])
    if not locked.name.strip():
        raise Refused("name_missing", "Give the division a name.", field="name")
    _written(locked, by).save()
    return locked


@transaction.atomic
def set_working_hours(division: Division, *, by: Staff, at: datetime, week: Mapping[int, tuple[time, time]]) -> None:
    """Give the division these hours, local time, by weekday (Monday is 0); other days are off.

    Refuses `not_your_role`, `closes_before_it_opens`.
    """
    _may_arrange(by)
    stands = {row.weekday: row for row in WorkingHours.objects.select_for_update().filter(division=division)}
    for weekday, (opens, closes) in week.items():
        if opens >= closes:
            raise Refused("closes_before_it_opens", "A day's work opens before it closes.")
        row = stands.pop(weekday, None) or WorkingHours(division=division, weekday=weekday)
        if (row.opens, row.closes) != (opens, closes):
            row.opens, row.closes = opens, closes
            _written(row, by).save()
    for row in stands.values():
        _written(row, by).delete()


def _may_manage(by: Staff) -> None:
    if not (by.is_superuser or by.has_role(roles.STAFFING)):
        raise Refused("not_your_role", "IT and administrators manage staff.")


def _may_arrange(by: Staff) -> None:
    if not (by.is_superuser or by.has_role(roles.ARRANGING)):
        raise Refused("not_your_role", "IT and the P&BI team look after divisions.")


def _locked(person: Staff, by: Staff) -> Staff:
    _may_manage(by)
    locked = Staff.objects.select_for_update().get(pk=person.pk)
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
            _written(person, by).save()
    except IntegrityError:
        _refuse_taken(person)  # somebody took it at this very moment
        raise


def _grant(person: Staff, by: Staff, granted: Iterable[str]) -> None:
    wanted = set(granted)
    if wanted - set(Role):
        raise Refused("unknown_role", "Choose among the hub's roles.", field="granted")
    held = {row.role: row for row in StaffRole.objects.filter(staff=person)}
    for role in sorted(wanted - set(held)):
        _written(StaffRole(staff=person, role=role), by).save()
    for role in sorted(set(held) - wanted):
        _written(held[role], by).delete()


def _set_last_day(person: Staff, by: Staff, day: date | None) -> Staff:
    person.last_working_day = day
    _written(person, by).save()
    return person


def _written(row: Any, by: Staff) -> Any:
    row._history_user = by
    return row
