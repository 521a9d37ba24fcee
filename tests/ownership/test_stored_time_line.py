"""What the verbs store is what the log says."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.people.actions.staff import depart, return_to_work
from accounts.people.models import Division, Staff, StaffRole
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import log_interaction, void_interaction
from interactions.log.models import InteractionKind
from mikano_cx.kit.local_time import LAGOS, day_start
from mikano_cx.kit.refusal import Refused
from ownership.assignments.actions import assign_accounts
from ownership.replay.actions.sweep import audit, sweep
from ownership.replay.models import Tenure
from ownership.routing.actions import route_inquiry
from tests.conftest import NOW, TODAY


@pytest.fixture
def dangote(cast):
    """An account that Funke logged in the hub."""
    return create_account(
        by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": Division.objects.get(slug="motors")}
    )


def line(account):
    return [(t.state, t.holder and t.holder.username, t.rule) for t in account.tenures.order_by("start")]


def shown(account):
    account.refresh_from_db()
    return account.ownership_state, account.owner and account.owner.username


def meeting(by, account, at):
    return log_interaction(
        by=by, at=at, account=account, channel="meeting", kind=InteractionKind.objects.get(slug="meeting")
    )


def test_who_logs_a_new_account_owns_it(cast, dangote):
    assert shown(dangote) == ("owned", "funke")
    assert dangote.owned_since == NOW
    assert dangote.expires_at == datetime(2027, 3, 17, tzinfo=LAGOS) == dangote.next_at
    assert line(dangote) == [("owned", "funke", "new-account")]


def test_a_steward_of_no_sales_role_owns_nothing(cast):
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    assert shown(account) == ("orphan", None)


def test_the_first_substantive_interaction_claims_an_orphan_and_voiding_it_gives_it_back(cast):
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    later = NOW + timedelta(days=1)
    log_interaction(by=cast.funke, at=later, account=account, channel="phone", notes="Left a message")
    entry = meeting(cast.emeka, account, later + timedelta(hours=1))
    meeting(cast.funke, account, later + timedelta(hours=2))
    assert shown(account) == ("led", "emeka")
    void_interaction(entry, by=cast.tunde, at=later + timedelta(hours=3), reason="It was a call to another company")
    assert shown(account) == ("led", "funke")


def test_an_entry_by_who_does_not_sell_claims_nothing(cast):
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    meeting(cast.tunde, account, NOW + timedelta(hours=1))
    assert shown(account) == ("orphan", None)


def test_who_leaves_holds_nothing_from_the_midnight_after(cast, dangote):
    depart(cast.funke, by=cast.chinedu, at=NOW, last_working_day=TODAY + timedelta(days=3))
    assert shown(dangote) == ("owned", "funke")
    assert dangote.next_at == day_start(TODAY + timedelta(days=4))
    sweep(as_of=day_start(TODAY + timedelta(days=4)), at=NOW)
    assert shown(dangote) == ("orphan", None)
    return_to_work(cast.funke, by=cast.chinedu, at=NOW + timedelta(days=5))
    assert shown(dangote) == ("owned", "funke")  # the departure was taken back
    depart(cast.funke, by=cast.chinedu, at=NOW + timedelta(days=6), last_working_day=TODAY + timedelta(days=6))
    return_to_work(cast.funke, by=cast.chinedu, at=NOW + timedelta(days=9), first_day=TODAY + timedelta(days=9))
    assert shown(dangote) == ("orphan", None)  # coming back gives nothing back


def test_a_head_assigns_what_nobody_holds(cast, dangote):
    depart(cast.funke, by=cast.chinedu, at=NOW, last_working_day=TODAY - timedelta(days=1))
    later = NOW + timedelta(hours=1)
    assign_accounts([dangote], by=cast.ngozi, at=later, assignee=cast.aisha, idempotency_key="k")
    assign_accounts([dangote], by=cast.ngozi, at=later, assignee=cast.aisha, idempotency_key="k")
    assert shown(dangote) == ("owned", "aisha")
    assert dangote.assignments.count() == 1
    assert line(dangote)[-1] == ("owned", "aisha", "assigned")
    assert dangote.history.filter(owner=cast.aisha, history_user=cast.ngozi).exists()


def test_the_audit_finds_no_difference_and_finds_a_forged_owner(cast, dangote):
    assert audit(at=NOW + timedelta(minutes=1)).changed == 0
    Account.objects.filter(pk=dangote.pk).update(owner=cast.emeka)
    found = audit(at=NOW + timedelta(minutes=2), repair=True)
    assert (found.changed, found.differences[0]["differs"]) == (1, ["owner_id"])
    assert shown(dangote) == ("owned", "funke")


def test_segments_neither_overlap_nor_stay_open_twice(dangote, cast):
    for start, end in ((NOW + timedelta(days=1), None), (NOW - timedelta(days=5), NOW + timedelta(days=1))):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tenure.objects.create(
                account=dangote, state="owned", holder=cast.emeka, start=start, end=end, rule="assigned", evidence=[]
            )


def test_a_sweep_of_a_missed_night_forgets_nothing_recorded_since(cast):
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    meeting(cast.emeka, account, NOW + timedelta(days=2))
    Account.objects.filter(pk=account.pk).update(next_at=NOW)  # due, by an older look
    sweep(as_of=day_start(TODAY + timedelta(days=1)), at=NOW + timedelta(days=2))
    assert shown(account) == ("led", "emeka")


def test_a_mistaken_return_is_corrected_by_the_departure(cast, dangote):
    last_day = TODAY + timedelta(days=2)
    depart(cast.funke, by=cast.chinedu, at=NOW + timedelta(days=3), last_working_day=last_day)
    back = NOW + timedelta(days=3)
    return_to_work(cast.funke, by=cast.chinedu, at=back, first_day=last_day + timedelta(days=1))
    depart(cast.funke, by=cast.chinedu, at=back + timedelta(minutes=1), last_working_day=last_day)
    cast.funke.refresh_from_db()
    assert cast.funke.last_working_day == last_day
    kinds = [(m.kind, m.struck_at is None) for m in cast.funke.movements.order_by("pk")]
    assert kinds == [("departure", True), ("return", False)]


@pytest.mark.parametrize(
    ("who", "first_day", "code"), [("chinedu", TODAY + timedelta(days=1), "bad_date"), ("funke", None, "own_rights")]
)
def test_coming_back_is_recorded_on_the_day_and_by_somebody_else(cast, dangote, who, first_day, code):
    StaffRole.objects.create(staff=cast.funke, role="head")
    depart(cast.funke, by=cast.chinedu, at=NOW, last_working_day=TODAY - timedelta(days=1))
    by = Staff.objects.get(pk=getattr(cast, who).pk)
    with pytest.raises(Refused) as refusal:
        return_to_work(cast.funke, by=by, at=NOW, first_day=first_day)
    assert refusal.value.code == code


def test_each_change_of_hands_is_told(cast, dangote):
    for day in (1, 2):
        at = NOW + timedelta(days=day)
        depart(cast.funke, by=cast.chinedu, at=at, last_working_day=TODAY)
        return_to_work(cast.funke, by=cast.chinedu, at=at + timedelta(minutes=1))
    assert [notice.kind for notice in cast.funke.notices.order_by("pk")] == ["lost", "gained", "lost", "gained"]


def test_an_inquiry_does_not_go_to_whose_clock_has_run_out_before_the_sweep(cast, dangote):
    dangote.refresh_from_db()
    late = dangote.expires_at
    routed = route_inquiry(dangote, dangote.division, None, late)
    assert routed.routed_by == "rotation"
