"""What a kind of feed has to say for itself; `working` does the rest. Rooms above add their kinds by `register`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from accounts.imports.files.columns import Field, Problem, is_empty
from accounts.imports.files.file_reader import FeedRows, FileRow
from accounts.imports.files.row_values import LONGEST_ID
from accounts.imports.models import Feed, FeedRun
from accounts.imports.runs.stage import Stage
from accounts.people.models import Division, Staff
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.names import plain
from mikano_cx.kit.sheets import Cell, text_of

SAME, NEW, CHANGED, HELD, REFUSED, LEFT_OUT = "same", "new", "changed", "held", "refused", "left_out"
TAKE_UP = "feed_held"  # the job that takes up the rows held for a customer; its subject is the source
BUCKETS = (NEW, CHANGED, SAME, HELD, REFUSED, LEFT_OUT)
# The columns that every stage has; an empty bucket is undecided.
COMMON = {
    "row": "integer",
    "external_id": "text",
    "label": "text",
    "bucket": "text",
    "kind": "text",
    "field": "text",
    "problem": "text",
}


# Row, account, {field: [old, new]} as people read them, and what an undo needs to know besides.
Changed = tuple[int, int | None, dict[str, list[str]], dict[str, Any]]


class FeedKind(ABC):
    """One per kind: reads rows into a stage, decides by SQL, applies by SQL. Holds no state between runs."""

    name: ClassVar[str]
    columns: ClassVar[dict[str, str]]  # of the stage
    kept: ClassVar[tuple[str, ...]] = ()  # columns that a held row needs to be taken up later
    fills: ClassVar[tuple[str, ...]]  # the tables that new rows go to

    @abstractmethod
    def fields(self, feed: Feed) -> tuple[Field, ...]:
        """What a row of the feed may say."""

    @abstractmethod
    def rows(self, run: FeedRun, file: FeedRows, *, at: datetime) -> Iterator[Sequence[Any]]:
        """The file's rows as rows of the stage. One that can't be read is refused; its bucket is set."""

    @abstractmethod
    def decide(self, run: FeedRun, stage: Stage, *, at: datetime) -> None:
        """Give every undecided row its bucket. Writes nothing but the stage."""

    @abstractmethod
    def changes(self, run: FeedRun, stage: Stage) -> Iterator[Changed]:
        """Every changed row, before anything is written."""

    def vanished(self, run: FeedRun, stage: Stage) -> tuple[int, int]:
        """How many known records the file lacks, and how many are known."""
        return 0, 0

    def keep_vanished(self, run: FeedRun, stage: Stage) -> None:
        """Write a row for every known record that the file lacks."""
        raise NotImplementedError

    @abstractmethod
    def apply(self, run: FeedRun, stage: Stage, *, at: datetime) -> None:
        """Write what was decided, in the caller's transaction. Accounts concerned get `next_at` = `at`."""

    @abstractmethod
    def touched(self, run: FeedRun, *, at: datetime) -> list[int]:
        """Accounts that the run concerns and that wait to be replayed."""

    @abstractmethod
    def undo(self, run: FeedRun, *, by: Staff | None, at: datetime) -> set[int]:
        """Take back what `apply` wrote, in the caller's transaction; the accounts concerned. Refuses `touched`."""

    def after(self, run: FeedRun, *, at: datetime) -> None:
        """What else becomes possible once the run is applied."""
        return


# --- rows of the stage, the same for every kind ---------------------------------------------------------------------
def left_out(row: FileRow) -> tuple[Any, ...]:
    return row.number, "", "", LEFT_OUT, "", "", ""


def refused(row: FileRow, prefix: str, problem: Problem, label: Cell) -> tuple[Any, ...]:
    """`label`: the cell by which people know the row."""
    said, text = external_id(row.cells[0], prefix), " ".join(text_of(label).split())
    return row.number, said, text[:120], REFUSED, problem.kind, problem.field, problem.text[:300]


def understood(row: FileRow, read: Callable[[Sequence[Cell]], Any]) -> Any:
    """What `read` makes of the row's cells, or the Problem that keeps it out."""
    if not row.ragged:
        return read(row.cells)
    return Problem("", "ragged", "This row has more or fewer cells than the header has columns: is a comma not quoted?")


class Divisions:
    """Whose a row is: the division that it names, else the feed's."""

    def __init__(self, feed: Feed) -> None:
        self.ids = {plain(word): one.pk for one in Division.objects.all() for word in (one.slug, one.name)}
        self.default = feed.division_id

    def of(self, read: Any) -> tuple[Any, int | None]:
        """What was read, or the Problem of a division that the hub doesn't have; and the division."""
        if isinstance(read, Problem) or not read.division:
            return read, self.default
        if (found := self.ids.get(read.division) or self.ids.get(plain(read.division))) is not None:
            return read, found
        return Problem("division", "unknown_division", f"There is no division “{read.division[:40]}”."), None


def settle_twice(stage: Stage, field: str, alike: str) -> None:
    """Undecided rows with one ID are one where `alike` (SQL of {stage} and an earlier row o), and else refused."""
    if not has_twice(stage):
        return
    stage.ready("external_id")
    stage.sql(
        "UPDATE {stage} SET bucket = 'same', kind = '' WHERE bucket = '' AND EXISTS (SELECT 1 FROM {stage} o"
        f" WHERE o.external_id = {{stage}}.external_id AND o.row < {{stage}}.row AND o.bucket = '' AND {alike})"
    )
    refuse_twice(stage, field, "bucket = ''", "COUNT(*) > 1")


def has_twice(stage: Stage) -> bool:
    """Whether an ID stands in several rows: nearly never, and a look is quicker than comparing each with all."""
    found = "SELECT 1 FROM {stage} WHERE external_id <> '' GROUP BY external_id HAVING COUNT(*) > 1 LIMIT 1"
    return bool(stage.rows(found))


def refuse_twice(stage: Stage, field: str, rows: str, differ: str) -> None:
    """Refuse those of the `rows` that share an ID with others of them that `differ`: both are SQL."""
    stage.sql(
        f"UPDATE {{stage}} SET bucket = 'refused', kind = 'twice_in_file', field = '{field}', problem ="
        " {stage}.external_id || ' stands in rows ' || d.first || ' and ' || d.last || ' with different content.'"
        f" FROM (SELECT external_id, MIN(row) AS first, MAX(row) AS last FROM {{stage}} WHERE {rows}"
        f" AND external_id <> '' GROUP BY external_id HAVING {differ}) d"
        f" WHERE d.external_id = {{stage}}.external_id AND {{stage}}.{rows}"
    )


def external_id(cell: Cell, prefix: str) -> str:
    """The ID of a row that isn't read any further, as the hub keeps it; "" where there is none, or one too long."""
    said = erp_id(text_of(cell))
    known = said and not is_empty(said) and said.isprintable() and len(prefix + said) <= LONGEST_ID
    return prefix + said if known else ""


_KINDS: dict[str, FeedKind] = {}


def register(kind: type[FeedKind]) -> type[FeedKind]:
    _KINDS[kind.name] = kind()
    return kind


def kind_of(run: FeedRun) -> FeedKind:
    return _KINDS[run.feed.kind]
