"""A composed query finds what the same query finds when it is composed anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from accounts.records.models import Account, Contact
from interactions.log.actions import log_interaction
from interactions.log.facts import with_details
from interactions.log.models import Interaction
from mikano_cx.kit.prepared_queries import Composed

AT = timezone.now().replace(microsecond=0)
TODAY = timezone.localdate(AT)


@pytest.fixture
def entries(cast, zenith):
    dangote = Account.objects.create(code="A902", name="Dangote Cement", created_at=AT)
    made = []
    for n, account in enumerate((zenith, zenith, dangote)):
        made.append(
            log_interaction(
                by=cast.funke,
                account=account,
                channel="phone",
                notes=f"Call {n}",
                next_action="Send the quote",
                due_on=TODAY + timedelta(n),
                at=AT + timedelta(seconds=n),
            )
        )
    return made


def of_account(pk):
    return with_details(Interaction.objects.filter(account_id=pk).select_related("account")).order_by("pk")


def test_a_number(entries, zenith, django_assert_num_queries):
    composed = Composed(of_account, int)
    for account in (zenith, entries[2].account):
        expected = list(of_account(account.pk))
        with django_assert_num_queries(2):  # with the amendments
            found = composed.of(account.pk)
        assert found == expected
        assert [vars(row).keys() for row in found] == [vars(row).keys() for row in expected]
        assert [(row.kind_label, row.amended, row.account.name) for row in found] == [
            (row.kind_label, row.amended, row.account.name) for row in expected
        ]
    assert composed.of(0) == []


def test_no_value(zenith, django_assert_num_queries):
    composed = Composed(lambda: Account.objects.order_by("pk"))
    with django_assert_num_queries(1):
        assert composed.of() == [zenith]


def test_a_text_that_looks_like_anything(zenith):
    composed = Composed(lambda code: Account.objects.filter(code=code), str)
    assert composed.of(zenith.code) == [zenith]
    for code in ("%s", "' OR 1=1 --", "\1" + "0" + "\1", "A902"):
        assert composed.of(code) == []


def test_days_and_instants(entries):
    due = Composed(
        lambda first, last: Interaction.objects.filter(due_on__gte=first, due_on__lt=last).order_by("pk"), date, date
    )
    assert due.of(TODAY, TODAY + timedelta(2)) == entries[:2]
    assert due.of(TODAY + timedelta(1), TODAY + timedelta(9)) == entries[1:]
    logged = Composed(lambda at: Interaction.objects.filter(occurred_at__gte=at).order_by("pk"), datetime)
    assert logged.of(AT + timedelta(seconds=1)) == entries[1:]
    assert logged.of(AT) == entries


def test_a_value_that_stands_twice(zenith):
    composed = Composed(lambda pk: Contact.objects.filter(account_id=pk, account__pk=pk).order_by("pk"), int)
    assert composed.of(zenith.pk) == list(zenith.contacts.order_by("pk"))
    assert composed.of(zenith.pk + 1) == []


@pytest.mark.parametrize(
    "build",
    [
        lambda pk: Interaction.objects.all(),
        lambda pk: Interaction.objects.filter(notes__contains=pk),
        lambda pk: Interaction.objects.filter(pk=pk + 1),
    ],
)
def test_a_query_that_does_not_ask_for_its_value_as_it_stands(build, db):
    with pytest.raises(ValueError, match="as it stands"):
        Composed(build, int).of(1)


@pytest.mark.django_db(transaction=True)
def test_each_thread_composes_for_its_own_connection(zenith):
    composed = Composed(lambda pk: Account.objects.filter(pk=pk), int)
    assert composed.of(zenith.pk) == [zenith]

    def elsewhere(_):
        try:
            return composed.of(zenith.pk), composed._own.compiler.connection is connections["default"]
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(2) as threads:
        for found, other in threads.map(elsewhere, range(4)):
            assert found == [zenith]
            assert other  # `connection` is the asking thread's own
