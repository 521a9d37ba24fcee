"""A job outlives its worker, on both brokers."""

import pytest

from tests.deploy.conftest import ask, kill, until

pytestmark = pytest.mark.services
STATES = "SELECT state FROM accounts_job ORDER BY id"
EFFECTS = "SELECT count(*) FROM django_session"


def test_it_finishes_once_what_a_killed_worker_left(hub, processes):
    hub.env |= {"JOB_LEASE": "10"}
    worker = processes("worker", hub.env)
    ask(hub.env, "6 seconds")
    until(lambda: hub.runs.exists() and hub.rows("SELECT done_steps FROM accounts_job")[0][0] > 5, 30, "it shows steps")
    kill(worker)
    assert hub.rows(STATES) == [("running",)] and hub.rows(EFFECTS) == [(0,)]
    processes("worker", hub.env)
    processes("beat", hub.env)
    until(lambda: hub.rows(STATES) == [("done",)], 70, "the job is done by itself")
    assert hub.rows(EFFECTS) == [(1,)]
    assert hub.runs.read_text() == "attempt 1\nattempt 2\n"
