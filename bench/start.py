"""Measures how long ./start takes in a new folder, and a second time: `python bench/start.py [--demo]`."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

START = Path(__file__).resolve().parent.parent / "start"
PORT = 8765


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="with the demo data")
    options = [] if parser.parse_args().demo else ["--no-demo"]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second", "third"):
            print(f"{name} start: {seconds(folder, options):.1f} s")


def seconds(folder: str, options: list[str]) -> float:
    """The seconds from the command until the hub answers."""
    environ = {**os.environ, "HUB_VAR_DIR": f"{folder}/var"}
    began = time.monotonic()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    hub = subprocess.Popen([sys.executable, START, "--port", str(PORT), *options], env=environ, **quiet)
    try:
        while not _answers():
            if hub.poll() is not None:
                sys.exit(f"./start ended with code {hub.returncode}.")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        hub.send_signal(signal.SIGINT)
        hub.wait()


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5) as answer:
            return json.load(answer).get("status") in ("ok", "late")
    except OSError:
        return False


if __name__ == "__main__":
    main()
