"""What an import decides about a row, as a value: the preview, the dry run and apply all read it. Pure."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from accounts.imports.files.columns import ODD_ROWS, REPEATED_HEADER
from interactions.workbook import cell_parsers
from interactions.workbook.layout import BY_KEY, header_of
from mikano_cx.kit.names import person_key, plain
from mikano_cx.kit.sheets import Cell

NEW, CHANGED, SAME, REFUSED = BUCKETS = ("new", "changed", "same", "refused")
WARNED = "warned"
INFO = "info"


class SheetRow(NamedTuple):
    """One row of a tab: its number in the sheet, and its cells by field. A field whose column is absent isn't there.

    `odd`: it is no data (see `columns.odd_row`).
    """

    number: int
    cells: Mapping[str, Cell]
    odd: str = ""

    def code(self, name: str = "code") -> str:
        """The code of a record of the hub that the cell names."""
        return cell_parsers.code(self.cells.get(name))


@dataclass(frozen=True)
class Choices:
    """What whoever imports has chosen, visibly. Next actions due before `old_before`, a local day, count as old."""

    blanks_keep: bool = True
    repair_names: bool = True
    propose_dates: bool = True
    old_before: date | None = None


@dataclass(frozen=True)
class Rights:
    """Whose records may be changed: those of no division always, of these divisions, or all."""

    everywhere: bool = False
    divisions: frozenset[int] = frozenset()

    def reach(self, division_id: int | None) -> bool:
        return self.everywhere or division_id is None or division_id in self.divisions

    def also(self, other: "Rights") -> "Rights":
        """What both may change."""
        if self.everywhere or other.everywhere:
            return other if self.everywhere else self
        return Rights(divisions=self.divisions & other.divisions)


@dataclass(frozen=True, slots=True)
class Problem:
    """`weight` is refused, warned or info; info is shown and counts as no problem."""

    field: str
    kind: str
    message: str
    weight: str


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that differs: both sides as people read them, and the hub's value as it is restored by an undo."""

    field: str
    old: str
    new: str
    before: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """`values` are what to write: every field of a new record, the changed fields of a changed one."""

    tab: str
    row: int
    code: str
    label: str
    bucket: str
    values: Mapping[str, Any]
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]

    @property
    def accepted(self) -> bool:
        return self.bucket != REFUSED

    @property
    def warned(self) -> bool:
        return self.accepted and any(problem.weight == WARNED for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff as a name in the file finds them. `from_file`: known only by name from some file."""

    id: int
    name: str
    from_file: bool


@dataclass(frozen=True, slots=True)
class PersonRef:
    """A name in the file: `id` is None for somebody whom the hub doesn't know yet."""

    key: str
    name: str
    id: int | None
    unknown: bool


class People:
    """Names as written, matched to staff by `person_key`. `unknown` counts the rows of those not found."""

    def __init__(self, known: Mapping[str, Person]) -> None:
        self.known = known
        self.found: dict[str, PersonRef] = {}
        self.unknown: dict[str, int] = {}

    def find(self, written: str) -> PersonRef:
        if written not in self.found:
            key = name_key(written)
            person = self.known.get(key)
            ref = PersonRef(key, written, person.id if person else None, person is None or person.from_file)
            self.found[written] = ref
        if self.found[written].unknown:
            self.unknown[written] = self.unknown.get(written, 0) + 1
        return self.found[written]


def name_key(written: str) -> str:
    return (person_key(written) or plain(written))[:120]


class Draft:
    """A row on its way to a decision: problems and changes are collected, then `decision` closes it."""

    def __init__(self, tab: str, row: int, code: str, label: str = "", odd: str = "") -> None:
        self.tab, self.row, self.code, self.label, self.odd = tab, row, code, label, odd
        self.problems: list[Problem] = []
        self.changes: list[Change] = []
        self.values: dict[str, Any] = {}
        self.refused = False

    def refuse(self, field: str, kind: str, message: str) -> None:
        self.refused = True
        self.problems.append(Problem(header_of(self.tab, field), kind, message, REFUSED))

    def warn(self, field: str, kind: str, message: str) -> None:
        self.problems.append(Problem(header_of(self.tab, field), kind, message, WARNED))

    def tell(self, field: str, kind: str, message: str) -> None:
        self.problems.append(Problem(header_of(self.tab, field), kind, message, INFO))

    def change(self, field: str, new: Any, *, shown: tuple[str, str], before: Any) -> None:
        """`new` is what to write, `before` what an undo writes, `shown` both for people."""
        self.values[field] = new
        self.changes.append(Change(field, *shown, before))

    def drop(self, change: Change) -> None:
        """Take a change back."""
        self.changes.remove(change)
        del self.values[change.field]

    def fits(self, field: str, text: str) -> None:
        longest = BY_KEY[self.tab].longest[field]
        if len(text) > longest:
            header = header_of(self.tab, field)
            self.refuse(field, "too_long", f"“{header}” has {len(text):,} characters; {longest} fit.")

    def decision(self, *, exists: bool) -> Decision:
        if self.odd == REPEATED_HEADER or (self.odd and self.refused):
            self.problems = []
            self.refuse("", self.odd, ODD_ROWS[self.odd])
        bucket = REFUSED if self.refused else NEW if not exists else CHANGED if self.changes else SAME
        keep = bucket in (NEW, CHANGED)
        return Decision(
            self.tab,
            self.row,
            self.code[:24],
            self.label[:120],
            bucket,
            self.values if keep else {},
            tuple(self.changes) if keep else (),
            tuple(p for p in self.problems if not (self.refused and p.weight == INFO)),
        )


def keepers(
    rows: Iterable[tuple[str, int]], agreement: Callable[[int], tuple[int, ...]], in_hub: Container[str] = ()
) -> dict[str, tuple[int, int]]:
    """For each code used more than once: the row that keeps it, and how many rows use it.

    `rows` are (code, row number); `agreement` says how well a row agrees with the hub's record (more is better), so
    that the order of the file decides only where the hub knows nothing. Where the hub has the code (`in_hub`) and no
    row agrees in the first respect, none keeps it (row 0): several strangers under a known code are all mistakes.
    """
    by_code: dict[str, list[int]] = {}
    for code, number in rows:
        if code:
            by_code.setdefault(code, []).append(number)
    kept = {}
    for code, numbers in by_code.items():
        if len(numbers) > 1:
            best = max(numbers, key=lambda number: (*agreement(number), -number))
            strangers = code in in_hub and not agreement(best)[0]
            kept[code] = (0 if strangers else best, len(numbers))
    return kept


@dataclass
class Tally:
    """Counts of a plan, in the words of the command's --json."""

    tabs: dict[str, dict[str, int]] = field(
        default_factory=lambda: {
            tab: dict.fromkeys(("rows", *BUCKETS, WARNED), 0) for tab in ("accounts", "contacts", "interactions")
        }
    )
    kinds: dict[str, dict[str, int]] = field(
        default_factory=lambda: {tab: {} for tab in ("accounts", "contacts", "interactions")}
    )
    notes: dict[str, dict[str, int]] = field(
        default_factory=lambda: {tab: {} for tab in ("accounts", "contacts", "interactions")}
    )

    def add(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            counts = self.tabs[decision.tab]
            counts["rows"] += 1
            counts[decision.bucket] += 1
            counts[WARNED] += decision.warned
            for problem in decision.problems:
                kinds = (self.notes if problem.weight == INFO else self.kinds)[decision.tab]
                kinds[problem.kind] = kinds.get(problem.kind, 0) + 1
