"""The supervisor of the embedded hub's processes: restarts those that die, and stops them together. Standard library
only.

Each child leads its own session, so that Ctrl+C reaches only the supervisor, which then stops the children in order. A
guard process holds one end of a pipe. If the supervisor is killed, the pipe closes and the guard ends the children.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import types
import urllib.request
from pathlib import Path

PATIENCE = 5.0  # seconds for a child to finish; a job cut short is resumed at the next start
LONGEST_PAUSE = 30.0
WELL_AFTER = 60.0  # seconds; a child that ran for so long restarts at once
GIVE_UP_AFTER = 3  # starts of the web process without an answer
POLL = 0.1


class Child:
    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.started = self.due = 0.0
        self.failures = 0


class Supervisor:
    def __init__(self, commands: dict[str, list[str]], *, cwd: Path, env: dict[str, str], address: str) -> None:
        self.children = [Child(name, command) for name, command in commands.items()]
        self.cwd, self.env, self.address = cwd, env, address
        self.width = max(map(len, commands))
        self.stopping, self.hurry, self.answered = threading.Event(), threading.Event(), threading.Event()
        self.output = threading.Lock()
        self.code = 0

    def run(self, greeting: str) -> int:
        """Run until a signal arrives, and return the exit code."""
        guard, self.guard = _guard()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # ignored under nohup
                signal.signal(number, self._on_signal)
        threading.Thread(target=self._greet, args=(greeting,), daemon=True).start()
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    self._look_after(child)
                self.stopping.wait(POLL)
        finally:
            self._stop_all()
            os.close(self.guard)
            os.waitpid(guard, 0)  # it shares the folder's lock
        return self.code

    def _on_signal(self, number: int, frame: types.FrameType | None) -> None:
        if self.stopping.is_set():
            self.hurry.set()
        self.stopping.set()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                self._spawn(child, now)
            return
        code = child.process.poll()
        if code is None:
            return
        self._forget(child)
        child.failures = 0 if now - child.started > WELL_AFTER else child.failures + 1
        pause = min(LONGEST_PAUSE, 2.0 ** (child.failures - 1)) if child.failures else 0.0
        child.due = now + pause
        self.say(child.name, f"ended ({_reason(code)}), starts again in {pause:.0f} s")
        if child.name == "web" and child.failures >= GIVE_UP_AFTER and not self.answered.is_set():
            self.say("hub", "the web process doesn't start: the lines above say why")
            self.code = 1
            self.stopping.set()

    def _spawn(self, child: Child, now: float) -> None:
        child.process = subprocess.Popen(
            child.command,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        child.started = now
        os.write(self.guard, b"+%d\n" % child.process.pid)
        threading.Thread(target=self._relay, args=(child.name, child.process), daemon=True).start()

    def _forget(self, child: Child) -> None:
        """End the processes that the dead child left in its group."""
        if child.process is not None:
            _signal(child.process.pid, signal.SIGKILL)
            os.write(self.guard, b"-%d\n" % child.process.pid)
            child.process = None

    def _stop_all(self) -> None:
        self.say("hub", "stopping ...")
        running = [child for child in self.children if child.process is not None]
        for child in running:
            _signal(child.process.pid, signal.SIGTERM)  # type: ignore[union-attr]
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self.hurry.is_set():
            if all(child.process.poll() is not None for child in running):  # type: ignore[union-attr]
                break
            time.sleep(POLL / 2)
        for child in running:
            process = child.process
            self._forget(child)
            process.wait()  # type: ignore[union-attr]

    def _relay(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.say(name, line.decode(errors="replace").rstrip())

    def say(self, name: str, text: str) -> None:
        self.print(f"{name:<{self.width}} | {text}\n")

    def print(self, text: str) -> None:
        with self.output, contextlib.suppress(OSError, ValueError):  # the terminal may be closed
            sys.stdout.write(text)
            sys.stdout.flush()

    def _greet(self, greeting: str) -> None:
        """Print where the hub is, once it answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self.stopping.is_set():
            with contextlib.suppress(OSError), opener.open(self.address + "healthz", timeout=5) as answer:
                if answer.status == 200:
                    self.answered.set()
                    self.print(greeting)
                    return
            time.sleep(POLL)


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _guard() -> tuple[int, int]:
    """Fork the guard. Returns its process id and the pipe that tells it of groups that started (+) or ended (-)."""
    read, write = os.pipe()
    if guard := os.fork():
        os.close(read)
        return guard, write
    os.close(write)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    try:
        with os.fdopen(read) as told:
            for line in told:
                (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
        for number, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, 1.0)):
            end = time.monotonic() + patience
            groups = {group for group in groups if _signal(group, number)}
            while groups and time.monotonic() < end:
                time.sleep(POLL)
                groups = {group for group in groups if _signal(group, 0)}
    finally:
        os._exit(0)
