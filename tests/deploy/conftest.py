"""Real processes for the tests here: a private Redis, a database of one's own, a hub folder of one's own."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from deploy import postgres
from deploy.environment import PYTHON, ROOT, environ
from tests.conftest import required_in_ci

Wait = Callable[..., None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until `true`, and give the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if true():
            return time.monotonic() - began
        time.sleep(0.1)
    pytest.fail(f"{what}: not within {seconds} s")


def run(env: dict[str, str], *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=timeout)


def manage(env: dict[str, str], *arguments: str) -> None:
    done = run(env, str(PYTHON), "manage.py", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def ask(env: dict[str, str], subject: str) -> float:
    """Ask for a `test_slow` job in a process of its own; gives the seconds that asking took."""
    done = run(env, str(PYTHON), "-m", "tests.deploy.ask", subject)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.splitlines()[-1])


@pytest.fixture
def processes(tmp_path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Starts entry points, each in a group of its own; kills what is left at the end."""
    started: list[subprocess.Popen] = []

    def start(name: str, env: dict[str, str]) -> subprocess.Popen:
        with (tmp_path / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [ROOT / "deploy" / name], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen, number: int = signal.SIGKILL) -> None:
    """As the kernel would: at once, with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    process.wait(timeout=30)


@pytest.fixture
def redis_url(tmp_path) -> Iterator[str]:
    """A Redis of the test's own, so that nobody else's worker takes its messages."""
    required_in_ci(bool(shutil.which("redis-server")), "redis-server")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    until(lambda: answers(port), 10, "Redis answers")
    yield f"redis://127.0.0.1:{port}/0"
    kill(server)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def a_database(template: str = "template0") -> Iterator[str]:
    """The address of a new database, a copy of `template`, that goes away at the end."""
    server = postgres.find_programs()
    required_in_ci(server is not None, "a PostgreSQL server (TEST_DATABASE_URL)")
    assert server
    name = f"hub_deploy_{os.getpid()}_{free_port()}"
    with psycopg.connect(postgres.maintenance(server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated_postgres(tmp_path_factory) -> Iterator[str]:
    """The name of a database as deploy/migrate leaves a new one: migrated once, copied by every test."""
    with a_database() as url:
        env = in_production(tmp_path_factory.mktemp("migrated"), DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
        done = run(env, str(ROOT / "deploy" / "migrate"))
        assert done.returncode == 0, done.stdout + done.stderr
        yield url.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory) -> Path:
    """The folder of an embedded hub that is migrated and empty; the test processes of one run share it."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "migrated"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            manage(bare(folder, HUB_MODE="embedded"), "migrate", "-v0")
            (folder / "done").touch()
    return folder / "var"


def bare(tmp_path: Path, **values: str) -> dict[str, str]:
    """The environment's programs, and of the hub's own variables only `values`."""
    ours = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "HUB_MODE", "EMAIL_URL"}
    ours.add("DJANGO_ALLOW_ASYNC_UNSAFE")  # the browser tests set it for this process
    kept = {name: value for name, value in environ().items() if name not in ours}
    return {**kept, "HUB_VAR_DIR": str(tmp_path / "var"), "LOG_LEVEL": "INFO", "PYTHONUNBUFFERED": "1", **values}


def in_production(tmp_path: Path, **values: str) -> dict[str, str]:
    return bare(
        tmp_path, HUB_MODE="production", SECRET_KEY="for this test only, " * 4, ALLOWED_HOSTS="hub.test", **values
    )


@pytest.fixture
def production(tmp_path, migrated_postgres, redis_url) -> Iterator[dict[str, str]]:
    """What a production hub is given, with its database made."""
    with a_database(migrated_postgres) as url:
        yield in_production(
            tmp_path, DATABASE_URL=url, REDIS_URL=redis_url, HOST="127.0.0.1", PORT=str(free_port()), WEB_WORKERS="1"
        )


@pytest.fixture(params=["filesystem and SQLite", "Redis and PostgreSQL"])
def hub(request, tmp_path) -> SimpleNamespace:
    """A migrated hub whose worker knows the test's own kind of job; `rows(sql)` looks into its database."""
    if request.param.startswith("Redis"):
        env = request.getfixturevalue("production")
    else:
        env = bare(tmp_path, HUB_MODE="embedded")
        shutil.copytree(request.getfixturevalue("migrated_sqlite"), env["HUB_VAR_DIR"])
    env = {**env, "DJANGO_SETTINGS_MODULE": "tests.deploy.settings", "JOB_LOG": str(tmp_path / "runs")}
    return SimpleNamespace(env=env, runs=tmp_path / "runs", rows=lambda sql: _rows(env, tmp_path, sql))


def _rows(env: dict[str, str], tmp_path: Path, sql: str) -> list[tuple]:
    if url := env.get("DATABASE_URL"):
        with psycopg.connect(url) as connection:
            return connection.execute(sql).fetchall()
    import sqlite3

    connection = sqlite3.connect(tmp_path / "var" / "hub.sqlite3", timeout=20)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
