"""The nightly import outlives its worker, on both brokers; two beats make up once for a missed night."""

import time

import pytest

from deploy.environment import PYTHON
from tests.deploy.conftest import kill, manage, run, until

pytestmark = pytest.mark.services
CUSTOMERS, SALES = 6_000, 3_000
RUNS = "SELECT f.kind, r.state FROM accounts_importrun r JOIN accounts_feed f ON f.id = r.feed_id ORDER BY f.kind"
STATE = "SELECT r.state FROM accounts_importrun r JOIN accounts_feed f ON f.id = r.feed_id WHERE f.kind = 'customers'"
ACCOUNTS = "SELECT count(*) FROM accounts_account"
REPLAYED = "SELECT count(DISTINCT account_id) FROM ownership_tenure"
OPEN = "SELECT count(*) FROM accounts_job WHERE state IN ('waiting', 'running')"
SALES_THERE = "SELECT count(*), count(DISTINCT invoice_number) FROM interactions_sale"


def catch(hub, sql: str, true, what: str) -> None:
    """Wait until `true` of what `sql` finds first, looking all the time."""
    end = time.monotonic() + 90
    while not ((found := hub.rows(sql)) and true(found[0][0])):
        assert time.monotonic() < end, f"{what}: {hub.rows(RUNS)}"
        time.sleep(0.01)


def test_it_ends_by_itself_once_whenever_its_worker_is_killed(hub, processes):
    hub.env |= {"JOB_LEASE": "10", "HUB_DROP_DIR": hub.env["HUB_VAR_DIR"] + "/drop"}
    made = run(hub.env, str(PYTHON), "-m", "tests.deploy.missed_night", str(CUSTOMERS), str(SALES))
    assert made.returncode == 0, made.stderr
    worker = processes("worker", hub.env)
    for _ in range(2):
        processes("beat", hub.env)
    catch(hub, STATE, lambda state: state == "reading", "the missed night is made up for")
    kill(worker)
    assert hub.rows(STATE) == [("reading",)] and hub.rows(ACCOUNTS) == [(0,)], "it was killed while reading"

    worker = processes("worker", hub.env)
    catch(hub, REPLAYED, lambda count: count > 0, "accounts are replayed")
    kill(worker)
    assert hub.rows(STATE) == [("applied",)] and hub.rows(ACCOUNTS) == [(CUSTOMERS,)]
    assert 0 < hub.rows(REPLAYED)[0][0] < CUSTOMERS, "it was killed while replaying"

    processes("worker", hub.env)
    until(lambda: hub.rows(SALES_THERE)[0][0] and hub.rows(OPEN) == [(0,)], 120, "all is done by itself")
    assert hub.rows(RUNS) == [("customers", "applied"), ("sales", "applied")]
    assert hub.rows(ACCOUNTS) == hub.rows("SELECT count(DISTINCT erp_customer_id) FROM accounts_account")
    assert hub.rows("SELECT count(*) FROM accounts_account WHERE erp_customer_id IS NULL") == [(0,)]
    assert hub.rows("SELECT count(*) FROM accounts_historicalaccount WHERE history_type = '+'") == [(CUSTOMERS,)]
    assert hub.rows(SALES_THERE) == [(SALES, SALES)]
    assert hub.rows("SELECT count(*) FROM interactions_historicalsale") == [(SALES,)]
    manage(hub.env, "audit_ownership")
