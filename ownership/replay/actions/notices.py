"""Notices to people about what happens to their accounts.

A notice is given once, and never to the person who caused it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.urls import reverse

from accounts.people.actions.notices import give_notices
from accounts.people.models import Division, Notice, Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnerBasis, OwnershipState
from mikano_cx.kit.local_time import day_text, end_after, last_day, local_date
from ownership.replay.changes import OwnershipChange
from ownership.replay.models import Tenure
from ownership.replay.models.tenures import FlagKind


class NoticeKind(models.TextChoices):
    GAINED = "gained", "Yours now"
    LOST = "lost", "No longer yours"
    ENDING = "ending", "About to end"
    CLAIMED = "claimed", "Claimed"
    DISPUTE = "dispute", "Dispute"
    FLAG = "flag", "To be looked at"


ENDING_WITHIN = 14  # days
LATE_FLAG = timedelta(days=60)  # nobody is told of a flag older than this


def tell_changes(changes: Iterable[OwnershipChange], *, by: Staff | None, at: datetime) -> None:
    """Tell holders what they gained and lost, former holders of a claim, and division heads of new flags.

    An account that the rules decide for the first time gives no notices: nothing happened but that the hub learned it.
    """
    notices: list[Notice] = []
    known = [change for change in changes if change.before.owner_basis == OwnerBasis.RULES]
    names = _names_of(known)
    for change in known:
        notices += _notices_of_hands(change, names, at)
    notices += _notices_of_claims(known, names, at)
    notices += _notices_of_flags([change for change in known if change.flags], at)
    give_notices([notice for notice in notices if by is None or notice.to_id != by.pk])


def tell_endings(*, at: datetime, among: Iterable[int] | None = None) -> int:
    """Tell owners and leads who have 14 days left or less, once for each end.

    Returns the number of accounts that are so close to their end, those told before included.

    `among` limits it to these accounts.
    """
    until = end_after(local_date(at), ENDING_WITHIN)
    soon = Account.objects.filter(owner_basis=OwnerBasis.RULES, expires_at__gt=at, expires_at__lte=until)
    notices = []
    held = soon.filter(owner__isnull=False)
    if among is not None:
        held = held.filter(pk__in=list(among))
    for account in held.only("pk", "code", "name", "owner", "expires_at", "ownership_state"):
        what = "lead of" if account.ownership_state == OwnershipState.LED else "ownership of"
        assert account.owner_id is not None and account.expires_at is not None
        end = day_text(last_day(account.expires_at))
        words = f"Your {what} {account} lapses at the end of {end} unless a deal closes."
        notices.append(_notice(account, account.owner_id, NoticeKind.ENDING, account.expires_at, words, at))
    return give_notices(notices)


def _notices_of_hands(change: OwnershipChange, names: dict[int, str], at: datetime) -> list[Notice]:
    account, before, after = change.account, change.before, change.after
    if before.owner_id == after.owner_id or after.owned_since is None:
        return []
    notices = []
    if after.owner_id is not None:
        verb = "lead" if after.ownership_state == OwnershipState.LED else "own"
        notices.append(_notice(account, after.owner_id, NoticeKind.GAINED, at, f"You {verb} {account} now.", at))
    if before.owner_id is not None:
        to = f" {names[after.owner_id]} has it now." if after.owner_id is not None else ""
        words = f"{account} is no longer yours.{to}"
        notices.append(_notice(account, before.owner_id, NoticeKind.LOST, at, words, at))
    return notices


def _notices_of_claims(changes: Iterable[OwnershipChange], names: dict[int, str], at: datetime) -> list[Notice]:
    """Notices to the last holder of each claimed orphan, unless that person claimed it. One query."""
    claims = {
        change.account.pk: change
        for change in changes
        if change.before.owner_id is None and change.after.ownership_state == OwnershipState.LED
    }
    held = Tenure.objects.filter(account__in=claims, holder__isnull=False).order_by("account", "start")
    last: dict[int, int] = {}
    for pk, holder, start in held.values_list("account", "holder", "start") if claims else ():
        after = claims[pk].after
        if after.owned_since is not None and start < after.owned_since and holder != after.owner_id:
            last[pk] = holder
    notices = []
    for pk, holder in last.items():
        account, after = claims[pk].account, claims[pk].after
        assert after.owner_id is not None and after.owned_since is not None
        words = f"{names[after.owner_id]} claimed {account}, which was yours."
        notices.append(_notice(account, holder, NoticeKind.CLAIMED, after.owned_since, words, at))
    return notices


def _notices_of_flags(changes: "list[OwnershipChange]", at: datetime) -> list[Notice]:
    """Notices to the head of the account's division about flags that aren't too old. One query."""
    heads = dict(Division.objects.values_list("pk", "head")) if changes else {}
    return [
        notice
        for change in changes
        if (head := heads.get(change.account.division_id or 0)) is not None
        for notice in _flag_notices(change, head, at)
    ]


def _flag_notices(change: OwnershipChange, head: int, at: datetime) -> list[Notice]:
    account = change.account
    words = {
        FlagKind.OUT_OF_TURN_SALE.value: "Somebody else than its owner closed a deal on",
        FlagKind.ASSIGNMENT_IGNORED.value: "An assignment had no effect on",
    }
    return [
        _notice(
            account,
            head,
            NoticeKind.FLAG,
            flag.at,
            f"{words[flag.cause]} {account} ({day_text(local_date(flag.at))}).",
            at,
        )
        for flag in change.flags
        if flag.at > at - LATE_FLAG
    ]


def _notice(account: Account, to_id: int, notice_kind: str, about_at: datetime, text: str, at: datetime) -> Notice:
    return Notice(
        to_id=to_id,
        account=account,
        kind=notice_kind,
        about_at=about_at,
        text=text[:400],
        url=reverse("ownership:why", args=[account.code]),
        at=at,
    )


def _names_of(changes: Iterable[OwnershipChange]) -> dict[int, str]:
    ids = {change.after.owner_id for change in changes if change.after.owner_id is not None}
    return dict(Staff.objects.filter(pk__in=ids).values_list("pk", "full_name"))
