"""A closed dispute shows what it was decided on, whatever becomes of the facts afterwards; drafts leave a trail."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.people.models import Division, Staff
from accounts.records.actions import create_account
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.sales.actions import record_sale
from ownership.disputes.actions.disputes import (
    close_dispute,
    draft_ruling,
    drop_draft,
    open_dispute,
    preview_rulings,
    sign_rulings,
    withdraw_dispute,
)
from ownership.disputes.models import Dispute, DraftRuling
from ownership.disputes.views.evidence import EvidencePack, disputes_for_page
from ownership.facts.queries import INTERACTION, SALE, fact_id
from ownership.timeline.fact_cards import Dossier
from tests.conftest import NOW, TODAY

SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(days=3)


@pytest.fixture
def dangote(cast):
    motors = Division.objects.get(slug="motors")
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Dangote Cement", "division": motors})
    sold = {"sold_on": TODAY, "amount": "1000.50", "salesperson": cast.aisha, "salesperson_code": "E1"}
    record_sale(by=cast.tunde, at=NOW, invoice_number="INV-1", account=account, **sold)
    return account


@pytest.fixture
def entry(cast, dangote):
    return log_interaction(by=cast.funke, at=NOW, account=dangote, channel="meeting", notes="The quote")


@pytest.fixture
def opened(cast, dangote, entry):
    return open_dispute(dangote, by=cast.funke, at=SOON, question="I wrote the quote.", claimants=[cast.funke])


def ruled(cast, dispute):
    target = fact_id(SALE, dispute.account.sales.get().pk)
    given = {"kind": "credit", "target": target, "reason": "Her quote", "credited_to": cast.funke}
    draft_ruling(dispute, by=cast.ngozi, at=SOON, **given)
    digest = preview_rulings(dispute, at=SOON).digest
    return sign_rulings(dispute, by=cast.ngozi, at=SOON, reason="Hers", digest=digest)


def shown(dispute, cast):
    pack = EvidencePack(disputes_for_page().get(pk=dispute.pk), cast.halima, at=LATER, all_facts=True)
    sides = pack.sides or ()
    return pack.evidence, pack.rulings, pack.finding.finding, [side.rows for side in (pack.finding, *sides)]


def test_a_record_gives_back_what_it_keeps(cast, dangote, entry):
    void_interaction(entry, by=cast.tunde, at=SOON, reason="Another company")
    live = Dossier.of(dangote, as_of=SOON)
    kept = Dossier.of_record(dangote, live.record(), as_of=SOON)
    assert (kept.facts, kept.cards, kept.names, kept.policy) == (live.facts, live.cards, live.names, live.policy)
    assert kept.timeline == live.timeline and len(kept.facts) == 4


@pytest.mark.parametrize("how", ["ruled", "upheld", "withdrawn"])
def test_what_becomes_of_the_facts_changes_no_closed_dispute(cast, dangote, entry, opened, how):
    if how == "ruled":
        ruled(cast, opened)
    elif how == "upheld":
        close_dispute(opened, by=cast.ngozi, at=SOON, reason="It stands")
    else:
        withdraw_dispute(opened, by=cast.funke, at=SOON)
    before = shown(opened, cast)
    kept = Dispute.objects.get(pk=opened.pk).evidence
    assert [fact["kind"] for fact in kept["facts"]].count("interaction") == 1
    assert {card["label"] for card in kept["cards"]} >= {"INV-1", entry.code}
    amend_interaction(entry, by=cast.funke, at=SOON, values={"channel": "phone"})
    void_interaction(entry, by=cast.tunde, at=SOON + timedelta(minutes=1), reason="Another company")
    Staff.objects.filter(pk=cast.aisha.pk).update(full_name="Aisha Obi")
    assert shown(opened, cast) == before
    assert Dispute.objects.get(pk=opened.pk).evidence == kept


def test_the_record_cannot_be_changed(cast, opened):
    close_dispute(opened, by=cast.ngozi, at=SOON, reason="It stands")
    with pytest.raises(DatabaseError, match="closed dispute"), transaction.atomic():
        Dispute.objects.filter(pk=opened.pk).update(evidence={})


def test_the_page_of_a_record_costs_no_more_than_a_live_one(cast, opened, django_assert_max_num_queries):
    close_dispute(opened, by=cast.ngozi, at=SOON, reason="It stands")
    with django_assert_max_num_queries(6):
        shown(opened, cast)


def test_who_drafted_redrafted_and_took_back_is_in_the_history(cast, opened, entry):
    given = {"kind": "reclassify", "target": fact_id(INTERACTION, entry.pk), "substantive": False}
    draft = draft_ruling(opened, by=cast.ngozi, at=SOON, reason="A remark", **given)
    again = draft_ruling(opened, by=cast.ngozi, at=SOON, reason="Only a remark", **given)
    assert again.pk == draft.pk
    drop_draft(again, by=cast.ngozi, at=SOON)
    ruled(cast, opened)
    written = DraftRuling.history.order_by("history_id").values_list("history_type", "history_user__username", "reason")
    assert list(written) == [
        ("+", "ngozi", "A remark"),
        ("~", "ngozi", "Only a remark"),
        ("-", "ngozi", "Only a remark"),
        ("+", "ngozi", "Her quote"),
        ("-", "ngozi", "Her quote"),
    ]
    moves = Dispute.history.order_by("history_id").values_list("history_type", "history_user__username", "state")
    assert list(moves) == [("+", "funke", "open"), ("~", "ngozi", "ruled")]
