"""Real input: an ERP's orders, and who owns which customer by independent answers.

The answers know no time line and no ties: per customer the last order's day, what its employee sold, and whether twelve
months have passed.
"""

import csv
import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from mikano_cx.kit.local_time import LAGOS
from ownership.engine.log_parser import facts_by_account, read_log
from ownership.engine.rules import Clocks, Timeline, replay

NEW_YEAR = datetime(1998, 1, 1, tzinfo=LAGOS)


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def orders(shared_data) -> list[dict]:
    """Every order as a `sale`: its employee's, at its date's midnight, worth the sum of its lines."""
    folder = shared_data / "northwind"
    people = {row["employeeID"]: f"{row['firstName']} {row['lastName']}" for row in rows(folder / "employees.csv")}
    values: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows(folder / "order-details.csv"):
        line = Decimal(row["unitPrice"]) * Decimal(row["quantity"]) * (1 - Decimal(row["discount"]))
        values[row["orderID"]] += line
    return [
        {
            "id": f"O{row['orderID']}",
            "account": row["customerID"],
            "kind": "sale",
            "at": datetime.fromisoformat(row["orderDate"]).replace(tzinfo=LAGOS).isoformat(),
            "by": people[row["employeeID"]],
            "value": str(values[row["orderID"]]),
        }
        for row in rows(folder / "orders_repaired.csv")
    ]


@pytest.fixture
def answers(shared_data) -> dict[str, dict[str, str]]:
    found = rows(shared_data / "expected" / "northwind_ownership_1998-01-01.csv")
    return {row["customer"]: row for row in found}


def replayed(orders: list[dict], as_of: datetime) -> dict[str, Timeline]:
    log = read_log(json.dumps(order).encode() for order in orders)
    found = {account: replay(facts, Clocks(), as_of) for account, facts in facts_by_account(log)}
    return {account: timeline for account, timeline in found.items() if timeline.segments}


def told(timeline: Timeline) -> dict[str, str]:
    """A time line in the answers' words: the last owner, and whether it is an orphan."""
    owner = next(segment for segment in reversed(timeline.segments) if segment.holder)
    return {"rep": owner.holder, "status": timeline.current.state}


def test_at_the_end_of_1997_all_is_as_the_answers_say(orders, answers):
    timelines = replayed(orders, NEW_YEAR - timedelta(microseconds=1))
    assert {account: told(timeline) for account, timeline in timelines.items()} == {
        account: {"rep": row["rep"], "status": row["status"]} for account, row in answers.items()
    }


def test_every_owner_lapses_a_year_and_a_day_after_the_day_of_the_answers(orders, answers):
    for account, timeline in replayed(orders, NEW_YEAR - timedelta(microseconds=1)).items():
        day = date.fromisoformat(answers[account]["date"])
        lapses = datetime(day.year + 1, day.month, day.day, tzinfo=LAGOS) + timedelta(days=1)
        ended = timeline.expires_at if timeline.current.holder else timeline.current.start
        assert ended == lapses, account


def test_on_new_year_s_day_the_two_orders_of_that_day_count(orders, answers):
    """The answers end before it; by the rules a sale takes effect at 00:00 of its date, and that is not after 00:00."""
    differing = {
        account: (told(timeline)["rep"], [flag.evidence for flag in timeline.flags if flag.at == NEW_YEAR])
        for account, timeline in replayed(orders, NEW_YEAR).items()
        if told(timeline) != {"rep": answers[account]["rep"], "status": answers[account]["status"]}
    }
    assert differing == {
        "OLDWO": ("Andrew Fuller", [("O10808",)]),  # was Laura Callahan's
        "WELLI": ("Robert King", [("O10809",)]),  # was Margaret Peacock's
    }


def test_customers_without_an_order_by_then_have_no_time_line(orders, answers):
    """Three of the 91 customers: two have no order at all."""
    later = {order["account"] for order in orders} - answers.keys()
    assert replayed(orders, NEW_YEAR).keys() == answers.keys()
    assert len(later) == 1


def test_two_orders_of_one_day_go_by_value(orders):
    """In June 1998 too the owner is whoever sold most on the customer's last day with an order."""
    for account, timeline in replayed(orders, datetime(1998, 6, 1, tzinfo=LAGOS)).items():
        last = max(order["at"] for order in orders if order["account"] == account)
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for order in orders:
            if (order["account"], order["at"]) == (account, last):
                totals[order["by"]] += Decimal(order["value"])
        assert told(timeline)["rep"] == max(totals, key=totals.__getitem__), account
