"""Races run in real processes on PostgreSQL. SQLite lets one writer in at a time, which would hide a missing lock."""

import json
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from urllib.parse import quote

import pytest
from django.db import connection

from tests.conftest import required_in_ci
from tests.races.racer import take_part

LONGEST = 60  # seconds that a race may take
FOLDERS = ("MEDIA_ROOT", "DROP_DIR")  # shared by all in a race


@pytest.fixture(scope="session")
def processes(django_db_setup) -> ForkServerContext:
    """Starts processes that have the hub imported, and the tests' database as theirs."""
    params = connection.get_connection_params()
    host, port = params.get("host") or "127.0.0.1", params.get("port") or 5432
    user, password = quote(params.get("user") or ""), quote(params.get("password") or "")
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.races.racer"])
    with pytest.MonkeyPatch.context() as env:
        env.setenv("DATABASE_URL", f"postgresql://{user}:{password}@{host}:{port}/{connection.settings_dict['NAME']}")
        env.setenv("DATABASE_POOL_SIZE", "8")
        forkserver.ensure_running()
    return context


@pytest.fixture
def race(transactional_db, request, settings):
    """`race(body, count)`: the results of `count` processes that run the function `run(me)` of `body` at once."""
    if connection.vendor != "postgresql":
        required_in_ci(connection.vendor == "sqlite", "PostgreSQL")
        pytest.skip("races are tested on PostgreSQL")
    context = request.getfixturevalue("processes")

    def run(body: str, count: int) -> list:
        racers, folders = [], {name: getattr(settings, name) for name in FOLDERS}
        for number in range(count):
            line, theirs = context.Pipe()
            racer = context.Process(target=take_part, args=(body, number, theirs, folders))
            racer.start()
            theirs.close()
            racers.append((racer, line))
        try:
            for _, line in racers:
                assert (said := heard(line)) == "ready", said
            for _, line in racers:
                line.send("go")
            said = [heard(line) for _, line in racers]
            for racer, _ in racers:
                racer.join(LONGEST)
            assert [racer.exitcode for racer, _ in racers] == [0] * count, said
        finally:
            for racer, line in racers:
                racer.kill()
                line.close()
        return [json.loads(one) for one in said]

    return run


def heard(line) -> str:
    assert line.poll(LONGEST), "one of the processes says nothing"
    return line.recv()
