"""`./check`: everything that CI runs, and a summary of what ran and what was left out. Standard library only."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field

from deploy import environment
from deploy.environment import PYTHON, ROOT, say

CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
# The environment of `manage.py check --deploy`: production's settings with placeholder values.
AS_IN_PRODUCTION = {
    "HUB_MODE": "production",
    "SECRET_KEY": "only-for-the-check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "hub.example",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DEBUG": "false",
}
# Tests start the hub's programs many times; cached bytecode saves compiling the sources each time.
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(environment.VENV / "bytecode")}
CLOSING = re.compile(r"^=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* in .*=+$")


@dataclass
class Report:
    lines: list[tuple[str, str, float]] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)

    def add(self, name: str, outcome: str, seconds: float = 0.0) -> None:
        self.lines.append((name, outcome, seconds))

    @property
    def failed(self) -> bool:
        return any(outcome.startswith("FAILED") for _, outcome, _ in self.lines)


def main() -> int:
    options = _options()
    environment.ensure(environment.EVERYTHING)
    report, began = Report(), time.monotonic()
    for name, command, extra in _lint():
        _run(report, name, command, extra)
    if not options.lint:
        _tests(report, fast=options.fast, arguments=options.pytest)
    _summary(report, time.monotonic() - began)
    return 1 if report.failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./check", description="Runs everything that CI runs.")
    parser.add_argument("--fast", action="store_true", help="tests on SQLite only, without browser and services")
    parser.add_argument("--lint", action="store_true", help="no tests")
    parser.add_argument("pytest", nargs="*", help="which tests, as for pytest (all)")
    return parser.parse_args()


def _lint() -> list[tuple[str, list[str], dict[str, str]]]:
    python, tool = str(PYTHON), str(PYTHON.parent)
    return [
        ("ruff check", [f"{tool}/ruff", "check", "."], {}),
        ("ruff format", [f"{tool}/ruff", "format", "--check", "."], {}),
        ("types (mypy)", [python, "-m", "mypy", "."], {}),
        ("layers (import-linter)", [f"{tool}/lint-imports"], {}),
        ("templates (djlint)", [python, "-m", "djlint", "--lint", "--quiet", "templates"], {}),
        ("migrations", [python, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
        ("deploy check", [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], AS_IN_PRODUCTION),
        (
            "docker-compose.yml",
            [python, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
            {},
        ),
        ("Dockerfile (hadolint)", [f"{tool}/hadolint", "Dockerfile"], {}),
    ]


def _run(report: Report, name: str, command: list[str], extra: dict[str, str]) -> None:
    say(f"\n--- {name}")
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env={**environment.environ(), **extra}, stdin=subprocess.DEVNULL)
    report.add(name, "ok" if done.returncode == 0 else f"FAILED (code {done.returncode})", time.monotonic() - began)


def _tests(report: Report, *, fast: bool, arguments: list[str]) -> None:
    _needs(report)
    marks = ["-m", "not browser and not services"] if fast else []
    _pytest(report, "tests on SQLite", {"DATABASE_URL": ""}, [*marks, *arguments])
    name = "tests on PostgreSQL"
    if fast:
        return report.add(name, "SKIPPED: --fast")
    server = subprocess.run(
        [str(PYTHON), "-m", "deploy.postgres"], cwd=ROOT, env=environment.environ(), capture_output=True, text=True
    )
    if server.returncode != 0:
        return report.add(name, f"{_verdict_without()}: no PostgreSQL server answers (set TEST_DATABASE_URL)")
    # These marks have run already: tests with servers of their own, browser tests, and tests without a database.
    marks = ["-m", "not browser and not services and not pure and not once"]
    return _pytest(report, name, {"DATABASE_URL": server.stdout.strip()}, [*marks, *arguments])


def _verdict_without() -> str:
    return "FAILED" if CI else "SKIPPED"


def _needs(report: Report) -> None:
    """Report what some tests need besides Python. They skip themselves without it, but in CI that is a failure."""
    redis = shutil.which("redis-server") or os.environ.get("TEST_REDIS_URL")
    needs = {
        "browser tests": (any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "no Chromium"),
        "Redis tests": (redis, "no redis-server"),
        "tests on the real input": ((ROOT.parent / "shared" / "data").is_dir(), "no ../shared/data"),
    }
    for name, (there, why) in needs.items():
        if not there:
            report.add(name, f"{_verdict_without()}: {why}")


def _pytest(report: Report, name: str, extra: dict[str, str], arguments: list[str]) -> None:
    say(f"\n--- {name}")
    began, closing = time.monotonic(), ""
    spread = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [str(PYTHON), "-m", "pytest", *spread, "--create-db", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment.environ(), **COMPILED, **extra},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        if CLOSING.match(line.strip()):
            closing = line.strip()
    code = process.wait()
    report.closing.append(closing or f"===== pytest ended with code {code} and said nothing =====")
    report.add(name, "ok" if code == 0 else f"FAILED (code {code})", time.monotonic() - began)


def _summary(report: Report, seconds: float) -> None:
    say(f"\n--- summary ({seconds:.0f} s)")
    for name, outcome, took in report.lines:
        say(f"{name:<26} {outcome}" + (f"  ({took:.0f} s)" if took else ""))
    skipped = sum(outcome.startswith("SKIPPED") for _, outcome, _ in report.lines)
    if skipped:
        say(f"!!! {skipped} of these did not run: this was not everything.")
    say("FAILED" if report.failed else "All of it is well.")
    for line in report.closing:
        say(line)
