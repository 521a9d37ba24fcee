"""`./start`: one command, nothing left behind. Runs the real thing, in a folder of its own."""

import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.environment import PYTHON, ROOT
from tests.deploy.conftest import bare, free_port, until

START = str(ROOT / "start")


class Hub:
    """One ./start: its port, its folder, and the processes that carry its folder in their environment."""

    def __init__(self, folder: Path, port: int | None = None, *options: str, terminal: bool = False) -> None:
        self.port, self.var, self.log = port or free_port(), folder / "var", folder / "log"
        self.env = bare(folder)
        command = [sys.executable, START, "--port", str(self.port), "--no-demo", *options]
        if terminal:
            pid, self.terminal = pty.fork()
            if not pid:
                os.chdir("/")
                os.execve(command[0], command, self.env)
            self.pid, self.process = pid, None
            return
        command = ["env", "--default-signal=INT", *command]  # a shell in the background has its children ignore Ctrl+C
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.pid = self.process.pid

    def health(self) -> dict:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.address(), timeout=5) as answer:
            return json.load(answer)
        return {}

    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/healthz"

    def up(self) -> "Hub":
        until(lambda: self.health().get("status") in ("ok", "late"), 60, "the hub answers")
        return self

    def processes(self) -> dict[int, str]:
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"HUB_VAR_DIR={self.var}\0".encode() in (entry / "environ").read_bytes():
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if command:
                        found[int(entry.name)] = command
        return found

    def child(self, word: str) -> int:
        return min(pid for pid, command in self.processes().items() if f" {word} " in f"{command} ".replace(":", " "))

    def gone(self, seconds: float = 12) -> float:
        if self.process:
            self.process.wait(timeout=seconds)
        return until(lambda: not self.processes(), seconds, f"no process is left of {self.processes()}")

    def kill(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=10)


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., Hub]]:
    """Starts a hub in the test's folder, on what is there."""
    hubs: list[Hub] = []

    def begin(*arguments, **options) -> Hub:
        hubs.append(Hub(tmp_path, *arguments, **options))
        return hubs[-1]

    yield begin
    for hub in hubs:
        hub.kill()


@pytest.fixture
def migrated(tmp_path, migrated_sqlite) -> None:
    """The database is there already: setting up is tested once."""
    shutil.copytree(migrated_sqlite, tmp_path / "var")


def sentence(env: dict[str, str], *options: str) -> str:
    done = subprocess.run(
        [sys.executable, START, *options], cwd="/", env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr.strip()


pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc"),
]


def test_it_sets_up_once_and_leaves_nothing_after_ctrl_c(start):
    hub = start().up()
    assert len(hub.processes()) >= 5
    assert (hub.var / "hub.sqlite3").exists()
    hub.process.send_signal(signal.SIGINT)
    hub.gone()
    assert hub.process.returncode == 0 and f"http://localhost:{hub.port}/" in hub.log.read_text()
    set_up = (hub.var / "demo").stat().st_mtime_ns
    again = start().up()
    assert (hub.var / "demo").stat().st_mtime_ns == set_up
    again.process.send_signal(signal.SIGTERM)
    again.gone()


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("word", ["mikano_cx.wsgi", "worker", "beat"])
def test_it_restarts_what_dies(start, word):
    hub = start().up()
    until(lambda: any(f" {word}" in command for command in hub.processes().values()), 10, f"{word} runs")
    dead = hub.child(word)
    os.kill(dead, signal.SIGKILL)
    until(lambda: "ended (SIGKILL), starts again in 1 s" in hub.log.read_text(), 10, "it tells")
    until(lambda: any(f" {word}" in command for command in hub.processes().values()), 10, "it is back")
    assert dead not in hub.up().processes()


@pytest.mark.usefixtures("migrated")
def test_it_leaves_nothing_when_it_is_killed_itself(start):
    hub = start().up()
    os.kill(hub.pid, signal.SIGKILL)
    hub.gone()


@pytest.mark.usefixtures("migrated")
def test_it_stops_when_its_terminal_vanishes(start):
    hub = start(terminal=True).up()
    os.close(hub.terminal)
    until(lambda: os.waitpid(hub.pid, os.WNOHANG)[0], 12, "it ends")
    hub.gone()


@pytest.mark.usefixtures("migrated")
def test_it_says_that_a_hub_runs_on_the_same_data(start):
    hub = start().up()
    told = sentence(hub.env, "--port", str(free_port()))
    assert told == f"A hub runs on this folder's data already: http://localhost:{hub.port}/ (process {hub.pid})."


def test_it_says_that_a_port_is_busy(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = sentence(bare(tmp_path), "--port", str(port))
    assert told == f"Port {port} is taken by another program: try ./start --port {port + 1}."


@pytest.mark.usefixtures("migrated")
def test_it_starts_anew_and_touches_only_what_is_the_hubs(start):
    hub = start().up()
    hub.process.send_signal(signal.SIGTERM)
    hub.gone()
    database, mine = hub.var / "hub.sqlite3", hub.var / "my notes.txt"
    mine.write_text("kept")
    (hub.var / "media").mkdir(exist_ok=True)
    (hub.var / "media" / "upload.xlsx").write_text("gone")
    before = database.stat().st_ino, database.stat().st_ctime_ns
    fresh = start(None, "--fresh").up()
    assert (database.stat().st_ino, database.stat().st_ctime_ns) != before
    assert mine.read_text() == "kept" and not (hub.var / "media" / "upload.xlsx").exists()
    fresh.process.send_signal(signal.SIGTERM)
    fresh.gone()


def test_it_never_wipes_a_database_elsewhere(tmp_path):
    env = bare(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/other.sqlite3")
    (tmp_path / "other.sqlite3").write_text("kept")
    assert "DATABASE_URL names another database" in sentence(env, "--fresh")
    assert (tmp_path / "other.sqlite3").read_text() == "kept"


def test_it_asks_for_a_newer_python_in_one_sentence(tmp_path):
    old = 'import sys; sys.version_info = (3, 9, 2); sys.argv = ["start"]; exec(open(%r).read())' % START  # noqa: UP031
    done = subprocess.run(
        [sys.executable, "-c", old], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "The hub needs Python 3.11 or newer, and this is Python 3.9."


def test_it_runs_from_a_path_with_spaces(tmp_path):
    copy = tmp_path / "a folder with spaces" / "hub"
    copy.mkdir(parents=True)
    shutil.copy2(START, copy / "start")
    shutil.copytree(ROOT / "deploy", copy / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([copy / "start", "--help"], cwd="/", capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "--fresh" in done.stdout


def test_its_lines_have_colour_codes_on_a_terminal_alone(tmp_path):
    code = "import django, logging; django.setup(); logging.getLogger('hub').warning('a line of the log')"
    env = {**bare(tmp_path), "DJANGO_SETTINGS_MODULE": "mikano_cx.settings"}
    into_a_pipe = subprocess.run([PYTHON, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert "a line of the log" in into_a_pipe.stderr and "\x1b" not in into_a_pipe.stderr
    main, end = pty.openpty()
    subprocess.run([PYTHON, "-c", code], cwd=ROOT, env=env, stderr=end, check=True)
    os.close(end)
    assert b"\x1b[" in os.read(main, 4096)
    os.close(main)
