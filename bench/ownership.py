"""Measures the rules of engagement: a log replayed by the command, one account in memory, a sweep and an audit of a
hub.

    python bench/ownership.py                                    # the command and one account; needs no database
    python bench/ownership.py --database postgresql://user@127.0.0.1:5432/hub_bench

The database is one that `bench/run.py` has filled. Its accounts are first replayed once (timed), so that the sweep and
the audit meet what a hub in use has. Figures go to standard output as JSON, and to `--out`.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SEED = 65
LAGOS = timezone(timedelta(hours=1))
BEGINNING, DAYS = datetime(2018, 1, 1, tzinfo=LAGOS), 3000
AS_OF = "2026-01-01T00:00:00+01:00"
DUE = 1_000


def main() -> None:
    options = _options()
    figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 2), "cores": len(os.sched_getaffinity(0))}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")
    with tempfile.TemporaryDirectory(prefix="ownership-bench-") as scratch:
        os.environ.setdefault("HUB_VAR_DIR", scratch)
        if options.database:
            os.environ["DATABASE_URL"] = options.database
        log = Path(scratch) / "facts.jsonl"
        write_log(log, accounts=options.accounts, facts=10 * options.accounts)
        figures["command"] = command(log)
        figures["one account, ms"] = one_account()
        if options.database:
            figures |= measure_hub()
    figures["load_after"] = round(os.getloadavg()[0], 2)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out:
        Path(options.out).write_text(text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="a PostgreSQL database that bench/run.py has filled")
    parser.add_argument("--accounts", type=int, default=100_000, help="of the generated log, with ten facts each")
    parser.add_argument("--out", help="write the figures to this file too")
    return parser.parse_args()


def write_log(path: Path, *, accounts: int, facts: int) -> None:
    """A seeded log: 200 people, of whom sixty leave, and facts of all kinds over eight years."""
    draw = random.Random(SEED)
    people = [f"p{number:03}" for number in range(200)]
    with path.open("w") as out:
        for number, person in enumerate(people[:60]):
            at = (BEGINNING + timedelta(days=draw.randrange(DAYS))).isoformat()
            fact = {"id": f"D{number}", "account": None, "kind": "departure", "at": at, "by": person}
            out.write(json.dumps(fact) + "\n")
        for number in range(facts):
            at = (BEGINNING + timedelta(seconds=draw.randrange(DAYS * 86_400))).isoformat()
            fact = {"id": f"F{number:08}", "account": f"A{number % accounts:06}", "at": at, "recorded_at": at}
            out.write(json.dumps({**fact, **_rest(draw), "by": draw.choice(people)}) + "\n")


def _rest(draw: random.Random) -> dict[str, Any]:
    chance = draw.random()
    if chance < 0.10:
        return {"kind": "created"}
    if chance < 0.35:
        return {"kind": "sale", "value": f"{draw.randrange(1_000, 10**8)}.50"}
    if chance < 0.97:
        return {"kind": "interaction", "substantive": draw.random() < 0.5}
    return {"kind": "assignment"}


def command(log: Path) -> dict[str, Any]:
    """The seconds of the command from the shell, and its peak memory."""
    line = [sys.executable, "manage.py", "replay_ownership", "--facts", str(log), "--as-of", AS_OF]
    begun = time.perf_counter()
    done = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "facts": sum(1 for _ in log.open()),
        "accounts": done.stdout.count(b"\n"),
        "seconds": round(time.perf_counter() - begun, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mib": round(used.ru_maxrss / 1024),
    }


def one_account() -> dict[str, float]:
    """The median time of a hundred pure replays of one account, by its number of facts."""
    from ownership.engine.log_parser import facts_by_account, read_instant, read_log
    from ownership.engine.rules import Clocks, replay

    figures, as_of, policy = {}, read_instant(AS_OF), Clocks()
    for each in (10, 30, 2_000):
        count = 100 if each < 1_000 else 5
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "facts.jsonl"
            write_log(path, accounts=count, facts=each * count)
            logs = [own for _, own in facts_by_account(read_log(path.read_bytes().split(b"\n")), None)]
        times = [_seconds(partial(replay, own, policy, as_of)) for own in logs for _ in range(3)]
        figures[f"{each} facts"] = round(1_000 * median(times), 3)
    return figures


def measure_hub() -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from accounts.records.models import Account
    from ownership.replay.actions.sweep import audit, sweep

    figures: dict[str, Any] = {"hub": {"accounts": Account.objects.count()}}
    if not figures["hub"]["accounts"]:
        raise SystemExit("This database is empty: bench/run.py fills it.")
    now = datetime.now(UTC)
    if Account.objects.exclude(owner_basis="rules").exists():
        Account.objects.update(owner=None, owner_basis="", ownership_state="orphan", origin="hub", next_at=now)
        figures["first sweep, s"] = round(_seconds(lambda: sweep(as_of=now, at=now)), 1)
    due = list(Account.objects.order_by("?").values_list("pk", flat=True)[:DUE])
    Account.objects.filter(pk__in=due).update(next_at=now)
    later = datetime.now(UTC)
    figures[f"sweep of {DUE} due, s"] = round(_seconds(lambda: sweep(as_of=later, at=later)), 2)
    figures["audit, s"] = round(_seconds(lambda: figures.update(differ=audit(at=datetime.now(UTC)).changed)), 1)
    figures["claim of an orphan, ms"] = round(1_000 * median(claims()), 1)
    figures["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


def claims() -> list[float]:
    """The seconds of each of fifty claims, one after another, rolled back at the end."""
    from django.db import transaction

    from accounts.people.models import Staff
    from accounts.records.models import Account
    from interactions.log.actions import log_interaction

    by = Staff.objects.filter(username__startswith="bench", roles__role="sales").first()
    assert by
    with transaction.atomic():
        orphans = list(Account.objects.filter(ownership_state="orphan")[:50])
        times = [
            _seconds(partial(log_interaction, by=by, at=datetime.now(UTC), account=account, channel="meeting"))
            for account in orphans
        ]
        transaction.set_rollback(True)
    return times


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
