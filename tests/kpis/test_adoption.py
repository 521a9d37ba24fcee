from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from accounts.people.models import Staff
from accounts.records.models import Contact
from interactions.log.actions import log_interaction, void_interaction
from interactions.log.models import Interaction
from kpis.metrics.actions import define
from kpis.metrics.facts import entries_logged, expected_to_log
from kpis.metrics.models import Definition
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, TODAY

PAGE = "/kpis/adoption/"


def log(by, at=NOW, **more):
    return log_interaction(by=by, at=at, contact=Contact.objects.get(code="C001"), channel="phone", **more)


@pytest.fixture
def adoption(client_of, cast):
    def read(query="", person=None):
        with time_machine.travel(NOW, tick=False):
            return client_of(person or cast.halima).get(PAGE + query)

    return read


def figure(response, slug):
    return next(row for room, row, _ in response.context["rows"] if room.slug == slug)


def test_it_counts_the_people_who_logged_among_those_expected(cast, zenith, adoption):
    log(cast.funke)
    log(cast.funke)
    motors = figure(adoption(), "motors")
    assert [person.name for person in motors.yes] == ["Funke Ade"]
    assert [person.name for person in motors.no] == ["Aisha Bello", "Ngozi Eze", "Tunde Bakare"]
    assert (motors.shown, motors.on_track) == ("25 %", False)


def test_nobody_expected_is_no_data_not_zero(cast, zenith, adoption):
    cast.tunde.divisions.clear()
    gras = figure(adoption(), "gras")
    assert (gras.shown, gras.on_track) == ("no data", None)
    assert "no data" in adoption().content.decode()


def test_logging_with_another_division_s_account_counts_for_one_s_own(cast, zenith, adoption):
    log(cast.emeka)
    assert [person.name for person in figure(adoption(), "power").yes] == ["Emeka Nwosu"]


def test_imported_and_void_entries_don_t_count(cast, zenith, adoption):
    log(cast.funke, source="import")
    void_interaction(log(cast.ngozi), by=cast.aisha, at=NOW, reason="Logged twice")
    assert figure(adoption(), "motors").count == 0


def test_it_counts_by_when_it_was_logged_in_the_local_week(cast, zenith):
    monday = TODAY
    sunday_late = NOW.replace(hour=23, minute=30) - timedelta(days=1)
    log(cast.funke, at=sunday_late)
    log(cast.emeka, at=NOW, occurred_at=NOW - timedelta(days=20))
    assert entries_logged(monday) == {cast.emeka.pk: 1}
    assert entries_logged(monday - timedelta(days=7)) == {cast.funke.pk: 1}


def test_who_left_or_may_not_sign_in_isn_t_expected(cast, zenith):
    Staff.objects.filter(pk=cast.funke.pk).update(last_working_day=TODAY + timedelta(days=3))
    Staff.objects.filter(pk=cast.ngozi.pk).update(last_working_day=TODAY + timedelta(days=4))
    Staff.objects.filter(pk=cast.tunde.pk).update(is_active=False)
    motors = cast.funke.divisions.get().pk
    assert [person.name for person in expected_to_log(TODAY)[motors]] == ["Aisha Bello", "Ngozi Eze"]


def test_a_click_on_the_figure_lists_its_people(cast, zenith, adoption):
    log(cast.funke)
    body = adoption("?week=2026-W12&division=motors").content.decode()
    assert "Funke Ade" in body and "1 entry" in body and "Ngozi Eze" in body
    assert "Emeka Nwosu" not in body


def test_weeks_are_walked_and_the_future_is_this_week(adoption):
    first = adoption("?week=2026-W11")
    assert (first.context["earlier"], first.context["later"]) == ("2026-W10", "2026-W12")
    assert adoption("?week=2030-W01").context["week"] == "2026-W12"


@pytest.mark.parametrize("week", ["2026-W54", "x", "0001-W01", "99999999"])
def test_a_week_that_is_none_shows_this_week(adoption, week):
    response = adoption(f"?week={week}")
    assert (response.status_code, response.context["week"]) == (200, "2026-W12")


def test_a_past_week_keeps_the_definition_of_its_time(cast, adoption):
    Definition.objects.create(metric="adoption", effective_from=TODAY, target=20, text="New", created_at=NOW)
    assert adoption("?week=2026-W11").context["definition"].target == Decimal(80)
    assert adoption().context["definition"].target == Decimal(20)


def test_p_and_bi_defines_and_nobody_changes_the_past(cast):
    given = {"metric": "adoption", "target": Decimal(85), "text": "As before."}
    made = define(by=cast.tunde, at=NOW, effective_from=date(2026, 4, 6), **given)
    assert Definition.objects.in_force("adoption", date(2026, 4, 6)) == made
    for by, day, code in (
        (cast.ngozi, date(2026, 5, 4), "not_your_role"),
        (cast.tunde, TODAY - timedelta(days=1), "past_date"),
        (cast.tunde, date(2026, 4, 6), "same_day"),
    ):
        with pytest.raises(Refused) as refusal:
            define(by=by, at=NOW, effective_from=day, **given)
        assert refusal.value.code == code


def test_it_costs_the_same_queries_for_more_people(cast, zenith, client_of, django_assert_max_num_queries):
    for number in range(30):
        person = Staff.objects.create(username=f"p{number}", full_name=f"Person {number}")
        person.divisions.set(cast.funke.divisions.all())
        person.roles.create(role="sales")
        log(person)
    client = client_of(cast.halima)
    with time_machine.travel(NOW, tick=False), django_assert_max_num_queries(12):
        client.get(PAGE + "?division=motors")
    assert Interaction.objects.count() == 30
