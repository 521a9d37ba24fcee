"""Leased jobs under real workers, on both brokers."""

import pytest

from deploy.environment import PYTHON
from tests.deploy.conftest import free_port, kill, run, until

pytestmark = pytest.mark.services
STATES = "SELECT state FROM accounts_job ORDER BY id"
EFFECTS = "SELECT count(*) FROM django_session"


def ask(env: dict[str, str], subject: str) -> float:
    done = run(env, str(PYTHON), "-m", "tests.deploy.ask", subject)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.splitlines()[-1])


def test_it_does_a_job_as_soon_as_it_is_woken(hub, processes):
    processes("worker", hub.env)
    ask(hub.env, "0.1 quick")
    until(lambda: hub.rows(STATES) == [("done",)], 20, "the job is done")
    assert hub.rows(EFFECTS) == [(1,)]
    assert hub.rows("SELECT message, attempts, done_steps, all_steps FROM accounts_job") == [("Written.", 1, 0, 0)]


def test_it_finishes_once_what_a_killed_worker_left(hub, processes):
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
