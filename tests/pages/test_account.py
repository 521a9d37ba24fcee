"""An account, all round: who owns it, who works there, what is next, and one time line of everything."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from accounts.imports.models import ImportRun
from accounts.records.actions import create_contact, edit_account, edit_contact
from accounts.records.models import Account, CodeSeries, Contact
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.log.models import Interaction
from interactions.sales.actions import record_sale
from mikano_cx.pages.timeline import Cursor
from ownership.assignments.actions import assign_accounts
from ownership.disputes.models import Dispute
from ownership.replay.models import OwnerReview
from tests.conftest import NOW, TODAY

PAGE = "/accounts/A001/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def log(by, account, days=0, **given):
    return log_interaction(by=by, at=NOW - timedelta(days=days), account=account, **{"channel": "phone", **given})


def titles(answer):
    return [event.title for event in answer.context["line"].events]


def test_its_head_says_whose_it_is_and_how_to_reach_it(cast, zenith, client_of):
    html = client_of(cast.emeka).get(PAGE).content.decode()
    for words in ("Zenith Bank PLC", "Funke Ade", "from the workbook", "+234 803 123 4567", "102345", "Tunde Leye"):
        assert words in html
    assert 'href="tel:+2348031234567"' in html
    assert 'href="https://wa.me/2348031234567"' in html


def test_it_offers_editing_in_one_s_own_division_alone(cast, zenith, client_of):
    edit = f'href="{PAGE}edit/"'
    assert edit in client_of(cast.funke).get(PAGE).content.decode()
    assert edit in client_of(cast.tunde).get(PAGE).content.decode()
    html = client_of(cast.emeka).get(PAGE).content.decode()
    assert edit not in html and "/interactions/log/?account=A001" in html


def test_an_unknown_code_is_not_found(cast, client_of):
    assert client_of(cast.funke).get("/accounts/A999/").status_code == 404


def test_parent_and_subsidiaries_link_to_each_other(cast, zenith, client_of):
    child = Account.objects.create(code="A002", name="Zenith Assurance", parent=zenith, origin="hub", created_at=NOW)
    client = client_of(cast.funke)
    assert f'href="{child.get_absolute_url()}"' in client.get(PAGE).content.decode()
    assert f'href="{PAGE}"' in client.get(child.get_absolute_url()).content.decode()


def test_the_time_line_tells_everything_newest_first(cast, zenith, client_of, clock):
    CodeSeries.reserve("C", ["C002"])
    log(cast.funke, zenith, days=3, notes="Wants a price.")
    clock.shift(timedelta(minutes=1))
    edit_account(zenith, by=cast.aisha, at=NOW, values={"address": "84 Ajose Adeogun"}, seen_version=1)
    clock.shift(timedelta(minutes=1))
    person = create_contact(by=cast.funke, at=NOW, values={"full_name": "Bola Akin", "account": zenith})
    clock.shift(timedelta(minutes=1))
    edit_contact(person, by=cast.funke, at=NOW, values={"mobile": "08055550101"}, seen_version=1)
    assert titles(client_of(cast.funke).get(PAGE))[:3] == [
        "Funke Ade set Bola Akin’s mobile number to +234 805 555 0101",
        "Funke Ade created the contact Bola Akin",
        "Aisha Bello set the address to 84 Ajose Adeogun",
    ]
    assert titles(client_of(cast.funke).get(PAGE))[-1] == "Phone"


def test_an_imported_record_says_so(cast, zenith, client_of):
    assert "The hub imported the account from the workbook" in titles(client_of(cast.funke).get(PAGE))


def test_amendments_stand_beside_and_voided_entries_struck(cast, zenith, client_of):
    amended = log(cast.funke, zenith, days=1, notes="Two sets.")
    amend_interaction(amended, by=cast.funke, at=NOW, text="Three sets.")
    void_interaction(log(cast.funke, zenith, notes="Wrong."), by=cast.aisha, at=NOW, reason="Another account")
    html = client_of(cast.funke).get(PAGE).content.decode()
    for words in ("Two sets.", "Three sets.", "Wrong.", "Another account"):
        assert words in html
    assert html.count("is-void") == 1


def test_confidential_notes_are_masked_for_others(cast, zenith, client_of):
    secret = log(cast.emeka, zenith, days=1, notes="Discount 9%", confidential=True)
    amend_interaction(secret, by=cast.emeka, at=NOW, text="Discount 7%")
    for reader in (cast.funke, cast.ngozi, cast.emeka):  # the division, and the author
        html = client_of(reader).get(PAGE).content.decode()
        assert "Discount 9%" in html
        assert "Discount 7%" in html
    html = client_of(cast.halima).get(PAGE).content.decode()
    assert "Discount" not in html
    assert "Confidential: for the account" in html


def walk(client, url):
    """Every event of every page, as the "Earlier" link leads."""
    seen, after = [], ""
    for _ in range(20):
        answer = client.get(url, {"after": after} if after else {})
        line = answer.context["line"]
        seen += [str(event.cursor) for event in line.events]
        if line.more is None:
            return seen
        after = str(line.more)
    raise AssertionError("the time line doesn't end")


def test_sales_assignments_and_changes_of_hands_stand_in_it(cast, zenith, client_of):
    log(cast.funke, zenith, days=9)
    OwnerReview.objects.all().delete()
    Account.objects.update(owner=None, ownership_state="orphan", owner_basis="rules")
    assign_accounts([zenith], by=cast.ngozi, at=NOW - timedelta(days=5), assignee=cast.funke, reason="Nearest")
    sold = {"account": zenith, "by": cast.aisha, "at": NOW, "amount": "1500.50"}
    record_sale(invoice_number="INV-1", sold_on=TODAY - timedelta(days=2), salesperson=cast.emeka, **sold)
    client = client_of(cast.funke)
    after = titles(client.get(PAGE))
    told = [
        "Emeka Nwosu became the owner: closed deal",
        "Sale INV-1 by Emeka Nwosu, NGN 1,500.50",
        "Funke Ade became the owner: assigned by the division head",
        "Ngozi Eze assigned the account to Funke Ade: Nearest",
    ]
    assert [title for title in after if title in told] == told
    assert not any("set the owner" in title for title in after)
    assert titles(client.get(PAGE, {"channel": "phone"})) == ["Phone"]


@pytest.mark.parametrize("join", ["nestloop", "hashjoin", "mergejoin"])
def test_pages_of_sales_hold_each_once_however_they_are_joined_with_people(cast, zenith, client_of, join):
    for n in range(50):  # many on one day
        sold = {"account": zenith, "by": cast.aisha, "at": NOW, "amount": "1500"}
        seller = (cast.emeka, cast.funke, cast.tunde)[n % 3]
        record_sale(invoice_number=f"INV-{n}", sold_on=TODAY - timedelta(days=n // 30), salesperson=seller, **sold)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for other in {"nestloop", "hashjoin", "mergejoin"} - {join}:
                cursor.execute(f"SET LOCAL enable_{other} = off")
    client = client_of(cast.funke)
    assert len(client.get(PAGE).context["line"].events) == 20
    seen = walk(client, PAGE)
    assert sum("_3_" in cursor for cursor in seen) == 50
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, key=Cursor.read, reverse=True)


def test_its_card_says_whose_it_is_and_why(cast, zenith, client_of):
    sold = {"account": zenith, "by": cast.aisha, "at": NOW, "amount": "1500", "invoice_number": "INV-1"}
    record_sale(sold_on=TODAY, salesperson=cast.emeka, **sold)
    Dispute.objects.create(account=zenith, question="Whose?", opened_by=cast.funke, opened_at=NOW)
    html = client_of(cast.funke).get(PAGE).content.decode()
    assert "Emeka Nwosu owns Zenith Bank PLC since 16 Mar 2026: closed INV-1 (NGN 1,500)" in html
    assert "The workbook names Funke Ade" in html and "In dispute" in html
    assert "/ownership/why/A001/" in html and '<svg class="band' in html


def test_pages_hold_each_event_once(cast, zenith, client_of):
    for n in range(47):  # several at the same instant
        log(cast.funke, zenith, days=n // 5)
    for n in range(30):
        zenith.refresh_from_db()
        edit_account(zenith, by=cast.aisha, at=NOW, values={"industry": f"Finance {n}"}, seen_version=zenith.version)
    seen = walk(client_of(cast.funke), PAGE)
    assert (
        len(seen) == len(set(seen)) == 47 + 30 + 3 + 1
    )  # and one creation of the account, two of contacts; it began as an orphan
    assert seen == sorted(seen, key=Cursor.read, reverse=True)


def test_saves_that_changed_nothing_hide_nothing_else(cast, zenith, client_of):
    for n in range(4):
        log(cast.funke, zenith, days=n)
    for _ in range(50):
        zenith.save()  # a history row without a change
    assert len(walk(client_of(cast.funke), PAGE)) == 4 + 3 + 1


def test_more_comes_alone_through_htmx(cast, zenith, client_of):
    for n in range(30):
        log(cast.funke, zenith, days=n, notes=f"call {n}")
    client = client_of(cast.funke)
    html = client.get(PAGE).content.decode()
    more = re.search(r'href="(\?after=[^"]+)"', html)[1].replace("&amp;", "&")
    part = client.get(PAGE + more, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "call 29" in part
    assert "<html" in client.get(PAGE + more).content.decode()


@pytest.mark.parametrize("cursor", ["x", "2026-01-01_2_1", "2026-01-01T00:00:00+00:00_2_99999999999999999999", "a_b_c"])
def test_a_made_up_cursor_shows_the_beginning(cast, zenith, client_of, cursor):
    answer = client_of(cast.funke).get(PAGE, {"after": cursor})
    assert answer.status_code == 200
    assert titles(answer)


def test_it_narrows_the_time_line(cast, zenith, client_of):
    log(cast.funke, zenith, channel="meeting")
    log(cast.emeka, None, contact=Contact.objects.get(code="C002"))
    client = client_of(cast.funke)
    assert titles(client.get(PAGE, {"channel": "meeting"})) == ["Meeting"]
    assert titles(client.get(PAGE, {"with": "C002"})) == ["Phone · Ada Okoro"]
    assert titles(client.get(PAGE, {"by": "emeka"})) == ["Phone · Ada Okoro"]
    assert client.get(PAGE, {"channel": "carrier pigeon"}).status_code == 404


def test_its_queries_do_not_grow(cast, zenith, client_of, django_assert_max_num_queries):
    client = client_of(cast.funke)

    def load(count):
        for n in range(count):
            person = Contact.objects.create(
                code=f"N{Contact.objects.count()}",
                full_name=f"Person {n}",
                account=zenith,
                origin="hub",
                created_at=NOW,
            )
            Account.objects.create(
                code=f"S{Account.objects.count()}", name=f"Sub {n}", parent=zenith, origin="hub", created_at=NOW
            )
            entry = log(cast.funke, None, contact=person, next_action="Call", notes="Hello")
            amend_interaction(entry, by=cast.aisha, at=NOW, text="Hello again")
            person.job_title = "CFO"
            person.save()
        with django_assert_max_num_queries(12) as queries:
            client.get(PAGE)
        return len(queries)

    assert load(3) == load(27)


def test_sales_and_imports_keep_to_twelve(cast, zenith, client_of, django_assert_max_num_queries):
    run = ImportRun.objects.create(
        file="x.xlsx", file_name="history.xlsx", sha256="0" * 64, size=1, created_at=NOW, by=cast.aisha
    )
    parent = Account.objects.create(code="A002", name="Zenith Group", origin="hub", created_at=NOW)
    Account.objects.filter(pk=zenith.pk).update(import_run=run, parent=parent)
    client = client_of(cast.funke)

    def load(count, first):
        for n in range(first, first + count):
            log(cast.funke, zenith, days=n, next_action="Call")
            sold = {"account": zenith, "by": cast.aisha, "at": NOW, "amount": "1500", "invoice_number": f"INV-{n}"}
            record_sale(sold_on=TODAY - timedelta(days=n), salesperson=(cast.emeka, cast.funke)[n % 2], **sold)
        with django_assert_max_num_queries(12) as queries:
            html = client.get(PAGE).content.decode()
        assert "history.xlsx" in html and "Zenith Group" in html
        return len(queries)

    assert load(3, 0) == load(24, 3)


def test_2000_interactions_cost_what_20_cost(cast, zenith, client_of, django_assert_max_num_queries):
    first = log(cast.funke, zenith, notes="The last page ends here", days=3000)
    rows = [
        Interaction(
            code=f"X{n}",
            occurred_at=NOW - timedelta(hours=n),
            logged_at=NOW,
            account=zenith,
            channel="phone",
            kind=first.kind,
            substantive=False,
            source="import",
        )
        for n in range(2000)
    ]
    Interaction.objects.bulk_create(rows)
    client = client_of(cast.funke)
    with django_assert_max_num_queries(12):
        assert len(client.get(PAGE).context["line"].events) == 20
    deep = Cursor(NOW - timedelta(hours=1990), 2, 0)
    assert "The last page ends here" in client.get(PAGE, {"after": str(deep)}).content.decode()
