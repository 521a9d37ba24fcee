"""Figures computed from sets of rows (pure): the lists that a page shows and the share come from the same sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Share(Generic[T]):
    """The expected rows that were seen (`yes`) and those that weren't (`no`), in their order."""

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
        """The exact percentage; None when nobody was expected, because no data isn't zero."""
        return Decimal(100 * self.count) / self.of if self.of else None

    @property
    def on_track(self) -> bool | None:
        """Whether the figure is above its target (exactly on it is off track); None without data."""
        return None if self.percent is None else self.percent > self.target

    @property
    def shown(self) -> str:
        """The whole percentage as text, rounded down, so that no figure below its target looks as if it reached it."""
        return "no data" if self.percent is None else f"{int(self.percent)} %"


def share(expected: Iterable[T], seen: Iterable[T], *, target: Decimal) -> Share[T]:
    """The share of the expected rows that were also seen. Rows seen but not expected don't count."""
    found = frozenset(seen)
    rows = tuple(expected)
    yes = tuple(row for row in rows if row in found)
    return Share(yes=yes, no=tuple(row for row in rows if row not in found), target=target)
