"""The open next actions of who leaves go to a colleague; the log itself stays as it is."""

from datetime import timedelta

import pytest
import time_machine

from interactions.log.actions import complete_action, hand_over_actions, log_interaction, reschedule_action
from interactions.log.facts import changes_of
from interactions.log.models import Interaction
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan(cast, zenith):
    def planned(words, days=None, by=cast.funke):
        due = None if days is None else TODAY + timedelta(days=days)
        entry = {"account": zenith, "channel": "phone", "next_action": words, "due_on": due}
        return log_interaction(by=by, at=NOW, **entry)

    return planned


def hand_over(cast, **changes):
    return hand_over_actions(cast.funke, **{"to": cast.aisha, "by": cast.chinedu, "at": NOW, **changes})


def my_day(client):
    day = client.get("/").context["day"]
    return [entry.next_action for entry in (*day.overdue, *day.due_today, *day.coming, *day.undated)]


def test_they_stand_in_the_colleagues_day_and_no_longer_in_ones_own(cast, plan, client_of):
    for words, days in (("late", -2), ("today", 0), ("soon", 3), ("some day", None)):
        plan(words, days)
    complete_action(plan("done"), by=cast.funke, at=NOW)
    assert len(hand_over(cast)) == 4 and hand_over(cast) == []
    assert my_day(client_of(cast.aisha)) == ["late", "today", "soon", "some day"]
    assert my_day(client_of(cast.funke)) == []
    assert client_of(cast.aisha).get("/").context["day"].week.overdue == 1
    assert Interaction.objects.filter(logged_by=cast.funke).count() == 5


def test_without_a_day_they_stand_among_ones_own_latest_first(cast, zenith, client_of):
    for minutes in range(24):
        by, when = (cast.funke, cast.aisha)[minutes % 2], NOW - timedelta(minutes=30 - minutes)
        log_interaction(by=by, at=when, account=zenith, channel="phone", next_action=f"some day {minutes}")
    hand_over(cast)
    assert my_day(client_of(cast.aisha)) == [f"some day {minutes}" for minutes in range(23, 13, -1)]


def test_the_list_of_my_open_actions_has_them(cast, plan, client_of):
    plan("late", -2)
    plan("some day")
    hand_over(cast)
    listed = {
        (person.username, action): len(client_of(person).get(f"/interactions/?action={action}").context["table"].rows)
        for person in (cast.aisha, cast.funke)
        for action in ("mine", "mine_overdue")
    }
    assert listed == {
        ("aisha", "mine"): 2, ("aisha", "mine_overdue"): 1, ("funke", "mine"): 0, ("funke", "mine_overdue"): 0,
    }  # fmt: skip


def test_they_can_be_handed_on(cast, plan):
    entry = plan("late", -2)
    hand_over(cast)
    hand_over_actions(cast.aisha, to=cast.ngozi, by=cast.chinedu, at=NOW)
    entry.refresh_from_db()
    assert (entry.handed_to, entry.logged_by, entry.version) == (cast.ngozi, cast.funke, 3)
    told = [(change.by, change.words) for change in changes_of(entry, reader=cast.funke)]
    assert told == [
        (cast.chinedu, ["handed the next action over to Aisha Bello"]),
        (cast.chinedu, ["handed the next action over to Ngozi Eze"]),
    ]


def test_whose_it_is_now_may_move_it(cast, zenith, plan):
    entry = plan("late", -2)
    zenith.division = None
    zenith.save()
    hand_over(cast, to=cast.emeka)
    assert reschedule_action(entry, by=cast.emeka, at=NOW, due_on=TODAY).due_on == TODAY


def test_the_pages_say_whose_it_is(cast, zenith, plan, client_of):
    entry = plan("late", -2)
    hand_over(cast)
    client = client_of(cast.ngozi)
    assert "handed over to Aisha Bello" in client.get(entry.get_absolute_url()).content.decode()
    assert "Aisha Bello" in client.get(zenith.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"by": "funke"}, "not_your_role"),
        ({"by": "tunde"}, "not_your_role"),
        ({"to": "funke"}, "same_person"),
        ({"to": "halima"}, "role_reads_only"),
        ({"to": "gone"}, "gone"),
    ],
)
def test_what_is_refused(cast, plan, changes, code):
    plan("late", -2)
    cast.gone = cast.emeka
    if changes.get("to") == "gone":
        cast.emeka.last_working_day = TODAY - timedelta(days=1)
        cast.emeka.save()
    with pytest.raises(Refused) as refused:
        hand_over(cast, **{name: getattr(cast, who) for name, who in changes.items()})
    assert refused.value.code == code
    assert not Interaction.objects.filter(handed_to__isnull=False).exists()


def test_a_head_hands_over_in_the_own_division_alone(cast, plan):
    plan("late", -2)
    plan("another", -2, by=cast.emeka)
    assert len(hand_over(cast, by=cast.ngozi)) == 1
    with pytest.raises(Refused, match="IT hands actions over"):
        hand_over_actions(cast.emeka, to=cast.aisha, by=cast.ngozi, at=NOW)
