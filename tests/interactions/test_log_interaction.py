from datetime import date, datetime, timedelta

import pytest

from accounts.records.models import Account, Contact
from interactions.log.actions import complete_action, log_interaction, reopen_action, reschedule_action, revise_kind
from interactions.log.models import Interaction, InteractionKind, Kinds
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, TODAY


def log(cast, **changes):
    given = {"by": cast.funke, "at": NOW, "contact": Contact.objects.get(code="C001"), "channel": "phone"}
    return log_interaction(**{**given, **changes})


def test_it_takes_the_contacts_account_and_the_next_code(cast, zenith):
    entry = log(cast, notes="Called about a generator")
    assert (entry.account, entry.code, entry.logged_at, entry.logged_by) == (zenith, "I00001", NOW, cast.funke)
    assert log(cast).code == "I00002"


def test_the_same_key_makes_one_row(cast, zenith):
    first = log(cast, idempotency_key="k1")
    assert [log(cast, idempotency_key="k1") for _ in range(4)] == [first] * 4
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("other", [{"notes": "Something else"}, {"channel": "email"}, {"next_action": "Call back"}])
def test_a_key_used_for_something_else_is_refused_and_loses_nothing_silently(cast, zenith, other):
    log(cast, idempotency_key="k1")
    with pytest.raises(Refused) as refusal:
        log(cast, idempotency_key="k1", **other)
    assert refusal.value.code == "key_used"


def test_a_kind_says_whether_it_is_substantive(cast, zenith):
    assert not log(cast).substantive
    assert log(cast, channel="meeting").substantive
    assert log(cast, kind=InteractionKind.objects.get(slug="request-for-quote")).substantive


def test_the_last_touch_moves_forward_only(cast, zenith):
    log(cast, occurred_at=NOW - timedelta(days=1))
    log(cast, occurred_at=NOW - timedelta(days=9))
    zenith.refresh_from_db()
    assert zenith.last_interaction_at == NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"occurred_at": NOW + timedelta(hours=1)}, "future_date"),
        ({"occurred_at": datetime(1, 1, 1, tzinfo=LAGOS)}, "bad_date"),
        ({"occurred_at": datetime(1999, 12, 31, tzinfo=LAGOS)}, "bad_date"),
        ({"next_action": "Call", "due_on": date(9999, 12, 31)}, "bad_date"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"due_on": TODAY}, "due_without_action"),
        ({"contact": None}, "who_missing"),
    ],
)
def test_it_refuses_with_a_sentence(cast, zenith, changes, code):
    with pytest.raises(Refused) as refusal:
        log(cast, **changes)
    assert refusal.value.code == code
    assert not Interaction.objects.exists()


def test_an_account_that_isn_t_the_contacts_is_refused(cast, zenith):
    other = Account.objects.create(code="A002", name="Dangote Cement", origin="hub", created_at=NOW)
    with pytest.raises(Refused) as refusal:
        log(cast, account=other)
    assert refusal.value.code == "account_not_the_contacts"


def test_management_and_it_log_nothing(cast, zenith):
    for person in (cast.halima, cast.chinedu):
        with pytest.raises(Refused):
            log(cast, by=person)


def test_a_next_action_is_done_reopened_and_rescheduled(cast, zenith):
    entry = log(cast, next_action="Send quote", due_on=TODAY)
    assert Interaction.objects.due(TODAY).get() == entry
    complete_action(entry, by=cast.funke, at=NOW)
    complete_action(entry, by=cast.funke, at=NOW)
    assert not Interaction.objects.due(TODAY).exists()
    reopen_action(entry, by=cast.funke, at=NOW)
    reschedule_action(entry, by=cast.funke, at=NOW, due_on=TODAY + timedelta(days=7))
    assert not Interaction.objects.due(TODAY).exists()
    with pytest.raises(Refused):
        reschedule_action(entry, by=cast.funke, at=NOW, due_on=TODAY - timedelta(days=1))
    with pytest.raises(Refused):
        complete_action(entry, by=cast.emeka, at=NOW)


def test_kinds_of_another_instant_are_asked_for_anew(cast, zenith):
    """A form that was filled before a kind was defined anew logs what the kind means now."""
    before = Kinds.of(NOW - timedelta(days=1))
    kind = before.find(slug="left-a-message").kind
    revise_kind(
        by=cast.tunde,
        at=NOW,
        slug=kind.slug,
        label="Left word",
        substantive=True,
        offered=False,
        effective_from=NOW,
    )
    entry = log_interaction(by=cast.funke, at=NOW, account=zenith, channel="phone", kind=kind, kinds=before)
    assert entry.substantive
    assert not before.find(slug="left-a-message").substantive
