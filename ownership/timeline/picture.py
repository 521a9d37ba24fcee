"""The picture of a time line as numbers and strings: a band of segments, marks of facts above it, an axis below.

A template draws it as SVG in a view box of `width` by `height` units. One unit is meant as one pixel, and text is meant
to be 12 units high. What lies beyond the ends of the box is drawn at its ends; marks that don't fit are counted with
others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from mikano_cx.kit.local_time import day_text
from ownership.engine.calendar import Calendar
from ownership.engine.rules import LED, MOVEMENTS, ORPHAN, OWNED, Segment
from ownership.explain import Case, FactLabel
from ownership.explain.phrases import naira

MARK, ROWS = 14, 3  # a mark is 14 units wide and high; three rows on 960 units hold about two hundred
BAND = 28
TINTS = 6  # as many as there are tints of people in css/tokens.css
AXIS = 22
LETTER, LABEL_SPACE, TICK_SPACE = 6.6, 12, 24
EDGE = 8  # units left free at both ends
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 28, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Band:
    """The rectangle of one segment (`segment` is its place in the time line).

    `label` is empty where none fits. `ahead` marks the time that the running clock still gives. `tint` tells holders
    apart: a number below `TINTS`, None for nobody.
    """

    segment: int
    state: str
    x: float
    width: float
    label: str
    tint: int | None = None
    ahead: bool = False

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of one fact, or of several that lie too close together (`count`).

    `kind` is the fact's, "remark" for an interaction that isn't substantive, or "several" for facts of different kinds.
    `x` and `y` are the mark's middle; row 0 is next to the band. `facts` are the ids, the earliest first. The mark is
    `ignored` when all its facts are struck out or are sales of zero or less.
    """

    x: float
    y: float
    row: int
    kind: str
    ignored: bool
    facts: tuple[str, ...]
    title: str

    @property
    def count(self) -> int:
        return len(self.facts)


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the axis; `anchor` is SVG's text-anchor."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole picture; `band_y` is the top of the band, `axis_y` the axis, `today` the x of `as_of`.

    `label_y` and `tick_y` are the base lines of the labels in the band and on the axis.
    """

    width: int
    height: int
    band_y: int
    band_height: int
    label_y: int
    axis_y: int
    tick_y: int
    today: float
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def draw_timeline(case: Case, width: int = 960) -> Drawing | None:
    """The picture of the whole time line, `width` units wide (at least 120); None when there is no time line."""
    if not case.timeline.segments:
        return None
    scale = _Scale.of(case, width)
    marks = _marks(case, scale)
    band_y = MARK * (1 + max((mark.row for mark in marks), default=-1)) + 4
    axis_y = band_y + BAND + 4
    placed = tuple(replace(mark, y=band_y - 4 - MARK * (mark.row + 0.5)) for mark in marks)
    return Drawing(
        width,
        axis_y + AXIS,
        band_y,
        BAND,
        band_y + BAND // 2 + 4,
        axis_y,
        axis_y + AXIS - 6,
        scale.x(case.as_of),
        tuple(_bands(case, scale)),
        placed,
        tuple(_ticks(scale, case)),
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime
    width: int

    @classmethod
    def of(cls, case: Case, width: int) -> "_Scale":
        """From the first segment to `as_of`, and on to what is known to come, by a third of that time at most."""
        start = case.timeline.segments[0].start.astimezone(UTC)
        past = max(case.as_of - start, timedelta(days=1))
        coming = [fact.at for fact in case.to_come()]
        if case.timeline.expires_at is not None:
            coming.append(case.timeline.expires_at)
        ahead = max((at - case.as_of for at in coming), default=timedelta(0))
        return cls(start, _instant_after(start, past + min(ahead, past / 3)), width)

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return round(EDGE + min(max(share, 0.0), 1.0) * (self.width - 2 * EDGE), 1)


def _instant_after(at: datetime, by: timedelta) -> datetime:
    return at + by if by < _LAST - at else _LAST


# --- the band --------------------------------------------------------------------------------------------------------


def _bands(case: Case, scale: _Scale) -> Iterator[Band]:
    segments, expires = case.timeline.segments, case.timeline.expires_at
    tints = {key: place % TINTS for place, key in enumerate(sorted(case.names))}
    label = ""
    for number, segment in enumerate(segments):
        x, end = scale.x(segment.start), scale.x(segment.end or case.as_of)
        label = _label(case, segment, end - x)
        yield Band(number, segment.state, x, round(end - x, 1), label, _tint(segment, tints))
    if expires is not None:
        last, x, end = segments[-1], scale.x(case.as_of), scale.x(expires)
        name = "" if label else _label(case, last, end - x)  # one label a segment
        yield Band(len(segments) - 1, last.state, x, round(end - x, 1), name, _tint(last, tints), ahead=True)


def _tint(segment: Segment, tints: Mapping[str, int]) -> int | None:
    return None if segment.holder is None else tints.get(segment.holder, 0)


def _label(case: Case, segment: Segment, room: float) -> str:
    """The longest label that fits into `room` units; "" when none does."""
    if segment.state in (OWNED, LED):
        name = case.person(segment.holder).text
        role = "owner" if segment.state == OWNED else "lead"
        choices = [f"{name}, {role}", name, name.split()[0] if name.split() else ""]
    else:
        choices = ["Orphan" if segment.state == ORPHAN else "Unassigned"]
    return next((text for text in choices if len(text) * LETTER + LABEL_SPACE <= room), "")


# --- the marks -------------------------------------------------------------------------------------------------------


def _marks(case: Case, scale: _Scale) -> list[Mark]:
    """Marks from left to right, each in the lowest row that is free; a fact without a free row joins another mark."""
    rows: list[list[list[FactLabel]]] = [[] for _ in range(ROWS)]
    for fact in sorted(_facts_to_mark(case, scale), key=lambda fact: (fact.at, fact.id)):
        x = scale.x(fact.at)
        free = next((row for row in rows if not row or x - scale.x(row[-1][0].at) >= MARK), None)
        if free is not None:
            free.append([fact])
        else:
            same = (_mark_kind(fact), fact.ignored)
            alike = [row[-1] for row in rows if (_mark_kind(row[-1][0]), row[-1][0].ignored) == same]
            (alike[0] if alike else rows[-1][-1]).append(fact)
    marks = [_mark(case, scale, number, group) for number, row in enumerate(rows) for group in row]
    return sorted(marks, key=lambda mark: (mark.x, mark.row))


def _facts_to_mark(case: Case, scale: _Scale) -> Iterator[FactLabel]:
    """The account's own facts, and the departures and returns of its holders within the picture's time."""
    holders = {segment.holder for segment in case.timeline.segments}
    for fact in case.facts.values():
        if fact.kind not in MOVEMENTS or (fact.by in holders and scale.start <= fact.at <= scale.end):
            yield fact


def _mark_kind(fact: FactLabel) -> str:
    return "remark" if fact.kind == "interaction" and not fact.substantive else fact.kind


def _mark(case: Case, scale: _Scale, row: int, group: Sequence[FactLabel]) -> Mark:
    kinds = {_mark_kind(fact) for fact in group}
    return Mark(
        scale.x(group[0].at),
        0,
        row,
        kinds.pop() if len(kinds) == 1 else "several",
        all(fact.ignored for fact in group),
        tuple(fact.id for fact in group),
        _title(case, group),
    )


# How the title of one fact begins, and the preposition before the person.
_TITLES = {
    "sale": ("Sale", "by"),
    "interaction": ("Interaction", "by"),
    "remark": ("Interaction, not substantive:", "by"),
    "created": ("Logged first", "by"),
    "assignment": ("Assignment", "to"),
    "departure": ("Departure", "of"),
    "return": ("Return", "of"),
}


def _title(case: Case, group: Sequence[FactLabel]) -> str:
    fact, last = group[0], group[-1]
    if len(group) > 1:
        same = fact.day == last.day
        return f"{len(group):,} facts, {day_text(fact.day)}{'' if same else f' to {day_text(last.day)}'}"
    begins, joins = _TITLES[_mark_kind(fact)]
    label = f" {fact.label}" if fact.kind in ("sale", "interaction") else ""
    person = f" {joins} {case.person(fact.by).text}" if fact.by is not None else ""
    value = f", {naira(fact.amount)}" if fact.amount is not None else ""
    day = case.day_before(fact.at) if fact.kind == "departure" else day_text(fact.day)
    return f"{begins}{label}{person}{value}, {day}{', does not count' if fact.ignored else ''}"


# --- the axis --------------------------------------------------------------------------------------------------------

# Days from one tick to the next (a month as 30, a year as 365), letters of a label, and the unit of the label.
_STEPS = (
    *((days, 11, "day") for days in (1, 2, 7, 14)),
    *((months * 30, 8, "month") for months in (1, 3, 6)),
    *((years * 365, 4, "year") for years in (1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000)),
)


def _ticks(scale: _Scale, case: Case) -> list[Tick]:
    """Ticks at the finest step whose labels don't touch each other."""
    calendar = Calendar.of(case.policy.timezone)
    first, last = calendar.day(scale.start), calendar.day(scale.end)
    unit = (scale.width - 2 * EDGE) / max((last - first).days, 1)
    days, _, step_unit = next(
        step for step in _STEPS if step[0] * unit >= step[1] * LETTER + TICK_SPACE or step == _STEPS[-1]
    )
    midnights = ((day, calendar.midnight(day)) for day in _days(first, last, days, step_unit) if first <= day <= last)
    return [_tick(scale, day, at, step_unit) for day, at in midnights if scale.start <= at <= scale.end]


def _days(first: date, last: date, step: int, step_unit: str) -> Iterator[date]:
    if step_unit == "day":
        # Weeks begin on Mondays.
        begin = first - timedelta(days=first.weekday()) if step >= 7 else first
        yield from (begin + timedelta(days=away) for away in range(0, (last - begin).days + 1, step))
    elif step_unit == "month":
        for month in range(first.year * 12, last.year * 12 + last.month, step // 30):
            yield date(month // 12, month % 12 + 1, 1)
    else:
        years = step // 365
        yield from (date(year, 1, 1) for year in range(first.year // years * years or years, last.year + 1, years))


def _tick(scale: _Scale, day: date, at: datetime, step_unit: str) -> Tick:
    label = {"day": day_text(day), "month": f"{day:%b %Y}", "year": f"{day.year}"}[step_unit]
    x, room = scale.x(at), len(label) * LETTER / 2
    if x < room:
        return Tick(x, label, "start")
    return Tick(x, label, "end" if x > scale.width - room else "middle")
