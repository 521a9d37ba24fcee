"""The hub's Python environment in `.venv`, made from the pinned packages. Standard library only."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "hub-packages"
RUNTIME, EVERYTHING = "requirements.txt", "constraints.txt"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def ensure(pins: str) -> None:
    """Make the environment if it is missing, and install the packages of the file `pins` if they have changed."""
    wanted = _stamp(pins)
    if not _works():
        _make()
    elif STAMP.exists() and wanted in STAMP.read_text().splitlines():
        return
    say(f"Installing the packages of {pins} (about half a minute) ...")
    _pip("install", "-qq", "--no-deps", "--require-hashes", "-r", str(ROOT / pins))
    # The developers' packages include the hub's.
    STAMP.write_text("\n".join([wanted, _stamp(RUNTIME)] if pins == EVERYTHING else [wanted]) + "\n")


def environ() -> dict[str, str]:
    """The environment variables for the environment's programs."""
    path = os.pathsep.join([str(PYTHON.parent), os.environ.get("PATH", "")])
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**kept, "VIRTUAL_ENV": str(VENV), "PATH": path}


def _stamp(pins: str) -> str:
    return f"{pins} {hashlib.sha256((ROOT / pins).read_bytes()).hexdigest()}"


def _works() -> bool:
    if not PYTHON.exists():
        return False
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", code], stderr=subprocess.DEVNULL).returncode == 0


def _make() -> None:
    say("Making the Python environment in .venv ...")
    if VENV.exists():
        shutil.rmtree(VENV)
    with_pip = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True)
    if with_pip.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    bare = subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], capture_output=True, text=True)
    if bare.returncode != 0:
        raise SystemExit(f"The Python environment can't be made: {bare.stderr.strip() or bare.stdout.strip()}")


def _pip(*arguments: str) -> None:
    """Run the environment's own pip or, if Python comes without `ensurepip`, another pip on it."""
    if (VENV / "bin" / "pip").exists():
        command = [str(PYTHON), "-m", "pip"]
    elif subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        command = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    elif pip := shutil.which("pip3") or shutil.which("pip"):
        command = [pip, "--python", str(PYTHON)]
    else:
        raise SystemExit("This Python has no pip: install it (Debian: apt install python3-venv) and start again.")
    done = subprocess.run([*command, *arguments], env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    if done.returncode != 0:
        raise SystemExit("The packages could not be installed: the lines above say why.")
