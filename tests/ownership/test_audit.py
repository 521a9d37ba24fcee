"""The audit: whatever is stored otherwise than the log says is found, named, and mended when asked."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import log_interaction
from ownership.replay.actions.sweep import audit
from ownership.replay.models import Sweep, Tenure

NOW = timezone.now() - timedelta(days=2)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def accounts(cast):
    """Funke's Dangote; an orphan that Emeka leads."""
    owned = create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement"})
    led = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    log_interaction(by=cast.emeka, at=NOW + timedelta(hours=1), account=led, channel="meeting")
    return owned, led


def forged_owner(cast, owned, led):
    Account.objects.filter(pk=owned.pk).update(owner=cast.emeka)


def forged_state(cast, owned, led):
    Account.objects.filter(pk=owned.pk).update(ownership_state="led")


def stale_next_at(cast, owned, led):
    Account.objects.filter(pk=owned.pk).update(next_at=NOW + timedelta(days=900))


def stale_expiry(cast, owned, led):
    Account.objects.filter(pk=owned.pk).update(expires_at=None)


def forged_since(cast, owned, led):
    Account.objects.filter(pk=owned.pk).update(owned_since=NOW - timedelta(days=9))


def forged_tenure(cast, owned, led):
    Tenure.objects.filter(account=owned).update(holder=cast.aisha)


def forged_evidence(cast, owned, led):
    Tenure.objects.filter(account=owned).update(evidence=["I0000000001"])


def missing_tenure(cast, owned, led):
    Tenure.objects.filter(account=owned).delete()


def invented_tenure(cast, owned, led):
    start = NOW - timedelta(days=5)
    Tenure.objects.create(account=owned, state="orphan", start=start, end=NOW, rule="no-claim", evidence=["A1"])


FORGERIES = {
    forged_owner: ["owner_id"],
    forged_state: ["ownership_state"],
    stale_next_at: ["next_at"],
    stale_expiry: ["expires_at"],
    forged_since: ["owned_since"],
    forged_tenure: ["the time line"],
    forged_evidence: ["the time line"],
    missing_tenure: ["the time line"],
    invented_tenure: ["the time line"],
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_it_finds_and_mends(cast, accounts, forge):
    owned, led = accounts
    before = list(Tenure.objects.filter(account=led).values_list())
    assert audit(at=LATER).changed == 0
    forge(cast, owned, led)
    found = audit(at=LATER + timedelta(minutes=1))
    assert found.differences == [{"account_id": owned.pk, "account": owned.code, "differs": FORGERIES[forge]}]
    assert (found.replayed, found.changed) == (2, 1)
    assert audit(at=LATER + timedelta(minutes=2), repair=True).changed == 1
    assert audit(at=LATER + timedelta(minutes=3)).changed == 0
    owned.refresh_from_db()
    assert (owned.owner, owned.ownership_state, owned.owned_since) == (cast.funke, "owned", NOW)
    assert list(Tenure.objects.filter(account=led).values_list()) == before


def test_without_repair_it_changes_nothing(cast, accounts):
    forged_owner(cast, *accounts)
    audit(at=LATER)
    assert Account.objects.get(pk=accounts[0].pk).owner == cast.emeka


def test_a_repair_says_in_the_history_why(cast, accounts):
    forged_owner(cast, *accounts)
    audit(at=LATER, repair=True)
    [mended] = accounts[0].history.filter(history_date=LATER)
    assert (mended.owner, mended.history_change_reason) == (cast.funke, "By the rules of engagement")


def test_what_is_recorded_while_it_runs_is_no_difference(cast, accounts):
    """Its instant is when it began; the accounts that it comes to later may have changed since."""
    log_interaction(by=cast.aisha, at=LATER, account=accounts[1], channel="meeting")
    new = create_account(by=cast.funke, at=LATER, values={"name": "Sahel Steel"})
    assert audit(at=LATER - timedelta(minutes=5)).changed == 0
    assert new.tenures.exists()


def run(*options):
    out = StringIO()
    call_command("audit_ownership", *options, stdout=out)
    return out.getvalue()


def test_the_command_finds_nothing_where_nothing_is_wrong(accounts):
    assert run() == "2 accounts compared, 0 differ.\n"
    assert Sweep.objects.filter(kind="audit").count() == 1


def test_the_command_names_what_differs_and_mends_it_when_asked(cast, accounts):
    forged_owner(cast, *accounts)
    out = StringIO()
    with pytest.raises(CommandError, match="--repair") as found:
        call_command("audit_ownership", stdout=out)
    assert found.value.returncode == 1
    assert out.getvalue() == f"{accounts[0].code}: owner_id\n2 accounts compared, 1 differ.\n"
    assert run("--repair").endswith("2 accounts compared, 1 differ.\n")
    assert run() == "2 accounts compared, 0 differ.\n"


def test_the_command_refuses_an_unknown_option(db):
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("audit_ownership", "--forgive")
