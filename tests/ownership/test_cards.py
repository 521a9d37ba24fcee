"""Facts as pages show them."""

from datetime import timedelta

import pytest

from accounts.people.actions.staff import depart
from accounts.people.models import Division
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction, void_interaction
from interactions.log.models import InteractionKind
from interactions.sales.actions import record_sale
from mikano_cx.kit.local_time import day_start
from ownership.assignments.actions import assign_accounts
from ownership.facts.models import Ruling
from ownership.facts.queries import ASSIGNMENT, CREATED, INTERACTION, MOVEMENT, SALE, fact_id
from ownership.timeline.fact_cards import Dossier
from tests.conftest import NOW, TODAY


@pytest.fixture
def storied(cast):
    """An account with a fact of every kind: a late sale of Emeka's that was credited to Funke, a back-dated entry of
    Funke's, a voided one, Funke's departure, and an assignment to Aisha."""
    motors = Division.objects.get(slug="motors")
    account = create_account(by=cast.tunde, at=NOW, values={"name": "Dangote Cement", "division": motors})
    meeting = InteractionKind.objects.get(slug="meeting")
    for hours in (1, 2):
        at = NOW + timedelta(hours=hours)
        log_interaction(
            by=cast.funke,
            at=at,
            account=account,
            channel="meeting",
            kind=meeting,
            occurred_at=at - timedelta(days=2 * hours),
        )
    _, second = account.interactions.order_by("pk")
    void_interaction(second, by=cast.aisha, at=NOW + timedelta(hours=3), reason="Logged twice")
    later = NOW + timedelta(days=20)
    record_sale(
        by=cast.aisha,
        at=later,
        invoice_number="INV-7",
        account=account,
        sold_on=TODAY,
        amount="1500.50",
        salesperson=cast.emeka,
    )
    sale = fact_id(SALE, account.sales.get().pk)
    Ruling.objects.create(
        kind="credit",
        target=sale,
        credited_to=cast.funke,
        reason="She wrote the quote",
        account=account,
        author=cast.ngozi,
        at=later,
    )
    depart(cast.funke, by=cast.chinedu, at=later, last_working_day=TODAY + timedelta(days=19))
    assign_accounts([account], by=cast.ngozi, at=later + timedelta(hours=1), assignee=cast.aisha, reason="Nearest")
    return account


@pytest.fixture
def dossier(storied):
    return Dossier.of(storied, as_of=NOW + timedelta(days=21))


def card(dossier, letter, which=0):
    return [card for ident, card in sorted(dossier.cards.items()) if ident.startswith(letter)][which]


def test_a_sale_is_called_by_its_invoice_and_says_what_was_ruled(dossier):
    sale = card(dossier, SALE)
    assert (sale.label, sale.by, sale.recorded_by) == ("INV-7", "Funke Ade", "Aisha Bello")
    assert str(sale.amount) == "1500.50" and sale.detail == "Recorded by hand"
    (ruling,) = sale.corrections
    assert (ruling.kind, ruling.by, ruling.credited_to) == ("credit", "Ngozi Eze", "Funke Ade")
    assert ruling.reason == "She wrote the quote" and ruling.in_effect


def test_late_and_back_dated_are_told_apart(dossier):
    sale, entry = card(dossier, SALE), card(dossier, INTERACTION)
    assert (sale.late, sale.back_dated, sale.days_late) == (True, False, 20)
    assert (entry.late, entry.back_dated, entry.days_late) == (False, True, 2)
    assert sale.at == day_start(TODAY) and entry.at == NOW + timedelta(hours=1)


def test_an_entry_leads_to_its_page_and_a_voided_one_does_not_count(dossier):
    entry, voided = card(dossier, INTERACTION), card(dossier, INTERACTION, 1)
    assert entry.url == f"/interactions/{entry.label}/" and not entry.ignored and entry.substantive
    assert voided.ignored and voided.corrections[0].reason == "Logged twice"
    assert voided.corrections[0].by == "Aisha Bello"


def test_everything_else_says_who_and_by_whom(dossier):
    created, departure, given = (card(dossier, letter) for letter in (CREATED, MOVEMENT, ASSIGNMENT))
    assert (created.label, created.by, created.recorded_by) == (dossier.account.code, "", "Tunde Bakare")
    assert (departure.by, departure.recorded_by, departure.late) == ("Funke Ade", "Chinedu Obi", False)
    assert (given.by, given.recorded_by, given.detail) == ("Aisha Bello", "Ngozi Eze", "Nearest")


def test_what_was_recorded_later_was_not_known(storied):
    dossier = Dossier.of(storied, as_of=NOW + timedelta(hours=2, minutes=30))
    assert [card.kind for card in dossier.newest_first()] == ["interaction", "interaction", "created"]
    assert not any(card.corrections for card in dossier.cards.values())


def test_the_case_names_people_and_invoices(dossier):
    case = dossier.case()
    assert case.person(dossier.timeline.current.holder).text == "Aisha Bello"
    assert case.fact(card(dossier, SALE).id).text == "INV-7"


def test_it_costs_the_same_queries_for_more_facts(cast, storied, django_assert_num_queries):
    for number in range(30):
        log_interaction(by=cast.emeka, at=NOW + timedelta(days=22, hours=number), account=storied, channel="phone")
    with django_assert_num_queries(6):
        assert len(Dossier.of(storied, as_of=NOW + timedelta(days=30)).cards) > 30
