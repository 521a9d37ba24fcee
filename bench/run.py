"""Measures the hub on PostgreSQL beside the floor, and writes the figures to bench/results/.

    python bench/run.py --database postgresql://user@127.0.0.1:5432/hub_bench

The database is migrated, and filled if it is empty (bench/generate.py, about two minutes). Redis is needed, as in
production. Both servers listen on 127.0.0.1 only and are stopped at the end.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
WARM_UP = 24
CLIENTS = (1, 8)


def main() -> None:
    options = _options()
    scratch = tempfile.mkdtemp(prefix="hub-bench-")
    try:
        _environment(options, scratch)
        import django

        django.setup()
        sessions, held = _prepare(options)
        with _server("mikano_cx.wsgi", scratch) as hub, _server("bench.floor.wsgi", scratch) as floor:
            rows = _measure(options, sessions, hub, floor)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    from bench import report

    print(report.write(rows, options.machine, held, Path(options.out)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL"), required="DATABASE_URL" not in os.environ)
    parser.add_argument("--redis", default=os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/9")
    parser.add_argument("--accounts", type=int, default=100_000, help="how many to generate in an empty database")
    parser.add_argument("--requests", type=int, default=240, help="for each page at one client; twice as many at eight")
    parser.add_argument("--only", default="", help="pages whose name holds this (and the floor)")
    parser.add_argument("--out", default=str(ROOT / "bench" / "results"))
    parser.add_argument("--sql", help="write every query with its time to this file, as JSON lines (slows the pages)")
    return parser.parse_args()


def _environment(options: argparse.Namespace, scratch: str) -> None:
    """Production's settings, but with plain HTTP."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "HUB_MODE": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "DATABASE_URL": options.database,
        "REDIS_URL": options.redis,
        "HUB_VAR_DIR": scratch,
        "BENCH_SQL_LOG": options.sql or "",
        "PYTHONPATH": str(ROOT),
    }


def _prepare(options: argparse.Namespace) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Prepare static files, tables, rows, and a session of each person in the hub and in the floor."""
    from django.core.management import call_command
    from django.db import connection

    from accounts.people.models import Staff
    from accounts.records.models import Account, Contact
    from bench.generate import generate
    from bench.report import machine
    from interactions.log.models import Interaction

    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", interactive=False, verbosity=0)
    if not Account.objects.exists():
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        generate(options.accounts, now=today)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS bench_note (id bigserial PRIMARY KEY, account_id bigint, by_id bigint, "
            "at timestamptz, text text)"
        )
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would after earlier runs
    options.machine = machine()
    backends = {"hub": "accounts.people.signin.StaffBackend", "floor": "django.contrib.auth.backends.ModelBackend"}
    staff = list(Staff.objects.filter(username__startswith="bench").order_by("pk"))
    sessions = {name: [_session(person, backend) for person in staff] for name, backend in backends.items()}
    held = {model._meta.verbose_name_plural: model.objects.count() for model in (Account, Contact, Interaction)}
    return sessions, {str(name): count for name, count in held.items()}


def _session(person: Any, backend: str) -> str:
    """Create the session that signing in would create."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@contextlib.contextmanager
def _server(wsgi: str, scratch: str) -> Iterator[tuple[int, int]]:
    """Run a gunicorn as deploy/web does; yields its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", f"{wsgi}:application", "--worker-class", "gthread", "--workers", "2"]
    command += ["--threads", "8", "--bind", f"127.0.0.1:{port}", "--keep-alive", "5", "--timeout", "120"]
    command += ["--worker-tmp-dir", scratch, "--no-control-socket", "--log-level", "warning"]
    with (Path(scratch) / f"{wsgi}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("A server did not start.")


def _measure(options: argparse.Namespace, sessions: Any, hub: tuple[int, int], floor: tuple[int, int]) -> list[Any]:
    from django.db import connection

    from bench import report
    from bench.load import measure
    from bench.scenarios import BenchSample, hub_scenarios, of_floor

    sample = BenchSample.draw()
    connection.close()
    served = [(floor, scenario) for scenario in of_floor(sessions["floor"], sample)]
    served += [(hub, one) for one in hub_scenarios(sessions["hub"], sample) if options.only in one.name]
    rows = []
    for clients in CLIENTS:
        for (port, master), scenario in served:
            measure(port, scenario.ask, requests=WARM_UP, clients=clients, master=master)
            requests = options.requests * (1 if clients == 1 else 2)
            times = measure(port, scenario.ask, requests=requests, clients=clients, master=master)
            rows.append(report.row(scenario, clients, times))
            print(f"{scenario.name} at {clients}: p50 {rows[-1]['p50_ms']} ms", *times.failures[:1], file=sys.stderr)
    return rows


if __name__ == "__main__":
    main()
