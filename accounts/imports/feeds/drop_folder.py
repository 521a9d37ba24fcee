"""Where a feed's files come from. Pure. The drop folder is the first way; another one is another `Fetcher`."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple, Protocol

from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.refusal import Refused

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp", "~")
_STAMP = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?:[-_T ]?(\d\d)[-_:.]?(\d\d)(?:[-_:.]?\d\d)?)?(?!\d)")


class Found(NamedTuple):
    """A file that waits. `file_at` is the date in its name, else when it was written; `size` is bytes.

    `lines` is the file of lines that goes with it. `growing`: it, or its lines, may still be being written.
    """

    path: Path
    name: str
    file_at: datetime
    size: int
    written: datetime
    lines: Path | None = None
    growing: bool = False


class Fetcher(Protocol):
    def newest(self, at: datetime) -> list[Found]:
        """The files that wait at the instant `at`, oldest first."""
        ...


@dataclass(frozen=True)
class DropFolder:
    """A folder below `root` into which others put files. Nothing outside `root` is ever looked at.

    A file that was written less than `settle_seconds` ago is growing. Hidden and unfinished ones (.part, .tmp, ...) and
    links aren't seen. Patterns are of names, in any case, with * and ?.
    """

    root: Path
    folder: str
    pattern: str
    lines_pattern: str = ""
    settle_seconds: int = 60

    def newest(self, at: datetime) -> list[Found]:
        """Refuses `no_folder` and `outside`."""
        heads: list[Found] = []
        lines: list[Found] = []
        for name, size, written in self._files():
            growing = at - written < timedelta(seconds=self.settle_seconds)
            found = Found(self._place() / name, name, dated(name, written), size, written, growing=growing)
            if self.lines_pattern and _fits(name, self.lines_pattern):
                lines.append(found)
            elif _fits(name, self.pattern):
                heads.append(found)
        return [_with_lines(head, lines) for head in sorted(heads, key=lambda one: (one.file_at, one.name))]

    def _place(self) -> Path:
        root = self.root.resolve()
        place = (root / self.folder).resolve()
        if not place.is_relative_to(root):
            raise Refused("outside", f"“{self.folder}” isn't inside the hub's drop folder.", field="folder")
        return place

    def _files(self) -> list[tuple[str, int, datetime]]:
        """Name, bytes and when it was written, of every whole file."""
        files = []
        try:
            with os.scandir(self._place()) as entries:
                for entry in entries:
                    if _is_whole(entry.name) and entry.is_file(follow_symlinks=False):
                        state = entry.stat(follow_symlinks=False)
                        files.append((entry.name, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC)))
        except OSError as error:
            why = error.strerror or "it can't be read"
            raise Refused(
                "no_folder", f"The drop folder “{self.folder}” can't be read: {why}.", field="folder"
            ) from error
        return files


def dated(name: str, written: datetime) -> datetime:
    """The date in the file's name, else when it was written. One more than a day after that is a slip, and isn't
    believed: every later file would be older. (Beside the present it would be believed one day, of a file long taken.)
    """
    named = named_at(name)
    return named if named and named <= written + timedelta(days=1) else written


def named_at(name: str) -> datetime | None:
    """The moment in Lagos that a file's name tells: 20261122, 2026-11-22, 20261122_0130. None if it tells none."""
    for year, _, month, day, hour, minute in _STAMP.findall(name):
        try:
            clock = time(int(hour or 0), int(minute or 0))
            return datetime.combine(date(int(year), int(month), int(day)), clock, tzinfo=LAGOS)
        except ValueError:
            continue
    return None


def _is_whole(name: str) -> bool:
    return not name.startswith((".", "~")) and not name.lower().endswith(UNFINISHED)


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())


def _with_lines(head: Found, lines: Sequence[Found]) -> Found:
    """With the lines of the moment in its name; where lines have none in theirs, with the last that were written."""
    own = named_at(head.name)
    undated = [one for one in lines if not named_at(one.name)]
    same = [one for one in lines if own and named_at(one.name) == own] or undated
    if not same:
        return head
    line = max(same, key=lambda one: (one.file_at, one.name))
    return head._replace(lines=line.path, growing=head.growing or line.growing)
