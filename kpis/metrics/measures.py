"""Figures from sets of rows (pure). A figure is its rows: the lists shown and the share come from the same two sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Share(Generic[T]):
    """Rows of the denominator that are in the numerator, and those that are not, in their order."""

    yes: tuple[T, ...]
    no: tuple[T, ...]
    target: Decimal  # percent

    @property
    def count(self) -> int:
        return len(self.yes)

    @property
    def of(self) -> int:
        return len(self.yes) + len(self.no)

    @property
    def percent(self) -> Decimal | None:
        """Exact; None when nobody was expected: no data is not zero."""
        return Decimal(100 * self.count) / self.of if self.of else None

    @property
    def on_track(self) -> bool | None:
        """Above the target, exactly on it is off track; None without data."""
        return None if self.percent is None else self.percent > self.target

    @property
    def shown(self) -> str:
        """Whole percent, rounded down, so that a figure below its target never looks as if it had reached it."""
        return "no data" if self.percent is None else f"{int(self.percent)} %"


def share(expected: Iterable[T], seen: Iterable[T], *, target: Decimal) -> Share[T]:
    """Of the rows expected, those also seen. What was seen but not expected doesn't count."""
    found = frozenset(seen)
    rows = tuple(expected)
    yes = tuple(row for row in rows if row in found)
    return Share(yes=yes, no=tuple(row for row in rows if row not in found), target=target)
