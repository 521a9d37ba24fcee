"""The pages of disputes, without JavaScript: opening, drafting, signing, the record, the list."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.models import Division, Notice
from accounts.records.actions import create_account
from accounts.records.models.accounts import OwnerBasis
from interactions.log.actions import log_interaction
from interactions.sales.actions import record_sale
from ownership.disputes.actions.disputes import (
    close_dispute,
    draft_ruling,
    open_dispute,
    preview_rulings,
    sign_rulings,
    withdraw_dispute,
)
from ownership.disputes.models import Dispute, DraftRuling
from ownership.facts.models import Ruling
from ownership.facts.queries import CREATED, INTERACTION, SALE, fact_id
from ownership.replay.models import OwnershipFlag
from tests.conftest import NOW, TODAY

LATER = NOW + timedelta(days=2)
LIST = "/ownership/disputes/"
NEW = "/ownership/disputes/new/?account=A001"


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def dangote(cast):
    """A001: Funke logged it and owned it; Aisha's sale of the next day, recorded out of turn, took it."""
    motors = Division.objects.get(slug="motors")
    account = create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": motors})
    assert account.code == "A001"
    day = TODAY + timedelta(days=1)
    sold = {"account": account, "sold_on": day, "amount": "1000", "salesperson": cast.aisha}
    record_sale(by=cast.tunde, at=NOW + timedelta(days=1), invoice_number="INV-1", **sold)
    account.refresh_from_db()
    return account


@pytest.fixture
def sale(dangote):
    return fact_id(SALE, dangote.sales.get().pk)


@pytest.fixture
def opened(cast, dangote):
    return open_dispute(dangote, by=cast.funke, at=LATER, question="I wrote the quote.", claimants=[cast.funke])


@pytest.fixture
def drafted(cast, opened, sale):
    given = {"kind": "credit", "target": sale, "reason": "The order names her quote", "credited_to": cast.funke}
    draft_ruling(opened, by=cast.ngozi, at=LATER, **given)
    return opened


def signed(dispute, cast):
    digest = preview_rulings(dispute, at=LATER).digest
    return sign_rulings(dispute, by=cast.ngozi, at=LATER, reason="It was her quote.", digest=digest)


def text_of(answer):
    """What a person reads, tags left out, spaces joined."""
    body = re.sub(r"(?s)<(script|style).*?</\1>|<title>.*?</title>|<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+([.,:)])", r"\1", " ".join(body.replace("&#x27;", "'").replace("’", "'").split()))


def field(answer, name):
    (tag,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', answer.content.decode())
    return re.search(r'value="([^"]*)"', tag).group(1)


class TestOpening:
    def test_a_claimant_opens_one_and_a_double_click_opens_no_other(self, cast, dangote, client_of):
        client = client_of(cast.funke)
        form = client.get(NEW)
        assert "checked" in re.search(rf'<input[^>]*value="{cast.funke.pk}"[^>]*>', form.content.decode()).group(0)
        sent = {"question": "I wrote the quote.", "claimants": [cast.funke.pk], "key": field(form, "key")}
        first, second = client.post(NEW, sent), client.post(NEW, sent)
        dispute = Dispute.objects.get()
        assert first.url == second.url == dispute.get_absolute_url()
        assert list(dispute.claimants.all()) == [cast.funke]

    def test_a_head_is_not_preselected_and_names_somebody_whom_no_fact_names(self, cast, dangote, client_of):
        client = client_of(cast.ngozi)
        flag = OwnershipFlag.objects.get()
        at = f"{NEW}&flag={flag.pk}"
        form = client.get(at)
        assert form.context["form"].initial["claimants"] == []
        assert "out-of-turn sale, 17 Mar 2026" in text_of(form)
        client.post(at, {"question": "Whose?", "claimants": [cast.aisha.pk], "another": cast.emeka.pk, "key": "k"})
        dispute = Dispute.objects.get()
        assert set(dispute.claimants.all()) == {cast.aisha, cast.emeka} and dispute.flag == flag

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"claimants": "funke"}, "Say what is in question, in a sentence."),
            ({"question": "Whose?"}, "Name who claims the account."),
            ({"question": "Whose?", "claimants": "aisha"}, "A claimant or the division's head opens a dispute."),
            ({"question": "Whose?", "claimants": "tunde"}, "is not one of the available choices"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_form(self, cast, dangote, client_of, sent, said):
        if "claimants" in sent:
            sent = {**sent, "claimants": getattr(cast, sent["claimants"]).pk}
        answer = client_of(cast.funke).post(NEW, sent)
        assert answer.status_code == 422 and said in text_of(answer)
        assert not Dispute.objects.exists()

    def test_an_account_in_dispute_leads_to_it(self, cast, opened, client_of):
        assert client_of(cast.aisha).get(NEW).url == opened.get_absolute_url()

    @pytest.mark.parametrize("at", ["?account=A999", "", "?account=A001&flag=9999", "?account=A001&flag=x"])
    def test_what_there_isnt_is_not_found(self, cast, dangote, client_of, at):
        assert client_of(cast.funke).get(f"/ownership/disputes/new/{at}").status_code == 404


class TestThePage:
    def test_it_is_the_evidence_pack(self, cast, opened, client_of):
        said = text_of(client_of(cast.halima).get(opened.get_absolute_url()))
        assert "I wrote the quote." in said
        assert "Aisha Bello owns Dangote Cement since 17 Mar 2026: closed INV-1 (NGN 1,000)" in said
        assert "If INV-1 of 17 Mar 2026 were credited to Funke Ade, Funke Ade would own Dangote Cement" in said
        assert "Sale INV-1, NGN 1,000 Aisha Bello" in said and "recorded 17 Mar 2026, 10:00 by Tunde Bakare" in said
        assert "Rule on this" not in said and "Draft this" not in said

    def test_of_the_rulings_on_one_fact_only_the_drafted_one_is_marked(self, cast, opened, sale, client_of):
        client = client_of(cast.ngozi)
        before = text_of(client.get(opened.get_absolute_url()))
        draft_ruling(opened, by=cast.ngozi, at=LATER, kind="void", target=sale, reason="No order")
        after = text_of(client.get(opened.get_absolute_url()))
        struck = "If INV-1 of 17 Mar 2026 were struck out, Funke Ade would own Dangote Cement since 16 Mar 2026."
        assert f"{struck} Draft this" in before and before.count("Draft this") == 3
        assert f"{struck} ruling drafted" in after
        assert after[after.index("What would have") : after.index("Evidence")].count("ruling drafted") == 1
        assert after.count("Draft this") == 2  # each takes the place of the draft

    def test_a_row_ends_on_its_last_day(self, cast, drafted, client_of):
        rows = client_of(cast.ngozi).get(drafted.get_absolute_url()).context["pack"].sides[0].rows
        assert [(row.since, row.until) for row in rows] == [("17 Mar 2026", ""), ("16 Mar 2026, 10:00", "16 Mar 2026")]

    def test_who_decides_has_read_the_notice_of_it(self, cast, drafted, client_of):
        notice = Notice.objects.get(to=cast.ngozi, kind="dispute")
        signed(drafted, cast)
        notice.refresh_from_db()
        assert notice.read_at == LATER
        assert Notice.objects.filter(kind="dispute", read_at=None).exclude(to=cast.ngozi).exists()

    def test_late_and_back_dated_facts_are_marked(self, cast, opened, dangote, client_of):
        at = LATER + timedelta(days=8)
        log_interaction(by=cast.funke, at=at, account=dangote, channel="phone", occurred_at=at - timedelta(days=3))
        sold = {"account": dangote, "sold_on": TODAY, "amount": "7", "salesperson": cast.funke}
        record_sale(by=cast.tunde, at=at, invoice_number="INV-2", **sold)
        with time_machine.travel(at, tick=False):
            said = text_of(client_of(cast.funke).get(opened.get_absolute_url()))
        assert "not substantive back-dated Happened 23 Mar 2026, 10:00, counts from 26 Mar 2026, 10:00" in said
        assert "INV-2, NGN 7 Funke Ade recorded late Happened 16 Mar 2026 · recorded 26 Mar 2026, 10:00" in said

    def test_the_head_may_rule_and_a_claimant_sees_no_draft(self, cast, drafted, client_of):
        judge = text_of(client_of(cast.ngozi).get(drafted.get_absolute_url()))
        assert "Rule on this: First logged" in judge and "credit it to Funke Ade" in judge
        assert "What the drafted rulings would do" in judge
        claimant = text_of(client_of(cast.funke).get(drafted.get_absolute_url()))
        assert "credit it to" not in claimant and "drafted" not in claimant

    def test_a_head_who_claims_it_is_told(self, cast, dangote, client_of):
        dispute = open_dispute(dangote, by=cast.ngozi, at=LATER, question="Mine.", claimants=[cast.ngozi])
        said = text_of(client_of(cast.ngozi).get(dispute.get_absolute_url()))
        assert "You claim this account yourself, so another head rules on it." in said
        assert "Rule on this" not in said

    def test_what_a_workbook_says_is_told(self, cast, zenith, client_of):
        assert zenith.owner_basis == OwnerBasis.WORKBOOK
        dispute = open_dispute(zenith, by=cast.emeka, at=LATER, question="Mine.", claimants=[cast.emeka])
        said = text_of(client_of(cast.ngozi).get(dispute.get_absolute_url()))
        assert "The account still shows Funke Ade, as the workbook says." in said

    def test_what_people_type_is_text(self, cast, dangote, client_of):
        question = "<script>alert(1)</script>"
        dispute = open_dispute(dangote, by=cast.funke, at=LATER, question=question, claimants=[cast.funke])
        answer = client_of(cast.funke).get(dispute.get_absolute_url())
        assert question not in answer.content.decode() and "&lt;script&gt;alert(1)" in answer.content.decode()

    def test_older_entries_are_counted_and_shown_when_asked_for(self, cast, opened, dangote, client_of):
        for number in range(70):
            at = LATER + timedelta(minutes=number)
            log_interaction(by=cast.emeka, at=at, account=dangote, channel="phone")
        client = client_of(cast.funke)
        with time_machine.travel(LATER + timedelta(hours=2), tick=False):
            short, whole = (client.get(opened.get_absolute_url() + more) for more in ("", "?facts=all"))
        assert "10 older interactions are left out: the time line doesn't rest on them." in text_of(short)
        assert short.content.decode().count('id="fact-I') == 60
        assert whole.content.decode().count('id="fact-I') == 70

    @pytest.mark.parametrize("reader", ["funke", "ngozi", "halima"])
    def test_it_costs_the_same_queries_however_long_the_log(self, cast, drafted, dangote, client_of, reader):
        client = client_of(getattr(cast, reader))
        with CaptureQueriesContext(connection) as few:
            client.get(drafted.get_absolute_url())
        for number in range(30):
            at = LATER + timedelta(minutes=number)
            log_interaction(by=cast.emeka, at=at, account=dangote, channel="phone")
        with time_machine.travel(LATER + timedelta(hours=2), tick=False), CaptureQueriesContext(connection) as many:
            client.get(drafted.get_absolute_url())
        assert len(few) == len(many) <= 12


class TestDrafting:
    def draft(self, dispute, fact):
        return f"{dispute.get_absolute_url()}draft/?fact={fact}"

    def test_the_form_starts_from_the_fact(self, cast, opened, sale, client_of):
        client = client_of(cast.ngozi)
        form = text_of(client.get(self.draft(opened, sale)))
        assert "Rule on Sale INV-1" in form and "A sale of somebody else" in form and "strike it out" in form
        sent = {"ruling": "credit", "credited_to": cast.funke.pk, "reason": "Her quote"}
        for _ in range(2):
            answer = client.post(self.draft(opened, sale), sent)
            assert answer.url == f"{opened.get_absolute_url()}#replay"
        draft = DraftRuling.objects.get()
        assert (draft.kind, draft.target, draft.credited_to) == ("credit", sale, cast.funke)

    def test_an_entry_is_called_substantive_or_not(self, cast, opened, dangote, client_of):
        entry = log_interaction(by=cast.funke, at=LATER, account=dangote, channel="phone")
        at = self.draft(opened, fact_id(INTERACTION, entry.pk))
        client_of(cast.ngozi).post(at, {"ruling": "substantive", "reason": "It was a request for a quote"})
        draft = DraftRuling.objects.get()
        assert (draft.kind, draft.substantive) == ("reclassify", True)

    def test_a_sale_may_be_nobodys(self, cast, opened, sale, client_of):
        sent = {"ruling": "credit", "credited_to": "nobody", "reason": "Sold over the counter"}
        client_of(cast.ngozi).post(self.draft(opened, sale), sent)
        assert DraftRuling.objects.get().credited_to is None

    def test_a_proposal_fills_the_form_and_a_draft_does(self, cast, opened, drafted, sale, client_of):
        client = client_of(cast.ngozi)
        form = client.get(self.draft(opened, sale)).context["form"]
        assert form.initial == {
            "ruling": "credit",
            "credited_to": str(cast.funke.pk),
            "reason": "The order names her quote",
        }
        filled = client.get(f"{self.draft(opened, sale)}&ruling=void").context["form"]
        assert filled.initial["ruling"] == "void"

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"reason": "x"}, "Choose what the ruling does."),
            ({"ruling": "void"}, "Give the ruling's reason"),
            ({"ruling": "credit", "reason": "x"}, "Say whose the sale is."),
            ({"ruling": "remark", "reason": "x"}, "Select a valid choice"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_form(self, cast, opened, sale, client_of, sent, said):
        answer = client_of(cast.ngozi).post(self.draft(opened, sale), sent)
        assert answer.status_code == 422 and said in text_of(answer)
        assert not DraftRuling.objects.exists()

    def test_who_does_not_judge_is_told_by_the_verb(self, cast, opened, sale, client_of):
        client = client_of(cast.emeka)
        assert client.get(self.draft(opened, sale)).url == opened.get_absolute_url()
        answer = client.post(self.draft(opened, sale), {"ruling": "void", "reason": "x"})
        assert answer.status_code == 422 and "The head of the account's division rules on this" in text_of(answer)

    def test_no_other_fact_is_ruled_on(self, cast, opened, client_of):
        other = create_account(by=cast.funke, at=NOW, values={"name": "Lafarge Africa"})
        for fact in (fact_id(CREATED, other.pk), "S1", "", "M0000000001"):
            assert client_of(cast.ngozi).get(self.draft(opened, fact)).status_code == 404

    def test_a_draft_is_taken_back_twice_without_harm(self, cast, drafted, sale, client_of):
        at = f"{drafted.get_absolute_url()}drop/"
        client_of(cast.funke).post(at, {"fact": sale})
        assert DraftRuling.objects.exists()
        for _ in range(2):
            assert client_of(cast.ngozi).post(at, {"fact": sale}).status_code == 302
        assert not DraftRuling.objects.exists()


class TestDeciding:
    def test_the_head_signs_what_the_page_showed(self, cast, drafted, dangote, client_of):
        client = client_of(cast.ngozi)
        page = client.get(drafted.get_absolute_url())
        assert "Funke Ade owns Dangote Cement since 16 Mar 2026" in text_of(page)
        sent = {"digest": field(page, "digest"), "reason": "It was her quote."}
        assert client.post(f"{drafted.get_absolute_url()}sign/", sent).url == drafted.get_absolute_url()
        dangote.refresh_from_db()
        assert dangote.owner == cast.funke
        again = client.post(f"{drafted.get_absolute_url()}sign/", sent)
        assert again.status_code == 422 and "This dispute is closed." in text_of(again)
        assert Ruling.objects.count() == 1

    def test_what_changed_meanwhile_is_shown_again(self, cast, drafted, dangote, client_of):
        client = client_of(cast.ngozi)
        digest = field(client.get(drafted.get_absolute_url()), "digest")
        sold = {"account": dangote, "sold_on": TODAY + timedelta(days=2), "amount": "7", "salesperson": cast.emeka}
        record_sale(by=cast.tunde, at=LATER, invoice_number="INV-2", **sold)
        sent = {"digest": digest, "reason": "It was her quote."}
        answer = client.post(f"{drafted.get_absolute_url()}sign/", sent)
        assert answer.status_code == 422 and "Something changed since you looked" in text_of(answer)
        assert "It was her quote." in answer.content.decode(), "what was typed stays"
        assert field(answer, "digest") != digest and not Ruling.objects.exists()

    def test_the_finding_may_stand(self, cast, opened, client_of):
        client, at = client_of(cast.ngozi), f"{opened.get_absolute_url()}close/"
        assert "Say why the finding stands" in text_of(client.post(at, {"reason": " "}))
        client.post(at, {"reason": "The sale is Aisha's."})
        opened.refresh_from_db()
        assert (opened.state, opened.reason) == ("upheld", "The sale is Aisha's.")
        assert "Closed: the finding stands by Ngozi Eze" in text_of(client.get(opened.get_absolute_url()))

    def test_drafts_are_in_the_way_of_closing(self, cast, drafted, client_of):
        answer = client_of(cast.ngozi).post(f"{drafted.get_absolute_url()}close/", {"reason": "It stands."})
        assert answer.status_code == 422 and "Sign the drafted rulings, or take them back first." in text_of(answer)

    def test_only_who_opened_it_withdraws_it(self, cast, opened, client_of):
        at = f"{opened.get_absolute_url()}withdraw/"
        answer = client_of(cast.emeka).post(at, {})
        assert answer.status_code == 422 and "Who opened the dispute can withdraw it." in text_of(answer)
        assert client_of(cast.funke).post(at, {"reason": "We agreed."}).status_code == 302
        opened.refresh_from_db()
        assert opened.state == "withdrawn"

    @pytest.mark.parametrize("part", ["draft", "drop", "sign", "close", "withdraw"])
    def test_who_only_reads_writes_nothing(self, cast, opened, client_of, part):
        for person in (cast.halima, cast.chinedu):
            assert client_of(person).post(f"{opened.get_absolute_url()}{part}/").status_code == 403


class TestTheRecord:
    def test_it_tells_all_and_what_came_later_changes_nothing(self, cast, drafted, dangote, client_of):
        signed(drafted, cast)
        sold = {"account": dangote, "sold_on": TODAY + timedelta(days=3), "amount": "7", "salesperson": cast.emeka}
        later = LATER + timedelta(days=1)
        record_sale(by=cast.tunde, at=later, invoice_number="INV-2", **sold)
        with time_machine.travel(later, tick=False):
            said = text_of(client_of(cast.halima).get(drafted.get_absolute_url()))
        assert "Ruled on by Ngozi Eze, 18 Mar 2026, 10:00. It was her quote." in said
        assert "Sale INV-1 of 17 Mar 2026: credited to Funke Ade The order names her quote" in said
        assert "Before Aisha Bello owns Dangote Cement since 17 Mar 2026" in said
        assert "After Funke Ade owns Dangote Cement since 16 Mar 2026" in said
        assert "INV-2" not in said and "Signing makes the drafts facts" not in said

    def test_a_ruling_leads_to_a_dispute_on_its_fact(self, cast, drafted, sale, client_of):
        signed(drafted, cast)
        client = client_of(cast.aisha)
        at = f"/ownership/disputes/new/?account=A001&fact={sale}"
        assert at.replace("&", "&amp;") in client.get(drafted.get_absolute_url()).content.decode()
        form = text_of(client.get(at))
        assert "The fact in question" in form and "Credited to Funke Ade by Ngozi Eze" in form

    def test_the_later_ruling_is_the_one_in_effect(self, cast, drafted, dangote, sale, client_of):
        signed(drafted, cast)
        at = LATER + timedelta(hours=1)
        again = open_dispute(dangote, by=cast.aisha, at=at, question="Mine after all.", claimants=[cast.aisha])
        given = {"kind": "credit", "target": sale, "reason": "The order was changed", "credited_to": cast.aisha}
        draft_ruling(again, by=cast.ngozi, at=at, **given)
        digest = preview_rulings(again, at=at).digest
        sign_rulings(again, by=cast.ngozi, at=at, reason="Changed.", digest=digest)
        with time_machine.travel(at, tick=False):
            said = text_of(client_of(cast.funke).get(again.get_absolute_url()))
        assert "Her quote" not in said
        assert "The order names her quote (a later ruling took its place) That dispute" in said
        assert "Before Funke Ade owns" in said and "After Aisha Bello owns" in said


class TestTheList:
    @pytest.fixture
    def several(self, cast):
        """One closed of Funke's; open: of Power, of Motors, of Funke's."""
        divisions = {division.slug: division for division in Division.objects.all()}
        made = {}
        for number, (name, slug, who) in enumerate(
            (
                ("Closed", "motors", "funke"),
                ("Power", "power", "emeka"),
                ("Motors", "motors", "aisha"),
                ("Hers", "power", "funke"),
            )
        ):
            at = LATER - timedelta(hours=number)
            account = create_account(by=cast.tunde, at=NOW, values={"name": f"{name} Ltd", "division": divisions[slug]})
            by = getattr(cast, who)
            made[name] = open_dispute(account, by=by, at=at, question=f"{name}?", claimants=[by])
        withdraw_dispute(made["Closed"], by=cast.funke, at=LATER)
        return made

    def names(self, client, query=""):
        return [row.account.name.partition(" ")[0] for row in client.get(f"{LIST}{query}").context["page"]]

    def test_open_ones_come_first_mine_then_my_divisions(self, cast, several, client_of):
        assert self.names(client_of(cast.funke)) == ["Hers", "Motors", "Power", "Closed"]

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ("?state=open", ["Hers", "Motors", "Power"]),
            ("?state=withdrawn", ["Closed"]),
            ("?division=power", ["Hers", "Power"]),
            ("?whose=mine", ["Hers", "Closed"]),
            ("?whose=divisions&state=open", ["Motors"]),
            ("?state=nonsense&page=99", ["Hers", "Motors", "Power", "Closed"]),
        ],
    )
    def test_it_is_filtered(self, cast, several, client_of, query, wanted):
        assert self.names(client_of(cast.funke), query) == wanted

    def test_it_costs_the_same_for_3_and_30_rows(self, cast, several, client_of):
        client = client_of(cast.funke)
        with CaptureQueriesContext(connection) as few:
            client.get(LIST)
        for number in range(26):
            values = {"name": f"Number {number} Ltd"}
            account = create_account(by=cast.tunde, at=NOW, values=values, another_because="A branch")
            open_dispute(account, by=cast.funke, at=LATER, question="?", claimants=[cast.funke, cast.aisha])
        with CaptureQueriesContext(connection) as many:
            page = client.get(LIST)
        assert len(page.context["page"]) == 25 and len(few) == len(many) <= 12

    def test_an_empty_list_teaches(self, cast, client_of):
        assert "No disputes" in text_of(client_of(cast.funke).get(LIST))
        assert "No dispute matches" in text_of(client_of(cast.funke).get(f"{LIST}?state=open"))


def test_a_dispute_that_stood_shows_what_the_rules_found(cast, opened, client_of):
    close_dispute(opened, by=cast.ngozi, at=LATER, reason="The sale is Aisha's.")
    said = text_of(client_of(cast.funke).get(opened.get_absolute_url()))
    assert "What the rules found Aisha Bello owns Dangote Cement" in said and "Before" not in said
