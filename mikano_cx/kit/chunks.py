"""Splitting long series of items into lists of a thousand. Pure."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def chunks(items: Iterable[T], size: int = 1_000) -> Iterator[list[T]]:
    """The items in order, in lists of `size`; only one list is in memory at a time."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def distinct_chunks(items: Iterable[T], size: int = 1_000) -> Iterator[list[T]]:
    """As `chunks`, each item once, without blank ones."""
    return chunks(dict.fromkeys(item for item in items if item), size)
