"""Staff are managed by verbs: never deleted, nobody by themselves, administrators by administrators."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse

from accounts.people.actions import staff as staff_actions
from accounts.people.actions.staff import (
    add_staff,
    depart,
    edit_division,
    edit_staff,
    point_alias,
    return_to_work,
    set_roles,
)
from accounts.people.actions.staff import set_working_hours as set_hours
from accounts.people.models import Division, Staff, StaffAlias, StaffRole
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, PASSWORD, TODAY


@pytest.fixture
def root(cast):
    return Staff.objects.create_superuser("root", "Bola Root", PASSWORD, email="root@mikano.test")


def refused(verb, *args, **kwargs) -> str:
    with pytest.raises(Refused) as refusal:
        verb(*args, **kwargs)
    return refusal.value.code


def test_the_first_administrator_comes_from_the_command_line(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    given = {"username": "bola", "full_name": "Bola Root", "email": "bola@mikano.test"}
    call_command("createsuperuser", interactive=False, stdout=StringIO(), **given)
    bola = Staff.objects.get(username="bola")
    assert bola.is_superuser and bola.check_password(PASSWORD)
    assert {row.role for row in bola.roles.all()} == {"it", "pbi"}


def test_it_adds_a_person_without_a_password(cast):
    values = {"full_name": "Uche  Danjuma", "username": "uche", "email": "uche@mikano.test"}
    motors = Division.objects.get(slug="motors")
    uche = add_staff(by=cast.chinedu, at=NOW, values={**values, "divisions": [motors]}, granted=["sales"])
    assert (uche.full_name, uche.has_usable_password(), uche.is_superuser) == ("Uche Danjuma", False, False)
    assert list(uche.divisions.all()) == [motors]
    assert uche.history.first().history_user == cast.chinedu
    assert StaffRole.history.get(staff_id=uche.pk).history_user == cast.chinedu


def test_only_it_and_administrators_manage_staff(cast, root):
    for person in (cast.funke, cast.ngozi, cast.aisha, cast.tunde, cast.halima):
        assert refused(add_staff, by=person, at=NOW, values={"full_name": "X", "username": "x"}) == "not_your_role"
        assert refused(edit_staff, cast.emeka, by=person, at=NOW, values={"email": "x@y.ng"}) == "not_your_role"
        assert refused(set_roles, cast.emeka, by=person, at=NOW, granted=["it"]) == "not_your_role"
        assert refused(depart, cast.emeka, by=person, at=NOW, last_working_day=TODAY) == "not_your_role"
    StaffRole.objects.filter(staff=root).delete()
    assert edit_staff(cast.emeka, by=Staff.objects.get(pk=root.pk), at=NOW, values={"erp_code": "E7"}).erp_code == "E7"


@pytest.mark.parametrize("who", ["chinedu", "root"])
def test_nobody_gives_oneself_rights(cast, root, who):
    person = root if who == "root" else cast.chinedu
    assert refused(set_roles, person, by=person, at=NOW, granted=["it", "pbi", "sales"]) == "own_rights"
    motors = Division.objects.filter(slug="motors")
    assert refused(edit_staff, person, by=person, at=NOW, values={"divisions": motors}) == "own_rights"
    assert refused(depart, person, by=person, at=NOW, last_working_day=TODAY) == "own_rights"
    assert edit_staff(person, by=person, at=NOW, values={"initials": "XY"}).initials == "XY"


def test_it_can_t_take_over_an_administrator(cast, root):
    by = cast.chinedu
    assert refused(edit_staff, root, by=by, at=NOW, values={"email": "mine@mikano.test"}) == "administrator"
    assert refused(set_roles, root, by=by, at=NOW, granted=[]) == "administrator"
    assert refused(depart, root, by=by, at=NOW, last_working_day=TODAY) == "administrator"


def test_no_verb_makes_an_administrator(cast, root):
    edit_staff(cast.emeka, by=root, at=NOW, values={"is_superuser": True, "is_staff": True, "password": "x"})
    emeka = Staff.objects.get(pk=cast.emeka.pk)
    assert not emeka.is_superuser and emeka.check_password(PASSWORD)


def test_roles_given_and_taken_are_on_record(cast):
    set_roles(cast.emeka, by=cast.chinedu, at=NOW, granted=["sales", "steward"])
    set_roles(cast.emeka, by=cast.chinedu, at=NOW, granted=["steward"])
    assert [row.role for row in cast.emeka.roles.all()] == ["steward"]
    told = StaffRole.history.filter(staff_id=cast.emeka.pk, history_user=cast.chinedu).order_by("history_id")
    assert [(row.role, row.history_type) for row in told] == [("steward", "+"), ("sales", "-")]
    assert refused(set_roles, cast.emeka, by=cast.chinedu, at=NOW, granted=["king"]) == "unknown_role"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"full_name": " "}, "name_missing"),
        ({"username": ""}, "username_missing"),
        ({"username": "ngozi@mikano.test"}, "username_unfit"),
        ({"username": "NGOZI"}, "username_taken"),
        ({"email": "Ngozi@Mikano.test"}, "email_taken"),
    ],
)
def test_names_and_addresses_are_one_person_s(cast, values, code):
    assert refused(edit_staff, cast.emeka, by=cast.chinedu, at=NOW, values=values) == code


@pytest.mark.parametrize("values", [{"username": "FUNKE"}, {"username": "x", "email": "Funke@Mikano.Test"}])
def test_the_database_tells_people_apart_in_any_case(cast, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Staff.objects.create(full_name="Funke Two", **values)
    for username in ("x1", "x2"):  # without an address there is none to share
        Staff.objects.create(full_name="Somebody", username=username, email="")


@pytest.mark.parametrize(("field", "value"), [("username", "FUNKE"), ("email", "FUNKE@mikano.test")])
def test_what_is_taken_at_this_very_moment_is_refused_in_words(cast, monkeypatch, field, value):
    looks = iter([lambda person: None, staff_actions._refuse_taken])  # the first look came too early
    monkeypatch.setattr(staff_actions, "_refuse_taken", lambda person: next(looks)(person))
    values = {"full_name": "Funke Two", "username": "funke2", field: value}
    with pytest.raises(Refused, match=r"^Funke Ade .* already") as refusal:
        add_staff(by=cast.chinedu, at=NOW, values=values)
    assert (refusal.value.code, refusal.value.field) == (f"{field}_taken", field)


def test_a_changed_address_leaves_no_second_way_in(cast, client):
    EmailAddress.objects.create(user=cast.emeka, email="emeka@mikano.test", primary=True, verified=True)
    edit_staff(cast.emeka, by=cast.chinedu, at=NOW, values={"email": "nwosu@mikano.test"})
    assert not EmailAddress.objects.filter(user=cast.emeka).exists()
    for login, landed in (("emeka@mikano.test", False), ("nwosu@mikano.test", True)):
        client.post("/sign-in/", {"login": login, "password": PASSWORD})
        assert ("_auth_user_id" in client.session) is landed


def test_people_leave_and_come_back_and_are_never_deleted(cast, client_of):
    depart(cast.emeka, by=cast.chinedu, at=NOW, last_working_day=TODAY)
    client = client_of(cast.emeka)
    with time_machine.travel(NOW + timedelta(hours=13), tick=False):
        assert client.get("/kpis/adoption/").status_code == 200
    with time_machine.travel(NOW + timedelta(hours=14, minutes=1), tick=False):  # midnight in Lagos has passed
        assert client.get("/kpis/adoption/").status_code == 302
    return_to_work(cast.emeka, by=cast.chinedu, at=NOW)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert client_of(cast.emeka).get("/kpis/adoption/").status_code == 200
    for delete in (cast.emeka.delete, Staff.objects.filter(pk=cast.emeka.pk).delete):
        with pytest.raises(ProtectedError):
            delete()


def test_a_division_s_people_and_hours_change_by_it_and_p_and_bi(cast):
    from datetime import time

    power = Division.objects.get(slug="power")
    edit_division(power, by=cast.chinedu, at=NOW, values={"head": cast.emeka, "slug": "x"})
    set_hours(power, by=cast.tunde, at=NOW, week={0: (time(9), time(16)), 5: (time(9), time(12))})
    power.refresh_from_db()
    assert (power.head, power.slug) == (cast.emeka, "power")
    assert [(row.weekday, row.opens) for row in power.working_hours.all()] == [(0, time(9)), (5, time(9))]
    assert power.history.first().history_user == cast.chinedu
    assert refused(edit_division, power, by=cast.ngozi, at=NOW, values={"name": "X"}) == "not_your_role"
    assert refused(set_hours, power, by=cast.aisha, at=NOW, week={}) == "not_your_role"
    wrong = {0: (time(9), time(9))}
    assert refused(set_hours, power, by=cast.tunde, at=NOW, week=wrong) == "closes_before_it_opens"


def test_the_second_of_two_who_change_one_person_is_told(cast, root, client_of):
    url = reverse("admin:accounts_staff_change", args=[cast.emeka.pk])
    page = client_of(cast.chinedu).get(url)
    form = page.context["adminform"].form
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, False)} | {"full_name": "Emeka N. Nwosu"}
    set_roles(cast.emeka, by=root, at=NOW, granted=["sales", "steward"])
    answer = client_of(cast.chinedu).post(url, sent)
    assert answer.status_code == 200 and "Somebody else changed this person" in answer.content.decode()
    cast.emeka.refresh_from_db()
    assert cast.emeka.full_name == "Emeka Nwosu"
    assert {row.role for row in StaffRole.objects.filter(staff=cast.emeka)} == {"sales", "steward"}
    anew = client_of(cast.chinedu).get(url).context["adminform"].form
    sent |= {"seen": anew["seen"].value(), "granted": anew["granted"].value()}
    assert client_of(cast.chinedu).post(url, sent).status_code == 302
    cast.emeka.refresh_from_db()
    assert cast.emeka.full_name == "Emeka N. Nwosu"


def test_a_spelling_is_pointed_to_somebody_else_with_history(cast, client_of):
    alias = StaffAlias.objects.create(name_key="e nwosu", written="E. Nwosu", staff=cast.funke)
    url = reverse("admin:accounts_staffalias_change", args=[alias.pk])
    for reader in (cast.aisha, cast.tunde):
        assert client_of(reader).get(url).status_code == 200
        assert client_of(reader).post(url, {"staff": cast.emeka.pk}).status_code == 403
        assert refused(point_alias, alias, by=reader, at=NOW, staff=cast.emeka) == "not_your_role"
    assert client_of(cast.chinedu).post(url, {"staff": cast.emeka.pk}).status_code == 302
    alias.refresh_from_db()
    newest = alias.history.first()
    assert (alias.staff, newest.staff, newest.history_user) == (cast.emeka, cast.emeka, cast.chinedu)
