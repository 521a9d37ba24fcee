"""How a feed's files read. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

YMD, DMY, MDY = "ymd", "dmy", "mdy"


@dataclass(frozen=True)
class Layout:
    """The settings of the same names on a feed; `accounts/imports/models/feeds.py` says what each means.

    A field that is mapped to no column ("") isn't read, even if a column has its name.
    """

    tab: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal_comma: bool = False
    date_order: str = YMD
    header_row: int = 1
    footer_rows: int = 0
    has_trailer: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, feed: Any) -> Self:
        return cls(**{one.name: getattr(feed, one.name) for one in fields(cls)})

    @classmethod
    def of_lines(cls, feed: Any) -> Self:
        """Of the feed's file of lines: its own columns, every row, and of a workbook the first tab."""
        return replace(cls.of(feed), tab="", mapping=feed.lines_mapping, only={})
