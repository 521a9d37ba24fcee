"""Leased jobs under real workers, on both brokers."""

import pytest

from tests.deploy.conftest import ask, free_port, until

pytestmark = pytest.mark.services
STATES = "SELECT state FROM accounts_job ORDER BY id"
EFFECTS = "SELECT count(*) FROM django_session"


def test_it_does_a_job_as_soon_as_it_is_woken(hub, processes):
    processes("worker", hub.env)
    ask(hub.env, "0.1 quick")
    until(lambda: hub.rows(STATES) == [("done",)], 20, "the job is done")
    assert hub.rows(EFFECTS) == [(1,)]
    assert hub.rows("SELECT message, attempts, done_steps, all_steps FROM accounts_job") == [("Written.", 1, 0, 0)]


def test_it_keeps_the_lease_of_a_job_longer_than_the_lease(hub, processes):
    processes("worker", hub.env)
    processes("beat", hub.env)
    ask(hub.env, "40 seconds")
    until(lambda: hub.rows(STATES) == [("done",)], 70, "the job is done")
    assert hub.runs.read_text() == "attempt 1\n"
    assert hub.rows(EFFECTS) == [(1,)]


def test_it_neither_waits_for_a_broker_that_is_away_nor_forgets_the_job(production, processes, tmp_path):
    env = {**production, "DJANGO_SETTINGS_MODULE": "tests.deploy.settings", "JOB_LOG": str(tmp_path / "runs")}
    assert ask({**env, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}, "0.1 later") < 5
    processes("worker", env)
    processes("beat", env)
    until(lambda: (tmp_path / "runs").exists(), 60, "the job ran")
