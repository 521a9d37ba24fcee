"""One time line of everything that happened with an account or a contact, newest first, a page at a time.

Each source is asked for one page, and the pages are merged. The sources are the log, the account's history and its
contacts' history; for an account also its sales, assignments and tenures. A page ends in a cursor (instant, source,
row), so that page 80 costs as much as page 1.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Expression, JSONField, Model, Q, QuerySet
from django.urls import reverse

from accounts.people.models import Staff
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import Origin, OwnerBasis
from interactions.log.channels import CHANNELS
from interactions.log.facts import attach_people, mask_notes, with_details, with_names_of
from interactions.log.models import Interaction, InteractionQuerySet
from mikano_cx.kit.phones import phone_text
from mikano_cx.kit.prepared_queries import Composed
from mikano_cx.kit.tables import address_of_page
from ownership.engine.rules import ORPHAN, OWNED, Segment
from ownership.explain import rule_text
from ownership.explain.phrases import naira
from ownership.timeline.account_standing import LAST_PK, PageStart, Standing, StandingSale, standing_of

PAGE = 20
CONTACTS, ACCOUNT, LOG, SALES, ASSIGNMENTS, TENURES = range(6)  # at the same instant, the higher number stands above
SHORTER = {"name": "name", "full_name": "name", "owner": "owner", "is_active": ""}  # labels for these fields


def _column_names(model: type[Model], *names: str) -> dict[str, str]:
    """The columns whose changes a time line shows, and the label of each."""
    fields = [model._meta.get_field(name) for name in names if name != "consent_on"]  # shown together with the consent
    return {field.attname: SHORTER.get(field.name, str(field.verbose_name)) for field in fields}  # type: ignore[union-attr]


ACCOUNT_FIELDS = _column_names(Account, *Account.WRITTEN, "owner")
CONTACT_FIELDS = _column_names(Contact, *Contact.WRITTEN)
PHONES, LONG = {"main_phone", "mobile"}, {"note"}


class Cursor(NamedTuple):
    """The place of the last event that was shown."""

    at: datetime
    source: int
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.source}_{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor of an address, or None if it isn't valid."""
        try:
            at, source, pk = text.rsplit("_", 2)
            instant = datetime.fromisoformat(at)
            known = instant.tzinfo and 0 <= int(pk) < 2**63
            return cls(instant.astimezone(UTC), int(source), int(pk)) if known else None
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True)
class Event:
    """An entry of the log, or another event told in a sentence."""

    cursor: Cursor
    title: str
    icon: str
    entry: Interaction | None = None
    href: str = ""

    @property
    def at(self) -> datetime:
        return self.cursor.at


@dataclass(frozen=True)
class TimeLinePage:
    events: list[Event]
    more: Cursor | None  # where the next page begins; None at the end


@dataclass(frozen=True)
class TimeLineFilter:
    """The filters of the time line. With any of them it shows the log alone, without edits."""

    channel: str = ""
    contact: str = ""  # a contact's code
    by: str = ""  # a sign-in name

    def __bool__(self) -> bool:
        return bool(self.channel or self.contact or self.by)


def time_line(
    record: Account | Contact,
    *,
    reader: Staff,
    after: Cursor | None = None,
    wanted: TimeLineFilter,
    named: Iterable[Model] = (),
    standing: Standing | None = None,
) -> TimeLinePage:
    """A page of the time line after the cursor, with notes masked for `reader`. At most five queries.

    The people and import runs of the rows `named`, which are on the same page, are fetched with its own. `standing` is
    what `page_of_standing` gives for an account and the same cursor; None leaves sales, assignments and tenures out.
    """
    entries = _entries(record, after, wanted)
    of_account, of_contacts = ([], []) if wanted else _history(record, after)
    attach_people([*named, *entries, *of_account, *of_contacts])
    sources = [
        _log_part(entries, record, reader),
        _edits_part(of_account, ACCOUNT, record),
        _edits_part(of_contacts, CONTACTS, record),
    ]
    if standing is not None and not wanted:
        sources += [_sales_part(standing), _assignments_part(standing), _tenures_part(standing, after)]
    # If a source has more rows, the page ends at that source's last row, because its next rows may come before others.
    seen_to = max((source.seen_to for source in sources if source.seen_to), default=None)
    events = sorted((event for source in sources for event in source.events), key=lambda e: e.cursor, reverse=True)
    if seen_to:
        events = [event for event in events if event.cursor >= seen_to]
    page = events[:PAGE]
    return TimeLinePage(page, page[-1].cursor if len(events) > PAGE else seen_to)


class PagePart(NamedTuple):
    """The events of one source on a page, and the cursor of its last row if it has more."""

    events: list[Event]
    seen_to: Cursor | None


def attach_record(entries: list[Interaction], record: Account | Contact) -> list[Interaction]:
    """Set the record whose page it is on the entries; `log_of_record` has fetched their other record."""
    for entry in entries:
        setattr(entry, _noun(type(record)), record)
    return entries


def log_of_record(model: type[Model], pk: int) -> InteractionQuerySet:
    """The log of an account with its contacts, or of a contact with the accounts of that time, because people move."""
    entries = Interaction.objects.filter(**{f"{_noun(model)}_id": pk})
    return with_names_of(entries, "contact" if model is Account else "account")


def _noun(model: type[Model]) -> str:
    return str(model._meta.model_name)


def _page_of_log(entries: "QuerySet[Interaction]", after: Cursor | None = None) -> "QuerySet[Interaction]":
    return _next_rows(with_details(entries), "occurred_at", "pk", LOG, after)


def _first_of_log(model: type[Model], pk: int) -> "QuerySet[Interaction]":
    return _page_of_log(log_of_record(model, pk))


def _entries(record: Account | Contact, after: Cursor | None, wanted: TimeLineFilter) -> list[Interaction]:
    if after is None and not wanted:
        return attach_record(_FIRST_OF_LOG[type(record)].of(record.pk), record)
    entries = log_of_record(type(record), record.pk)
    if wanted.channel:
        entries = entries.filter(channel=wanted.channel)
    if wanted.contact:
        entries = entries.filter(contact__code=wanted.contact)
    if wanted.by:
        entries = entries.filter(logged_by__username=wanted.by)
    return attach_record(list(_page_of_log(entries, after)), record)


def _log_part(entries: list[Interaction], record: Account | Contact, reader: Staff) -> PagePart:
    events, address = [], address_of_page("interactions:interaction")
    for entry in mask_notes(entries, reader):
        title = CHANNELS[entry.channel].label
        if entry.contact and isinstance(record, Account):
            title = f"{title} · {entry.contact}"
        cursor = Cursor(entry.occurred_at, LOG, entry.pk)
        events.append(Event(cursor, title, CHANNELS[entry.channel].icon, entry, address(entry)))
    return PagePart(events, events[-1].cursor if len(events) > PAGE else None)


def _next_rows(rows: "QuerySet[Any]", at: str, pk: str, source: int, after: Cursor | None) -> "QuerySet[Any]":
    """The source's first rows after the cursor: one more than a page."""
    rows = rows.order_by(f"-{at}", f"-{pk}")
    if after is not None:
        rows = rows.filter(**{f"{at}__lte": after.at})
        if source == after.source:
            rows = rows.filter(Q(**{f"{at}__lt": after.at}) | Q(**{f"{pk}__lt": after.pk}))
        elif source > after.source:
            rows = rows.filter(**{f"{at}__lt": after.at})
    return rows[: PAGE + 1]


def page_of_standing(account: Account, at: datetime, after: Cursor | None) -> Standing:
    """How the account stands at the instant `at`, with its sales and assignments after the cursor. One query."""
    return standing_of(
        account, at=at, limit=PAGE + 1, sales=_page_start(SALES, after), given=_page_start(ASSIGNMENTS, after)
    )


def _page_start(source: int, after: Cursor | None) -> PageStart | None:
    """The place at which the source's rows begin, by the same rule as in `_next_rows`."""
    if after is None:
        return None
    return PageStart(after.at, after.pk if source == after.source else 0 if source > after.source else LAST_PK)


def _sales_part(standing: Standing) -> PagePart:
    events = [Event(Cursor(sale.at, SALES, sale.pk), _sale_title(sale), "receipt") for sale in standing.sales]
    return PagePart(events, events[-1].cursor if len(events) > PAGE else None)


def _sale_title(sale: StandingSale) -> str:
    what = "Credit note" if sale.is_credit_note else "Sale"
    return f"{what} {sale.number}{f' by {sale.by}' if sale.by else ''}, {naira(sale.amount)}"


def _assignments_part(standing: Standing) -> PagePart:
    events = []
    for given in standing.given:
        title = f"{given.by} assigned the account to {given.assignee}{f': {given.reason}' if given.reason else ''}"
        events.append(Event(Cursor(given.at, ASSIGNMENTS, given.pk), title, "user-plus"))
    return PagePart(events, events[-1].cursor if len(events) > PAGE else None)


def _tenures_part(standing: Standing, after: Cursor | None) -> PagePart:
    """Who came to hold the account, and by which rule. Tenures are few, so all are read at once."""
    events, why = [], reverse("ownership:why", args=[standing.account.code])
    for segment, pk in zip(standing.segments, standing.pks, strict=True):
        cursor = Cursor(segment.start, TENURES, pk)
        if after is None or cursor < after:
            icon = "user-x" if segment.holder is None else "handshake"
            events.append(Event(cursor, _tenure_title(standing, segment), icon, href=why))
    return PagePart(events, None)


def _tenure_title(standing: Standing, segment: Segment) -> str:
    rule = rule_text(segment.rule).title.lower()
    if segment.holder is None:
        return f"It became {'an orphan' if segment.state == ORPHAN else 'unassigned'}: {rule}"
    return f"{standing.names[segment.holder]} became the {'owner' if segment.state == OWNED else 'lead'}: {rule}"


def _history(record: Account | Contact, after: Cursor | None) -> tuple[list[Any], list[Any]]:
    """Rows of the account's history and of its contacts', each with its former values (`before`): one query each."""
    if isinstance(record, Contact):
        return [], _history_rows(_contact_history, record, after)
    return _history_rows(_account_history, record, after), _history_rows(_contacts_history, record, after)


def _account_history(pk: int, after: Cursor | None = None) -> "QuerySet[Any]":
    rows = Account.history.model.objects.filter(id=pk).select_related("division", "parent")
    return _page_of_history(rows, ACCOUNT, after)


def _contacts_history(account: int, after: Cursor | None = None) -> "QuerySet[Any]":
    return _page_of_history(Contact.history.model.objects.filter(account_id=account), CONTACTS, after)


def _contact_history(pk: int, after: Cursor | None = None) -> "QuerySet[Any]":
    return _page_of_history(Contact.history.model.objects.filter(id=pk).select_related("account"), CONTACTS, after)


class RowBefore(Expression):
    """The former values of a history row, as JSON.

    It is hand-written SQL, because composing it of nine functions takes longer than its query.
    """

    contains_over_clause = True

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__(output_field=JSONField())
        self.fields = tuple(fields)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        table = connection.ops.quote_name(compiler.query.get_initial_alias())
        said = ", ".join(f"'{name}', {table}.{name}" for name in self.fields)
        make = "JSONB_BUILD_OBJECT" if connection.vendor == "postgresql" else "JSON_OBJECT"
        return f"LAG({make}({said})) OVER (PARTITION BY {table}.id ORDER BY {table}.history_id)", ()


BEFORE = {source: RowBefore(fields) for source, fields in ((ACCOUNT, ACCOUNT_FIELDS), (CONTACTS, CONTACT_FIELDS))}


def _page_of_history(history: "QuerySet[Any]", source: int, after: Cursor | None) -> "QuerySet[Any]":
    return _next_rows(history.annotate(before=BEFORE[source]), "history_date", "history_id", source, after)


def _history_rows(
    history: "Callable[..., QuerySet[Any]]", record: Account | Contact, after: Cursor | None
) -> list[Any]:
    return _FIRST_OF_HISTORY[history].of(record.pk) if after is None else list(history(record.pk, after))


# Composed for the first pages, which nearly all requests are for.
_FIRST_OF_LOG = {model: Composed(partial(_first_of_log, model), int) for model in (Account, Contact)}
_FIRST_OF_HISTORY = {
    history: Composed(history, int) for history in (_account_history, _contacts_history, _contact_history)
}


def _edits_part(rows: list[Any], source: int, record: Account | Contact) -> PagePart:
    """Creations and edits as plain sentences."""
    events = []
    for row in rows:
        subject = row.full_name if source == CONTACTS and isinstance(record, Account) else ""
        if sentence := _sentence(row, ACCOUNT_FIELDS if source == ACCOUNT else CONTACT_FIELDS, subject):
            icon = {"+": "plus", "-": "trash-2"}.get(row.history_type, "pen-line")
            title = f"{row.history_user or 'The hub'} {sentence}"
            events.append(Event(Cursor(row.history_date, source, row.history_id), title, icon))
    last = Cursor(rows[-1].history_date, source, rows[-1].history_id) if len(rows) > PAGE else None
    return PagePart(events, last)


def _sentence(row: Any, fields: dict[str, str], subject: str) -> str:
    """The end of a sentence about an edit: "changed the address to ...". Empty if nothing visible changed."""
    what = f"the contact {subject}" if subject else f"the {'account' if fields is ACCOUNT_FIELDS else 'contact'}"
    if row.history_type == "-":
        return f"took {what} back"
    if row.history_type == "+":
        return _creation(row, what)
    if row.before is None:
        return f"moved {what} here"
    return " and ".join(_changes(row, fields, subject))


def _creation(row: Any, what: str) -> str:
    if row.origin == Origin.HUB:
        return f"created {what}"
    if row.import_run:
        return f"imported {what} from “{row.import_run.file_name}”"
    return f"imported {what} {row.get_origin_display().removeprefix('Imported ')}"


def _changes(row: Any, fields: dict[str, str], subject: str) -> Iterator[str]:
    whose = f"{subject}’s" if subject else "the"
    for name, word in fields.items():
        old, new, label = row.before[name], getattr(row, name), f"{whose} {word}"
        if (old or "") == (new or "") or (name == "owner_id" and row.owner_basis == OwnerBasis.RULES):
            continue  # an owner by the rules is shown as a tenure
        if name == "is_active":
            yield f"marked {subject or 'the contact'} as {'working there again' if new else 'having left'}"
        elif name in LONG:
            yield f"changed {label}"
        elif name.endswith("_id") and name != "erp_customer_id":
            yield f"set {label} to {getattr(row, name.removesuffix('_id')) or 'nobody'}" if new else f"emptied {label}"
        elif name == "consent":
            yield f"set {label} to “{row.get_consent_display()}”"
        else:
            old, new = (phone_text(old or ""), phone_text(new or "")) if name in PHONES else (old, new)
            yield _change_phrase(label, old, new)


def _change_phrase(label: str, old: Any, new: Any) -> str:
    if not old:
        return f"set {label} to {new}"
    return f"changed {label} from {old} to {new}" if new else f"emptied {label} (it was {old})"
