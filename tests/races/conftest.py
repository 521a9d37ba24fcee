"""Races run in real processes on PostgreSQL. SQLite lets one writer in at a time, which would hide a missing lock."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from tests.conftest import required_in_ci

ROOT = Path(__file__).resolve().parent.parent.parent
PRELUDE = """
import json, sys, time, django
django.setup()
from datetime import datetime, timezone
from accounts.models import *
from interactions.models import *
from accounts import actions as accounts
from interactions import actions as interactions
from mikano_cx.kit.refusal import Refused
AT = datetime(2026, 3, 16, 9, 0, tzinfo=timezone.utc)
me = int(sys.argv[1])
Staff.objects.count()  # connected before the start
print("ready", flush=True)
sys.stdin.readline()
try:
    result = run(me)
except Refused as refused:
    result = "refused:" + refused.code
print(json.dumps(result))
"""


@pytest.fixture
def race(transactional_db):
    """`race(body, count)`: the results of `count` processes that run the function `run(me)` of `body` at once."""
    if connection.vendor != "postgresql":
        required_in_ci(connection.vendor == "sqlite", "PostgreSQL")
        pytest.skip("races are tested on PostgreSQL")
    params = connection.get_connection_params()
    host, port = params.get("host") or "127.0.0.1", params.get("port") or 5432
    user, password = quote(params.get("user") or ""), quote(params.get("password") or "")
    url = f"postgresql://{user}:{password}@{host}:{port}/{connection.settings_dict['NAME']}"

    def run(body: str, count: int) -> list:
        script = body + PRELUDE
        env = {**os.environ, "DATABASE_URL": url, "DATABASE_POOL_SIZE": "8"}
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(number)],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(count)
        ]
        for process in processes:
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        results = []
        for process in processes:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            results.append(json.loads(out))
        return results

    yield run
