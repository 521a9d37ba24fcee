"""The preview of a departure: which accounts would change hands. It only reads."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from zlib import crc32

from django.db.models import Q, QuerySet

from accounts.people import roles
from accounts.people.actions.staff import EARLIEST_LAST_DAY, LATEST_LAST_DAY
from accounts.people.models import Division, Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnerBasis, OwnershipState
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.local_time import day_start
from mikano_cx.kit.refusal import Refused
from ownership.engine.rules import MOVEMENTS, Fact, Segment, Timeline, apply_rulings, replay
from ownership.facts.queries import MOVEMENT, accounts_naming, fact_id, facts_of, policy_in_force, staff_key
from ownership.replay.queries import under_review


@dataclass(frozen=True)
class Consequence:
    """One account whose current segment changes from `before` to `after` when the person leaves.

    `expires_at` is when the new state's clock runs out (None for an orphan), `holder` who holds the account then.
    """

    account: Account
    before: Segment
    after: Segment
    expires_at: datetime | None
    holder: Staff | None

    @property
    def was(self) -> str:
        return OwnershipState(self.before.state).label

    @property
    def becomes(self) -> str:
        return OwnershipState(self.after.state).label


@dataclass(frozen=True)
class Departure:
    """The outcome of a departure.

    `instant` is the midnight after the last working day; `as_of` is the instant that the outcome is computed for, now
    or `instant` if that is later. `on_paper` counts accounts that only the imported workbook gives to the person: they
    stay theirs until the head decides.
    """

    person: Staff
    last_working_day: date
    instant: datetime
    as_of: datetime
    consequences: tuple[Consequence, ...]
    on_paper: int

    @property
    def comes(self) -> bool:
        """Whether the departure is still to come."""
        return self.as_of == self.instant

    @cached_property
    def counts(self) -> list[tuple[str, int]]:
        """The number of accounts by the state they become, the largest first."""
        return Counter(consequence.becomes for consequence in self.consequences).most_common()

    @property
    def seen(self) -> str:
        """A short digest of the outcome: another outcome has another digest."""
        told = [(c.account.code, c.before.state, c.after.state, c.after.holder) for c in self.consequences]
        return f"{len(told)}-{crc32(repr(sorted(told, key=repr)).encode()):08x}"


def may_record_leaving(by: Staff) -> QuerySet[Staff]:
    """The people whose departure and return this person may record, never their own.

    IT records all; a head records those whose divisions are all the head's.
    """
    people = Staff.objects.exclude(pk=by.pk)
    if not by.is_superuser:
        people = people.filter(is_superuser=False)
    if by.is_superuser or by.has_role(roles.STAFFING):
        return people
    mine = by.division_ids if by.has_role(roles.LEAVING) else frozenset()
    shared = Staff.objects.filter(divisions__in=mine).exclude(divisions__in=Division.objects.exclude(pk__in=mine))
    return people.filter(pk__in=shared.values("pk"))


def preview_departure(leaver: Staff, *, last_working_day: date, at: datetime) -> Departure:
    """Replay every account that names the person, without and with the departure, and compare. It only reads.

    When the person's last movement is a departure, this one replaces it, as `depart` does. Refuses `bad_date`.
    """
    if not EARLIEST_LAST_DAY <= last_working_day <= LATEST_LAST_DAY:
        raise Refused("bad_date", "Choose a day of this century.", field="last_working_day")
    instant = day_start(last_working_day + timedelta(days=1))
    as_of = max(at, instant)
    changed = list(_timeline_changes(leaver, instant, as_of, at))
    on_paper = Q(owner=leaver) & ~Q(owner_basis=OwnerBasis.RULES)
    named = Account.objects.filter(on_paper | Q(pk__in=[pk for pk, _, _ in changed])).select_related(
        "division", "owner"
    )
    accounts = {account.pk: account for account in named.annotate(under_review=under_review())}
    holders = Staff.objects.in_bulk({int(after.current.holder) for _, _, after in changed if _holder(after)})  # type: ignore[union-attr, arg-type]
    consequences = [
        Consequence(
            accounts[pk],
            before.current,  # type: ignore[arg-type]
            after.current,  # type: ignore[arg-type]
            after.expires_at,
            holders.get(int(_holder(after) or 0)),
        )
        for pk, before, after in changed
    ]
    consequences.sort(key=lambda consequence: (consequence.account.name, consequence.account.pk))
    theirs = [one for one in accounts.values() if one.owner_id == leaver.pk and one.owner_basis != OwnerBasis.RULES]
    return Departure(leaver, last_working_day, instant, as_of, tuple(consequences), len(theirs))


def _timeline_changes(
    leaver: Staff, instant: datetime, as_of: datetime, at: datetime
) -> list[tuple[int, Timeline, Timeline]]:
    _, policy = policy_in_force(as_of)
    leaves = Fact(fact_id(MOVEMENT, 0), None, "departure", instant, at, staff_key(leaver.pk))
    changes = []
    for ids in chunks(sorted(accounts_naming([leaver.pk]))):
        for pk, facts in facts_of(ids).items():
            others = _without_departure(facts, staff_key(leaver.pk))
            before, after = replay(others, policy, as_of), replay([*others, leaves], policy, as_of)
            if before.current and after.current and _state_and_holder(before) != _state_and_holder(after):
                changes.append((pk, before, after))
    return changes


def _without_departure(facts: list[Fact], leaver: str | None) -> list[Fact]:
    """The facts without the person's last movement, if that is a departure."""
    moves = [fact for fact in apply_rulings(facts) if fact.kind in MOVEMENTS and fact.by == leaver]
    last = max(moves, key=attrgetter("at", "id"), default=None)
    return [fact for fact in facts if fact is not last] if last and last.kind == "departure" else facts


def _state_and_holder(timeline: Timeline) -> tuple[str, str | None] | None:
    return (timeline.current.state, timeline.current.holder) if timeline.current else None


def _holder(timeline: Timeline) -> str | None:
    return timeline.current.holder if timeline.current else None
