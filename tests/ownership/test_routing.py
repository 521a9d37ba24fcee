"""Where inquiries go: owner, lead, then turn by turn; leave; and what the page lets people do."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.actions.leave import add_leave, remove_leave
from accounts.people.actions.staff import depart, edit_staff, save_product_line
from accounts.people.models import Division, Leave, ProductLine, Staff, StaffRole
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from mikano_cx.kit.refusal import Refused
from ownership.routing.actions import preview_route, rotations, route_inquiry
from ownership.routing.models import Routing
from tests.conftest import NOW, TODAY

URL = "/ownership/routing/?division=motors"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def motors(cast):
    return Division.objects.get(slug="motors")  # Funke, Ngozi and Aisha sell there


@pytest.fixture
def sets(motors):
    return ProductLine.objects.create(division=motors, name="Generators")


def route(motors, count, line=None, account=None, at=NOW):
    return [route_inquiry(account, motors, line, at).to for _ in range(count)]


def test_turns_go_round_whatever_instants_they_carry(cast, motors):
    names = route(motors, 3)
    assert sorted(person.username for person in names) == ["aisha", "funke", "ngozi"]
    assert route(motors, 3, at=NOW - timedelta(days=9)) == names == route(motors, 3)


def test_each_product_line_has_its_own_turns_among_those_who_sell_it(cast, motors, sets):
    for person in (cast.funke, cast.aisha):
        person.product_lines.add(sets)
    assert Counter(person.username for person in route(motors, 6, sets)) == {"funke": 3, "aisha": 3}
    assert {turn.last_at for turn in rotations(motors, [None], NOW)[None]} == {None}


def test_who_is_on_leave_or_gone_is_skipped_and_it_is_said(cast, motors):
    add_leave(cast.funke, by=cast.funke, at=NOW, first_day=TODAY, last_day=TODAY)
    depart(cast.ngozi, by=cast.chinedu, at=NOW, last_working_day=TODAY - timedelta(days=1))
    made = route_inquiry(None, motors, None, NOW)
    assert made.to == cast.aisha and "Funke Ade is on leave and was skipped." in made.explanation
    assert cast.funke in route(motors, 2, at=NOW + timedelta(days=1))


def test_nobody_is_said_and_recorded(cast, motors, sets):
    made = route_inquiry(None, motors, sets, NOW)
    assert (made.to, made.routed_by) == (None, "nobody") and "its head decides" in made.explanation[-1]


def test_the_owner_or_lead_comes_before_any_turn(cast, motors):
    owned = create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": motors})
    orphan = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa", "division": motors})
    kind = InteractionKind.objects.get(slug="meeting")
    log_interaction(by=cast.emeka, at=NOW, account=orphan, channel="meeting", kind=kind)
    made = route_inquiry(owned, motors, None, NOW)
    assert (made.to, made.routed_by) == (cast.funke, "owner")
    made = route_inquiry(orphan, motors, None, NOW)
    assert (made.to, made.routed_by, made.explanation) == (cast.emeka, "lead", ["Emeka Nwosu leads Lafarge Africa."])


def test_one_key_routes_once(cast, motors):
    made = [route_inquiry(None, motors, None, NOW, idempotency_key="mail 7") for _ in range(3)]
    assert len({routing.pk for routing in made}) == 1 == Routing.objects.count()


def test_a_key_used_for_another_inquiry_is_refused(cast, motors, sets):
    orphan = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa", "division": motors})
    route_inquiry(orphan, motors, sets, NOW, by=cast.ngozi, idempotency_key="mail 7")
    assert Routing.objects.get().by == cast.ngozi
    for other in ((None, motors, sets), (orphan, motors, None), (orphan, Division.objects.get(slug="power"), None)):
        with pytest.raises(Refused, match="another inquiry") as refusal:
            route_inquiry(*other, NOW, by=cast.ngozi, idempotency_key="mail 7")
        assert refusal.value.code == "key_used"
    assert Routing.objects.count() == 1


def test_a_line_that_the_division_does_not_sell_is_refused(cast, sets):
    power = Division.objects.get(slug="power")
    with pytest.raises(Refused, match="doesn't sell Generators") as refusal:
        route_inquiry(None, power, sets, NOW)
    assert (refusal.value.code, refusal.value.field, Routing.objects.count()) == ("wrong_line", "product_line", 0)


def test_a_look_records_nothing_and_says_the_same(cast, motors):
    who, why = preview_route(None, motors, None, NOW)
    assert not Routing.objects.exists() and why
    assert route_inquiry(None, motors, None, NOW).to == who


# --- the page --------------------------------------------------------------------------------------------------------
def test_the_form_looks_and_records_only_when_told_to(cast, motors, client_of):
    client, asked = client_of(cast.ngozi), {"division": "motors", "key": "k"}
    html = client.post(URL, asked).content.decode()
    assert "nothing was recorded" in html and not Routing.objects.exists()
    for _ in range(2):  # a double click
        assert client.post(URL, {**asked, "record": "yes"}).status_code == 302
    assert Routing.objects.get().by == cast.ngozi
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    answer = client.post(URL, {**asked, "account": account.code, "record": "yes"})
    assert answer.status_code == 422 and "for another inquiry" in answer.content.decode()
    assert client_of(cast.funke).post(URL, asked).status_code == 403
    answer = client.post(URL, {"division": "power", "record": "yes"})
    assert answer.status_code == 422  # another head's
    answer = client.post(URL, {"division": "motors", "account": "a 999"})
    assert "No account has the code “a 999”: type a name, and choose it from the list." in answer.content.decode()


def test_it_shows_whose_turn_is_next_and_who_is_away(cast, motors, sets, client_of):
    for person in (cast.funke, cast.aisha):
        person.product_lines.add(sets)
    add_leave(cast.aisha, by=cast.ngozi, at=NOW, first_day=TODAY, last_day=TODAY)
    route(motors, 1, sets)
    html = client_of(cast.funke).get(URL).content.decode()
    assert "Generators" in html and ">next<" in html.replace("\n", "") and "on leave" in html
    assert "Aisha Bello is on leave and was skipped." in html
    assert "Where would it go?" not in html


def test_it_costs_the_same_for_few_lines_and_people_and_many(cast, motors, sets, client_of):
    client = client_of(cast.ngozi)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    for number in range(9):
        line = ProductLine.objects.create(division=motors, name=f"Line {number}")
        person = Staff.objects.create(username=f"s{number}", full_name=f"Seller {number}")
        person.divisions.add(motors)
        person.product_lines.add(line)
        StaffRole.objects.create(staff=person, role="sales")
        route_inquiry(None, motors, line, NOW)
        add_leave(person, by=cast.ngozi, at=NOW, first_day=TODAY, last_day=TODAY)
    with CaptureQueriesContext(connection) as many:
        client.get(URL)
    assert len(many) == len(few) <= 12


# --- leave and product lines -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "by", "first", "last", "code"),
    [
        ("funke", "emeka", 0, 1, "not_your_colleague"),
        ("emeka", "ngozi", 0, 1, "not_your_colleague"),
        ("funke", "halima", 0, 1, "not_your_colleague"),
        ("funke", "funke", 1, 0, "bad_dates"),
        ("funke", "funke", -5, -1, "bad_dates"),
        ("funke", "funke", 0, 800, "bad_dates"),
        ("funke", "ngozi", 12, 20, "overlap"),
    ],
)
def test_a_leave_is_refused_with_a_reason(cast, who, by, first, last, code):
    days = {"first_day": TODAY + timedelta(days=10), "last_day": TODAY + timedelta(days=15)}
    taken = add_leave(cast.funke, by=cast.funke, at=NOW, **days)
    assert add_leave(cast.funke, by=cast.ngozi, at=NOW, **days) == taken  # the same once more
    with pytest.raises(Refused) as refusal:
        days = {"first_day": TODAY + timedelta(days=first), "last_day": TODAY + timedelta(days=last)}
        add_leave(getattr(cast, who), by=getattr(cast, by), at=NOW, **days)
    assert refusal.value.code == code and Leave.objects.count() == 1


def test_a_leave_is_added_and_taken_back_on_the_page_and_its_history_stays(cast, client_of):
    client = client_of(cast.funke)
    asked = {"person": "funke", "first_day": "2026-04-01", "last_day": "2026-04-03", "back": "motors"}
    assert client.post("/ownership/routing/leave/", asked).status_code == 302
    answer = client.post("/ownership/routing/leave/", {**asked, "last_day": "2026-03-01"})
    assert answer.status_code == 422 and "comes before the first" in answer.content.decode()
    assert client.post("/ownership/routing/leave/", {**asked, "person": "emeka"}).status_code == 422
    leave = Leave.objects.get()
    client_of(cast.emeka).post(f"/ownership/routing/leave/{leave.pk}/remove/")
    assert Leave.objects.exists()
    for _ in range(2):
        assert client_of(cast.ngozi).post(f"/ownership/routing/leave/{leave.pk}/remove/").status_code == 302
    assert not Leave.objects.exists()
    written = Leave.history.order_by("history_id").values_list("history_type", "history_user__username")
    assert list(written) == [("+", "funke"), ("-", "ngozi")]
    with pytest.raises(Refused):
        remove_leave(leave, by=cast.emeka, at=NOW)


def test_product_lines_are_named_once_a_division_and_given_to_people(cast, motors):
    line = save_product_line(None, by=cast.tunde, at=NOW, name=" Spare  parts ", division=motors)
    assert line.name == "Spare parts"
    with pytest.raises(Refused, match="already"):
        save_product_line(None, by=cast.chinedu, at=NOW, name="SPARE PARTS", division=motors)
    with pytest.raises(Refused):
        save_product_line(line, by=cast.ngozi, at=NOW, name="Mine")
    save_product_line(line, by=cast.chinedu, at=NOW, name="Parts")
    edit_staff(cast.funke, by=cast.chinedu, at=NOW, values={"product_lines": [line]})
    assert list(cast.funke.product_lines.values_list("name", flat=True)) == ["Parts"]
    assert [row.name for row in line.history.order_by("history_id")] == ["Spare parts", "Parts"]
