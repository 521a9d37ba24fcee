"""Measures the nightly import at scale, beside the same rows by bare COPY and INSERT ... ON CONFLICT.

    createdb hub_feeds
    .venv/bin/python bench/feeds.py --database postgresql://user@127.0.0.1:5432/hub_feeds

The database must be new and empty, because the first import is part of the measurement. While the sales are imported,
other processes read the list of accounts and write a row again and again, as they did before the import. Figures go to
standard output, and to `--out` as JSON.
"""

import argparse
import csv
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
DAY = date(2026, 3, 16)
ACCOUNT = {name: f"s.{name}" for name in ("name", "industry", "address", "main_phone")} | {
    "code": "'L' || s.external_id",
    "erp_customer_id": "s.external_id",
    "name_key": "lower(s.name)",
    "search_text": "lower(s.name)",
    "origin": "'erp'",
    "created_at": "now()",
}
SALE = {name: f"s.{name}" for name in ("invoice_number", "product_line")} | {
    "account": "a.id",
    "sold_on": "s.date::date",
    "recorded_at": "now()",
    "amount": "s.amount::numeric",
    "salesperson_code": "s.salesperson",
    "source": "'erp'",
}
SOLD = "JOIN accounts_account a ON a.erp_customer_id = s.customer"
INVOICE = "(invoice_number) WHERE source <> 'deal'"  # the unique index for the upsert
COMPARED = ("name", "industry", "account", "sold_on", "amount", "salesperson_code")


def main() -> None:
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory(prefix="feeds-bench-") as scratch:
        os.environ["HUB_VAR_DIR"] = scratch
        os.environ["DATABASE_URL"] = options.database or ""
        import django

        django.setup()
        figures = _measure(options, Path(scratch))
    text = json.dumps(figures, indent=1)
    print(text)
    if options.out:
        Path(options.out).write_text(text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="a new PostgreSQL database (SQLite, if not given)")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--sales", type=int, default=1_000_000)
    parser.add_argument("--out", help="write the figures to this file too")
    return parser.parse_args()


def _measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    from accounts.imports.models import Feed
    from accounts.records.models import Account
    from interactions.sales.models import Sale

    call_command("migrate", interactive=False, verbosity=0)
    drop = scratch / "files"
    call_command(
        *("make_erp_drop", str(drop), "--customers", str(options.customers), "--sales", str(options.sales)),
        *("--day", DAY.isoformat()),
        verbosity=0,
        stdout=(scratch / "said").open("w"),
    )
    customers, sales = drop / f"customers_{DAY:%Y%m%d}.csv", drop / f"sales_{DAY:%Y%m%d}.csv"
    figures: dict[str, Any] = {"load_before": round(os.getloadavg()[0], 2), "cores": len(os.sched_getaffinity(0))}
    limit: dict[str, Any] = {}
    figures["limit: COPY and upsert, one key and no other index"] = limit
    figures["limit: COPY and upsert into the hub's own table"] = table = {}
    if connection.vendor == "postgresql":
        limit["customers, first"] = _limit(customers, "external_id", keep=False)
        table["customers, first"] = _into_the_hub(customers, Account, "(erp_customer_id)", ACCOUNT)
        limit["customers, unchanged"] = _limit(customers, "external_id", keep=True)
    feeds = {kind: Feed.objects.create(name=kind, kind=kind, has_trailer=True, updated_at=_now()) for kind in
             ("customers", "sales")}  # fmt: skip
    person = _somebody()
    figures["hub"] = {
        "customers, first": _run(feeds["customers"], customers),
        "customers, unchanged": _run(feeds["customers"], customers),
    }
    if connection.vendor == "postgresql":
        table["customers, unchanged"] = _into_the_hub(customers, Account, "(erp_customer_id)", ACCOUNT)
        limit["sales, first"] = _limit(sales, "invoice_number", keep=False)
        table["sales, first"] = _into_the_hub(sales, Sale, INVOICE, SALE, SOLD)
        limit["sales, unchanged"] = _limit(sales, "invoice_number", keep=True)
    figures["others before, ms"] = _waits_beside(person, lambda: time.sleep(20))
    figures["others meanwhile, ms"] = _waits_beside(
        person, lambda: figures["hub"].update({"sales, first": _run(feeds["sales"], sales)})
    )
    figures["hub"]["sales, unchanged"] = _run(feeds["sales"], sales)
    if connection.vendor == "postgresql":
        table["sales, unchanged"] = _into_the_hub(sales, Sale, INVOICE, SALE, SOLD)
    for name, figure in figures["hub"].items():
        for words, limits in (("times the limit", limit), ("times that into the hub's table", table)):
            if name in limits:
                figure[words] = round(figure["import seconds"] / limits[name]["seconds"], 2)
    figures["peak MiB"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return figures


def _limit(path: Path, key: str, *, keep: bool) -> dict[str, float]:
    """Seconds of COPY into a staging table and an upsert of what differs; with `keep` the rows exist already."""
    from django.db import connection

    with connection.cursor() as cursor:
        names = _columns(path)
        if not keep:
            cursor.execute("DROP TABLE IF EXISTS limit_rows")
            cursor.execute(
                f"CREATE TABLE limit_rows ({', '.join(f'{name} text' for name in names)}, PRIMARY KEY ({key}))"
            )
        begun = time.perf_counter()
        _stage(cursor, path)
        cursor.execute(
            f"INSERT INTO limit_rows ({', '.join(names)}) SELECT {', '.join(names)} FROM limit_stage"
            + _upsert("limit_rows", f"({key})", [name for name in names if name != key])
        )
        return _figure(cursor, time.perf_counter() - begun)


def _into_the_hub(path: Path, model: Any, key: str, values: dict[str, str], join: str = "") -> dict[str, float]:
    """The same into the hub's own table, with its indexes and foreign keys, rolled back at the end."""
    from django.db import connection, transaction

    from accounts.imports.runs.stage import copied

    compared = [model._meta.get_field(name).column for name in values if name in COMPARED]
    with transaction.atomic(), connection.cursor() as cursor:
        begun = time.perf_counter()
        _stage(cursor, path)
        copied(model, f"limit_stage s {join} WHERE true" + _upsert(model._meta.db_table, key, compared), values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        figure = _figure(cursor, time.perf_counter() - begun)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {model._meta.db_table}")
    return figure


def _columns(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def _stage(cursor: Any, path: Path) -> None:
    cursor.execute("DROP TABLE IF EXISTS limit_stage")
    cursor.execute(f"CREATE UNLOGGED TABLE limit_stage ({', '.join(f'{name} text' for name in _columns(path))})")
    with cursor.copy("COPY limit_stage FROM STDIN (FORMAT csv)") as copy, path.open("rb") as file:
        file.readline()
        while block := file.read(1 << 20):
            copy.write(_without_trailer(block))
    cursor.execute("ANALYZE limit_stage")


def _upsert(table: str, key: str, others: list[str]) -> str:
    put = ", ".join(f"{name} = EXCLUDED.{name}" for name in others)
    differs = " OR ".join(f"{table}.{name} IS DISTINCT FROM EXCLUDED.{name}" for name in others)
    return f" ON CONFLICT {key} DO UPDATE SET {put} WHERE {differs}"


def _figure(cursor: Any, seconds: float) -> dict[str, float]:
    cursor.execute("SELECT COUNT(*) FROM limit_stage")
    rows = cursor.fetchone()[0]
    return {"seconds": round(seconds, 2), "rows": rows, "rows a second": round(rows / seconds)}


def _without_trailer(block: bytes) -> bytes:
    head, found, _ = block.rpartition(b"TOTAL,")
    return head if found else block


def _run(feed: Any, path: Path) -> dict[str, Any]:
    """Import as the worker does, COMMIT included. Importing and replaying are timed apart."""
    from django.core.files import File

    from accounts.imports.models import ImportRun

    at = _now()
    run = ImportRun(feed=feed, trigger=ImportRun.Trigger.HAND, file_name=path.name, created_at=at, file_at=at)
    with path.open("rb") as file:
        run.file.save(path.name, File(file), save=False)
    run.save()
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(run.pk,))
    worker.start()
    worker.join()
    whole = json.loads(Path(os.environ["HUB_VAR_DIR"], "worked.json").read_text())
    run.refresh_from_db()
    assert run.state == ImportRun.State.APPLIED, (run.state, run.guards, run.message)
    return {
        "rows": run.rows,
        "import seconds": round(run.seconds, 2),
        "rows a second": run.rows_per_second,
        "replay seconds": round(whole - run.seconds, 2),
        "accounts that changed hands": run.moved,
        "counts": run.counts,
    }


def _work(pk: int) -> None:
    """Do the run's work in a separate process, with the same niceness as deploy/worker."""
    import django

    django.setup()
    from accounts.imports.models import ImportRun
    from accounts.imports.runs.lifecycle import work_on

    os.nice(10)
    run = ImportRun.objects.get(pk=pk)
    begun = time.perf_counter()
    work_on(run, at=run.created_at, step=lambda done, of: None)
    Path(os.environ["HUB_VAR_DIR"], "worked.json").write_text(json.dumps(time.perf_counter() - begun))


def _waits_beside(person: int, work: Any) -> dict[str, float]:
    """How long other processes waited during `work`, in ms: for the list of accounts, and to write a row."""
    others = [
        multiprocessing.get_context("spawn").Process(target=target, args=(person, os.getpid()))
        for target in (_ask, _write)
    ]
    for other in others:
        other.start()
    time.sleep(4)  # for those processes to load Django
    work()
    stop = Path(os.environ["HUB_VAR_DIR"], "stop")
    stop.touch()
    for other in others:
        other.join()
    stop.unlink()
    read, written = (
        json.loads(Path(os.environ["HUB_VAR_DIR"], f"{name}.json").read_text()) for name in ("read", "written")
    )
    return {
        "list p95": round(1_000 * quantiles(read, n=20)[-1], 1),
        "write p95": round(1_000 * quantiles(written, n=20)[-1], 1),
        "longest write": round(1_000 * max(written), 1),
    }


def _write(person: int, parent: int) -> None:
    """Write one own row ten times a second until stopped."""
    import django

    django.setup()
    from accounts.lists.models import SavedView

    times, stop = [], Path(os.environ["HUB_VAR_DIR"], "stop")
    row = SavedView.objects.create(owner_id=person, list_name="accounts", name=str(time.time()))
    while not stop.exists() and os.getppid() == parent:
        begun = time.perf_counter()
        SavedView.objects.filter(pk=row.pk).update(query=str(begun))
        times.append(time.perf_counter() - begun)
        time.sleep(0.1)
    Path(os.environ["HUB_VAR_DIR"], "written.json").write_text(json.dumps(times))


def _ask(person: int, parent: int) -> None:
    """Read the list ten times a second until stopped."""
    import django

    django.setup()
    from django.test import Client

    from accounts.people.models import Staff

    client, times, stop = Client(SERVER_NAME="localhost"), [], Path(os.environ["HUB_VAR_DIR"], "stop")
    client.force_login(Staff.objects.get(pk=person))
    client.get("/accounts/")
    while not stop.exists() and os.getppid() == parent:
        begun = time.perf_counter()
        assert client.get("/accounts/").status_code == 200
        times.append(time.perf_counter() - begun)
        time.sleep(0.1)
    Path(os.environ["HUB_VAR_DIR"], "read.json").write_text(json.dumps(times))


def _somebody() -> int:
    """Create forty salespeople with the file's codes, and return the first one's id."""
    from accounts.people.models import Staff, StaffRole

    people = [
        Staff(username=f"seller{n:03}", full_name=f"Seller {n}", email=f"s{n}@mikano.test", erp_code=f"E{n:03}")
        for n in range(1, 41)
    ]
    for person in people:
        person.set_unusable_password()
        person.save()
    StaffRole.objects.bulk_create(StaffRole(staff=person, role="sales") for person in people)
    return people[0].pk


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


if __name__ == "__main__":
    main()
