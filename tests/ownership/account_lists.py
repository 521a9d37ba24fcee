"""Accounts in every state for the tests of the lists, and what those tests share."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

from accounts.people.models import Division
from accounts.records.actions import create_account
from accounts.records.models import Account, CodeSeries
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from interactions.sales.actions import record_sale
from mikano_cx.kit.local_time import local_date
from tests.conftest import NOW

LONG_AGO, LATELY = NOW - timedelta(days=900), NOW - timedelta(days=100)


def division(slug="motors"):
    return Division.objects.get(slug=slug)


def logged(by, name, at=NOW, slug="motors"):
    """An account that somebody logged in the hub; of who doesn't sell an orphan."""
    return create_account(by=by, at=at, values={"name": name, "division": division(slug)}, another_because="Another")


def met(by, account, at=NOW):
    meeting = InteractionKind.objects.get(slug="meeting")
    return log_interaction(by=by, at=at, account=account, channel="meeting", kind=meeting)


def sold(account, number, *, by, at, known=NOW, seller=None):
    return record_sale(
        by=by,
        at=known,
        invoice_number=number,
        account=account,
        sold_on=local_date(at),
        amount=Decimal(1500),
        salesperson=seller,
    )


def unassigned(cast, name, number, slug="motors"):
    """An account whose last sale is nobody's."""
    account = logged(cast.tunde, name, slug=slug)
    sold(account, number, by=cast.tunde, at=LATELY)
    account.refresh_from_db()
    return account


def many_orphans(count, **more):
    """Written in bulk, as they would stand."""
    codes = CodeSeries.take("A", count)
    rows = [
        Account(
            code=code, name=f"Company {code}", origin="hub", created_at=NOW, division=division(), owner_basis="rules",
            **{"ownership_state": "orphan", "owned_since": NOW, **more},
        ).prepare()
        for code in codes
    ]  # fmt: skip
    return Account.objects.bulk_create(rows)


def names(response):
    return [str(getattr(row.record, "account", row.record)) for row in response.context["table"].paginated_rows]


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))
