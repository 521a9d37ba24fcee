"""Why an account is whose it is: the sentence, the rule, the evidence, and the same as of any day."""

from datetime import date, timedelta

import pytest
import time_machine

from accounts.people.models import Division
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction, void_interaction
from interactions.log.models import InteractionKind
from interactions.sales.actions import record_sale
from ownership.disputes.models import Dispute
from ownership.facts.models import Ruling
from ownership.facts.queries import SALE, fact_id
from ownership.policies.actions.policies import set_policy
from ownership.replay.models import OwnerReview
from tests.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def dangote(cast):
    """Logged by Funke (who owns it) three hundred days ago; Emeka sold there a hundred days ago."""
    motors = Division.objects.get(slug="motors")
    before = NOW - timedelta(days=300)
    with time_machine.travel(before, tick=False):
        account = create_account(by=cast.funke, at=before, values={"name": "Dangote Cement", "division": motors})
    sell(cast.aisha, account, "INV-7", TODAY - timedelta(days=100), cast.emeka, recorded=NOW - timedelta(days=90))
    return account


def sell(by, account, number, on, salesperson, recorded=NOW, amount="1500000.00"):
    return record_sale(
        by=by,
        at=recorded,
        invoice_number=number,
        account=account,
        sold_on=on,
        amount=amount,
        salesperson=salesperson,
    )


def meet(by, account, at=NOW, **given):
    kind = InteractionKind.objects.get(slug="meeting")
    return log_interaction(by=by, at=at, account=account, channel="meeting", kind=kind, **given)


def page(client, account, **asked):
    return client.get(f"/ownership/why/{account.code}/", asked)


def words(answer):
    return "".join(text for text, _ in answer.context["sentence"])


def test_it_says_whose_it_is_by_which_rule_on_what_evidence(cast, dangote, client_of):
    answer = page(client_of(cast.funke), dangote)
    html = answer.content.decode()
    assert words(answer).startswith("Emeka Nwosu owns Dangote Cement since 6 Dec 2025: closed INV-7 (NGN 1,500,000)")
    assert "designated point of contact" in html and "Strategy v9, Rules of Engagement, rule 1" in html
    assert [(row.state, row.holder, row.since, row.until) for row in answer.context["segments"]] == [
        ("owned", "Emeka Nwosu", "6 Dec 2025", ""),
        ("owned", "Funke Ade", "20 May 2025, 10:00", "5 Dec 2025"),
    ]
    assert html.count('<svg class="band ') == 2 and "<style" not in html and "style=" not in html


def test_everybody_reads_it_and_sales_lead_to_the_admin_for_those_who_may(cast, dangote, client_of):
    address = f"/admin/interactions/sale/{dangote.sales.get().pk}/change/"
    assert address in page(client_of(cast.aisha), dangote).content.decode()
    for person in (cast.funke, cast.ngozi, cast.halima):
        answer = page(client_of(person), dangote)
        assert answer.status_code == 200 and address not in answer.content.decode()


def test_as_of_a_day_the_whole_day_counts_and_nothing_of_the_next(cast, dangote, client_of):
    client = client_of(cast.funke)
    sold = TODAY - timedelta(days=100)
    before = page(client, dangote, on=(sold - timedelta(days=1)).isoformat())
    assert words(before).startswith("Funke Ade owns Dangote Cement since 20 May 2025")
    html = before.content.decode()
    assert "Now Emeka Nwosu owns it, since 6 Dec 2025" in html
    assert "to come" in html and "What would change it" not in html  # the sale, and only by what is recorded
    there = page(client, dangote, on=sold.isoformat())
    assert words(there).startswith("Emeka Nwosu owns") and "Now it is the same." in there.content.decode()
    assert page(client, dangote, on=TODAY.isoformat()).context["now"] is None  # today is now


def test_as_of_a_day_to_come_clocks_run_out(cast, dangote, client_of):
    expires = date(2026, 12, 7)
    last = page(client_of(cast.funke), dangote, on=(expires - timedelta(days=1)).isoformat())
    assert words(last).startswith("Emeka Nwosu owns")
    answer = page(client_of(cast.funke), dangote, on=expires.isoformat())
    assert words(answer).startswith("Dangote Cement is an orphan since 7 Dec 2026")
    assert "if nothing more is recorded" in answer.content.decode()


def test_by_what_was_known_then(cast, dangote, client_of):
    """The sale was recorded ten days after it was made."""
    client = client_of(cast.funke)
    unknown = page(client, dangote, known=(TODAY - timedelta(days=91)).isoformat())
    assert words(unknown).startswith("Funke Ade owns") and "INV-7" not in unknown.content.decode()
    known = page(client, dangote, known=(TODAY - timedelta(days=90)).isoformat())
    assert words(known).startswith("Emeka Nwosu owns")
    both = page(client, dangote, on=(TODAY - timedelta(days=95)).isoformat(), known=TODAY.isoformat())
    assert words(both).startswith("Emeka Nwosu owns")


@pytest.mark.parametrize("asked", [{"on": "14 March"}, {"on": "1200-01-01"}, {"on": "9999-12-31"}, {"on": "x" * 90},
                                   {"known": "2026-03-17"}, {"known": "2026-02-30"}])  # fmt: skip
def test_a_day_that_cannot_be_is_answered_with_a_sentence(cast, dangote, client_of, asked):
    answer = page(client_of(cast.funke), dangote, **asked)
    assert answer.status_code == 200
    assert "This is as of now." in answer.content.decode() and 'aria-invalid="true"' in answer.content.decode()
    assert words(answer).startswith("Emeka Nwosu owns")


def test_an_account_without_an_entry_says_so(cast, zenith, client_of):
    zenith.created_at = NOW + timedelta(days=1)
    zenith.save()
    answer = page(client_of(cast.funke), zenith)
    assert answer.status_code == 200 and answer.context["current"] is None
    assert "Nothing is recorded yet" in words(answer)


def test_rulings_stand_with_reason_and_author(cast, dangote, client_of):
    sale = dangote.sales.get()
    Ruling.objects.create(
        kind="credit", target=fact_id(SALE, sale.pk), credited_to=cast.funke, reason="She wrote the quote",
        account=dangote, author=cast.ngozi, at=NOW,
    )  # fmt: skip
    html = page(client_of(cast.funke), dangote).content.decode()
    assert "Credited to Funke Ade by Ngozi Eze, 16 Mar 2026: She wrote the quote" in html


def test_struck_late_and_back_dated_facts_are_marked(cast, dangote, client_of):
    meet(cast.funke, dangote, occurred_at=NOW - timedelta(days=4))
    void_interaction(meet(cast.funke, dangote), by=cast.aisha, at=NOW, reason="Another company")
    html = page(client_of(cast.funke), dangote).content.decode()
    for said in ("logged 4 days later", "recorded 10 days later", "struck out", "Another company"):
        assert said in html


def test_confidential_notes_never_stand_there(cast, dangote, client_of):
    entry = meet(cast.funke, dangote, notes="Xylophone", confidential=True, next_action="Marimba")
    for person in (cast.funke, cast.halima):
        html = page(client_of(person), dangote).content.decode()
        assert entry.code in html and "Xylophone" not in html and "Marimba" not in html


def test_while_the_owner_is_reviewed_both_are_said(cast, zenith, client_of):
    OwnerReview.objects.create(
        account=zenith, workbook_owner=cast.funke, computed_owner=cast.emeka, computed_state="led", created_at=NOW
    )
    html = page(client_of(cast.funke), zenith).content.decode()
    assert "The workbook names Funke Ade. The rules say that Emeka Nwosu leads it." in html


def test_a_policy_to_come_is_told_where_it_changes_this_account(cast, dangote, client_of):
    def told():
        return ["".join(text for text, _ in parts) for parts in page(client_of(cast.funke), dangote).context["next"]]

    def comes(days, **clocks):
        given = {"orphan_after_months": 12, "lead_days": 90, **clocks}
        set_policy(by=cast.tunde, at=NOW, effective_from=TODAY + timedelta(days=days), reason="Tried", **given)

    comes(10, lead_days=60)  # nobody leads it
    assert not any(words.startswith("From ") for words in told())
    comes(20, lead_days=60, orphan_after_months=6)
    first, second, *_ = told()
    assert first == (
        "From 5 Apr 2026 on, an account is an orphan after 6 months without a sale: "
        "then Emeka Nwosu owns it until 6 Jun 2026."
    )
    assert second == "Without a sale by 6 Dec 2026 it becomes an orphan."


def test_an_open_dispute_is_shown(cast, dangote, client_of):
    assert "In dispute" not in page(client_of(cast.funke), dangote).content.decode()
    Dispute.objects.create(account=dangote, question="Who wrote the quote?", opened_by=cast.funke, opened_at=NOW)
    html = page(client_of(cast.funke), dangote).content.decode()
    assert "In dispute" in html and "Who wrote the quote?" in html


def test_a_long_log_costs_as_many_queries_and_is_paged(cast, dangote, client_of, django_assert_max_num_queries):
    client = client_of(cast.funke)
    asked = {"on": TODAY - timedelta(days=1), "known": TODAY - timedelta(days=1)}

    def load(count):
        for n in range(count):
            meet((cast.funke, cast.emeka)[n % 2], dangote, at=NOW - timedelta(days=90 - n))
        with django_assert_max_num_queries(12) as queries:
            answer = page(client, dangote, **asked)
        return len(queries), answer

    few, _ = load(3)
    many, answer = load(40)
    assert few == many
    assert len(answer.context["facts"]) == 25 and "All facts" in answer.content.decode()
    assert len(page(client, dangote, facts="all").context["facts"]) == 45
    assert len(page(client, dangote, page="2").context["facts"]) == 20
