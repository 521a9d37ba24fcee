"""The workbook's three tabs and their columns, and finding them in a file that people have worked in.

Strategy v9, "Structure of the Excel CX Hub" (the table of tabs and key columns).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.imports.files.columns import (
    ADDRESS,
    ERP_ID,
    INDUSTRY,
    MAIN_PHONE,
    NAME,
    Column,
    key,
)
from mikano_cx.kit.refusal import Refused

HEADER_WITHIN = 20  # rows from the top of a tab in which its header row is looked for
ERROR_HEADER = "Error"  # the column of a refused-rows workbook, ignored when that comes back


@dataclass(frozen=True)
class TabLayout:
    key: str
    title: str
    synonyms: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def headers(self) -> dict[str, str]:
        """Column by name: header."""
        return {column.name: column.label for column in self.columns}

    @property
    def longest(self) -> dict[str, int]:
        """How many characters are kept of each text."""
        return {column.name: column.longest for column in self.columns}


ACCOUNTS = TabLayout(
    "accounts",
    "Accounts",
    ("account", "companies", "customers", "clients"),
    (
        Column.named("code", "Account ID", "accountcode id accountno acctid", needed=True, longest=20, width=12),
        NAME.also(label="Company Name"),
        INDUSTRY,
        ADDRESS,
        MAIN_PHONE.also(label="Main Phone Number"),
        ERP_ID,
        Column.named("owner", "Account Owner", "owner salesperson accountmanager", longest=120, width=22),
    ),
)
CONTACTS = TabLayout(
    "contacts",
    "Contacts",
    ("contact", "people", "persons"),
    (
        Column.named("code", "Contact ID", "contactcode id contactno", needed=True, longest=20, width=12),
        Column.named("full_name", "Full Name", "name contactname person", needed=True, longest=120, width=28),
        Column.named("job_title", "Job Title", "title position role", longest=120, width=24),
        Column.named("email", "Email", "emailaddress mail", width=32),
        Column.named("mobile", "Mobile Number", "mobile phone phonenumber mobilephone gsm", longest=60, width=20),
        Column.named(
            "account", "Associated Account ID", "accountid account accountcode companyid", needed=True, width=16
        ),
    ),
)
INTERACTIONS = TabLayout(
    "interactions",
    "Interactions",
    ("interaction", "interaction log", "log", "activities", "calls"),
    (
        Column.named("code", "Interaction ID", "interactioncode id interactionno", longest=24),
        Column.named("date", "Date", "interactiondate when day", needed=True, width=14),
        Column.named("contact", "Contact ID", "contact contactcode", needed=True, width=12),
        Column.named("account", "Account ID", "account accountcode associatedaccountid", width=12),
        Column.named("channel", "Channel", "type medium how", width=14),
        Column.named("notes", "Notes", "note details summary comments", width=60),
        Column.named("next_action", "Next Action", "nextstep action followup", longest=200, width=30),
        Column.named("due_on", "Action Due Date", "duedate due dueon nextactiondate", width=16),
        Column.named("logged_by", "Logged By", "logger by staff salesperson", longest=120, width=22),
    ),
)
TABS = (ACCOUNTS, CONTACTS, INTERACTIONS)
BY_KEY: Mapping[str, TabLayout] = {tab.key: tab for tab in TABS}


def header_of(tab: str, field: str) -> str:
    """The header under which people know a field; "" for the whole row."""
    return BY_KEY[tab].headers.get(field, field)


@dataclass(frozen=True)
class FoundTab:
    """Where one of the three tabs is in a file. `place` counts tabs from 0, `columns` are field: column from 0."""

    key: str
    place: int
    title: str
    header_row: int
    columns: Mapping[str, int]
    headers: tuple[str, ...]


@dataclass(frozen=True)
class FoundLayout:
    tabs: Mapping[str, FoundTab]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Top:
    """The first rows of one tab of a file: (row number, texts)."""

    place: int
    title: str
    rows: Sequence[tuple[int, Sequence[str]]]


def find_layout(tops: Sequence[Top]) -> FoundLayout:
    """Which tab is which, and where each column is.

    Refuses: `no_tabs` when nothing looks like the workbook, `columns_missing` when a tab has no column for what
    can't be done without.
    """
    found: dict[str, FoundTab] = {}
    notes: list[str] = []
    taken: set[int] = set()
    for layout in TABS:
        named = [top for top in tops if top.place not in taken and _named(top, layout)]
        by_headers = [top for top in tops if top.place not in taken and _headers_fit(top, layout)]
        for top in sorted(named, key=lambda top: key(top.title) != key(layout.title)) or by_headers:
            if not top.rows:  # a blank tab is no table
                continue
            found[layout.key] = _read_headers(top, layout, notes)
            taken.add(top.place)
            break
    if not found:
        raise Refused(
            "no_tabs",
            "This file isn't the hub workbook: it has none of the tabs Accounts, Contacts and Interactions "
            "with their headers.",
        )
    missing = [layout.title for layout in TABS if layout.key not in found]
    if missing:
        notes.append(f"There is no {' and no '.join(missing)} tab: what the hub has of that stays as it is.")
    extra = [top.title for top in tops if top.place not in taken and top.rows and top.title]
    if extra:
        notes.append(f"Not part of the workbook, so not read: {_listed('tab', extra)}.")
    return FoundLayout(found, tuple(notes))


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.casefold()).split())


def _named(top: Top, layout: TabLayout) -> bool:
    title, own = _words(top.title), _words(layout.title)
    return title in {own, *layout.synonyms} or title.startswith(f"{own} ")


def _headers_fit(top: Top, layout: TabLayout) -> bool:
    """Whether a tab of another name has the headers, in their full spelling, of what this tab needs."""
    needed = {key(column.label) for column in layout.columns if column.needed}
    return any(needed <= {key(text) for text in texts} for _, texts in top.rows)


def _match(texts: Sequence[str], layout: TabLayout) -> dict[str, int]:
    """Column by name: place. A column's own header wins over another name of another's."""
    keys = [key(text) for text in texts]
    places: dict[str, int] = {}
    for names in (lambda c: (key(c.label),), lambda c: c.names):
        for column in layout.columns:
            if column.name in places:
                continue
            free = (at for at, said in enumerate(keys) if said in names(column) and at not in places.values())
            if (at := next(free, None)) is not None:
                places[column.name] = at
    return places


def _read_headers(top: Top, layout: TabLayout, notes: list[str]) -> FoundTab:
    number, texts = max(top.rows, key=lambda row: (len(_match(row[1], layout)), -row[0]))
    columns = _match(texts, layout)
    lacking = [column.label for column in layout.columns if column.needed and column.name not in columns]
    if lacking:
        raise Refused(
            "columns_missing",
            f"The {layout.title} tab has no {_listed('column', lacking)}: nothing was read. "
            "Is the header row among its first rows?",
        )
    absent = [column.label for column in layout.columns if column.name not in columns and column.name != "code"]
    if absent:
        notes.append(f"{layout.title}: no {_listed('column', absent)}; what the hub has of it stays.")
    known = set(columns.values())
    extra = [t for at, t in enumerate(texts) if at not in known and t.strip() and key(t) != key(ERROR_HEADER)]
    if extra:
        notes.append(f"{layout.title}: not part of the workbook, so not read: {_listed('column', extra)}.")
    return FoundTab(layout.key, top.place, top.title or layout.title, number, columns, tuple(texts))


def _listed(what: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"“{' '.join(name.split())[:40]}”" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{what}{'s' if len(names) > 1 else ''} {shown}{more}"
