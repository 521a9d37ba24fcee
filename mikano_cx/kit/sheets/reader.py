"""Reading an uploaded workbook or text table in a child process, so that no file can harm this one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from datetime import date, datetime, time
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from mikano_cx.kit.sheets.inspection import inspect
from mikano_cx.kit.sheets.model import (
    ALL_KINDS,
    Cell,
    FileKind,
    Limits,
    Row,
    SheetRefused,
    Tab,
    TabSize,
    Workbook,
    damaged_refusal,
)

# Importing the project's package starts Celery, which the child doesn't need.
_BOOT = """\
import runpy, sys, types
root = types.ModuleType("mikano_cx")
root.__path__ = [sys.argv.pop(1)]
sys.modules["mikano_cx"] = root
runpy.run_module("mikano_cx.kit.sheets.child_process", run_name="__main__")
"""
_PACKAGE = str(Path(__file__).resolve().parents[2])
_LONGEST_LINE = 256 * 2**20


class Stream:
    """The rows of a parsed file, one by one. Iterate once, then close.

    The child has finished before the first row is given, so a file that is broken further down yields nothing. `tabs`
    holds every tab, including blank ones.
    """

    def __init__(self, kind: FileKind, spool: IO[bytes]):
        self.kind = kind
        self._spool = spool
        names, sizes = _tab_endings(spool)
        self.tabs = tuple(TabSize(name, *size) for name, size in zip(names, sizes, strict=True))

    def __iter__(self) -> Iterator[Row]:
        for tab, number, values in self.numbered():
            yield Row(self.tabs[tab].name, number, values)

    def numbered(self) -> Iterator[tuple[int, int, list[Cell]]]:
        """Like iteration, with the tab's index in `tabs` instead of its name, because names may repeat."""
        tab = 0
        self._spool.seek(0)
        decode = json.JSONDecoder(object_hook=_moment).decode
        for line in iter(lambda: self._spool.readline(_LONGEST_LINE), b""):
            batch = decode(line.decode())
            if isinstance(batch, dict):
                tab = batch.get("tab", tab)
                continue
            for number, values in batch:
                yield tab, number, values

    def close(self) -> None:
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def stream(
    path: str | PathLike[str],
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: Limits | None = None,
    csv_unescape: bool = False,
) -> Stream:
    """Check the file, parse it in a child process and return its rows lazily.

    Blank rows are left out; row numbers are the sheet's own, from 1. Blank cells are None, and trailing blank cells are
    dropped. `csv_unescape` removes the apostrophes of our own text exports. Raises SheetRefused, and no other error for
    anything in a file.
    """
    limits = limits or Limits()
    kind = inspect(path, limits=limits)
    if kind.kind not in kinds:
        names = ", ".join(f".{name}" for name in kinds)
        raise SheetRefused("kind_not_allowed", f"This is an .{kind.kind} file, and only {names} can be read here.")
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the stream that owns it
    try:
        _parse(str(Path(path).resolve()), kind, limits, spool, unescape=csv_unescape)
        spool.seek(0)
        return Stream(kind, spool)
    except BaseException:
        spool.close()
        raise


def read(
    path: str | PathLike[str],
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: Limits | None = None,
    csv_unescape: bool = False,
) -> Workbook:
    """The whole file as lists, where `tab.rows[i]` is row i + 1. For files that fit in memory."""
    with stream(path, kinds=kinds, limits=limits, csv_unescape=csv_unescape) as rows:
        tabs = [Tab(tab.name, []) for tab in rows.tabs]
        for tab, number, values in rows.numbered():
            into = tabs[tab].rows
            into.extend([] for _ in range(number - 1 - len(into)))
            into.append(values)
        return Workbook(rows.kind, tabs)


def _parse(path: str, kind: FileKind, limits: Limits, spool: IO[bytes], *, unescape: bool) -> None:
    """Run the child to its end with its output in `spool`. Raises what it refuses."""
    seconds, memory = limits.seconds_for(kind.unpacked), limits.memory_for(kind.unpacked)
    task = {
        "path": path,
        "kind": asdict(kind),
        "limits": asdict(limits),
        "memory": memory,
        "seconds": seconds,
        "unescape": unescape,
    }
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            [sys.executable, "-P", "-B", "-c", _BOOT, _PACKAGE, json.dumps(task)],
            stdin=subprocess.DEVNULL,
            stdout=spool,
            stderr=complaints,
            env={"PYTHONUTF8": "1"},
            cwd="/",
            start_new_session=True,
        )
        try:
            child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise _too_slow(seconds) from None
        finally:
            if child.returncode is None:
                _kill(child)
        complaints.seek(0)
        complaint = complaints.read(65_536)
    if refused := _last(spool).get("refused"):
        code, message, tab, row = refused
        raise SheetRefused(code, message, tab=tab, row=row)
    if child.returncode == 0:
        return
    if child.returncode == -signal.SIGXCPU:
        raise _too_slow(seconds)
    if child.returncode == 3 or b"memory allocation of" in complaint or b"MemoryError" in complaint:
        raise SheetRefused(
            "memory",
            f"This file needs more than the {memory / 2**20:,.0f} MB of memory that reading it may "
            "take: it is damaged, or something stands far outside its tables.",
            tab=_tab_in_work(spool),
        )
    raise damaged_refusal(_tab_in_work(spool))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and every process that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _too_slow(seconds: float) -> SheetRefused:
    return SheetRefused("time", f"This file can't be read within {seconds:,.0f} seconds: it may be damaged.")


def _lines_at_end(spool: IO[bytes], most: int) -> list[bytes]:
    size = spool.seek(0, os.SEEK_END)
    spool.seek(max(0, size - most))
    return spool.read(most).splitlines()


def _last(spool: IO[bytes]) -> dict[str, Any]:
    """The child's last line if it is a note, else an empty dictionary."""
    lines = _lines_at_end(spool, 2**20)
    try:
        note = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _tab_in_work(spool: IO[bytes]) -> str | None:
    """The tab that the child was reading when it died, if its notes say so."""
    try:
        spool.seek(0)
        names = json.loads(spool.readline(2**20))["tabs"]
        notes = [line for line in _lines_at_end(spool, 2**20) if line.startswith(b'{"tab":')]
        return str(names[json.loads(notes[-1])["tab"]]) if notes else None
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _tab_endings(spool: IO[bytes]) -> tuple[list[str], list[list[int]]]:
    """The names of the tabs, from the first line, and each one's last row and row count, from the last line."""
    done = _last(spool).get("done")
    spool.seek(0)
    names = json.loads(spool.readline(2**20))["tabs"] if done is not None else []
    if done is None or len(done) != len(names):
        raise damaged_refusal()
    return names, done


def _moment(note: dict[str, Any]) -> object:
    if len(note) == 1:
        for key, moment in _MOMENTS.items():
            if key in note:
                return moment(note[key])
    return note


_MOMENTS: dict[str, Callable[[str], object]] = {
    "d": date.fromisoformat,
    "t": datetime.fromisoformat,
    "h": time.fromisoformat,
}
