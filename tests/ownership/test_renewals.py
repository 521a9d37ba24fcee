"""A first logging or an assignment that a ruling struck out by mistake is recorded anew."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.people.actions.staff import depart
from accounts.people.models import Division, Notice
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction
from mikano_cx.kit.refusal import Refused
from ownership.assignments.actions import assign_accounts
from ownership.disputes.actions.disputes import draft_ruling, open_dispute, preview_rulings, sign_rulings
from ownership.disputes.actions.renewals import renew_fact
from ownership.facts.models import Assignment, Renewal
from ownership.facts.queries import ASSIGNMENT, CREATED, RENEWAL, accounts_naming, fact_id
from ownership.replay.actions.sweep import audit, sweep
from ownership.timeline.account_standing import standing_of
from ownership.timeline.fact_cards import Dossier
from tests.conftest import NOW

STRUCK, LATER = NOW + timedelta(days=2), NOW + timedelta(days=3)


@pytest.fixture
def dangote(cast):
    motors = Division.objects.get(slug="motors")
    return create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": motors})


@pytest.fixture
def strike(cast):
    def struck(account, target, kind="void", claimant=None, at=STRUCK):
        claimants = [claimant or cast.aisha]
        dispute = open_dispute(account, by=cast.ngozi, at=at, question="Whose?", claimants=claimants)
        given = {"kind": kind, "target": target, "reason": "Logged twice", "substantive": False}
        draft_ruling(dispute, by=cast.ngozi, at=at, **given)
        digest = preview_rulings(dispute, at=at).digest
        return sign_rulings(dispute, by=cast.ngozi, at=at, reason="So it is", digest=digest)

    return struck


@pytest.fixture
def created(dangote, strike):
    """The id of the first logging, struck out."""
    strike(dangote, fact_id(CREATED, dangote.pk))
    dangote.refresh_from_db()
    assert dangote.ownership_state == "orphan"
    return fact_id(CREATED, dangote.pk)


def renew(cast, account, target, **changes):
    given = {"by": cast.ngozi, "at": LATER, "reason": "It was logged once", **changes}
    return renew_fact(account, target=target, **given)


def refused(cast, account, target, **changes):
    with pytest.raises(Refused) as refusal:
        renew(cast, account, target, **changes)
    return refusal.value.code


def test_a_first_logging_counts_again_from_when_it_happened(cast, dangote, created):
    made = renew(cast, dangote, created)
    dangote.refresh_from_db()
    assert (dangote.owner, dangote.owned_since) == (cast.funke, NOW)
    assert dangote.tenures.get(end=None).evidence == [fact_id(RENEWAL, made.pk)]
    assert (made.at, made.recorded_at, made.person, made.author) == (NOW, LATER, cast.funke, cast.ngozi)
    assert made.history.get().history_user == cast.ngozi
    assert Notice.objects.filter(to=cast.funke, kind="gained").exists()
    assert audit(at=LATER).changed == 0
    assert renew(cast, dangote, created).pk == made.pk and Renewal.objects.count() == 1


def test_what_was_known_before_stays_to_be_seen(cast, dangote, created):
    renew(cast, dangote, created)
    then = Dossier.of(dangote, as_of=LATER, known_at=STRUCK)
    assert then.timeline.current is None or then.timeline.current.holder is None
    now = Dossier.of(dangote, as_of=LATER)
    assert now.timeline.current.holder == str(cast.funke.pk)
    assert now.cards[created].renewed and not now.cards[created].renewable


def test_an_assignment_counts_again_and_is_told(cast, strike):
    motors = Division.objects.get(slug="motors")
    made = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa", "division": motors})
    assign_accounts([made], by=cast.ngozi, at=NOW, assignee=cast.aisha)
    target = fact_id(ASSIGNMENT, Assignment.objects.get().pk)
    strike(made, target, claimant=cast.funke)
    assert refused(cast, made, target, by=cast.aisha) == "not_yours"
    renew(cast, made, target)
    made.refresh_from_db()
    assert (made.owner, made.owned_since) == (cast.aisha, NOW)
    standing = standing_of(made, at=LATER, limit=5)
    assert [fact.kind for fact in standing.evidence if fact.id.startswith(RENEWAL)] == ["assignment"]
    assert standing.case(LATER).labels([standing.segments[-1].evidence[0]])[0].by == str(cast.aisha.pk)


def test_it_can_be_struck_out_again_and_recorded_anew_once_more(cast, dangote, created, strike):
    first = renew(cast, dangote, created)
    again = fact_id(RENEWAL, first.pk)
    strike(dangote, again, at=LATER)
    dangote.refresh_from_db()
    assert dangote.owner is None
    second = renew(cast, dangote, again, at=LATER + timedelta(hours=1))
    dangote.refresh_from_db()
    assert (second.at, dangote.owner) == (NOW, cast.funke)
    assert audit(at=LATER + timedelta(hours=1)).changed == 0


def test_who_may_and_what_is_refused(cast, dangote, created):
    for person in (cast.funke, cast.aisha, cast.tunde, cast.chinedu, cast.halima):
        assert refused(cast, dangote, created, by=person) == "not_yours"
    assert refused(cast, dangote, created, reason=" ") == "reason_missing"
    assert refused(cast, dangote, "A9999999999") == "unknown_fact"
    entry = log_interaction(by=cast.emeka, at=LATER, account=dangote, channel="meeting")
    assert refused(cast, dangote, f"I{entry.pk:010}") == "wrong_kind"
    assert not Renewal.objects.exists()


def test_what_is_not_struck_out_is_not_recorded_twice(cast, dangote):
    assert refused(cast, dangote, fact_id(CREATED, dangote.pk)) == "not_struck"


def test_the_database_keeps_it(cast, dangote, created):
    renew(cast, dangote, created)
    for change in ("reason = 'X'", "person_id = NULL", "at = '2020-01-01'"):
        with pytest.raises(DatabaseError, match="anew"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE ownership_renewal SET {change}")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="anew"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM ownership_renewal")


def test_its_person_leaving_is_met(cast, dangote, created):
    renew(cast, dangote, created)
    depart(cast.funke, by=cast.chinedu, at=LATER, last_working_day=LATER.date())
    assert accounts_naming([cast.funke.pk]) == {dangote.pk}
    night = LATER + timedelta(days=1)
    assert sweep(as_of=night, at=night).changed == 1
    dangote.refresh_from_db()
    assert dangote.owner is None


# --- the page --------------------------------------------------------------------------------------------------------
def test_a_head_records_it_anew_from_the_page_why(cast, dangote, created, client_of):
    with time_machine.travel(LATER, tick=False):
        client, why = client_of(cast.ngozi), reverse("ownership:why", args=[dangote.code])
        url = f"{reverse('ownership:renew', args=[dangote.code])}?fact={created}"
        assert url in client.get(why).content.decode()
        assert url in client.get(dangote.disputes.get().get_absolute_url()).content.decode()
        assert url not in client_of(cast.funke).get(why).content.decode()
        assert client_of(cast.funke).get(url).status_code == 403
        assert "Record anew: First logged" in client.get(url).content.decode()
        assert client.post(url, {"reason": ""}).status_code == 422
        for _ in range(2):  # a double click
            assert client.post(url, {"reason": "It was logged once"}).status_code == 302
        html = client.get(why).content.decode()
        assert "Recorded anew." in html and "It was logged once" in html and url not in html
        assert client.get(url).status_code == 302
    assert Renewal.objects.get().author == cast.ngozi


def test_only_a_struck_fact_has_the_page(cast, dangote, client_of):
    url = reverse("ownership:renew", args=[dangote.code])
    for asked in ("", "?fact=", "?fact=S0000000001", f"?fact={fact_id(CREATED, dangote.pk)}"):
        assert client_of(cast.ngozi).get(url + asked).status_code == 404
