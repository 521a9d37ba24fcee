"""An entry's page, and what may become of it: amended, voided, done, moved."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages

from accounts.records.models import Contact
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.log.models import Interaction
from tests.conftest import NOW, TODAY

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def call(cast, zenith):
    return log_interaction(
        by=cast.funke,
        at=NOW,
        contact=Contact.objects.get(code="C001"),
        channel="phone",
        notes="Two sets.",
        next_action="Send the quote",
        due_on=TODAY,
    )


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def page(client, entry):
    return client.get(entry.get_absolute_url()).content.decode()


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_it_tells_when_it_happened_and_when_it_was_logged(cast, zenith, client_of):
    earlier = log_interaction(
        by=cast.funke, at=NOW, account=zenith, channel="meeting", occurred_at=NOW - timedelta(days=2)
    )
    html = page(client_of(cast.halima), earlier)
    assert "14 Mar 2026, 10:00" in html
    assert "16 Mar 2026, 10:00" in html
    assert "Meeting, substantive" in html


def test_its_author_edits_it_for_15_minutes(cast, call, client_of):
    client = client_of(cast.funke)
    assert "Edit" in page(client, call)
    form = {"channel": "whatsapp", "kind": "conversation", "notes": "Three sets.", "happened_on": TODAY.isoformat()}
    answer = client.post(f"{call.get_absolute_url()}amend/", {**form, "happened_time": "10:00"})
    assert answer.status_code == 302
    call = Interaction.objects.get()
    assert (call.channel, call.notes, call.amended_at) == ("whatsapp", "Three sets.", NOW)
    html = page(client, call)
    assert "changed the channel from Phone to WhatsApp" in html
    assert "Two sets." in html  # what it said before


def test_later_an_amendment_stands_beside_it(cast, call, client_of, clock):
    clock.move_to(LATER)
    client = client_of(cast.funke)
    answer = client.post(f"{call.get_absolute_url()}amend/", {"text": "It was three sets."})
    assert answer.status_code == 302
    html = page(client, call)
    assert "Two sets." in html
    assert "It was three sets." in html
    assert Interaction.objects.get().amended_at is None


def test_an_empty_amendment_is_refused_in_a_sentence(cast, call, client_of, clock):
    clock.move_to(LATER)
    answer = client_of(cast.funke).post(f"{call.get_absolute_url()}amend/", {"text": " "})
    assert answer.status_code == 422
    assert "Say what should have been logged." in answer.content.decode()


def test_somebody_else_cannot_amend_it(cast, call, client_of, clock):
    clock.move_to(LATER)
    answer = client_of(cast.emeka).post(f"{call.get_absolute_url()}amend/", {"text": "No."})
    assert answer.status_code == 422
    assert not call.amendments.exists()


@pytest.mark.parametrize("who", ["emeka", "ngozi"])
def test_who_cannot_amend_it_is_told_before_typing(cast, call, client_of, clock, who):
    client = client_of(getattr(cast, who))
    assert "/amend/" not in page(client, call)
    answer = client.get(f"{call.get_absolute_url()}amend/", follow=True)
    assert answer.redirect_chain == [(call.get_absolute_url(), 302)]
    assert "Its author or the steward of the account’s division can amend an entry." in answer.content.decode()


def test_a_steward_of_another_division_is_offered_no_amending(cast, call, client_of):
    assert f"{call.get_absolute_url()}amend/" in page(client_of(cast.aisha), call)
    cast.aisha.divisions.set(cast.emeka.divisions.all())
    assert "/amend/" not in page(client_of(cast.aisha), call)


def test_the_steward_voids_it_with_a_reason(cast, call, client_of):
    client = client_of(cast.aisha)
    url = f"{call.get_absolute_url()}void/"
    answer = client.post(url, {"reason": ""})
    assert "Say why the entry is void." in answer.content.decode()
    client.post(url, {"reason": "Logged twice"})
    html = page(client, call)
    assert "This entry is void." in html
    assert "Logged twice" in html
    assert "Two sets." in html  # it stays visible
    assert "Void</a>" not in html


def test_who_logs_cannot_void(cast, call, client_of):
    assert client_of(cast.funke).post(f"{call.get_absolute_url()}void/", {"reason": "no"}).status_code == 403
    assert Interaction.objects.get().voided_at is None


def test_done_is_one_click_and_can_be_undone(cast, call, client_of):
    client = client_of(cast.funke)
    answer = client.post(f"{call.get_absolute_url()}done/", headers={"referer": "http://testserver/?x=1"})
    assert answer.url == "/?x=1"
    message = next(iter(get_messages(answer.wsgi_request)))
    assert message.extra_tags == f"undo:{call.get_absolute_url()}reopen/"
    assert Interaction.objects.get().done_at == NOW
    client.post(f"{call.get_absolute_url()}reopen/")
    assert Interaction.objects.get().done_at is None


def test_it_goes_back_to_the_hub_only(cast, call, client_of):
    answer = client_of(cast.funke).post(f"{call.get_absolute_url()}done/", headers={"referer": "https://evil.example/"})
    assert answer.url == call.get_absolute_url()


def test_it_moves_to_another_day(cast, call, client_of):
    client = client_of(cast.funke)
    url = f"{call.get_absolute_url()}reschedule/"
    assert said(client.post(url, {"due_on": "2026-03-20"})) == ["Moved to 20 Mar 2026: Send the quote"]
    assert Interaction.objects.get().due_on == date(2026, 3, 20)
    assert said(client.post(url, {"due_on": "2026-03-01"}))[-1] == "Choose today or a later day."
    assert said(client.post(url, {"due_on": "soon"}))[-1] == "Choose the new day."
    assert Interaction.objects.get().due_on == date(2026, 3, 20)


@pytest.mark.parametrize("verb", ["done", "reopen", "reschedule"])
def test_a_link_changes_nothing(cast, call, client_of, verb):
    assert client_of(cast.funke).get(f"{call.get_absolute_url()}{verb}/").status_code == 405


def test_another_division_does_not_touch_the_action(cast, call, client_of):
    assert said(client_of(cast.emeka).post(f"{call.get_absolute_url()}done/")) == [
        "Whoever logged it, or the account's division, can change this action."
    ]
    assert Interaction.objects.get().done_at is None


def test_confidential_notes_are_the_divisions_and_the_authors(cast, zenith, client_of):
    secret = log_interaction(
        by=cast.emeka, at=NOW, account=zenith, channel="phone", notes="Discount 9%.", confidential=True
    )
    amend_interaction(secret, by=cast.emeka, at=NOW, values={"notes": "Discount 8%."})
    amend_interaction(secret, by=cast.emeka, at=LATER, text="In truth 7%.")
    for reader in (cast.funke, cast.emeka):
        html = page(client_of(reader), secret)
        assert all(words in html for words in ("Discount 8%.", "Discount 9%.", "In truth 7%."))
    for reader in (cast.halima, cast.chinedu):
        html = page(client_of(reader), secret)
        assert "Discount" not in html
        assert "In truth" not in html
        assert "Confidential: for the account" in html


def test_a_voided_entry_is_not_amended(cast, call, client_of):
    void_interaction(call, by=cast.aisha, at=NOW, reason="Twice")
    answer = client_of(cast.funke).post(f"{call.get_absolute_url()}amend/", {"text": "x"})
    assert "A voided entry is not amended." in answer.content.decode()
