"""The nightly sweep outlives its worker, on both brokers, and two beats ask for one."""

import pytest

from deploy.environment import PYTHON
from tests.deploy.conftest import kill, run, until

pytestmark = pytest.mark.services
ACCOUNTS = 4000
SWEPT = "SELECT count(*) FROM accounts_account WHERE owner_basis = 'rules'"
STATES = "SELECT kind, state FROM accounts_job"
SEGMENTS = "SELECT state, rule, count(*) FROM ownership_tenure GROUP BY state, rule ORDER BY state"


def test_it_goes_on_where_a_killed_worker_stopped_and_does_all_once(hub, processes):
    hub.env |= {"JOB_LEASE": "10"}
    worker = processes("worker", hub.env)
    made = run(hub.env, str(PYTHON), "-m", "tests.deploy.due", str(ACCOUNTS))
    assert made.returncode == 0, made.stderr
    assert hub.rows(STATES) == [("ownership_sweep", "running")] or hub.rows(STATES) == [("ownership_sweep", "waiting")]
    until(lambda: hub.rows(SWEPT)[0][0] > 0, 60, "a part is swept")
    kill(worker)
    assert 0 < hub.rows(SWEPT)[0][0] < ACCOUNTS, "it was killed in the middle"
    processes("worker", hub.env)
    processes("beat", hub.env)
    until(lambda: hub.rows(STATES) == [("ownership_sweep", "done")], 120, "the sweep is done by itself")
    assert hub.rows(SWEPT) == [(ACCOUNTS,)]
    assert hub.rows(SEGMENTS) == [("orphan", "owner-lapsed", ACCOUNTS), ("owned", "new-account", ACCOUNTS)]
    assert hub.rows("SELECT count(*) FROM ownership_sweep") == [(1,)]
