"""Claims, assignments, departures, sweeps and imports at one moment: the log decides, and what is stored agrees."""

import json
import random
from datetime import timedelta

import pytest
from django.core.files import File

from accounts.people.models import Division, Staff, StaffRole
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.models import Interaction
from interactions.workbook import actions as workbook
from interactions.workbook.decisions import Choices
from mikano_cx.kit.local_time import day_start
from ownership.facts.models import Assignment
from ownership.replay.actions.sweep import audit
from ownership.replay.models import Tenure
from tests.conftest import NOW, TODAY
from tests.workbook.conftest import workbook as workbook_file  # noqa: F401 - a fixture that is used here too

pytestmark = pytest.mark.postgresql
EVENING = NOW + timedelta(hours=9)

USING = """
from datetime import timedelta
def who(name): return Staff.objects.get(username=name)
def dawdling(module, name, seconds):
    \"\"\"Make the function of the module take its time after it has done its work, with all its locks held.\"\"\"
    quick = getattr(module, name)
    def slow(*args, **kwargs):
        result = quick(*args, **kwargs)
        time.sleep(seconds)
        return result
    setattr(module, name, slow)
def claim(by, seconds=0, account="A001"):
    interactions.log_interaction(by=who(by), at=AT + timedelta(seconds=seconds), channel="meeting",
        account=Account.objects.get(code=account))
    return "claimed"
def assign(to, account="A001"):
    from ownership.assignments.actions import assign_accounts
    assign_accounts([Account.objects.get(code=account)], by=who("ngozi"), at=AT, assignee=who(to))
    return "assigned " + to
def leave(name):
    from datetime import date
    from accounts.people.actions.staff import depart
    depart(who(name), by=who("chinedu"), at=AT, last_working_day=date(2026, 3, 13))
    return "left"
"""


@pytest.fixture
def orphans(race):
    """Accounts A001 to A006 that nobody holds, two salespeople, a head, one of P&BI and one of IT."""
    motors = Division.objects.get(slug="motors")
    people = (("ada", "sales"), ("bola", "sales"), ("ngozi", "head"), ("tunde", "pbi"), ("chinedu", "it"))
    for name, role in people:
        person = Staff.objects.create(username=name, full_name=f"{name.title()} Obi")
        person.divisions.add(motors)
        StaffRole.objects.create(staff=person, role=role)
    for number in range(6):
        values = {"name": f"Customer {number} of {number * 7919}", "division": motors}
        tunde = Staff.objects.get(username="tunde")
        create_account(by=tunde, at=NOW - timedelta(days=9), values=values, another_because="Its own number")
    return lambda body, count: race(USING + body, count)


def shown(code="A001"):
    account = Account.objects.get(code=code)
    return account.ownership_state, account.owner and account.owner.username


def differences():
    return audit(at=EVENING).differences


# --- fifty people, one orphan ---

FIFTY = """
moments = {moments}
def run(me):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(lambda one: claim(f"seller{{one}}", moments[one]), range(5 * me, 5 * me + 5)))
"""
NOBODY_WAITS = """
def no_lock(me):
    from django.db import IntegrityError
    from accounts.records.models import CodeSeries
    from ownership.replay.actions import replay
    CodeSeries.take = lambda prefix, count=1: [f"{prefix}{90000 + me}"]
    interactions._touch = lambda entry: entry.account.next_at
    type(Account.objects.all()).select_for_update = lambda self, **how: self
    dawdling(replay, "store_tenures", 0.5)
    try:
        return claim(f"seller{me}", me)
    except IntegrityError:
        return "lost"
def run(me):
    return no_lock(me)
"""


def sellers(count):
    for number in range(count):
        person = Staff.objects.create(username=f"seller{number}", full_name=f"Seller {number}")
        StaffRole.objects.create(staff=person, role="sales")


def test_of_fifty_who_claim_an_orphan_at_once_the_first_by_the_log_leads(orphans):
    sellers(50)
    moments = [number // 2 for number in range(50)]  # two at each moment: the first entry decides between them
    random.Random(7).shuffle(moments)
    assert orphans(FIFTY.format(moments=json.dumps(moments)), 10) == [["claimed"] * 5] * 10
    first = Interaction.objects.order_by("logged_at", "pk").first()
    assert shown() == ("led", first.logged_by.username)
    assert list(Tenure.objects.filter(state="led").values_list("holder", "start")) == [
        (first.logged_by_id, first.logged_at)
    ]
    assert differences() == []


def test_without_the_locks_that_race_is_lost(orphans):
    """The race above is one: where nobody waits for anybody, claims are lost."""
    sellers(4)
    assert "lost" in orphans(NOBODY_WAITS, 4)


# --- two verbs at one moment; the first takes its time, the second begins meanwhile ---

SLOW_FIRST = """
def run(me):
    if me == 0:
        {slow}
        return {first}
    time.sleep(0.5)
    return {second}
"""
SLOW_REPLAY = """from ownership.replay.actions import replay
        dawdling(replay, "store_tenures", 1.5)"""
SLOW_NAMING = """from ownership.replay import receivers
        dawdling(receivers, "affected_by", 1.5)"""


@pytest.mark.parametrize("first", ['assign("ada")', 'claim("ada")'])
def test_who_leaves_while_given_an_account_does_not_keep_it(orphans, first):
    orphans(SLOW_FIRST.format(slow=SLOW_REPLAY, first=first, second='leave("ada")'), 2)
    assert shown() == ("orphan", None)
    assert differences() == []


@pytest.mark.parametrize("second", ['assign("ada")', 'claim("ada")'])
def test_nobody_gives_an_account_to_who_is_just_leaving(orphans, second):
    """Ada's entry on another account makes her departure concern an account at all."""
    first = orphans('def run(me): return claim("ada", account="A002")\n', 1)
    assert first == ["claimed"]
    results = orphans(SLOW_FIRST.format(slow=SLOW_NAMING, first='leave("ada")', second=second), 2)
    assert results == ["left", "claimed" if "claim" in second else "refused:gone"]
    assert shown("A001") == shown("A002") == ("orphan", None)
    assert differences() == []


def test_who_leaves_as_a_sale_and_a_new_account_are_recorded_keeps_neither(orphans):
    body = """
def run(me):
    from datetime import date
    from interactions.sales.actions import record_sale
    if me == 2:
        time.sleep(0.5)
        return leave("ada")
    from ownership.replay.actions import replay
    dawdling(replay, "store_tenures", 1.5)
    if me == 0:
        record_sale(by=who("tunde"), at=AT, invoice_number="INV-1", account=Account.objects.get(code="A001"),
            sold_on=date(2026, 3, 16), amount=5, salesperson=who("ada"))
    else:
        accounts.create_account(by=who("ada"), at=AT, values={"name": "Sahel Steel"})
    return "done"
"""
    assert sorted(orphans(body, 3)) == ["done", "done", "left"]
    assert shown("A001") == ("unassigned", None)
    assert shown("A007") == ("orphan", None)
    assert differences() == []


def test_two_heads_who_assign_one_account_at_once_assign_it_once(orphans):
    body = """
def run(me):
    return assign(["ada", "bola"][me % 2])
"""
    results = orphans(body, 4)
    won = [result for result in results if result.startswith("assigned")]
    assert len(won) == 1 == Assignment.objects.count()
    assert sorted(set(results) - set(won)) == ["refused:held"]
    assert shown() == ("owned", won[0].removeprefix("assigned "))
    assert differences() == []


def test_a_sweep_takes_no_claim_back(orphans):
    """The sweep of midnight has chosen its accounts and waits; a claim of the morning comes in between."""
    Account.objects.update(next_at=day_start(TODAY))
    body = """
def run(me):
    from mikano_cx.kit.local_time import day_start, local_date
    from ownership.replay.actions import sweep
    if me == 0:
        dawdling(sweep, "_due_accounts", 0)
        chosen = sweep._due_accounts
        def slowly(as_of):
            for ids in chosen(as_of):
                time.sleep(1.5)
                yield ids
        sweep._due_accounts = slowly
        return sweep.sweep(as_of=day_start(local_date(AT)), at=AT).replayed
    time.sleep(0.5)
    return claim("ada")
"""
    assert orphans(body, 2) == [6, "claimed"]
    assert shown() == ("led", "ada")
    assert differences() == []


def test_two_sweeps_at_once_are_one(orphans):
    Account.objects.update(next_at=day_start(TODAY))
    body = """
def run(me):
    from ownership.replay.actions.sweep import catch_up
    return [row.pk for row in catch_up(at=AT)]
"""
    results = orphans(body, 4)
    assert len({tuple(result) for result in results}) == 1
    assert differences() == []


def test_an_import_and_claims_at_once_end_as_the_log_says(orphans, workbook_file):  # noqa: F811
    names = [(f"A{number:03}", f"Customer {number - 1} of {(number - 1) * 7919}") for number in range(6, 0, -1)]
    rows = [[code, name, "Steel", "", "", "", ""] for code, name in names]
    contacts = [[f"C{code[1:]}", f"Tunde {code}", "", "", "", code] for code, _ in names]
    met = [["", "2026-03-10", f"C{code[1:]}", "", "Meeting", "", "", "", "Ada Obi"] for code, _ in names[::2]]
    tunde = Staff.objects.get(username="tunde")
    with workbook_file(rows, contacts, met).open("rb") as file:
        run = workbook.upload(by=tunde, at=NOW, file=File(file), file_name="hub.xlsx", division=None, choices=Choices())
    workbook.check(run, at=NOW)
    workbook.start_applying(run, by=tunde)
    body = """
def run(me):
    if me == 0:
        from interactions.workbook import actions as workbook
        from ownership.replay.actions import replay
        dawdling(replay, "store_tenures", 1)
        workbook.apply(ImportRun.objects.get(), at=AT)
        return "applied"
    if me == 1:
        time.sleep(0.6)
        return leave("ada")
    for number in random.sample(range(1, 7), 6):
        claim("bola", me, account=f"A00{number}")
    return "claimed"
import random
"""
    assert sorted(orphans(body, 5)) == ["applied", "claimed", "claimed", "claimed", "left"]
    assert differences() == []
