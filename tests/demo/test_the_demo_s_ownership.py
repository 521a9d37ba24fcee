"""The demo's owners follow from its facts, show every state of the rules, and go without a trace."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from accounts.people.models import Division, Leave, Movement, Notice, ProductLine, Staff
from accounts.people.roles import SELLING
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import OwnerBasis, OwnershipState
from interactions.log.actions import log_interaction
from interactions.log.models import Interaction, InteractionKind
from interactions.sales.models import Sale
from mikano_cx.demo.cast import CAST, LOGINS
from mikano_cx.demo.loader import load_demo
from mikano_cx.demo.removal import clear
from mikano_cx.demo.sales import LINES, UNKNOWN_CODE
from mikano_cx.demo.stories import CREDITED, DISPUTED, LATE_SALE, RULED, UPHELD
from mikano_cx.kit import local_time
from mikano_cx.kit.local_time import day_start, local_date
from ownership.disputes.actions.disputes import preview_rulings, sign_rulings
from ownership.disputes.models import Dispute
from ownership.facts.models import Assignment, Ruling
from ownership.replay.actions.sweep import audit
from ownership.replay.models import OwnerReview, OwnershipFlag, Tenure
from ownership.routing.models import Routing
from tests.conftest import NOW, TODAY, lay_foundation

pytestmark = pytest.mark.django_db
OWNED, LED, UNASSIGNED, ORPHAN = (state.value for state in OwnershipState)


def account(name: str) -> Account:
    return Account.objects.select_related("owner", "division__head").get(name=name)


def held(name: str) -> tuple[str | None, str]:
    found = account(name)
    return (str(found.owner) if found.owner else None), found.ownership_state


def days_left(name: str) -> int:
    return local_time.days_left(account(name).expires_at, TODAY)


class TestWhatTheRulesSay(TestCase):
    @classmethod
    def setUpTestData(cls):
        lay_foundation()  # the fixture of that name comes later
        cls.made = load_demo(at=NOW)

    def test_what_is_stored_is_what_the_log_says(self):
        assert audit(at=NOW).changed == 0
        assert not Account.objects.filter(owner_basis=OwnerBasis.NONE).exists()

    def test_most_accounts_are_owned_and_every_state_is_there(self):
        counts = {state: Account.objects.filter(ownership_state=state).count() for state in OwnershipState.values}
        assert counts[OWNED] > sum(counts.values()) / 2 and min(counts.values()) >= 2
        for division in Division.objects.all():
            states = set(division.accounts.values_list("ownership_state", flat=True))
            assert {OWNED, LED, ORPHAN} <= states, division

    def test_sales_are_believable(self):
        assert self.made["sales"] == Sale.objects.count() >= 250
        for division in Division.objects.all():
            sold = Sale.objects.filter(account__division=division, amount__gt=0)
            assert set(sold.values_list("product_line", flat=True)) == {line.name for line in LINES[division.slug]}
            assert min(sold.values_list("amount", flat=True)) > 300_000 and sold.count() > 20
            assert max(sold.values_list("amount", flat=True)) < 150_000_000
        for sale in Sale.objects.select_related("salesperson", "account"):
            assert sale.invoice_number.startswith("CN-" if sale.credit_note_of else "INV-")
            assert sale.recorded_at > sale.at >= sale.account.created_at and sale.recorded_at < NOW
            assert not sale.salesperson or sale.salesperson_code == sale.salesperson.erp_code
            left = sale.salesperson and sale.salesperson.last_working_day
            assert not left or sale.sold_on <= left
        nobody = Sale.objects.filter(salesperson=None)
        assert 3 <= nobody.count() <= 8 and nobody.filter(salesperson_code=UNKNOWN_CODE).exists()
        assert Sale.history.count() == Sale.objects.count()

    def test_only_who_sells_holds(self):
        holders = Staff.objects.filter(tenures__isnull=False).distinct()
        assert holders and all(person.has_role(SELLING) for person in holders)
        assert not Interaction.objects.filter(logged_by__full_name="Tunde Bakare", by_salesperson=True).exists()

    def test_leads_run_out_in_a_week_and_tomorrow(self):
        for name, left in (("Yankari Tours & Travels Ltd", 7), ("Blue Egret Car Hire Ltd", 1)):
            assert held(name) == ("Funke Ade", LED) and days_left(name) == left
        began = account("Yankari Tours & Travels Ltd").owned_since
        assert (TODAY - local_date(began)).days == 83

    def test_an_owner_s_clock_runs_out_within_sixty_days(self):
        assert held("Gateway Escort Services Ltd") == ("Funke Ade", OWNED)
        assert 0 < days_left("Gateway Escort Services Ltd") < 60

    def test_orphans_can_be_claimed(self):
        by = Staff.objects.get(full_name="Funke Ade")
        meeting = InteractionKind.objects.get(slug="meeting")
        for name in ("Kwara Line Transport Enterprises", "Ikogosi Builders Nig. Ltd"):
            assert held(name) == (None, ORPHAN)
            log_interaction(by=by, at=NOW, account=account(name), channel="phone", kind=meeting)
            assert held(name) == ("Funke Ade", LED)

    def test_who_left_leaves_young_sales_unassigned(self):
        segun = Staff.objects.get(full_name="Segun Oyelaran")
        assert Movement.objects.get().staff == segun
        assert held("Olumo Rock Construction Ltd") == (None, UNASSIGNED)
        assert held("Bonny Dredging Works Ltd") == ("Funke Ade", OWNED)  # assigned since
        assert not Tenure.objects.current().filter(holder=segun).exists()
        assert not Interaction.objects.filter(logged_by=segun, logged_at__gte=Movement.objects.get().at).exists()

    def test_sales_of_nobody_of_two_and_one_taken_back(self):
        assert held("Night Heron Security Ltd") == (None, UNASSIGNED)
        day = Sale.objects.filter(account__name="Balogun Street Traders Union")
        assert day.values("sold_on").distinct().count() == 1 and day.values("salesperson").distinct().count() == 2
        assert held("Balogun Street Traders Union") == ("Yinka Oladipo", OWNED)
        assert sum(Sale.objects.filter(account__name=CREDITED).values_list("amount", flat=True)) == Decimal(0)
        assert held(CREDITED) == ("Funke Ade", LED)

    def test_a_head_finds_flags_reviews_and_notices(self):
        flags = set(OwnershipFlag.objects.filter(seen_at=None).values_list("account__name", "kind"))
        assert {(LATE_SALE, "assignment-ignored"), ("Idanre Quarries Ltd", "out-of-turn-sale")} <= flags
        reviews = OwnerReview.objects.filter(state=OwnerReview.State.PENDING)
        assert reviews.count() == 4 and all(one.account.division.slug == "motors" for one in reviews)
        assert all(one.workbook_owner == one.account.owner != one.computed_owner for one in reviews)
        for name in ("Funke Ade", "Emeka Nwosu", "Ngozi Eze"):
            assert name in LOGINS and Notice.objects.filter(to__full_name=name, read_at=None).exists(), name
        assert not Notice.objects.filter(at__gt=NOW).exists()

    def test_a_dispute_lives_with_a_ruling_drafted(self):
        dispute = Dispute.objects.get(state=Dispute.State.OPEN)
        assert dispute.account.name == DISPUTED and dispute.flag
        assert {str(one) for one in dispute.claimants.all()} == {"Funke Ade", "Yinka Oladipo"}
        seen, head = preview_rulings(dispute, at=NOW), dispute.account.division.head
        funke, yinka = (str(Staff.objects.get(full_name=name).pk) for name in ("Funke Ade", "Yinka Oladipo"))
        assert (seen.before.current.holder, seen.after.current.holder) == (yinka, funke)
        sign_rulings(dispute, by=head, at=NOW, reason="As drafted.", digest=seen.digest)
        assert held(DISPUTED) == ("Funke Ade", OWNED) and audit(at=NOW).changed == 0

    def test_closed_disputes_are_kept_with_what_they_changed(self):
        ruled, upheld = (Dispute.objects.get(account__name=name) for name in (RULED, UPHELD))
        assert ruled.state == Dispute.State.RULED and ruled.rulings.count() == 1 and ruled.before != ruled.after
        assert held(RULED) == ("Aisha Bello", LED)
        assert upheld.state == Dispute.State.UPHELD and upheld.before == upheld.after

    def test_inquiries_took_turns_and_nobody_on_leave_had_one(self):
        leave = Leave.objects.get()
        assert leave.first_day < TODAY < leave.last_day
        routed = Routing.objects.filter(routed_by="rotation")
        assert routed.count() >= 20 and Routing.objects.exclude(routed_by="rotation").count() >= 5
        assert not routed.filter(to=leave.staff, at__gte=day_start(leave.first_day)).exists()
        for line in ProductLine.objects.all():
            assert line.staff.count() >= 2, line
            assert set(line.staff.values_list("divisions", flat=True)) == {line.division_id}


def test_it_shows_the_same_whatever_the_day(db):
    for step in range(4) if connection.vendor == "sqlite" else range(4, 7):  # together every day of the week
        at = NOW + timedelta(days=37 * step)
        load_demo(at=at)
        assert held("Blue Egret Car Hire Ltd") == ("Funke Ade", LED)
        assert OwnerReview.objects.count() == 4 and Dispute.objects.count() == 3
        assert account("Gateway Escort Services Ltd").ownership_state == OWNED
        assert audit(at=at).changed == 0
        clear(at=at)


def test_all_of_it_goes(db):
    load_demo(at=NOW)
    clear(at=NOW)
    for model in (
        *(Sale, Tenure, OwnershipFlag, OwnerReview, Dispute, Ruling, Assignment, Routing, Notice),
        *(Movement, Leave, ProductLine, Account, Staff, Sale.history, Leave.history, ProductLine.history),
    ):
        rows = model if hasattr(model, "exists") else model.objects
        assert not rows.exists(), model


def test_an_account_that_stays_is_replayed_without_the_demo(cast):
    load_demo(at=NOW)
    gateway = account("Gateway Escort Services Ltd")
    contact = Contact.objects.filter(account=gateway).first()
    entry = log_interaction(by=cast.emeka, at=NOW, contact=contact, channel="phone")
    line = ProductLine.objects.filter(division__slug="motors").first()
    cast.funke.product_lines.add(line)
    _, kept = clear(at=NOW + timedelta(hours=1))
    assert str(gateway) in kept["accounts"] and Interaction.objects.get() == entry
    gateway.refresh_from_db()
    assert (gateway.owner, gateway.ownership_state, gateway.is_demo) == (None, ORPHAN, False)
    assert [tenure.rule for tenure in gateway.tenures.all()] == ["no-claim"]
    staying = ProductLine.objects.all()  # those of people who stay, and no others
    assert line in staying and all(one.staff.exists() for one in staying)
    assert not staying.exclude(division__slug="motors").exists()
    assert audit(at=NOW + timedelta(hours=1)).changed == 0


def test_a_ruling_of_somebody_real_keeps_the_sale_that_it_is_about(cast):
    load_demo(at=NOW)
    dispute = Dispute.objects.get(state=Dispute.State.OPEN)
    Dispute.objects.filter(pk=dispute.pk).update(is_demo=False)
    digest = preview_rulings(dispute, at=NOW).digest
    sign_rulings(dispute, by=cast.ngozi, at=NOW, reason="Seen.", digest=digest)
    clear(at=NOW)
    assert Sale.objects.count() == 1 and Ruling.objects.get().target.endswith(str(Sale.objects.get().pk))
    assert dispute.claimants.count() == 2


def test_it_loads_beside_a_sample(shared_data):
    call_command("load_northwind", str(shared_data / "northwind"), stdout=StringIO())
    assert load_demo(at=timezone.now())["staff"] == len(CAST)
    assert load_demo(at=timezone.now()) == {}
    assert audit(at=timezone.now()).changed == 0
    clear(at=timezone.now())
    assert not Account.objects.exists() and not Staff.objects.exists()
