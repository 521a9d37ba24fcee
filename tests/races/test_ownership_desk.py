"""Heads, turns and policies at one moment: each a process of its own."""

from collections import Counter

import pytest

from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account
from ownership.facts.models import Policy
from ownership.replay.models import OwnerReview
from ownership.routing.models import Routing
from tests.conftest import NOW

pytestmark = pytest.mark.postgresql


@pytest.fixture
def setting(race):
    motors = Division.objects.get(slug="motors")
    for name, role in (("ada", "sales"), ("bola", "sales"), ("chi", "sales"), ("ngozi", "head"), ("eze", "head")):
        person = Staff.objects.create(username=name, full_name=name.title())
        person.divisions.add(motors)
        StaffRole.objects.create(staff=person, role=role)
    return race


def test_turns_differ_by_one_at_most_however_many_route_at_once(setting):
    body = """
def run(me):
    from datetime import timedelta
    from ownership.routing.actions import route_inquiry
    motors = Division.objects.get(slug="motors")
    return [route_inquiry(None, motors, None, AT - timedelta(seconds=me * 7)).to.username for _ in range(5)]
"""
    results = setting(body, 5)
    turns = Counter(name for names in results for name in names)
    assert sum(turns.values()) == 25 == Routing.objects.count()
    assert max(turns.values()) - min(turns.values()) <= 1 and len(turns) == 3


def test_one_key_is_routed_once_by_all(setting):
    body = """
def run(me):
    from ownership.routing.actions import route_inquiry
    return route_inquiry(None, Division.objects.get(slug="motors"), None, AT, idempotency_key="mail 7").pk
"""
    assert len(set(setting(body, 4))) == 1 == Routing.objects.count()


def test_two_heads_and_a_replay_on_the_same_accounts_end_without_an_error(setting):
    motors, ada = Division.objects.get(slug="motors"), Staff.objects.get(username="ada")
    made = {"origin": "workbook", "owner_basis": "workbook", "owner": ada, "ownership_state": "owned"}
    for number in range(40):
        account = Account.objects.create(
            code=f"W{number}", name=f"Company {number}", division=motors, created_at=NOW, **made
        )
        OwnerReview.objects.create(account=account, workbook_owner=ada, computed_state="orphan", created_at=NOW)
    body = """
def run(me):
    from ownership.reviews.actions import decide_reviews; from ownership.replay.actions.replay import replay_accounts
    from ownership.replay.models import OwnerReview
    if me == 2:
        return len(replay_accounts(list(Account.objects.values_list("pk", flat=True)), at=AT)) * 0
    head = Staff.objects.get(username=["ngozi", "eze"][me])
    rows = OwnerReview.objects.order_by("-pk" if me else "pk")
    return len(decide_reviews(rows, by=head, at=AT, accept=True))
"""
    assert sum(setting(body, 3)) == 40  # each was decided by one of the two
    assert OwnerReview.objects.filter(state="accepted").count() == 40


def test_one_policy_a_day_whoever_saves_first(setting):
    StaffRole.objects.create(staff=Staff.objects.get(username="ada"), role="pbi")
    body = """
def run(me):
    from datetime import date
    from ownership.policies.actions.policies import set_policy
    ada = Staff.objects.get(username="ada")
    clocks = {"orphan_after_months": 12, "lead_days": 30 + me}
    return set_policy(by=ada, at=AT, effective_from=date(2026, 3, 16), reason="x", **clocks).lead_days
"""
    results = setting(body, 3)
    assert Policy.objects.exclude(author=None).count() == 1
    assert results.count("refused:same_day") == 2
