"""The figures as JSON and as a table, with a description of the machine, but without host names or paths."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.load import Times
from bench.scenarios import Scenario

RESULTS = Path(__file__).parent / "results"
TIMES_FLOOR, QUERIES = 4.0, 12  # the most that a page may cost: times its floor twin's p50, and queries
SEARCH_P50, SEARCH_P95 = 30.0, 100.0  # ms


def machine() -> dict[str, Any]:
    from django.db import connection

    def first(path: str, word: str) -> str:
        lines = [
            line.partition(":")[2].strip() for line in Path(path).read_text().splitlines() if line.startswith(word)
        ]
        return lines[0] if lines else "?"

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        server, buffers = cursor.fetchone()
    return {
        "processor": first("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": f"{server.split()[0]}, shared_buffers {buffers}",
        "django": version("django"),
        "psycopg": version("psycopg"),
        "gunicorn": f"{version('gunicorn')}, 2 gthread workers of 8 threads",
        "load_before": round(os.getloadavg()[0], 2),
    }


def row(scenario: Scenario, clients: int, times: Times) -> dict[str, Any]:
    return {
        "page": scenario.name,
        "title": scenario.title,
        "twin": scenario.twin,
        "clients": clients,
        "requests": len(times.wall),
        "failures": len(times.failures),
        "first_failures": times.failures[:3],
        "p50_ms": round(times.percentile(0.50), 1),
        "p95_ms": round(times.percentile(0.95), 1),
        "cpu_ms": round(times.cpu, 1),
        "database_ms": round(median(times.database), 1) if times.database else None,
        "queries": [min(times.queries), max(times.queries)] if times.queries else None,
    }


def judge(rows: list[dict[str, Any]]) -> None:
    """Add to each row of the hub its multiple of the twin's time, and the targets that it misses."""
    floor = {(entry["page"], entry["clients"]): entry for entry in rows if not entry["twin"]}
    for entry in rows:
        entry["misses"] = ["failures"] if entry["failures"] or not entry["requests"] else []
        twin = floor.get((entry["twin"], entry["clients"]))
        if not twin or not entry["queries"]:
            continue
        entry["times_floor"] = round(entry["p50_ms"] / twin["p50_ms"], 1)
        if entry["times_floor"] > TIMES_FLOOR:
            entry["misses"].append(f"{TIMES_FLOOR:.0f}x floor")
        if entry["queries"][1] > QUERIES:
            entry["misses"].append(f"{QUERIES} queries")
        # The search targets are for one client, because eight share two cores.
        if entry["page"] == "search" and entry["clients"] == 1:
            entry["misses"] += [f"p50 {SEARCH_P50:.0f} ms"] if entry["p50_ms"] >= SEARCH_P50 else []
            entry["misses"] += [f"p95 {SEARCH_P95:.0f} ms"] if entry["p95_ms"] >= SEARCH_P95 else []


def table(report: dict[str, Any]) -> str:
    about, rows = report["machine"], report["rows"]
    counts = ", ".join(f"{count:,} {name}" for name, count in report["rows_held"].items())
    lines = [
        f"# Benchmark of {report['date']}",
        "",
        f"{counts}. {about['cores']} cores ({about['processor']}), {about['memory_gib']} GiB, {about['system']}, "
        f"Python {about['python']}, Django {about['django']}, PostgreSQL {about['postgresql']}, "
        f"gunicorn {about['gunicorn']}; load before: {about['load_before']}.",
        "",
        "Clients and servers share the machine. CPU is what the web processes used for a request, database what a "
        "request waited for its queries (median).",
        "",
        "| page | clients | p50 ms | p95 ms | CPU ms | database ms | queries | times floor | misses |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for entry in rows:
        few, many = entry["queries"] or ("?", "?")
        lines.append(
            f"| {entry['title']} | {entry['clients']} | {entry['p50_ms']} | {entry['p95_ms']} | {entry['cpu_ms']} "
            f"| {entry['database_ms']} | {few if few == many else f'{few}–{many}'} | {entry.get('times_floor', '')} "
            f"| {', '.join(entry['misses'])} |"
        )
    return "\n".join(lines) + "\n"


def write(rows: list[dict[str, Any]], about: dict[str, Any], held: dict[str, int], folder: Path = RESULTS) -> str:
    """Write `<date>-<machine>.json` and `.md`, and return the table."""
    judge(rows)
    on = datetime.now(UTC).date().isoformat()
    report = {"date": on, "machine": about, "rows_held": held, "rows": rows}
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{on}-{about['cores']}-cores-{about['memory_gib']}-gib"
    (folder / f"{name}.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    (folder / f"{name}.md").write_text(table(report))
    return table(report)
