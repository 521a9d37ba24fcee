"""The standing of an account, for its own page: segments, sales, assignments, an open dispute or review.

One query in written-out SQL gets it all: Django would take longer to compose its parts than the database to run them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from accounts.records.models import Account
from mikano_cx.kit.local_time import day_start, local_date
from mikano_cx.kit.prepared_queries import keep_plan
from ownership.engine.rules import Clocks, Fact, Segment, Timeline
from ownership.explain import Case, label_facts
from ownership.facts.queries import ASSIGNMENT, CREATED, INTERACTION, MOVEMENT, RENEWAL, RULING, SALE, fact_id

LAST_PK = 2**63 - 1
NOTE = "note"
END = datetime(9999, 12, 30, tzinfo=UTC)


class PageStart(NamedTuple):
    """The beginning of a page of rows, the latest first: rows before `at`, and rows at `at` with a key below `pk`."""

    at: datetime = END
    pk: int = LAST_PK


@dataclass(frozen=True, slots=True)
class StandingSale:
    """An invoice or credit note, which counts from 00:00 of its day.

    `amount` is in NGN; so is `net`, the amount with all credit notes of the invoice.
    """

    pk: int
    number: str
    on: date
    recorded_at: datetime
    amount: Decimal
    net: Decimal
    by: str
    by_id: int | None
    is_credit_note: bool

    @property
    def at(self) -> datetime:
        return day_start(self.on)


@dataclass(frozen=True, slots=True)
class StandingAssignment:
    """An assignment, with the names of who got the account and who gave it."""

    pk: int
    at: datetime
    assignee: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class StandingReview:
    """The state and the holder that the rules give, for an account whose owner is under review."""

    state: str
    holder: str


@dataclass(frozen=True)
class Standing:
    """How an account stands: who holds it and why, with what its own page shows beside.

    `segments` are all of the account's, `pks` their primary keys. `sales` and `given` (assignments) are one page each,
    the latest first. `names` gives the name of a person's key. `evidence` are the facts that the current segment rests
    on, the page's sales and the rulings; `texts` gives what a fact is called. `dispute` is the key of the open one.
    """

    account: Account
    segments: tuple[Segment, ...]
    pks: tuple[int, ...]
    names: dict[str, str]
    sales: list[StandingSale]
    given: list[StandingAssignment]
    evidence: list[Fact]
    texts: dict[str, str]
    policy: Clocks
    dispute: int | None
    review: StandingReview | None

    def case(self, as_of: datetime) -> Case:
        """The case for the current segment's sentence, and for a picture that marks the facts of `evidence`."""
        account = self.account
        timeline = Timeline(self.segments, account.expires_at, account.next_at)
        labels = label_facts({fact.id: fact for fact in self.evidence}.values(), self.texts, self.policy)
        return Case(account.name, timeline, as_of, self.names, labels, self.policy)


def standing_of(
    account: Account, *, at: datetime, limit: int, sales: PageStart | None = None, given: PageStart | None = None
) -> Standing:
    """The account's standing under the policy of `at`. One query.

    `sales` and `given` say where the pages of sales and assignments begin (default: the latest), `limit` how many rows
    each has.
    """
    older, assigned = sales or PageStart(), given or PageStart()
    day = local_date(older.at)
    values: dict[str, Any] = {
        "account": account.pk,
        "day": day.isoformat(),
        "sale": older.pk if day_start(day) == older.at else LAST_PK,
        "at": connection.ops.adapt_datetimefield_value(assigned.at),
        "given": assigned.pk,
        "limit": limit,
        "today": local_date(at).isoformat(),
    }
    with keep_plan(connection), connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        rows = [_StandingRow(*row) for row in cursor.fetchall()]
    of = {letter: [row for row in rows if row.letter == letter] for letter in "TSGEJIMANRPDW"}
    names = {str(row.person_id): row.person or "" for row in rows if row.person_id is not None}
    texts = {fact_id(SALE, row.pk): row.two for row in (*of["E"], *of["S"])} | {
        fact_id(INTERACTION, row.pk): row.one for row in of["I"]
    }
    (policy,) = of["P"]
    segments = sorted(of["T"], key=lambda row: _instant(row.at))
    return Standing(
        account,
        tuple(_segment(row) for row in segments),
        tuple(row.pk for row in segments),
        names,
        sorted(map(_sale, of["S"]), key=_newest_key, reverse=True),
        sorted(map(_assignment, of["G"]), key=_newest_key, reverse=True),
        [_fact(row, account.pk) for letter in "ESJIMANR" for row in of[letter] if row.three != NOTE],
        texts,
        Clocks(int(policy.number), int(policy.net), policy.one),
        of["D"][0].pk if of["D"] else None,
        StandingReview(of["W"][0].one, of["W"][0].person or "") if of["W"] else None,
    )


class _StandingRow(NamedTuple):
    """One row of the query; `letter` says which part of `_SQL` it is from, and that part what its columns hold."""

    letter: str
    pk: int
    at: Any
    until: Any
    one: str
    two: str
    three: str
    number: Any
    net: Any
    person_id: int | None
    other_id: int | None
    person: str | None
    other: str | None


# The key of the first fact that the current segment rests on, if the fact's id begins with this letter.
_FIRST = """(SELECT CAST(SUBSTR(CAST(evidence AS varchar(9999)), 4, 10) AS bigint) FROM ownership_tenure
    WHERE account_id = %(account)s AND "end" IS NULL AND SUBSTR(CAST(evidence AS varchar(9999)), 3, 1) = '{}')"""
_TIME, _NUMBER, _PK = (f"CAST(NULL AS {sql_type})" for sql_type in ("timestamptz", "decimal", "bigint"))
_NOTES = "SELECT SUM(note.amount) FROM interactions_sale note WHERE note.credit_note_of_id = sale.id"
_SALE = f"""sale.id, sale.recorded_at, {_TIME}, CAST(sale.sold_on AS varchar(10)), sale.invoice_number,
    CASE WHEN sale.credit_note_of_id IS NULL THEN '' ELSE '{NOTE}' END, sale.amount,
    sale.amount + COALESCE(({_NOTES}), 0), sale.salesperson_id, {_PK}
    FROM interactions_sale sale WHERE sale.account_id = %(account)s"""
_GIVEN = f"""id, at, {_TIME}, reason, 'assignment', '', {_NUMBER}, {_NUMBER}, assignee_id, by_id
    FROM ownership_assignment"""
_REST = f"'', {_NUMBER}, {_NUMBER}"
_SQL = f"""SELECT found.*, person.full_name, other.full_name FROM (
    SELECT 'T' AS letter, id, start AS at, "end" AS until, CAST(state AS varchar(9999)) AS one,
        CAST(rule AS varchar(9999)) AS two, CAST(evidence AS varchar(9999)) AS three, {_NUMBER} AS number,
        {_NUMBER} AS net, holder_id AS person_id, {_PK} AS other_id
        FROM ownership_tenure WHERE account_id = %(account)s
    UNION ALL SELECT * FROM (SELECT 'S', {_SALE}
        AND (sale.sold_on < %(day)s OR (sale.sold_on = %(day)s AND sale.id < %(sale)s))
        ORDER BY sale.sold_on DESC, sale.id DESC LIMIT %(limit)s) page_of_sales
    UNION ALL SELECT * FROM (SELECT 'G', {_GIVEN} WHERE account_id = %(account)s
        AND (at < %(at)s OR (at = %(at)s AND id < %(given)s)) ORDER BY at DESC, id DESC LIMIT %(limit)s) page_of_given
    UNION ALL SELECT 'E', {_SALE} AND sale.credit_note_of_id IS NULL AND sale.sold_on =
        (SELECT sold_on FROM interactions_sale WHERE id = {_FIRST.format(SALE)})
    UNION ALL SELECT 'J', {_GIVEN} WHERE id = {_FIRST.format(ASSIGNMENT)}
    UNION ALL SELECT 'I', id, occurred_at, logged_at, code, source, {_REST}, logged_by_id, {_PK}
        FROM interactions_interaction WHERE id = {_FIRST.format(INTERACTION)}
    UNION ALL SELECT 'M', id, at, recorded_at, '', kind, {_REST}, staff_id, {_PK}
        FROM accounts_movement WHERE id = {_FIRST.format(MOVEMENT)}
    UNION ALL SELECT 'A', id, created_at, {_TIME}, '', 'created', {_REST}, sourced_by_id, {_PK}
        FROM accounts_account WHERE id = {_FIRST.format(CREATED)}
    UNION ALL SELECT 'N', id, at, recorded_at, '', kind, {_REST}, person_id, {_PK}
        FROM ownership_renewal WHERE id = {_FIRST.format(RENEWAL)}
    UNION ALL SELECT 'R', id, at, {_TIME}, target, kind, CASE WHEN substantive THEN 'yes' ELSE '' END, {_NUMBER},
        {_NUMBER}, credited_to_id, {_PK} FROM ownership_ruling WHERE account_id = %(account)s
    UNION ALL SELECT * FROM (SELECT 'P', id, {_TIME}, {_TIME}, timezone, '', '', orphan_after_months, lead_days,
        {_PK}, {_PK} FROM ownership_policy WHERE effective_from <= %(today)s
        ORDER BY effective_from DESC LIMIT 1) policy
    UNION ALL SELECT 'D', id, {_TIME}, {_TIME}, '', '', {_REST}, {_PK}, {_PK}
        FROM ownership_dispute WHERE account_id = %(account)s AND state = 'open'
    UNION ALL SELECT 'W', id, {_TIME}, {_TIME}, computed_state, '', {_REST}, computed_owner_id, {_PK}
        FROM ownership_ownerreview WHERE account_id = %(account)s AND state IN ('pending', 'held')
) found LEFT JOIN accounts_staff person ON person.id = found.person_id
LEFT JOIN accounts_staff other ON other.id = found.other_id"""  # noqa: S608 - our own words alone


def _instant(value: Any) -> datetime:
    """An instant as the database gives it; SQLite gives text, in UTC."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _naira(value: Any) -> Decimal:
    """An amount as the database gives it, to the kobo; SQLite gives a float."""
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _segment(row: _StandingRow) -> Segment:
    holder = None if row.person_id is None else str(row.person_id)
    end = None if row.until is None else _instant(row.until)
    evidence = tuple(ident.strip(' "') for ident in row.three.strip("[]").split(","))
    return Segment(row.one, holder, _instant(row.at), end, row.two, evidence)


def _sale(row: _StandingRow) -> StandingSale:
    return StandingSale(
        row.pk,
        row.two,
        date.fromisoformat(row.one),
        _instant(row.at),
        _naira(row.number),
        _naira(row.net),
        row.person or "",
        row.person_id,
        row.three == NOTE,
    )


def _assignment(row: _StandingRow) -> StandingAssignment:
    return StandingAssignment(row.pk, _instant(row.at), row.person or "", row.other or "", row.one)


def _newest_key(row: StandingSale | StandingAssignment) -> tuple[datetime, int]:
    """The sort key of a page of rows, which the join with people leaves in any order."""
    return row.at, row.pk


def _fact(row: _StandingRow, account_id: int) -> Fact:
    """The fact as `ownership.facts.queries` makes it, without the fields that a sentence doesn't need."""
    by = None if row.person_id is None else str(row.person_id)
    if row.letter in "ES":
        sale = _sale(row)
        return Fact(fact_id(SALE, row.pk), str(account_id), "sale", sale.at, sale.recorded_at, by, sale.net)
    at = _instant(row.at)
    recorded = at if row.until is None else _instant(row.until)
    if row.letter == "I":
        at = at if row.two == "import" else recorded
        return Fact(fact_id(INTERACTION, row.pk), str(account_id), "interaction", at, recorded, by, substantive=True)
    if row.letter == RULING:
        ident, substantive = fact_id(RULING, row.pk), bool(row.three)
        return Fact(ident, str(account_id), row.two, at, at, by, substantive=substantive, target=row.one)
    letter = ASSIGNMENT if row.letter == "J" else row.letter
    return Fact(fact_id(letter, row.pk), str(account_id), row.two, at, recorded, by)
