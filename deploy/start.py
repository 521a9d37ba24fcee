"""`./start`: sets up and runs the embedded hub, and prints its address and logins. Standard library only."""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from deploy import environment
from deploy.environment import ROOT, say
from deploy.supervisor import Supervisor

ANY = "0.0.0.0"  # noqa: S104  (compared here, not bound to)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# The contents of an embedded hub's folder that `--fresh` removes; the secret stays.
KEPT = (
    "hub.sqlite3",
    "hub.sqlite3-journal",
    "hub.sqlite3-wal",
    "hub.sqlite3-shm",
    "broker",
    "mail",
    "media",
    "demo",
    "prepared",
)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        return _start(options)
    except KeyboardInterrupt:
        return 130


def _start(options: argparse.Namespace) -> int:
    settings = _settings()
    if settings.get("HUB_MODE", "embedded") != "embedded":
        raise SystemExit("HUB_MODE is 'production': ./start is for a hub on one machine. See docs/operations.md.")
    var = Path(settings.get("HUB_VAR_DIR") or ROOT / "var").resolve()
    var.mkdir(parents=True, exist_ok=True)
    address = f"http://{'localhost' if options.host in (*LOOPBACK, ANY) else options.host}:{options.port}/"
    with _only_one(var, address):
        if not 0 < options.port < 65536:
            raise SystemExit(f"{options.port} is no port: they go from 1 to 65535.")
        _refuse_busy_port(options.host, options.port)
        environment.ensure(environment.RUNTIME)
        if options.fresh:
            _wipe(var, settings)
        env = {**environment.environ(), **_environ(options)}
        _prepare(var, env, settings, demo=not options.no_demo)
        commands = {name: [str(ROOT / "deploy" / name)] for name in ("web", "worker", "beat")}
        return Supervisor(commands, cwd=ROOT, env=env, address=address).run(_greeting(var, address))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./start", description="Starts Mikano CX Hub on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the hub listens (8000)")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 opens it to the network (127.0.0.1)")
    parser.add_argument("--no-demo", action="store_true", help="a new hub starts empty, without demo data")
    parser.add_argument("--fresh", action="store_true", help="throw this hub's data in var/ away and start anew")
    return parser.parse_args()


def _leave(number: int, frame: types.FrameType | None) -> None:
    sys.exit(128 + number)


def _settings() -> dict[str, str]:
    """The environment merged over `.env`, for the few names needed before Django is loaded."""
    settings: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError):
        for line in (ROOT / ".env").read_text().splitlines():
            name, equals, value = line.removeprefix("export ").partition("=")
            if equals and not name.strip().startswith("#"):
                settings[name.strip()] = value.strip().strip("'\"")
    return {**settings, **os.environ}


@contextlib.contextmanager
def _only_one(var: Path, address: str) -> Iterator[None]:
    """Hold the folder's lock. The kernel releases it when the last process that holds it ends, however it ends."""
    with (var / "hub.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise SystemExit(
                f"A hub runs on this folder's data already: {lock.read().strip() or 'it is starting'}."
            ) from None
        _write(lock, f"{address} (process {os.getpid()})")
        yield
        _write(lock, "")


def _write(lock: IO[str], text: str) -> None:
    lock.truncate(0)
    lock.write(text)
    lock.flush()


def _refuse_busy_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except PermissionError:
        raise SystemExit(
            f"Port {port} is kept for the system: choose one above 1023, as in ./start --port 8000."
        ) from None
    except socket.gaierror:
        raise SystemExit(f"This machine has no address {host!r}.") from None
    except OSError:
        raise SystemExit(f"Port {port} is taken by another program: try ./start --port {port + 1}.") from None


def _wipe(var: Path, settings: dict[str, str]) -> None:
    if settings.get("DATABASE_URL"):
        raise SystemExit(
            "--fresh only throws away the hub's own data in var/, and DATABASE_URL names another database."
        )
    for name in KEPT:
        path = var / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    say("The hub's data in var/ is gone: starting anew.")


def _prepare(var: Path, env: dict[str, str], settings: dict[str, str], *, demo: bool) -> None:
    """Migrate and load the demo, unless the code and the hub's database file are those of the last start."""
    stamp, state = var / "prepared", _state(var)
    if not settings.get("DATABASE_URL") and stamp.exists() and stamp.read_text() == state:
        return
    command = [str(environment.PYTHON), "-m", "deploy.prepare", *([] if demo else ["--no-demo"])]
    if subprocess.run(command, cwd=ROOT, env=env).returncode != 0:
        raise SystemExit("The hub was not started: the lines above say why.")
    stamp.write_text(_state(var))


def _state(var: Path) -> str:
    """A fingerprint of the code and the database file: sizes, times and the file's number, without contents."""
    digest = hashlib.sha256()
    for path in sorted(
        [
            *(file for folder in ROOT.glob("[a-z]*/") if folder != var for file in folder.rglob("*.py")),
            ROOT / environment.RUNTIME,
            var / "hub.sqlite3",
        ]
    ):
        if not path.exists():
            continue
        status = path.stat()
        known = status.st_ino if path.suffix == ".sqlite3" else (status.st_size, status.st_mtime_ns)
        digest.update(f"{path} {known}\n".encode())
    return digest.hexdigest()


def _environ(options: argparse.Namespace) -> dict[str, str]:
    env = {
        "HUB_MODE": "embedded",
        "HOST": options.host,
        "PORT": str(options.port),
        "WEB_WORKERS": "1",
        "WEB_LOG_LEVEL": "warning",
        "WORKER_LOG_LEVEL": "WARNING",
        "BEAT_LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker",  # expected as root in a container
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    if options.host not in LOOPBACK and not os.environ.get("ALLOWED_HOSTS"):
        env["ALLOWED_HOSTS"] = ",".join([*LOOPBACK[:2], "[::1]", *_own_names()])
    return env


def _own_names() -> list[str]:
    """This machine's name and its address in the local network."""
    names = [socket.gethostname()]
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, only chooses the network interface
        names.append(probe.getsockname()[0])
    return names


def _greeting(var: Path, address: str) -> str:
    logins = var / "demo"
    text = logins.read_text().strip() if logins.exists() else ""
    return f"\nMikano CX Hub: {address}\n{text}\nCtrl+C stops it.\n"
