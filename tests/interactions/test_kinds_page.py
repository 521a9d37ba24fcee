"""The list of kinds: everybody reads it, P&BI defines it anew."""

import time_machine

from interactions.log.models import InteractionKind, KindVersion
from tests.conftest import NOW

KINDS = "/interactions/kinds/"


def test_everybody_reads_the_list(cast, client_of):
    html = client_of(cast.halima).get(KINDS).content.decode()
    assert "Site visit" in html
    assert "Define anew" not in html
    assert "Add a kind" not in html


def test_pbi_revises_a_kind_and_the_old_version_stays(cast, client_of):
    client = client_of(cast.tunde)
    with time_machine.travel(NOW, tick=False):
        form = client.get(f"{KINDS}?revise=left-a-message").context["form"]
        assert form["label"].value() == "Left a message"
        client.post(KINDS, {"slug": "left-a-message", "label": "Left word", "substantive": "on", "offered": "on"})
        html = client.get(KINDS).content.decode()
    version = KindVersion.objects.get(label="Left word")
    assert (version.effective_from, version.author, version.substantive) == (NOW, cast.tunde, True)
    assert "from the beginning: Left a message, not substantive" in html


def test_pbi_adds_a_kind_from_a_coming_day(cast, client_of):
    with time_machine.travel(NOW, tick=False):
        client = client_of(cast.tunde)
        client.post(KINDS, {"label": "Trade fair", "offered": "on", "from_day": "2026-04-01"})
        html = client.get(KINDS).content.decode()
    version = KindVersion.objects.get(kind__slug="trade-fair")
    assert version.effective_from.isoformat() == "2026-03-31T23:00:00+00:00"
    assert "not yet in force" in html
    assert "from 1 Apr 2026: Trade fair" in html


def test_it_refuses_the_past_in_a_sentence(cast, client_of):
    with time_machine.travel(NOW, tick=False):
        answer = client_of(cast.tunde).post(KINDS, {"label": "Trade fair", "from_day": "2026-03-01"})
    assert answer.status_code == 422
    assert "A definition can&#x27;t change the past" in answer.content.decode()
    assert not InteractionKind.objects.filter(slug="trade-fair").exists()


def test_a_kind_wants_a_name(cast, client_of):
    client = client_of(cast.tunde)
    html = client.get(KINDS).content.decode()
    assert "Name</label>" in html and 'Name <span class="optional">' not in html
    answer = client.post(KINDS, {"label": " "})
    assert answer.status_code == 422 and "Give the kind a name." in answer.content.decode()


def test_the_menus_lead_there_who_defines_kinds(cast, client_of):
    link = f'class="nav-link" href="{KINDS}"'
    assert client_of(cast.tunde).get("/").content.decode().count(link) == 2  # at the side, and in the phone's More
    assert link not in client_of(cast.funke).get("/").content.decode()


def test_a_steward_defines_nothing(cast, client_of):
    before = KindVersion.objects.count()
    assert client_of(cast.aisha).post(KINDS, {"label": "Trade fair"}).status_code == 403
    assert KindVersion.objects.count() == before
