"""Runs taken back, discarded, read again and approved: as pages ask for it, done by the job."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.imports.customers.actions import accept, match
from accounts.imports.models import ErpCustomer, FeedFreshness, ImportRow
from accounts.imports.runs import actions
from accounts.imports.runs.labels import undo_words
from accounts.jobs import queue
from accounts.people.models import Staff
from accounts.records import actions as accounts
from accounts.records.models import Account
from interactions.sales.actions import record_credit_note
from interactions.sales.models import OnlineReview, Sale
from mikano_cx.kit.refusal import Refused
from ownership.replay.models import Tenure
from tests.conftest import NOW, TODAY
from tests.feeds.conftest import CUSTOMERS, do_jobs

FILE = CUSTOMERS + "C1,Dangote Cement,Manufacturing,good,1 Road,Lagos,08031234568\nC2,Lafarge,,on hold,,,\n"
SALES = "invoice_number,customer,date,amount,salesperson,credit_note_of\n"
REVIEWS = "id,date,rating,text\n"


@pytest.fixture
def customers_feed(customers_feed):
    customers_feed.most_changed = customers_feed.most_vanished = 100
    customers_feed.save()
    return customers_feed


@pytest.fixture
def act(cast):
    """`act(verb, run)`: IT asks for it, the worker does what is open; the run as it then is."""

    def act(verb, run):
        verb(run, by=cast.chinedu, at=timezone.now())
        do_jobs()
        run.refresh_from_db()
        return run

    return act


def hub() -> dict:
    """All that imports write, but for what counts writing."""
    told = {
        model.__name__: list(model.objects.order_by("pk").values())
        for model in (Account, ErpCustomer, Sale, OnlineReview)
    }
    tenures = Tenure.objects.order_by("account", "start", "pk").values()
    told["Tenure"] = [{name: value for name, value in row.items() if name != "id"} for row in tenures]
    for row in told["Account"]:
        row.pop("version")
    return told


def test_customers_are_as_before_when_a_run_is_undone(customers_feed, bring, act, zenith):
    bring(customers_feed, FILE + "C3,Nestle,Food,,,,\nC4,Cadbury,,,,,\nC5,Goes,,,,,\n")
    bring(customers_feed, FILE + "C3,Nestle,Food,,,,\nC5,Goes,,,,,\n")  # C4 vanishes
    Account.objects.filter(erp_customer_id="C2").update(industry="Building")  # the hub's, as the ERP gives none
    before = hub()
    run = bring(
        customers_feed,
        CUSTOMERS + "C1,Dangote Group,Steel,on hold,2 Road,,\nC2,Lafarge,Cement,good,,,\nC3,Nestle,Food,,,,\n"
        "C4,Cadbury,,,,,\n102345,Zenith Bank,Banking,,,,\nN1,New,,,,,\nN2,Newer,,,,,\n",
    )
    assert run.counts["new"] == 2 and run.counts["changed"] == 4 and run.vanished == 1 and hub() != before
    act(actions.ask_undo, run)
    assert run.state == "undone" and run.undone_at
    assert hub() == before
    last = Account.objects.get(erp_customer_id="C1").history.latest()
    assert (last.name, last.history_change_reason) == ("Dangote Cement", f"Import {run.pk}: ERP customers undone")
    gone = Account.history.get(erp_customer_id="N1", history_type="-")
    assert gone.history_user.username == "chinedu" and gone.history_change_reason == last.history_change_reason


def test_after_an_undo_the_same_file_comes_in_again(customers_feed, bring, act):
    first = bring(customers_feed, FILE)
    assert FeedFreshness.objects.get().run == first
    second = bring(customers_feed, FILE.replace("Dangote", "Dangota"))
    after = hub()
    act(actions.ask_undo, second)
    assert FeedFreshness.objects.get().run == first
    act(actions.ask_undo, first)
    assert not Account.objects.exists() and FeedFreshness.objects.get().good_at is None
    assert bring(customers_feed, FILE).counts["new"] == 2
    assert bring(customers_feed, FILE.replace("Dangote", "Dangota")).counts["changed"] == 1
    assert [row["name"] for row in hub()["Account"]] == [row["name"] for row in after["Account"]]


def edited(cast):
    account = Account.objects.get(erp_customer_id="C1")
    accounts.edit_account(account, by=cast.tunde, at=NOW, values={"address": "Ours"}, seen_version=account.version)


def owned(cast):
    Account.objects.filter(erp_customer_id="C1").update(owner=cast.funke, ownership_state="owned")


def accepted(cast):
    accept(ErpCustomer.objects.filter(external_id="C1"), by=cast.aisha, at=timezone.now())


def made_contact(cast):
    account = Account.objects.get(erp_customer_id="C1")
    accounts.create_contact(by=cast.tunde, at=NOW, values={"full_name": "Ade", "account": account})


@pytest.mark.parametrize("touch", [edited, owned, accepted, made_contact])
def test_what_was_worked_on_since_stays_and_is_named(customers_feed, bring, act, cast, touch):
    run = bring(customers_feed, FILE)
    touch(cast)
    before = hub()
    act(actions.ask_undo, run)
    assert (run.state, run.undone_by) == ("applied", None)
    words = "This import can't be undone: what it brought was worked on since (A001 · Dangote Cement)."
    assert run.message == words and hub() == before


def test_what_a_person_changed_after_the_run_changed_it_stays(customers_feed, bring, act, cast):
    bring(customers_feed, FILE)
    run = bring(customers_feed, FILE.replace("Dangote Cement", "Dangote Group"))
    edited(cast)
    act(actions.ask_undo, run)
    assert run.state == "applied" and "(A001 · Dangote Group)" in run.message


def test_a_match_that_a_steward_made_since_stays(customers_feed, bring, act, cast, zenith):
    Account.objects.update(erp_customer_id=None)
    run = bring(customers_feed, CUSTOMERS + "Z9,ZENITH BANK LTD,Banking,good,,,\n")
    match(ErpCustomer.objects.get(), zenith, by=cast.aisha, at=timezone.now())
    act(actions.ask_undo, run)
    assert run.state == "applied" and "A001 · ZENITH BANK LTD" in run.message


def test_a_customer_that_waits_for_its_match_is_as_before(customers_feed, bring, act, zenith):
    Account.objects.update(erp_customer_id=None)
    bring(customers_feed, CUSTOMERS + "Z9,ZENITH BANK LTD,Banking,good,,,\n")
    before = hub()
    run = bring(customers_feed, CUSTOMERS + "Z9,Zenith Bank Limited,Banking,on hold,,,\n")
    assert run.counts["changed"] == 1
    act(actions.ask_undo, run)
    assert run.state == "undone" and hub() == before


def test_only_the_last_run_of_a_source_is_undone(customers_feed, sales_feed, bring, act, cast, zenith):
    run = bring(customers_feed, FILE)
    later = bring(sales_feed, SALES + "INV-1,C1,2026-03-02,5,,\n")
    with pytest.raises(Refused) as refused:
        act(actions.ask_undo, run)
    assert refused.value.message == "ERP sales: file.csv (Applied) came later: undo that first."
    act(actions.ask_undo, later)
    assert act(actions.ask_undo, run).state == "undone" and Account.objects.get() == zenith


def test_what_comes_between_the_asking_and_the_undoing_counts_too(customers_feed, bring, act, cast):
    run = bring(customers_feed, FILE)
    actions.ask_undo(run, by=cast.chinedu, at=timezone.now())
    bring(customers_feed, FILE.replace("Lafarge", "Lafarge Africa"))
    do_jobs()
    run.refresh_from_db()
    assert run.state == "applied" and run.message.endswith("came later: undo that first.")


# --- sales and reviews -----------------------------------------------------------------------------------------------
@pytest.fixture
def sellers(cast, zenith):
    Staff.objects.filter(pk=cast.emeka.pk).update(erp_code="E1")
    Account.objects.update(owner_basis="rules")


def test_sales_and_the_owner_are_as_before_when_a_run_is_undone(sales_feed, bring, act, sellers, zenith, cast):
    bring(sales_feed, SALES + "INV-0,102345,2026-03-01,5,,\nH-1,C9,2026-03-01,5,,\n")
    before, held = hub(), ImportRow.objects.get(bucket="held")
    rows = "INV-1,102345,2026-03-02,500,E1,\nCN-1,102345,2026-03-03,-5,E1,INV-1\nCN-2,102345,2026-03-03,-1,,INV-0\n"
    run = bring(sales_feed, SALES + rows + "H-1,C9,2026-03-01,5,,\n")
    zenith.refresh_from_db()
    assert run.counts["new"] == 3 and run.moved == 1 and zenith.owner == cast.emeka
    held.refresh_from_db()
    assert held.settled_at
    act(actions.ask_undo, run)
    assert run.state == "undone" and hub() == before
    held.refresh_from_db()
    assert held.settled_at is None


def test_a_sale_that_another_rests_on_stays(sales_feed, bring, act, sellers, cast):
    run = bring(sales_feed, SALES + "INV-1,102345,2026-03-02,500,E1,\n")
    by_hand = {"invoice_number": "CN-1", "amount": -5, "sold_on": TODAY}
    record_credit_note(by=cast.tunde, at=NOW + timedelta(days=1), credits=Sale.objects.get(), **by_hand)
    before = hub()
    act(actions.ask_undo, run)
    assert run.state == "applied" and "CN-1" in run.message and hub() == before


@pytest.fixture
def reviews_feed(customers_feed):
    customers_feed.name, customers_feed.kind, customers_feed.source = "Site", "reviews", "site"
    customers_feed.save()
    return customers_feed


def test_reviews_are_as_before_when_a_run_is_undone(reviews_feed, bring, act):
    bring(reviews_feed, REVIEWS + "R1,2026-03-01,4,Good\nR2,2026-03-01,1,Bad\n")
    before = hub()
    run = bring(reviews_feed, REVIEWS + "R1,2026-03-01,2.5,Less good\nR2,2026-03-01,1,Bad\nR3,2026-03-02,5,New\n")
    assert (run.counts["changed"], run.counts["new"]) == (1, 1) and hub() != before
    later = bring(reviews_feed, REVIEWS + "R1,2026-03-01,3,Well\n")
    with pytest.raises(Refused):
        act(actions.ask_undo, run)
    act(actions.ask_undo, later)
    act(actions.ask_undo, run)
    assert run.state == "undone" and hub() == before


# --- before it is applied --------------------------------------------------------------------------------------------
def test_what_was_shown_is_applied_by_an_approval(customers_feed, bring, act, cast):
    run = bring(customers_feed, FILE, upload=True)
    assert run.state == "preview" and not Account.objects.exists()
    act(actions.approve, run)
    assert run.state == "applied" and run.approved_by == cast.chinedu and Account.objects.count() == 2


def test_a_run_that_a_guard_stopped_is_applied_by_an_approval(customers_feed, bring, act):
    bring(customers_feed, FILE)
    run = bring(customers_feed, FILE.replace("Dangote", "Dangota"), at=NOW)
    assert run.state == "stopped"
    assert act(actions.approve, run).state == "applied" and Account.objects.filter(name="Dangota Cement").exists()


def test_an_approval_of_what_isn_t_so_any_more_shows_it_again(customers_feed, bring, act):
    run = bring(customers_feed, FILE, upload=True)
    bring(customers_feed, FILE.split("C2")[0])
    act(actions.approve, run)
    assert (run.state, run.approved_by, run.counts["new"]) == ("stopped", None, 1)
    assert [guard["code"] for guard in run.guards] == ["older"]  # than the one that came in meanwhile
    assert run.message == "The hub has changed since somebody looked: look again."
    assert act(actions.approve, run).state == "applied" and run.message == ""


def test_whoever_approved_a_file_did_not_approve_that_others_vanish(customers_feed, bring, act):
    customers_feed.most_vanished = 10
    customers_feed.save()
    full = CUSTOMERS + "".join(f"K{n},Company number {n},,,,,\n" for n in range(90))
    bring(customers_feed, full[: full.index("K30,")], at=NOW)
    run = bring(customers_feed, full[: full.index("K30,")], upload=True, at=NOW + timedelta(days=2))
    assert (run.state, run.counts["same"], run.vanished) == ("preview", 30, 0)
    bring(customers_feed, full, at=NOW + timedelta(days=1))
    assert act(actions.approve, run).state == "stopped" and run.vanished == 60
    assert [guard["code"] for guard in run.guards] == ["vanish"]
    assert not ErpCustomer.objects.filter(vanished_at__isnull=False).exists()
    assert act(actions.approve, run).state == "applied"  # now it was seen
    assert ErpCustomer.objects.filter(vanished_at__isnull=False).count() == 60
    assert undo_words(run) == "This takes back the mark of 60 customers that vanished."


def test_what_is_discarded_is_left_alone(customers_feed, bring, act, cast):
    run = bring(customers_feed, FILE, upload=True)
    assert act(actions.discard, run).state == "discarded"
    for verb in (actions.approve, actions.discard, actions.try_again, actions.ask_undo):
        with pytest.raises(Refused) as refused:
            verb(run, by=cast.chinedu, at=NOW)
        assert refused.value.code == "moved_on"
    assert not Account.objects.exists()


def test_a_refused_file_is_read_again_as_the_feed_is_then_set_up(customers_feed, act, cast):
    file = SimpleUploadedFile("c.csv", b"number,label\nC1,Dangote\n")
    run = actions.upload(customers_feed, file, by=cast.chinedu, at=timezone.now())
    do_jobs()
    run.refresh_from_db()
    assert run.state == "refused" and run.message
    customers_feed.mapping = {"external_id": "number", "name": "label"}
    customers_feed.save()
    again = actions.upload(customers_feed, file, by=cast.chinedu, at=timezone.now())
    with pytest.raises(Refused) as refused:
        actions.try_again(run, by=cast.chinedu, at=NOW)
    assert refused.value.code == "same_file"
    actions.discard(again, by=cast.chinedu, at=NOW)
    assert act(actions.try_again, run).state == "preview" and run.counts["new"] == 1 and not run.message


@pytest.mark.parametrize("verb", [actions.approve, actions.discard, actions.try_again, actions.ask_undo])
def test_only_who_feeds_decides(customers_feed, bring, cast, verb):
    run = bring(customers_feed, FILE, upload=True)
    with pytest.raises(Refused) as refused:
        verb(run, by=cast.funke, at=NOW)
    assert refused.value.code == "not_your_role"


def test_a_job_that_failed_for_good_says_so(customers_feed, bring, cast):
    run = bring(customers_feed, FILE, upload=True)
    actions.try_again(run, by=cast.chinedu, at=NOW)
    job = queue.take(queue.due(at=NOW)[0], at=NOW)
    queue.fail(job, at=NOW, message="Something went wrong on the hub's side.")
    actions.start_missed(at=NOW)
    run.refresh_from_db()
    assert (run.state, run.message) == ("refused", "Something went wrong on the hub's side.")
    assert not queue.due(at=NOW)
