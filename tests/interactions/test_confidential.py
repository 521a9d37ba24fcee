"""Confidential notes: every door that could tell them, asked by people outside the account's division."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.people.models import Staff, StaffRole
from accounts.records.models import Contact
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from tests.conftest import NOW, PASSWORD, TODAY

SECRET = "Xylophone"
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=2)


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def outsiders(cast):
    """Sales, a steward and a head of Power, IT, management, and the first administrator."""
    StaffRole.objects.create(staff=cast.emeka, role="steward")
    StaffRole.objects.create(staff=cast.emeka, role="head")
    root = Staff.objects.create_superuser("root", "Bola Root", PASSWORD)
    return [cast.emeka, cast.chinedu, cast.halima, root]


def log(cast, notes=SECRET, confidential=True):
    return log_interaction(
        by=cast.funke, at=NOW, contact=Contact.objects.get(code="C001"), channel="phone", notes=notes,
        confidential=confidential, next_action="Send the quote", due_on=TODAY,
    )  # fmt: skip


@pytest.fixture
def secret(cast, zenith):
    entry = log(cast)
    amend_interaction(entry, by=cast.aisha, at=LATER, text=f"{SECRET} again")
    return entry


def read(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    for closable in answer._resource_closers if answer.streaming else ():
        closable()
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    return body.decode(errors="replace")


def at_entry(page, entry):
    return reverse(f"admin:interactions_interaction_{page}", args=[entry.pk])


DOORS = {
    "the entry": lambda entry: entry.get_absolute_url(),
    "voiding it": lambda entry: f"{entry.get_absolute_url()}void/",
    "amending it": lambda entry: f"{entry.get_absolute_url()}amend/",
    "the list": lambda entry: "/interactions/",
    "the list of an account": lambda entry: "/interactions/?account=A001",
    "the list as text": lambda entry: "/interactions/?_export=csv&columns=notes,code",
    "the list as a workbook": lambda entry: "/interactions/?_export=xlsx&columns=notes,code",
    "the account": lambda entry: entry.account.get_absolute_url(),
    "the account's time line": lambda entry: f"{entry.account.get_absolute_url()}?channel=phone",
    "the contact": lambda entry: entry.contact.get_absolute_url(),
    "why it is whose it is": lambda entry: f"{entry.account.get_absolute_url()}why/",
    "the search page": lambda entry: f"/search/?q={entry.code}",
    "the quick log": lambda entry: f"/interactions/log/?contact=C001&completes={entry.code}",
    "what comes next": lambda entry: f"/interactions/log/?after={entry.code}",
    "who it was with": lambda entry: "/interactions/who/?who=tunde",
    "the hub's workbook": lambda entry: reverse("workbook:export"),
    "the admin's list": lambda entry: reverse("admin:interactions_interaction_changelist"),
    "the admin's page": lambda entry: at_entry("change", entry),
    "the admin's history": lambda entry: at_entry("history", entry),
    "an amendment in the admin": lambda entry: reverse(
        "admin:interactions_amendment_change", args=[entry.amendments.get().pk]
    ),
    "the admin's amendments": lambda entry: reverse("admin:interactions_amendment_changelist"),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_tells_an_outsider(secret, outsiders, client_of, door):
    for person in outsiders:
        answer = client_of(person).get(DOORS[door](secret), follow=True)
        assert answer.status_code in (200, 403, 404), person
        assert SECRET not in read(answer), person


def test_the_division_reads_them_where_they_are_shown(secret, cast, client_of):
    shown = {door for door, url in DOORS.items() if SECRET in read(client_of(cast.aisha).get(url(secret)))}
    assert shown >= {"the entry", "the list", "the list as text", "the list as a workbook", "the account",
                     "the contact", "the hub's workbook", "the admin's page"}  # fmt: skip


@pytest.mark.parametrize("query", [f"q={SECRET}", f"q={SECRET}&division=motors", f"q={SECRET}+zenith", "q=xyloph"])
def test_a_search_of_the_notes_finds_nothing_for_an_outsider(secret, outsiders, cast, client_of, query):
    for person in outsiders:
        assert list(client_of(person).get(f"/interactions/?{query}").context["table"].paginated_rows) == []
        assert secret.code not in client_of(person).get(f"/search/?q={SECRET}").content.decode()
    if "zenith" not in query:
        assert len(list(client_of(cast.aisha).get(f"/interactions/?{query}").context["table"].paginated_rows)) == 1


def test_my_day_shows_its_author_the_action_and_others_nothing(secret, outsiders, cast, client_of):
    assert "Send the quote" in client_of(cast.funke).get("/").content.decode()
    for person in outsiders:
        assert "Send the quote" not in client_of(person).get("/").content.decode()


def test_what_an_outsider_does_with_the_action_tells_nothing(secret, outsiders, client_of):
    for verb in ("done", "reopen", "reschedule"):
        given = {"due_on": (TODAY + timedelta(days=3)).isoformat()}
        answer = client_of(outsiders[0]).post(f"{secret.get_absolute_url()}{verb}/", given, follow=True)
        assert SECRET not in answer.content.decode()


def test_a_void_entry_keeps_its_secret(secret, outsiders, cast, client_of):
    void_interaction(secret, by=cast.aisha, at=LATER, reason="Twice")
    for url in (secret.get_absolute_url(), secret.account.get_absolute_url(), "/interactions/?voided=yes"):
        assert SECRET not in client_of(outsiders[0]).get(url).content.decode()


def test_opening_the_notes_does_not_open_what_they_said_before(cast, zenith, outsiders, client_of):
    """Its author wrote a secret, then put other words in its place for everybody."""
    entry = log(cast)
    amend_interaction(entry, by=cast.funke, at=SOON, values={"notes": "Called about tyres", "confidential": False})
    amend_interaction(entry, by=cast.funke, at=SOON + timedelta(minutes=1), values={"notes": "Called about two tyres"})
    for url in (entry.get_absolute_url(), at_entry("history", entry)):
        for person in outsiders:
            assert SECRET not in read(client_of(person).get(url)), url
        assert SECRET in read(client_of(cast.aisha).get(url)), url
    assert "before: “Called about tyres”" in read(client_of(outsiders[0]).get(entry.get_absolute_url()))


def test_closing_the_notes_closes_what_they_said_before(cast, zenith, outsiders, client_of):
    entry = log(cast, confidential=False)
    amend_interaction(entry, by=cast.funke, at=SOON, values={"notes": "Something else", "confidential": True})
    for url in (entry.get_absolute_url(), at_entry("history", entry)):
        assert SECRET not in read(client_of(outsiders[0]).get(url)), url
        assert SECRET not in read(client_of(outsiders[-1]).get(url)), url
    assert SECRET in read(client_of(cast.ngozi).get(entry.get_absolute_url()))


def test_who_changes_divisions_reads_the_new_one_s_only(secret, cast, client_of):
    cast.aisha.divisions.set(cast.emeka.divisions.all())
    assert SECRET not in client_of(cast.aisha).get(secret.get_absolute_url()).content.decode()
    assert SECRET in client_of(cast.funke).get(secret.get_absolute_url()).content.decode()
