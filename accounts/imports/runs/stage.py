"""A table that lives as long as one comparison: a file's rows beside the hub's, so that the database compares them.

It is a temporary table, so that nothing of it outlives a killed worker, and that on SQLite filling it keeps nobody
else from writing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from django.db import connection, models

from mikano_cx.kit.chunks import chunks

CHUNK = 5_000
NAME = "feed_stage"
MEMORY = "64MB"  # for a join or a sort: what a file of a million rows needs


class Stage:
    """The rows of one file. Columns are given as name: SQL type; `sql` writes with {stage} for the table's name."""

    def __init__(self, columns: Mapping[str, str], name: str = NAME) -> None:
        self.columns, self.name = tuple(columns), name
        self.settled = 0  # rows that left the stage, for they are the same
        self._declared = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self.drop()
        self.sql(f"CREATE TEMPORARY TABLE {{stage}} ({self._declared})")

    def drop(self) -> None:
        self.sql("DROP TABLE IF EXISTS {stage}")

    def settle(self, joins: str, same: str, values: Mapping[str, str], parameters: Sequence[Any] = ()) -> None:
        """Let the rows go that are the `same`, and give those that stay the `values`: SQL of {stage} and its `joins`.

        A row that goes isn't written once more, and no later statement meets it.
        """
        before = self.value("SELECT COUNT(*) FROM {stage}")
        chosen = ", ".join(values.get(column, f"{{stage}}.{column}") for column in self.columns)
        self.sql(f"CREATE TEMPORARY TABLE {{stage}}_kept ({self._declared})")
        kept = self.sql(
            f"INSERT INTO {{stage}}_kept SELECT {chosen} FROM {{stage}} {joins} WHERE ({same}) IS NOT TRUE", parameters
        )
        self.drop()
        self.sql("ALTER TABLE {stage}_kept RENAME TO {stage}")
        self.settled += before - kept

    def fill(self, rows: Iterable[Sequence[Any]]) -> None:
        """Copy the rows in, in the order of the columns. Constant memory.

        Whatever `rows` asks of the database it asks before its first row: none can be asked while rows are copied.
        """
        rows = iter(rows)
        first = list(islice(rows, 1))
        (self._copy if connection.vendor == "postgresql" else self._insert)(chain(first, rows))

    def ready(self, *indexed: str) -> None:
        """Index what comparisons look for, once all rows are in."""
        for column in indexed:
            self.sql(f"CREATE INDEX IF NOT EXISTS {self.name}_{column} ON {{stage}} ({column})", temporary=True)
        self.sql("ANALYZE {stage}")

    def _copy(self, rows: Iterator[Sequence[Any]]) -> None:
        with (
            connection.cursor() as cursor,
            connection.execute_wrapper(_nothing_meanwhile),
            cursor.copy(f"COPY {self.name} ({', '.join(self.columns)}) FROM STDIN") as to,
        ):
            for row in rows:
                to.write_row(row)

    def _insert(self, rows: Iterator[Sequence[Any]]) -> None:
        """In chunks, each a transaction that touches the temporary database alone."""
        statement = f"INSERT INTO {self.name} VALUES ({', '.join(['%s'] * len(self.columns))})"
        with connection.cursor() as cursor:
            for chunk in chunks(rows, CHUNK):
                own = not connection.in_atomic_block
                if own:
                    cursor.execute("BEGIN DEFERRED")
                cursor.executemany(statement, [[_plain(value) for value in row] for row in chunk])
                if own:
                    cursor.execute("COMMIT")

    def sql(self, text: str, parameters: Sequence[Any] = (), *, temporary: bool = False) -> int:
        """Run a statement; how many rows it touched. `temporary`: SQLite wants to hear where an index belongs."""
        if temporary and connection.vendor == "sqlite":
            text = text.replace(" IF NOT EXISTS ", " IF NOT EXISTS temp.")
        with connection.cursor() as cursor:
            cursor.execute(text.replace("{stage}", self.name), list(parameters) or None)
            return int(cursor.rowcount)

    def rows(self, text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(text.replace("{stage}", self.name), list(parameters) or None)
            return list(cursor.fetchall())

    def value(self, text: str, parameters: Sequence[Any] = ()) -> Any:
        return self.rows(text, parameters)[0][0]


def _nothing_meanwhile(*asked: Any) -> Any:
    raise AssertionError(f"The connection copies rows: it would wait for ever for {asked[1]}")


@contextmanager
def staged(columns: Mapping[str, str]) -> Iterator[Stage]:
    stage = Stage(columns)
    if connection.vendor == "postgresql":
        stage.sql(f"SET work_mem = '{MEMORY}'")
    try:
        yield stage
    finally:
        if not connection.needs_rollback:
            stage.drop()
            if connection.vendor == "postgresql":
                stage.sql("RESET work_mem")


def copied(model: type[models.Model], source: str, values: Mapping[str, str], parameters: Sequence[Any] = ()) -> int:
    """INSERT INTO the model's table SELECT ... FROM `source`. `values` are SQL by field; every other field gets its
    default."""
    table, columns, chosen = model._meta.db_table, [], []
    for field in model._meta.concrete_fields:
        if field.primary_key and field.name not in values:
            continue
        sql = values.get(field.name)
        columns.append(f'"{field.column}"')
        chosen.append(sql if sql is not None else _default(field))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM {source}"
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters) or None)
        return int(cursor.rowcount)


def analyze(tables: Iterable[str]) -> None:
    """Tell PostgreSQL's planner at once what the tables hold. By itself it looks within a minute or so, and until then
    a page may take the longest way."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ANALYZE {table}")


@contextmanager
def indexed_at_once(index: str) -> Iterator[None]:
    """Within a transaction: a search's index (GIN) takes many new rows in together at the end, ten times as quick."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL gin_pending_list_limit = '256MB'")
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute("SET LOCAL gin_pending_list_limit TO DEFAULT")


def recorded(
    model: Any,
    where: str,
    parameters: Sequence[Any] = (),
    *,
    at: datetime,
    reason: str,
    kind: str = "+",
    by: Any = None,
) -> int:
    """Copy rows of a model into its history, with when, why and who. `where` is SQL about the table's columns."""
    table, history = model._meta.db_table, model.history.model._meta
    kept = [field.column for field in history.concrete_fields if field.name in _names(model)]
    into = [*kept, "history_date", "history_change_reason", "history_type", "history_user_id"]
    chosen = [*(f'"{column}"' for column in kept), "%s", "%s", "%s", "%s"]
    statement = (
        f"INSERT INTO {history.db_table} ({', '.join(_quoted(into))}) "
        f"SELECT {', '.join(chosen)} FROM {table} WHERE {where}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment(at), reason[:100], kind, by.pk if by else None, *parameters])
        return int(cursor.rowcount)


def _names(model: Any) -> set[str]:
    return {field.name for field in model._meta.concrete_fields}


def _quoted(columns: Iterable[str]) -> list[str]:
    return [f'"{column}"' for column in columns]


def _default(field: Any) -> str:
    value = field.get_default() if field.has_default() else None
    if value is None:
        return "NULL" if field.null else "''"
    if isinstance(value, bool):
        return truth(value)
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def truth(value: bool) -> str:
    """True or False as SQL."""
    return str(value).upper() if connection.vendor == "postgresql" else str(int(value))


def moment(at: datetime) -> Any:
    """An instant as a parameter of SQL."""
    return connection.ops.adapt_datetimefield_value(at)


def _plain(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
