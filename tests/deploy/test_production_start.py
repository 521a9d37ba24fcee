"""Production starts with what it needs, and refuses with one sentence without it."""

import json
import urllib.request

import psycopg
import pytest

from deploy.environment import PYTHON, ROOT
from tests.deploy.conftest import bare, free_port, kill, run, until

GIVEN = {
    "HUB_MODE": "production",
    "SECRET_KEY": "for this test only, " * 4,
    "ALLOWED_HOSTS": "hub.test",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def start(env: dict[str, str], name: str = "web"):
    return run(env, str(ROOT / "deploy" / name))


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_it_refuses_to_start_without_what_it_needs(tmp_path, name):
    done = start(bare(tmp_path, **{**GIVEN, name: ""}))
    assert done.returncode and f"{name} is not set" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"DATABASE_URL": "sqlite:////tmp/none.sqlite3"}, "production needs PostgreSQL"),
        ({}, "The database can't be read"),
    ],
)
@pytest.mark.parametrize("entry", ["web", "worker", "beat"])
def test_it_refuses_to_start_with_what_is_unsafe(tmp_path, changed, sentence, entry):
    done = start(bare(tmp_path, **{**GIVEN, **changed}), entry)
    assert done.returncode and sentence in done.stderr, done.stderr


def test_it_passes_the_deploy_check_without_a_warning(tmp_path):
    done = run(bare(tmp_path, **GIVEN), str(PYTHON), "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.services
def test_it_refuses_to_start_with_demo_rows(production):
    with psycopg.connect(production["DATABASE_URL"]) as connection:
        columns = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = 'accounts_account' AND is_nullable = 'NO' AND column_default IS NULL"
            " AND is_identity = 'NO'"
        ).fetchall()
        some = {"boolean": "true", "integer": "1", "bigint": "1", "jsonb": "'{}'", "timestamp with time zone": "now()"}
        some["date"] = "now()"
        names = ", ".join(f'"{name}"' for name, _ in columns)
        values = ", ".join(
            "(SELECT min(id) FROM accounts_division)" if name == "division_id" else some.get(kind, "'x'")
            for name, kind in columns
        )
        connection.execute("SET session_replication_role = replica")  # no check of what the row refers to
        connection.execute(f"INSERT INTO accounts_account ({names}) VALUES ({values})")
        connection.execute("UPDATE accounts_account SET is_demo = true")
    done = start(production)
    assert done.returncode and "demo data" in done.stderr, done.stderr


@pytest.mark.services
def test_it_serves_health_and_is_found_well_by_its_own_checks(production, processes):
    assert run(production, str(PYTHON), "manage.py", "collectstatic", "--noinput", "-v0").returncode == 0
    assert run(production, str(ROOT / "deploy" / "health"), "beat").returncode == 1
    started = [processes(name, production) for name in ("web", "worker", "beat")]
    health = [str(ROOT / "deploy" / "health")]
    until(lambda: run(production, *health, "web").returncode == 0, 30, "the web is well")
    until(lambda: run(production, *health, "beat").returncode == 0, 60, "beat is well")
    assert run(production, *health, "worker").returncode == 0
    request = urllib.request.Request(f"http://127.0.0.1:{production['PORT']}/healthz", headers={"Host": "hub.test"})
    with urllib.request.urlopen(request) as answer:
        told = json.load(answer)
    assert (told["status"], told["database"], told["broker"], told["schedule"]) == ("ok", "ok", "ok", "ok")
    kill(started[0])
    assert run(production, *health, "web").returncode != 0
    kill(started[1])
    assert run(production, *health, "worker").returncode != 0


@pytest.mark.services
def test_it_says_503_within_seconds_when_redis_is_away(production, processes):
    env = {**production, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    processes("web", env)
    request = urllib.request.Request(f"http://127.0.0.1:{env['PORT']}/healthz", headers={"Host": "hub.test"})

    def code() -> int:
        try:
            return urllib.request.urlopen(request, timeout=8).status
        except urllib.error.HTTPError as error:
            body = json.load(error)
            assert (body["broker"], body["database"]) == ("down", "ok")
            return error.code
        except OSError:
            return 0

    until(lambda: code() == 503, 30, "it says that it is down")
