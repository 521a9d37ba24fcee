"""The workbook's three tabs and their columns, and finding them in a file that people have worked in.

Strategy v9, "Structure of the Excel CX Hub" (the table of tabs and key columns).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mikano_cx.kit.refusal import Refused

HEADER_WITHIN = 20  # rows from the top of a tab in which its header row is looked for
ERROR_HEADER = "Error"  # the column of a refused-rows workbook, ignored when that comes back


@dataclass(frozen=True)
class Column:
    field: str
    header: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    width: int = 18


@dataclass(frozen=True)
class TabLayout:
    key: str
    title: str
    synonyms: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def headers(self) -> dict[str, str]:
        """Field: header."""
        return {column.field: column.header for column in self.columns}


ACCOUNTS = TabLayout(
    "accounts",
    "Accounts",
    ("account", "companies", "customers", "clients"),
    (
        Column("code", "Account ID", ("account code", "id", "account no", "acct id"), True, 12),
        Column("name", "Company Name", ("company", "name", "account name", "customer name", "customer"), True, 38),
        Column("industry", "Industry", ("sector",), width=18),
        Column("address", "Address", ("street", "location", "office address"), width=40),
        Column("main_phone", "Main Phone Number", ("main phone", "phone", "phone number", "tel"), width=20),
        Column("erp_customer_id", "ERP Customer ID", ("erp id", "erp code", "erp customer", "customer id"), width=18),
        Column("owner", "Account Owner", ("owner", "salesperson", "account manager"), width=22),
    ),
)
CONTACTS = TabLayout(
    "contacts",
    "Contacts",
    ("contact", "people", "persons"),
    (
        Column("code", "Contact ID", ("contact code", "id", "contact no"), True, 12),
        Column("full_name", "Full Name", ("name", "contact name", "person"), True, 28),
        Column("job_title", "Job Title", ("title", "position", "role"), width=24),
        Column("email", "Email", ("e mail", "email address", "mail"), width=32),
        Column("mobile", "Mobile Number", ("mobile", "phone", "phone number", "mobile phone", "gsm"), width=20),
        Column("account", "Associated Account ID", ("account id", "account", "account code", "company id"), True, 16),
    ),
)
INTERACTIONS = TabLayout(
    "interactions",
    "Interactions",
    ("interaction", "interaction log", "log", "activities", "calls"),
    (
        Column("code", "Interaction ID", ("interaction code", "id", "interaction no"), width=18),
        Column("date", "Date", ("interaction date", "when", "day"), True, 14),
        Column("contact", "Contact ID", ("contact", "contact code"), True, 12),
        Column("account", "Account ID", ("account", "account code", "associated account id"), width=12),
        Column("channel", "Channel", ("type", "medium", "how"), width=14),
        Column("notes", "Notes", ("note", "details", "summary", "comments"), width=60),
        Column("next_action", "Next Action", ("next step", "action", "follow up"), width=30),
        Column("due_on", "Action Due Date", ("due date", "due", "due on", "next action date"), width=16),
        Column("logged_by", "Logged By", ("logger", "by", "staff", "salesperson"), width=22),
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
        for top in sorted(named, key=lambda top: _key(top.title) != _key(layout.title)) or by_headers:
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


def _key(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.casefold()).split())


def _named(top: Top, layout: TabLayout) -> bool:
    key = _key(top.title)
    return key in {_key(layout.title), *layout.synonyms} or key.startswith(_key(layout.title) + " ")


def _headers_fit(top: Top, layout: TabLayout) -> bool:
    """Whether a tab of another name has the headers, in their full spelling, of what this tab needs."""
    needed = {_key(column.header) for column in layout.columns if column.required}
    return any(needed <= {_key(text) for text in texts} for _, texts in top.rows)


def _match(texts: Sequence[str], layout: TabLayout) -> dict[str, int]:
    """Field: column. A column's own header wins over a synonym of another's."""
    keys = [_key(text) for text in texts]
    columns: dict[str, int] = {}
    for names in (lambda c: (_key(c.header),), lambda c: c.synonyms):
        for column in layout.columns:
            if column.field in columns:
                continue
            places = (at for at, key in enumerate(keys) if key in names(column) and at not in columns.values())
            if (at := next(places, None)) is not None:
                columns[column.field] = at
    return columns


def _read_headers(top: Top, layout: TabLayout, notes: list[str]) -> FoundTab:
    number, texts = max(top.rows, key=lambda row: (len(_match(row[1], layout)), -row[0]))
    columns = _match(texts, layout)
    lacking = [column.header for column in layout.columns if column.required and column.field not in columns]
    if lacking:
        raise Refused(
            "columns_missing",
            f"The {layout.title} tab has no {_listed('column', lacking)}: nothing was read. "
            "Is the header row among its first rows?",
        )
    absent = [column.header for column in layout.columns if column.field not in columns and column.field != "code"]
    if absent:
        notes.append(f"{layout.title}: no {_listed('column', absent)}; what the hub has of it stays.")
    known = set(columns.values())
    extra = [t for at, t in enumerate(texts) if at not in known and t.strip() and _key(t) != _key(ERROR_HEADER)]
    if extra:
        notes.append(f"{layout.title}: not part of the workbook, so not read: {_listed('column', extra)}.")
    return FoundTab(layout.key, top.place, top.title or layout.title, number, columns, tuple(texts))


def _listed(what: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"“{' '.join(name.split())[:40]}”" for name in names[:8])
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{what}{'s' if len(names) > 1 else ''} {shown}{more}"
