"""Owners that an import would change: the division head's list and word."""

import re
from datetime import datetime, timedelta
from time import process_time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.imports.models import ImportRun
from accounts.people.models import Division, Notice
from accounts.records.models import Account
from accounts.records.models.accounts import Origin, OwnerBasis
from interactions.log.actions import log_interaction, void_interaction
from interactions.log.models import Interaction, InteractionKind
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.refusal import Refused
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.models import OwnerReview
from ownership.reviews.actions import decide_reviews
from tests.conftest import NOW

URL = "/ownership/reviews/?division="


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def run(cast):
    return ImportRun.objects.create(
        file="x.xlsx", file_name="Hub of Motors.xlsx", sha256="0" * 64, size=1, created_at=NOW, state="applied"
    )


@pytest.fixture
def imported(cast, run):
    """`imported(count, division, claimed_by)`: accounts of the workbook, Funke's there; a meeting by somebody else."""

    def made(count, division="motors", claimed_by=cast.aisha, owner=cast.funke):
        room, first = Division.objects.get(slug=division), Account.objects.count()
        kind = InteractionKind.objects.get(slug="meeting")
        accounts = Account.objects.bulk_create(
            Account(
                code=f"W{number:04}",
                name=f"Company {number:04}",
                division=room,
                owner=owner,
                ownership_state="owned" if owner else "orphan",
                owner_basis=OwnerBasis.WORKBOOK,
                origin=Origin.WORKBOOK,
                import_run=run,
                created_at=NOW,
            )
            for number in range(first, first + count)
        )
        if claimed_by:
            Interaction.objects.bulk_create(
                Interaction(
                    code=f"WI{account.pk:05}",
                    account=account,
                    channel="meeting",
                    kind=kind,
                    substantive=True,
                    occurred_at=datetime(2026, 2, 2, tzinfo=LAGOS),
                    logged_at=NOW - timedelta(minutes=1),
                    logged_by=claimed_by,
                    by_salesperson=True,
                    source="import",
                    import_run=run,
                )
                for account in accounts
            )
        replay_accounts([account.pk for account in accounts], at=NOW - timedelta(seconds=1), run=run)
        return accounts

    return made


def test_the_list_says_who_by_the_workbook_who_by_the_rules_and_why(cast, imported, client_of):
    (account,) = imported(1)
    html = client_of(cast.ngozi).get(URL).content.decode()
    assert "Funke Ade" in html and "Aisha Bello leads Company 0000 since 2 Feb 2026" in html
    assert "First substantive interaction, since 2 Feb 2026" in html
    assert 'name="accept"' in html
    assert 'name="accept"' not in client_of(cast.funke).get(URL).content.decode()
    account.refresh_from_db()
    assert account.owner == cast.funke  # until the head has spoken


def test_many_are_put_to_review_shown_anew_and_agreed_in_as_many_queries_as_few(cast, imported, run):
    """Of what a replay asks and writes of reviews, by how many accounts it is of."""
    some, more = imported(2), imported(12)
    kind = InteractionKind.objects.get(slug="meeting")

    def asked(accounts) -> int:
        with CaptureQueriesContext(connection) as queries:
            replay_accounts([account.pk for account in accounts], at=NOW, run=run)
        return sum(1 for query in queries if "ownership_ownerreview" in query["sql"])

    OwnerReview.objects.all().delete()
    assert asked(some) == asked(more) == 2
    assert OwnerReview.objects.filter(state="pending", computed_owner=cast.aisha).count() == 14
    Interaction.objects.bulk_create(
        Interaction(
            code=f"WJ{account.pk:05}",
            account=account,
            channel="meeting",
            kind=kind,
            substantive=True,
            occurred_at=datetime(2026, 2, 1, tzinfo=LAGOS),
            logged_at=NOW,
            logged_by=cast.emeka,
            by_salesperson=True,
            source="import",
            import_run=run,
        )
        for account in (*some, *more)
    )
    assert asked(some) == asked(more) == 2
    assert OwnerReview.objects.filter(state="pending", computed_owner=cast.emeka).count() == 14
    Account.objects.filter(import_run=run).update(owner=cast.emeka)
    assert asked(some) == asked(more) == 2
    assert OwnerReview.objects.filter(state=OwnerReview.State.AGREED).count() == 14


def test_accepting_gives_the_account_to_whom_the_rules_say_and_tells_both(cast, imported, client_of):
    (account,) = imported(1)
    review = OwnerReview.objects.get()
    for _ in range(2):  # a double click
        assert client_of(cast.ngozi).post(URL, {"accept": str(review.pk)}).status_code == 302
    account.refresh_from_db()
    review.refresh_from_db()
    assert (account.owner, account.ownership_state, account.owner_basis) == (cast.aisha, "led", OwnerBasis.RULES)
    assert (review.state, review.decided_by) == (OwnerReview.State.ACCEPTED, cast.ngozi)
    assert sorted(Notice.objects.values_list("to__username", "kind")) == [("aisha", "gained"), ("funke", "lost")]
    assert account.history.filter(owner=cast.aisha, history_user=cast.ngozi).count() == 1


def test_holding_asks_why_and_shows_both_from_then_on(cast, imported, client_of):
    (account,) = imported(1)
    review, client = OwnerReview.objects.get(), client_of(cast.ngozi)
    answer = client.post(URL, {"hold": str(review.pk), f"reason_{review.pk}": " "})
    beside = f'id="id_reason_{review.pk}_error"><li>Say why the workbook&#x27;s owner is held.'
    assert answer.status_code == 422 and beside in answer.content.decode()
    assert OwnerReview.objects.get().state == OwnerReview.State.PENDING
    client.post(URL, {"hold": str(review.pk), f"reason_{review.pk}": "The sale is on its way"})
    html = client.get(f"{URL}&state=held").content.decode()
    assert "The sale is on its way" in html and "Funke Ade" in html and "Aisha Bello" in html
    account.refresh_from_db()
    assert account.owner == cast.funke


def test_holding_several_without_a_reason_keeps_them_ticked(cast, imported, client_of):
    imported(2)
    other = OwnerReview.objects.latest("pk")
    html = client_of(cast.ngozi).post(URL, {"hold": "chosen", "review": [other.pk]}).content.decode()
    assert html.count("Say why the workbook") == 1 and 'aria-describedby="id_reason_error"' in html
    assert re.findall(r'value="(\d+)" aria-label="[^"]+" checked', html) == [str(other.pk)]


def test_names_are_sorted_in_any_case(cast, imported, client_of):
    for account, name in zip(imported(3), ("abuja Foods", "Zaria Mills", "Benin Cars"), strict=True):
        Account.objects.filter(pk=account.pk).update(name=name)
    rows = client_of(cast.ngozi).get(URL).context["rows"]
    assert [row.review.account.name for row in rows] == ["abuja Foods", "Benin Cars", "Zaria Mills"]


def test_who_does_not_head_the_division_decides_nothing(cast, imported, client_of):
    imported(1, division="power")
    review = OwnerReview.objects.get()
    answer = client_of(cast.ngozi).post(URL, {"accept": str(review.pk)}, follow=True)
    assert "The head of its division decides" in answer.content.decode()
    with pytest.raises(Refused, match="head of its division"):
        decide_reviews([review], by=cast.funke, at=NOW, accept=True)
    assert OwnerReview.objects.get().state == OwnerReview.State.PENDING


def test_all_of_a_filter_means_those_of_the_filter_and_of_the_head(cast, imported, client_of):
    imported(3)
    imported(2, claimed_by=None)  # nobody's by the rules
    imported(2, division="power")
    client = client_of(cast.ngozi)
    html = client.get(f"{URL}&difference=nobody").content.decode()
    assert "Accept all 2 of this filter" in html
    client.post(f"{URL}&difference=nobody", {"accept": "all", "count": "2"})
    assert OwnerReview.objects.filter(state="accepted", computed_owner=None).count() == 2
    assert OwnerReview.objects.filter(state="pending").count() == 5
    client.post(URL, {"accept": "all", "count": "3"})
    left = OwnerReview.objects.filter(state="pending")
    assert {review.account.division.slug for review in left} == {"power"}


def test_all_means_no_more_than_was_seen(cast, imported, client_of):
    imported(3)
    answer = client_of(cast.ngozi).post(URL, {"accept": "all", "count": "2"}, follow=True)
    assert "there are 3 now" in answer.content.decode()
    assert OwnerReview.objects.filter(state="accepted").count() == 0


def test_what_another_head_decided_meanwhile_is_said_and_stays(cast, imported, client_of):
    imported(2)
    one, other = OwnerReview.objects.order_by("pk")
    decide_reviews([one], by=cast.ngozi, at=NOW, accept=True)
    answer = client_of(cast.ngozi).post(URL, {"accept": "chosen", "review": [one.pk, other.pk]}, follow=True)
    assert "1 had been decided by somebody else already" in answer.content.decode()
    assert OwnerReview.objects.filter(state="accepted").count() == 2
    answer = client_of(cast.ngozi).post(URL, {"accept": "chosen", "review": ["x", "9" * 30, "999999"]}, follow=True)
    assert "choose at least one account" in answer.content.decode()


def test_numbers_stand_beside_every_filter(cast, imported, run, client_of):
    imported(3)
    imported(2, claimed_by=None)
    html = client_of(cast.ngozi).get(URL).content.decode()
    for words in ("Motors (5)", "Hub of Motors.xlsx (5)", "Another owner (3)", "Nobody by the rules (2)"):
        assert words in html
    assert re.search(r'To be looked at<span class="count">5</span>', html)
    assert client_of(cast.ngozi).get("/ownership/reviews/?run=x&rule=%27&state=y").status_code == 200


def test_it_costs_the_same_for_3_and_25_rows(cast, imported, client_of):
    client = client_of(cast.ngozi)
    imported(3)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    imported(27)
    with CaptureQueriesContext(connection) as many:
        assert client.get(URL).content.count(b"Evidence") == 25
    assert len(few) == len(many) <= 12


def test_nine_hundred_are_accepted_in_a_few_seconds(cast, imported):
    imported(900)
    with CaptureQueriesContext(connection) as queries:
        begun = process_time()
        decide_reviews(OwnerReview.objects.all(), by=cast.ngozi, at=NOW, accept=True)
        took = process_time() - begun
    assert Account.objects.filter(owner=cast.aisha, owner_basis=OwnerBasis.RULES).count() == 900
    assert OwnerReview.objects.filter(state="accepted").count() == 900
    assert len(queries) < 100
    assert took < 8, f"{took:.1f} s of this processor"


def test_an_applied_import_says_how_many_wait(cast, imported, run, client_of):
    imported(2)
    html = client_of(cast.tunde).get(f"/workbook/{run.pk}/").content.decode()
    assert "2 owners wait for the head" in html and f"/ownership/reviews/?run={run.pk}" in html


def test_once_the_log_agrees_nothing_is_left_to_decide(cast, imported, client_of):
    (account,) = imported(1)
    void_interaction(Interaction.objects.get(), by=cast.tunde, at=NOW, reason="It was Funke who met them")
    meeting = InteractionKind.objects.get(slug="meeting")
    log_interaction(by=cast.funke, at=NOW, account=account, channel="meeting", kind=meeting)
    assert OwnerReview.objects.get().state == OwnerReview.State.AGREED
    assert "no difference any more" in client_of(cast.ngozi).get(f"{URL}&state=decided").content.decode()
