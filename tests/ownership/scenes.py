"""Small knots that chance seldom ties, for `random_logs.random_log`: each adds a few facts around one midnight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.ownership.random_logs import Draft


def several_sell_on_one_day(draft: Draft, at: datetime, account: str, person: str) -> None:
    """Totals that often tie."""
    values = draft.rng.choice((("100", "1e2", "50", "50", "+1E2"), ("0.1", "0.2", "0.3", "3e-1"), ("7", "7.0", "07")))
    for _ in range(draft.rng.randint(2, 5)):
        moment = at + timedelta(hours=draft.rng.choice((0, 9, 18, 23)))
        draft.add("sale", instant=moment, account=account, value=draft.rng.choice(values))


def ahead_by_a_hair(draft: Draft, at: datetime, account: str, person: str) -> None:
    """Two totals that differ in a digit beyond those that a float or a rounded decimal keeps."""
    draft.add("sale", instant=at, account=account, by="rival", value="100000000000000")
    draft.add("sale", instant=at, account=account, by=person, value="1e14")
    draft.add("sale", instant=at, account=account, by=person, value=draft.rng.choice(("1e-20", "0.001", "1e-400")))


def leaving_as_a_sale_comes(draft: Draft, at: datetime, account: str, person: str) -> None:
    """The holder leaves at the midnight that begins the date of a sale that is nobody's, or that person's."""
    account = f"L{draft.rng.randint(1, 9)}"
    given = draft.rng.choice(("assignment", "interaction", "sale", "created"))
    before = at - draft.rng.choice((timedelta(hours=12), timedelta(days=60), timedelta(days=400)))
    draft.add(given, instant=before, account=account, by=person)
    draft.add("departure", instant=at, by=person)
    draft.add("sale", instant=at + timedelta(hours=15), account=account, by=draft.rng.choice((None, person)))


def a_crowd_at_one_instant(draft: Draft, at: datetime, account: str, person: str) -> None:
    kinds = ("created", "assignment", "sale", "sale", "interaction", "departure", "return")
    if draft.rng.random() < 0.5:  # somebody holds the account when it happens
        given = draft.rng.choice(("sale", "assignment", "interaction"))
        draft.add(given, instant=at - timedelta(hours=draft.rng.choice((12, 48))), account=account, by=person)
    for kind in draft.rng.sample(kinds, draft.rng.randint(2, 4)):
        fields = {} if kind in ("departure", "return") else {"account": account}
        draft.add(kind, instant=at, **fields, **({"by": person} if draft.rng.random() < 0.5 else {}))


def away_and_back_at_once(draft: Draft, at: datetime, account: str, person: str) -> None:
    draft.add(draft.rng.choice(("sale", "assignment")), instant=at - timedelta(days=3), account=account, by=person)
    draft.add("departure", instant=at, by=person)
    draft.add("return", instant=at, by=person)
    given = draft.rng.choice(("assignment", "interaction", "sale", "created"))
    draft.add(given, instant=at, account=account, by=person)


def claimed_as_the_owner_lapses(draft: Draft, at: datetime, account: str, person: str) -> None:
    draft.add(draft.rng.choice(("sale", "assignment")), instant=at, account=account, by=person)
    end = draft.owner_lapses(at)
    for _ in range(2):
        moment = end + timedelta(microseconds=draft.rng.choice((-1, 0, 0, 0, 1)))
        kind = draft.rng.choice(("interaction", "interaction", "sale", "assignment", "created"))
        draft.add(kind, instant=moment, account=account)


def claimed_anew_as_the_lead_lapses(draft: Draft, at: datetime, account: str, person: str) -> None:
    fields = {"account": account, "substantive": True}
    draft.add("interaction", instant=at + timedelta(hours=draft.rng.choice((0, 12))), by=person, **fields)
    draft.add("interaction", instant=at + timedelta(days=draft.lead_days), by=person, **fields)
    draft.add("interaction", instant=at + timedelta(days=draft.lead_days + 1), by=person, **fields)
    if draft.rng.random() < 0.5:
        sold = at + timedelta(days=draft.rng.randint(0, draft.lead_days))
        draft.add("sale", instant=sold, account=account, by=None)


def two_of_a_kind_at_once(draft: Draft, at: datetime, account: str, person: str) -> None:
    kind = draft.rng.choice(("interaction", "assignment", "created"))
    draft.add(kind, instant=at, account=account)
    draft.add(kind, instant=at, account=account)


def struck_out_and_corrected(draft: Draft, at: datetime, account: str, person: str) -> None:
    fact = draft.add(draft.rng.choice(("sale", "interaction")), account=account)
    change = "credit" if fact["kind"] == "sale" else "reclassify"
    orders = (("void", change), (change, "void"), (change, change), ("void", "void", change))
    for kind in draft.rng.choice(orders):
        draft.add(kind, account=account, target=fact["id"])


def the_owner_sells_on_and_leaves(draft: Draft, at: datetime, account: str, person: str) -> None:
    draft.add("sale", instant=at, account=account, by=person)
    later = at + timedelta(days=draft.rng.randint(1, 20))
    draft.add("sale", instant=later, account=account, by=draft.rng.choice((person, None)))
    move = draft.rng.choice(("departure", "departure", "return"))
    draft.add(move, instant=at + timedelta(days=draft.rng.randint(1, 60)), by=person)


def barely_brand_new(draft: Draft, at: datetime, account: str, person: str) -> None:
    """Logged at noon, after something that may or may not make the account an old one."""
    account = f"N{draft.rng.randint(1, 9)}"
    before = at + timedelta(hours=draft.rng.choice((-1, 0, 0, 9, 12, 13)))
    kind = draft.rng.choice(("sale", "assignment", "created", "interaction", "departure"))
    fields = {} if kind == "departure" else {"account": account}
    nobody = {"by": None} if kind in ("sale", "created") and draft.rng.random() < 0.6 else {}
    draft.add(kind, instant=before, **fields, **nobody)
    if draft.rng.random() < 0.4:
        draft.add("departure", instant=at + timedelta(hours=draft.rng.choice((0, 12))))
    draft.add("created", instant=at + timedelta(hours=12), account=account, by=person)


SCENES = (
    several_sell_on_one_day,
    ahead_by_a_hair,
    leaving_as_a_sale_comes,
    a_crowd_at_one_instant,
    a_crowd_at_one_instant,
    away_and_back_at_once,
    claimed_as_the_owner_lapses,
    claimed_anew_as_the_lead_lapses,
    two_of_a_kind_at_once,
    struck_out_and_corrected,
    the_owner_sells_on_and_leaves,
    barely_brand_new,
)
