"""The list of contacts."""

import pytest
import time_machine

from accounts.people.models import Division
from accounts.records.models import Account, Contact
from tests.conftest import NOW

URL = "/contacts/"


@pytest.fixture
def funke(cast, client_of):
    with time_machine.travel(NOW, tick=False):
        yield client_of(cast.funke)


def names(response):
    return [row.record.full_name for row in response.context["table"].paginated_rows]


def make_contacts(account, count, start=100):
    made = [
        Contact(code=f"C{n}", full_name=f"Person {n}", account=account, origin="hub", created_at=NOW).prepare()
        for n in range(start, start + count)
    ]
    return Contact.objects.bulk_create(made)


def test_it_shows_whom_to_call_and_where(zenith, funke):
    Contact.objects.filter(code="C002").update(mobile="+2348051294177", email="ada@example.ng")
    html = funke.get(URL).content.decode()
    assert 'href="tel:+2348051294177">+234 805 129 4177' in html
    assert 'href="mailto:ada@example.ng"' in html and f'href="{zenith.get_absolute_url()}"' in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=okoro", ["Ada Okoro"]),
        ("q=0805+129", ["Ada Okoro"]),
        ("account=a001", ["Ada Okoro", "Tunde Leye"]),
        ("account=A999", []),
        ("active=no", ["Tunde Leye"]),
        ("active=yes", ["Ada Okoro"]),
        ("division=power", []),
        ("owner=me&q=tunde", ["Tunde Leye"]),
        ("owner=nobody", []),
        ("consent=opted_out", []),
    ],
)
def test_it_filters(zenith, funke, query, found):
    ada = Contact.objects.get(code="C002")
    ada.mobile = "+2348051294177"
    ada.save()
    Contact.objects.filter(code="C001").update(is_active=False)
    assert names(funke.get(f"{URL}?{query}")) == found


@pytest.mark.parametrize("query", ["", "?q=person", "?division=motors&sort=-last_touch"])
def test_it_costs_the_same_for_3_and_30_rows(zenith, funke, django_assert_num_queries, query):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_contacts(zenith, 3)
    funke.get(URL)
    with CaptureQueriesContext(connection) as few:
        funke.get(URL + query)
    other = Account.objects.create(
        code="A002", name="Other", origin="hub", created_at=NOW, division=Division.objects.get(slug="motors")
    )
    make_contacts(other, 27, start=200)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(funke.get(URL + query))) == 25


def test_an_empty_list_teaches(funke):
    assert "add the first one" in funke.get(URL).content.decode()
