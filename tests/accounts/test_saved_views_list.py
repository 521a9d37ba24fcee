"""Saved views: a list's address under a name, for oneself or a division."""

import pytest

from accounts.lists.models import SavedView
from accounts.people.models import Division

SAVE = "/views/save/"


@pytest.fixture
def motors():
    return Division.objects.get(slug="motors")


def form(**values):
    return {"list_name": "accounts", "name": "Quiet ones", "query": "untouched=90", "next": "/accounts/", **values}


def views_on(client, url="/accounts/"):
    return [row["view"].name for row in client.get(url).context["saved_views"]]


def test_it_is_kept_and_shows_as_a_chip(cast, client_of):
    funke = client_of(cast.funke)
    response = funke.post(SAVE, form(query="untouched=90&page=3"))
    assert response.url == "/accounts/?untouched=90"
    assert views_on(funke) == ["Quiet ones"]
    assert views_on(client_of(cast.ngozi)) == [] == views_on(funke, "/contacts/")
    current = funke.get(response.url).context["saved_views"][0]["current"]
    assert current is True


def test_a_shared_one_shows_to_the_division_alone(cast, client_of, motors):
    client_of(cast.funke).post(SAVE, form(division=motors.pk))
    assert views_on(client_of(cast.ngozi)) == ["Quiet ones"]
    assert views_on(client_of(cast.emeka)) == []


def test_sharing_with_another_division_is_refused_in_words(cast, client_of):
    power = Division.objects.get(slug="power")
    response = client_of(cast.funke).post(SAVE, form(division=power.pk), follow=True)
    assert "a division of yours" in response.content.decode()
    assert not SavedView.objects.exists()


def test_a_nameless_one_is_refused(cast, client_of):
    response = client_of(cast.halima).post(SAVE, form(name="  "), follow=True)
    assert "Give the view a name" in response.content.decode()


def test_one_deletes_ones_own_and_can_undo_it(cast, client_of, motors):
    funke = client_of(cast.funke)
    funke.post(SAVE, form(division=motors.pk))
    view = SavedView.objects.get()
    assert client_of(cast.ngozi).post(f"/views/{view.pk}/delete/", {"next": "/accounts/"}).status_code == 404
    page = funke.post(f"/views/{view.pk}/delete/", {"next": "/accounts/"}, follow=True)
    assert not SavedView.objects.exists()
    *_, message = page.context["messages"]
    assert funke.post(message.extra_tags.removeprefix("undo:")).status_code == 302
    again = SavedView.objects.get()
    assert (again.name, again.query, again.division) == ("Quiet ones", "untouched=90", motors)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", ""])
def test_it_leads_nowhere_else(cast, client_of, elsewhere):
    assert client_of(cast.funke).post(SAVE, form(next=elsewhere)).status_code == 400


def test_looking_at_the_address_saves_nothing(cast, client_of):
    assert client_of(cast.funke).get(SAVE, form()).status_code == 405


@pytest.mark.parametrize("values", [{"list_name": "staff"}, {"list_name": ""}, {"next": "/accounts/\n"}])
def test_what_is_no_list_is_not_kept(cast, client_of, values):
    assert client_of(cast.funke).post(SAVE, form(**values)).status_code == 400
    assert not SavedView.objects.exists()
