"""Disputes: who may open, judge and close one, and that what was signed is kept."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.people.actions.staff import depart
from accounts.people.models import Division, Notice, Staff, StaffRole
from accounts.people.roles import Role
from accounts.records.actions import create_account
from accounts.records.models.accounts import OwnerBasis
from interactions.log.actions import log_interaction
from interactions.sales.actions import record_sale
from mikano_cx.kit.refusal import Refused
from ownership.disputes.actions.disputes import (
    close_dispute,
    draft_ruling,
    drop_draft,
    may_judge,
    open_dispute,
    preview_rulings,
    sign_rulings,
    withdraw_dispute,
)
from ownership.disputes.models import Dispute
from ownership.engine.rules import OUT_OF_TURN_SALE
from ownership.engine.timeline_json import timeline_from_json
from ownership.facts.models import Ruling
from ownership.facts.queries import CREATED, INTERACTION, SALE, fact_id
from ownership.replay.actions.sweep import audit
from ownership.replay.models import OwnerReview, OwnershipFlag
from tests.conftest import NOW, TODAY

LATER = NOW + timedelta(days=2)


@pytest.fixture
def dangote(cast):
    """Funke logged it and owns it; Aisha sold to it the next day, out of turn, and owns it now."""
    motors = Division.objects.get(slug="motors")
    account = create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": motors})
    record_sale(
        by=cast.tunde,
        at=NOW + timedelta(days=1),
        invoice_number="INV-1",
        account=account,
        sold_on=TODAY + timedelta(days=1),
        amount="1000",
        salesperson=cast.aisha,
    )
    account.refresh_from_db()
    assert account.owner == cast.aisha
    return account


@pytest.fixture
def sale(dangote):
    return fact_id(SALE, dangote.sales.get().pk)


@pytest.fixture
def opened(cast, dangote):
    return open_dispute(dangote, by=cast.funke, at=LATER, question="I wrote the quote.", claimants=[cast.funke])


@pytest.fixture
def other_head(cast):
    """Somebody who heads Power."""
    head = Staff.objects.create(username="kemi", full_name="Kemi Alade", email="kemi@mikano.test")
    head.divisions.set([Division.objects.get(slug="power")])
    StaffRole.objects.create(staff=head, role=Role.HEAD)
    return head


def credit(dispute, sale, cast, **changes):
    given = {"by": cast.ngozi, "at": LATER, "kind": "credit", "target": sale, "reason": "Her quote"}
    return draft_ruling(dispute, **{**given, "credited_to": cast.funke, **changes})


def sign(dispute, cast, **changes):
    digest = changes.pop("digest", None) or preview_rulings(dispute, at=LATER).digest
    given = {"by": cast.ngozi, "at": LATER, "reason": "The order names her quote.", "digest": digest}
    return sign_rulings(dispute, **{**given, **changes})


def refused(code, verb, *args, **inputs):
    with pytest.raises(Refused) as refusal:
        verb(*args, **inputs)
    assert refusal.value.code == code
    return refusal.value


class TestOpening:
    def test_a_claimant_opens_and_those_concerned_are_told(self, cast, dangote, opened):
        assert (opened.state, opened.question) == ("open", "I wrote the quote.")
        told = set(Notice.objects.filter(kind="dispute").values_list("to__username", flat=True))
        assert told == {"aisha", "ngozi"}

    def test_the_divisions_head_opens_for_others(self, cast, dangote):
        dispute = open_dispute(dangote, by=cast.ngozi, at=LATER, question="Whose?", claimants=[cast.funke, cast.aisha])
        assert set(dispute.claimants.all()) == {cast.funke, cast.aisha}

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("question_missing", {"question": "  "}),
            ("claimants_missing", {"claimants": []}),
            ("not_sales", {"claimants": ["funke", "tunde"]}),
            ("not_a_claimant", {"claimants": ["aisha"]}),
        ],
    )
    def test_what_is_refused(self, cast, dangote, code, changes):
        given = {"by": cast.funke, "at": LATER, "question": "Whose?", "claimants": ["funke"], **changes}
        given["claimants"] = [getattr(cast, name) for name in given["claimants"]]
        refused(code, open_dispute, dangote, **given)
        assert not Dispute.objects.exists()

    def test_another_divisions_head_does_not_open(self, dangote, cast, other_head):
        refused("not_a_claimant", open_dispute, dangote, by=other_head, at=LATER, question="?", claimants=[cast.funke])

    def test_who_left_claims_nothing(self, cast, dangote):
        depart(cast.emeka, by=cast.chinedu, at=NOW, last_working_day=TODAY)
        people = [cast.funke, cast.emeka]
        said = refused("gone", open_dispute, dangote, by=cast.funke, at=LATER, question="Whose?", claimants=people)
        assert "Emeka Nwosu" in said.message and said.field == "claimants"

    def test_a_flag_is_that_of_the_account(self, cast, dangote):
        flag = OwnershipFlag.objects.get(account=dangote, kind=OUT_OF_TURN_SALE)
        other = create_account(by=cast.funke, at=NOW, values={"name": "Lafarge Africa"})
        given = {"by": cast.funke, "at": LATER, "question": "Whose?", "claimants": [cast.funke], "flag": flag}
        refused("wrong_flag", open_dispute, other, **given)
        assert open_dispute(dangote, **given).flag == flag

    def test_an_account_has_one_open_dispute(self, cast, dangote, opened):
        given = {"at": LATER, "question": "Mine.", "idempotency_key": "k2"}
        refused("open_already", open_dispute, dangote, by=cast.aisha, claimants=[cast.aisha], **given)
        withdraw_dispute(opened, by=cast.funke, at=LATER)
        assert open_dispute(dangote, by=cast.aisha, claimants=[cast.aisha], **given).pk != opened.pk

    def test_the_same_key_opens_one(self, cast, dangote):
        given = {"by": cast.funke, "at": LATER, "question": "Whose?", "claimants": [cast.funke]}
        first = open_dispute(dangote, **given, idempotency_key="k")
        assert open_dispute(dangote, **given, idempotency_key="k") == first


class TestDrafting:
    def test_a_second_draft_on_a_fact_takes_the_firsts_place(self, cast, opened, sale):
        credit(opened, sale, cast)
        draft = credit(opened, sale, cast, kind="void", reason="Never delivered")
        assert opened.drafts.get() == draft
        assert (draft.kind, draft.credited_to, draft.reason) == ("void", None, "Never delivered")
        drop_draft(draft, by=cast.ngozi, at=LATER)
        assert not opened.drafts.exists()

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("wrong_kind", {"kind": "overrule"}),
            ("wrong_kind", {"kind": "reclassify", "substantive": True}),
            ("reason_missing", {"reason": " "}),
            ("unknown_fact", {"target": "S0000099999"}),
            ("not_yours", {"by": "emeka"}),
            ("not_sales", {"credited_to": "tunde"}),
        ],
    )
    def test_what_is_refused(self, cast, opened, sale, code, changes):
        people = {name: getattr(cast, who) for name, who in changes.items() if name in ("by", "credited_to")}
        refused(code, credit, opened, sale, cast, **{**changes, **people})
        assert not opened.drafts.exists()

    def test_only_a_sale_is_credited_and_an_entry_needs_its_word(self, cast, opened, dangote):
        refused("wrong_kind", credit, opened, fact_id(CREATED, dangote.pk), cast)
        entry = log_interaction(by=cast.funke, at=LATER, account=dangote, channel="phone")
        given = {"kind": "reclassify", "credited_to": None}
        refused("substantive_missing", credit, opened, fact_id(INTERACTION, entry.pk), cast, **given)

    def test_another_accounts_fact_is_none_of_this_one(self, cast, opened):
        other = create_account(by=cast.funke, at=NOW, values={"name": "Lafarge Africa"})
        refused("unknown_fact", credit, opened, fact_id(CREATED, other.pk), cast, kind="void")

    def test_a_draft_changes_nothing_yet(self, cast, opened, sale, dangote):
        credit(opened, sale, cast)
        dangote.refresh_from_db()
        assert dangote.owner == cast.aisha
        preview = preview_rulings(opened, at=LATER)
        assert preview.before.current.holder == str(cast.aisha.pk)
        assert preview.after.current.holder == str(cast.funke.pk)


class TestJudging:
    def test_who_claims_does_not_judge_though_head(self, cast, dangote, sale):
        dispute = open_dispute(dangote, by=cast.ngozi, at=LATER, question="Mine.", claimants=[cast.ngozi])
        said = refused("claimant", credit, dispute, sale, cast)
        assert said.message == "You claim this account yourself: another head rules on it."

    def test_another_divisions_head_judges_when_all_of_its_own_claim(self, cast, dangote, sale, other_head):
        dispute = open_dispute(dangote, by=cast.ngozi, at=LATER, question="Mine.", claimants=[cast.ngozi])
        credit(dispute, sale, cast, by=other_head)
        sign(dispute, cast, by=other_head)
        dangote.refresh_from_db()
        assert dangote.owner == cast.funke

    def test_another_divisions_head_does_not_judge_while_there_is_one(self, cast, opened, sale, other_head):
        refused("not_yours", credit, opened, sale, cast, by=other_head)
        assert may_judge(opened, cast.ngozi, on=TODAY) and not may_judge(opened, cast.tunde, on=TODAY)

    def test_a_head_who_left_is_no_head(self, cast, opened, other_head):
        depart(cast.ngozi, by=cast.chinedu, at=NOW, last_working_day=TODAY)
        assert not may_judge(opened, other_head, on=TODAY)
        assert may_judge(opened, other_head, on=TODAY + timedelta(days=1))


class TestSigning:
    def test_it_changes_the_owner_and_keeps_both_replays(self, cast, opened, sale, dangote):
        credit(opened, sale, cast)
        preview = preview_rulings(opened, at=LATER)
        closed = sign(opened, cast)
        dangote.refresh_from_db()
        assert dangote.owner == cast.funke and dangote.owned_since == NOW
        assert (closed.state, closed.closed_by, closed.closed_at) == ("ruled", cast.ngozi, LATER)
        closed.refresh_from_db()
        assert (timeline_from_json(closed.before), timeline_from_json(closed.after)) == (preview.before, preview.after)
        ruling = closed.rulings.get()
        assert (ruling.kind, ruling.target, ruling.credited_to) == ("credit", sale, cast.funke)
        assert (ruling.author, ruling.reason) == (cast.ngozi, "Her quote")
        assert not closed.drafts.exists()
        assert audit(at=LATER).changed == 0

    def test_what_changed_meanwhile_is_looked_at_again(self, cast, opened, sale, dangote):
        credit(opened, sale, cast)
        seen = preview_rulings(opened, at=LATER).digest
        credit(opened, fact_id(CREATED, dangote.pk), cast, kind="void")
        refused("changed", sign, opened, cast, digest=seen)
        seen = preview_rulings(opened, at=LATER).digest
        sold = {"account": dangote, "sold_on": TODAY + timedelta(days=2), "amount": "5", "salesperson": cast.emeka}
        record_sale(by=cast.tunde, at=LATER, invoice_number="INV-2", **sold)
        refused("changed", sign, opened, cast, digest=seen)
        assert not Ruling.objects.exists()

    def test_other_words_of_a_draft_are_a_change_too(self, cast, opened, sale):
        credit(opened, sale, cast)
        seen = preview_rulings(opened, at=LATER).digest
        credit(opened, sale, cast, reason="Another reason")
        refused("changed", sign, opened, cast, digest=seen)

    def test_what_is_refused(self, cast, opened, sale):
        refused("no_draft", sign, opened, cast)
        credit(opened, sale, cast)
        refused("reason_missing", sign, opened, cast, reason=" ")
        refused("not_yours", sign, opened, cast, by=cast.emeka)
        sign(opened, cast)
        refused("closed", sign, opened, cast)
        refused("closed", credit, opened, sale, cast)
        assert Ruling.objects.count() == 1

    def test_a_later_ruling_on_the_fact_takes_its_place(self, cast, opened, sale, dangote):
        credit(opened, sale, cast)
        sign(opened, cast)
        again = open_dispute(dangote, by=cast.aisha, at=LATER, question="Mine after all.", claimants=[cast.aisha])
        at = LATER + timedelta(hours=1)
        credit(again, sale, cast, credited_to=cast.aisha, at=at)
        sign(again, cast, at=at, digest=preview_rulings(again, at=at).digest)
        dangote.refresh_from_db()
        assert dangote.owner == cast.aisha and Ruling.objects.count() == 2

    def test_an_imported_owner_waits_for_no_review_any_more(self, cast, zenith):
        record_sale(
            by=cast.tunde,
            at=NOW,
            invoice_number="INV-1",
            account=zenith,
            sold_on=TODAY,
            amount="1000",
            salesperson=cast.emeka,
        )
        zenith.refresh_from_db()
        assert zenith.owner == cast.funke and zenith.owner_reviews.get().state == "pending"
        dispute = open_dispute(zenith, by=cast.emeka, at=LATER, question="Whose?", claimants=[cast.emeka])
        credit(dispute, fact_id(SALE, zenith.sales.get().pk), cast, credited_to=cast.aisha)
        sign(dispute, cast)
        zenith.refresh_from_db()
        assert (zenith.owner, zenith.owner_basis) == (cast.aisha, OwnerBasis.RULES)
        assert zenith.owner_reviews.get().state == OwnerReview.State.ACCEPTED


class TestClosing:
    def test_the_finding_stands(self, cast, opened, sale, dangote):
        credit(opened, sale, cast)
        refused("drafts_left", close_dispute, opened, by=cast.ngozi, at=LATER, reason="It stands.")
        drop_draft(opened.drafts.get(), by=cast.ngozi, at=LATER)
        refused("reason_missing", close_dispute, opened, by=cast.ngozi, at=LATER, reason="")
        refused("not_yours", close_dispute, opened, by=cast.funke, at=LATER, reason="It stands.")
        closed = close_dispute(opened, by=cast.ngozi, at=LATER, reason="It stands.")
        assert closed.state == "upheld" and closed.before == closed.after
        assert closed.before["segments"][-1]["holder"] == str(cast.aisha.pk)
        refused("closed", close_dispute, opened, by=cast.ngozi, at=LATER, reason="It stands.")
        assert Notice.objects.filter(to=cast.funke, text__contains="the finding stands").exists()

    def test_who_opened_it_withdraws_it(self, cast, opened, sale):
        credit(opened, sale, cast)
        refused("not_yours", withdraw_dispute, opened, by=cast.ngozi, at=LATER)
        closed = withdraw_dispute(opened, by=cast.funke, at=LATER, reason="We agreed.")
        assert (closed.state, closed.reason, closed.drafts.count()) == ("withdrawn", "We agreed.", 0)
        refused("closed", withdraw_dispute, opened, by=cast.funke, at=LATER)


class TestKeptForGood:
    @pytest.fixture
    def signed(self, cast, opened, sale):
        credit(opened, sale, cast)
        return SimpleNamespace(dispute=sign(opened, cast), ruling=opened.rulings.get())

    @pytest.mark.parametrize("change", [{"reason": "x"}, {"kind": "void"}, {"target": "S1"}, {"credited_to": None}])
    def test_a_signed_ruling_is_not_changed(self, signed, change):
        with pytest.raises(DatabaseError, match="signed ruling stays"), transaction.atomic():
            Ruling.objects.filter(pk=signed.ruling.pk).update(**change)

    @pytest.mark.parametrize("change", [{"reason": "x"}, {"before": {}}, {"after": None}, {"state": "withdrawn"}])
    def test_a_closed_dispute_is_not_changed(self, signed, change):
        with pytest.raises(DatabaseError, match="closed dispute stays"), transaction.atomic():
            Dispute.objects.filter(pk=signed.dispute.pk).update(**change)

    def test_neither_is_deleted(self, signed):
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no trigger against deleting: its tests empty tables by DELETE")
        with pytest.raises(DatabaseError), transaction.atomic():
            Ruling.objects.filter(pk=signed.ruling.pk).delete()
        Ruling.objects.filter(pk=signed.ruling.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            Dispute.objects.filter(pk=signed.dispute.pk)._raw_delete("default")

    def test_the_flag_that_it_began_with_may_go(self, cast, dangote, sale):
        flag = OwnershipFlag.objects.get(account=dangote)
        given = {"by": cast.funke, "at": LATER, "question": "Whose?", "claimants": [cast.funke], "flag": flag}
        dispute = open_dispute(dangote, **given)
        credit(dispute, sale, cast)
        sign(dispute, cast)  # Funke's own sale is in turn: the flag is gone
        dispute.refresh_from_db()
        assert dispute.flag is None and not OwnershipFlag.objects.exists()
