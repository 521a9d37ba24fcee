"""The kinds of files that come in. Each app registers those that it knows; `lifecycle` does the rest for feeds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from accounts.imports.files.cell_parsers import Unreadable, external_id
from accounts.imports.files.columns import ODD_ROWS, Column, Problem, odd_row
from accounts.imports.files.file_reader import FeedRows, FileRow
from accounts.imports.models import Feed, ImportRun
from accounts.imports.models.feeds import FEED_KINDS
from accounts.imports.runs.stage import Stage
from accounts.people import roles
from accounts.people.models import Division, Staff
from mikano_cx.kit.names import plain
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets import Cell, text_of

SAME, NEW, CHANGED, HELD, REFUSED, LEFT_OUT = "same", "new", "changed", "held", "refused", "left_out"
State = ImportRun.State
LOOKED_AT = (State.PREVIEW, State.STOPPED)
RUN, UNDO = "feed_run", "feed_undo"  # kinds of job; the subject is the run's number
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


class ImportKind(ABC):
    """What every kind of file says of its runs: who decides about them, and which job takes them on."""

    name: ClassVar[str]
    jobs: ClassVar[Mapping[str, str]]  # the kind of job that a run waits for, by the run's state
    approved: ClassVar[str]  # the state of a run that is to be applied
    discardable: ClassVar[tuple[str, ...]]
    read_again: ClassVar[tuple[str, ...]] = ()  # states in which its file may be read once more

    @abstractmethod
    def refuse_stranger(self, run: ImportRun, by: Staff) -> None:
        """Refuses `not_your_role` to who doesn't decide about the run."""

    def refuse_approval(self, run: ImportRun, by: Staff) -> None:
        """Refuses what keeps the run from being applied by this person."""
        return

    def refuse_undo(self, run: ImportRun, by: Staff) -> None:
        """Refuses what keeps the run from being taken back by this person."""
        return

    def moved_on(self, run: ImportRun) -> Refused:
        """The refusal for who asks what can't be asked in the run's state."""
        return Refused("moved_on", f"This import is {run.get_state_display().lower()} now: look again.")


class FeedKind(ImportKind):
    """One per kind: reads rows into a stage, decides by SQL, applies by SQL. Holds no state between runs."""

    jobs = {State.WAITING: RUN, State.READING: RUN, State.UNDOING: UNDO}
    approved = State.WAITING
    discardable = (*LOOKED_AT, State.WAITING, State.REFUSED)
    read_again = (*discardable, State.READING)
    columns: ClassVar[dict[str, str]]  # of the stage
    kept: ClassVar[tuple[str, ...]] = ()  # columns that a held row needs to be taken up later
    fills: ClassVar[tuple[str, ...]]  # the tables that new rows go to
    brings: ClassVar[str]  # what a new row is, for people
    settings: ClassVar[tuple[str, ...]] = ()  # those of a feed that no other kind has
    lines: ClassVar[tuple[Column, ...]] = ()  # of a second file of lines, where there may be one
    label: ClassVar[str]

    @abstractmethod
    def fields(self, feed: Feed) -> tuple[Column, ...]:
        """What a row of the feed may say."""

    @abstractmethod
    def reader(self, feed: Feed, on: date) -> Callable[[Sequence[Cell]], Any]:
        """Makes of a row's cells what it says, or the Problem that keeps it out; `on` is the local day."""

    def line_reader(self, feed: Feed) -> Callable[[Sequence[Cell]], Any]:
        """The same of the file of lines."""
        raise NotImplementedError

    @abstractmethod
    def rows(self, run: ImportRun, file: FeedRows, *, at: datetime) -> Iterator[Sequence[Any]]:
        """The file's rows as rows of the stage. One that can't be read is refused; its bucket is set."""

    @abstractmethod
    def decide(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        """Give every undecided row its bucket. Writes nothing but the stage."""

    @abstractmethod
    def changes(self, run: ImportRun, stage: Stage) -> Iterator[Changed]:
        """Every changed row, before anything is written."""

    def vanished(self, run: ImportRun, stage: Stage) -> tuple[int, int]:
        """How many known records the file lacks, and how many are known."""
        return 0, 0

    def keep_vanished(self, run: ImportRun, stage: Stage) -> None:
        """Write a row for every known record that the file lacks."""
        raise NotImplementedError

    @abstractmethod
    def apply(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        """Write what was decided, in the caller's transaction. Accounts concerned get `next_at` = `at`."""

    @abstractmethod
    def touched(self, run: ImportRun, *, at: datetime) -> list[int]:
        """Accounts that the run concerns and that wait to be replayed."""

    @abstractmethod
    def undo(self, run: ImportRun, *, by: Staff | None, at: datetime) -> set[int]:
        """Take back what `apply` wrote, in the caller's transaction; the accounts concerned. Refuses `touched`."""

    def after(self, run: ImportRun, *, at: datetime) -> None:
        """What else becomes possible once the run is applied."""
        return

    def refuse_stranger(self, run: ImportRun, by: Staff) -> None:
        if not by.has_role(roles.FEEDING):
            raise Refused("not_your_role", "IT, the steward or the P&BI team decides that.")

    def refuse_undo(self, run: ImportRun, by: Staff) -> None:
        check_last(run)


# --- rows of the stage, the same for every kind ---------------------------------------------------------------------
def left_out(row: FileRow) -> tuple[Any, ...]:
    return row.number, "", "", LEFT_OUT, "", "", ""


def refused(row: FileRow, prefix: str, problem: Problem, label: Cell) -> tuple[Any, ...]:
    """`label`: the cell by which people know the row."""
    said, text = known_id(row.cells[0], prefix), " ".join(text_of(label).split())
    return row.number, said, text[:120], REFUSED, problem.kind, problem.field, problem.text[:300]


def understood(row: FileRow, read: Callable[[Sequence[Cell]], Any]) -> Any:
    """What `read` makes of the row's cells, or the Problem that keeps it out."""
    if row.ragged:
        words = "This row has more or fewer cells than the header has columns: is a comma not quoted?"
        return Problem("", "ragged", words)
    found = None if row.odd else read(row.cells)
    if (found is None or isinstance(found, Problem)) and (odd := row.odd or odd_row(row.cells)):
        return Problem("", odd, ODD_ROWS[odd])
    return found


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


def known_id(cell: Cell, prefix: str) -> str:
    """The ID of a row that isn't read any further, as the hub keeps it; "" where there is none, or one too long."""
    try:
        return external_id(cell, prefix)
    except Unreadable:
        return ""


def check_last(run: ImportRun) -> None:
    """Refuses `not_the_last` when the source has brought something since."""
    assert run.feed is not None
    later = ImportRun.objects.filter(feed__source=run.feed.source, state=State.APPLIED, finished_at__gt=run.finished_at)
    if other := later.select_related("feed").order_by("finished_at").first():
        raise Refused("not_the_last", f"{other} came later: undo that first.")


_KINDS: dict[str, ImportKind] = {}
K = TypeVar("K", bound=type[ImportKind])


def register(kind: K) -> K:
    _KINDS[kind.name] = kind()
    if issubclass(kind, FeedKind):
        FEED_KINDS[kind.name] = kind.label
    return kind


def import_kind(run: ImportRun) -> ImportKind:
    return _KINDS[run.kind]


def kind_of(feed: Feed) -> FeedKind:
    kind = _KINDS[feed.kind]
    assert isinstance(kind, FeedKind)
    return kind


def fields_of(feed: Feed) -> tuple[Column, ...]:
    """What a file of the feed may hold."""
    return kind_of(feed).fields(feed)


def settings_of_others(feed: Feed) -> set[str]:
    """The settings that another kind of feed has, and this one doesn't."""
    return {name for kind in _KINDS.values() for name in getattr(kind, "settings", ())} - {*kind_of(feed).settings}
