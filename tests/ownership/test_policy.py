from datetime import date, timedelta

import pytest

from mikano_cx.kit.refusal import Refused
from ownership.facts.models import Policy
from ownership.policies.actions.policies import set_policy
from tests.conftest import NOW, TODAY

GIVEN = {"orphan_after_months": 18, "lead_days": 60, "reason": "Agreed in March"}


def test_the_first_policy_is_the_strategy_s(db):
    policy = Policy.objects.in_force(TODAY)
    assert (policy.orphan_after_months, policy.lead_days, policy.timezone) == (12, 90, "Africa/Lagos")


def test_a_policy_holds_from_its_day_on_and_earlier_days_keep_theirs(cast):
    made = set_policy(by=cast.tunde, at=NOW, effective_from=date(2026, 4, 1), **GIVEN)
    assert (made.author, made.created_at) == (cast.tunde, NOW)
    assert Policy.objects.in_force(date(2026, 3, 31)).lead_days == 90
    assert Policy.objects.in_force(date(2026, 4, 1)) == made


def test_a_day_before_every_policy_has_none(db):
    with pytest.raises(Policy.DoesNotExist, match="No ownership policy"):
        Policy.objects.in_force(date(1999, 12, 31))


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        ("ngozi", {}, "not_your_role"),
        ("chinedu", {}, "not_your_role"),
        ("tunde", {"effective_from": TODAY - timedelta(days=1)}, "past_date"),
        ("tunde", {"lead_days": 0}, "not_positive"),
        ("tunde", {"reason": "  "}, "reason_missing"),
    ],
)
def test_it_refuses_with_a_sentence(cast, who, changes, code):
    with pytest.raises(Refused) as refusal:
        set_policy(**{"by": getattr(cast, who), "at": NOW, "effective_from": TODAY, **GIVEN, **changes})
    assert refusal.value.code == code
    assert Policy.objects.count() == 1


def test_one_policy_a_day(cast):
    set_policy(by=cast.tunde, at=NOW, effective_from=TODAY, **GIVEN)
    with pytest.raises(Refused, match="already"):
        set_policy(by=cast.tunde, at=NOW, effective_from=TODAY, **GIVEN)
