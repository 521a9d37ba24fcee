"""The benchmark works, at toy size; its figures are for bench/results, never for a test."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from accounts.people.models import Division, Staff
from accounts.records.models import Account, CodeSeries, Contact
from bench import generate, report, scenarios
from bench.load import Times
from interactions.log.actions import log_interaction
from interactions.log.models import Interaction
from tests.conftest import NOW

ROOT = Path(__file__).resolve().parents[2]


def on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the benchmark runs on PostgreSQL")


def test_the_same_day_generates_the_same_rows(db):
    divisions, staff = [division.pk for division in Division.objects.all()], [Staff(pk=1), Staff(pk=2)]

    def made() -> list[dict]:
        draw = random.Random(generate.SEED)
        accounts = list(generate.accounts(draw, 20, NOW, staff, divisions))
        return [generate.columns_of(row) for row in [*accounts, *generate.contacts(draw, 20, NOW)]]

    assert made() == made()
    assert all(row["name_key"] and row["search_text"] for row in made())


def test_rows_keep_their_tabs_line_ends_and_backslashes_on_the_way_in():
    assert generate._text("a\tb\nc\\d") == r"a\tb\nc\\d"
    assert generate._text(None) == r"\N"


@pytest.mark.django_db
def test_it_fills_a_hub_that_goes_on_working():
    on_postgresql()
    generate.fill(40, now=NOW, say=lambda words: None)
    assert (Account.objects.count(), Contact.objects.count(), Interaction.objects.count()) == (40, 120, 400)
    per_account = Counter(Interaction.objects.values_list("account_id", flat=True))
    assert per_account[1] == 80  # the big one
    connection.check_constraints()
    for account in Account.objects.all():
        newest = account.interactions.order_by("-occurred_at").first()
        assert account.last_interaction_at == (newest and newest.occurred_at)
        assert account.search_text == account.prepare().search_text
    entry = log_interaction(by=Staff.objects.get(username="bench0"), at=NOW, account=account, channel="phone")
    assert entry.code == "I00401" and CodeSeries.objects.get(prefix="C").last == 120


def test_a_percentile_is_a_time_that_was_measured():
    times = Times(wall=[float(number) for number in range(1, 101)])
    assert (times.percentile(0.5), times.percentile(0.95), times.percentile(1)) == (50, 95, 100)
    assert Times(wall=[7.0]).percentile(0.95) == 7


def test_a_report_names_every_target_that_is_missed():
    def row(page: str, twin: str, p50: float, p95: float, queries: int) -> dict:
        scenario = scenarios.Scenario(page, page, None, twin)
        times = Times(wall=[p50] * 90 + [p95] * 10, database=[1.0], queries=[queries])
        return report.row(scenario, 1, times)

    rows = [
        row("floor_list", "", 5, 6, 2),
        row("account_list", "floor_list", 19, 20, 12),
        row("my_day", "floor_list", 21, 22, 13),
        row("search", "floor_list", 18, 120, 8),
    ]
    report.judge(rows)
    assert [entry["misses"] for entry in rows] == [[], [], ["4x floor", "12 queries"], ["p95 100 ms"]]


@pytest.mark.postgresql
def test_the_runner_measures_every_page_without_a_failure(db, tmp_path):
    """On a database of its own, beside the tests' one."""
    on_postgresql()
    server = urlsplit(settings.DATABASE_URL)
    name = f"bench_smoke_{os.getpid()}"
    identifier = sql.Identifier(name)
    with psycopg.connect(urlunsplit(server._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(identifier))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            database = urlunsplit(server._replace(path=f"/{name}"))
            command = [sys.executable, "bench/run.py", "--database", database, "--accounts", "30", "--requests", "2"]
            done = subprocess.run(
                [*command, "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=300
            )
            assert done.returncode == 0, done.stderr
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
    (result,) = tmp_path.glob("*.json")
    told = json.loads(result.read_text())
    assert {row["page"] for row in told["rows"]} >= {
        "floor_list",
        "account_list",
        "search",
        "big_account",
        "save",
        "my_day",
    }
    assert [row["first_failures"] for row in told["rows"] if row["failures"]] == []
    assert str(ROOT) not in result.read_text() and os.uname().nodename not in result.read_text()
