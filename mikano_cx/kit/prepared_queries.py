"""Queries whose SQL is composed once and executed with different values.

Django composes a query's SQL each time. On a page with ten short queries this takes longer than the database does.
Where only a record's number, a code or a day differs, the SQL is kept and the values are put in.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=Model)
OFTEN = 3  # executions on one connection before PostgreSQL keeps the plan

# Placeholders for the n-th value while the SQL is composed; no real number, code or day equals one.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda n: -7_340_291_846_523 - n,
    str: lambda n: f"\1{n}\1",
    date: lambda n: date(1, 2, 3) + timedelta(n),
    datetime: lambda n: datetime(1, 2, 3, 4, 5, 6, 7, UTC) + timedelta(n),
}


@contextmanager
def keep_plan(connection: Any) -> Iterator[None]:
    """Let PostgreSQL keep the plan of a query that is executed repeatedly inside this block.

    Planning a short query takes longer than running it. Only for queries with one best plan whatever their values: not
    for searches or filtered lists.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    connection.connection.prepare_threshold = OFTEN
    try:
        yield
    finally:
        if connection.connection is not None:
            connection.connection.prepare_threshold = None


class Composed(Generic[M]):
    """A query that `build` makes for values of these `value_types` (int, str, date, aware datetime).

    `build` may depend on nothing else that changes, neither the clock nor whether a value is None. The query's plan is
    kept (see `keep_plan`).
    """

    def __init__(self, build: Callable[..., "QuerySet[M]"], *value_types: type) -> None:
        self._build = build
        self._value_types = value_types
        self._own = threading.local()  # a composed query keeps its thread's connection

    def of(self, *values: Any) -> list[M]:
        """The rows for the values, which are in the order of `value_types`. One query, and one for each prefetch."""
        if getattr(self._own, "connection", None) is not connections[DEFAULT_DB_ALIAS]:
            self._compose()
        own, parameters = self._own, list(self._own.parameters)
        for place, n in own.places:
            parameters[place] = _same_width(parameters[place], _database_value(values[n], own.compiler))
        asked = copy(own.compiler)
        asked.as_sql = lambda: (own.sql, parameters)
        query = SimpleNamespace(get_compiler=lambda using: asked)
        rows = SimpleNamespace(db=asked.using, query=query, _known_related_objects={})
        with keep_plan(own.connection):
            found: list[M] = list(ModelIterable(cast(Any, rows)))
        prefetch_related_objects(found, *own.prefetched)
        return found

    def _compose(self) -> None:
        stand_ins = [_STAND_INS[value_type](n) for n, value_type in enumerate(self._value_types)]
        rows, own = cast(Any, self._build(*stand_ins)), self._own
        compiler = rows.query.get_compiler(using=rows.db)
        own.sql, own.parameters = compiler.as_sql()
        written = {_database_value(value, compiler): n for n, value in enumerate(stand_ins)}
        places = [(place, written.get(_hashable(value))) for place, value in enumerate(own.parameters)]
        own.places = [(place, n) for place, n in places if n is not None]
        if {n for _, n in own.places} != set(range(len(stand_ins))):
            raise ValueError("The query doesn't ask for each of its values as it stands.")
        own.prefetched = rows._prefetch_related_lookups
        own.compiler, own.connection = compiler, compiler.connection


def _database_value(value: Any, compiler: Any) -> Any:
    """The value as the database stores it: SQLite keeps days and instants as text."""
    if isinstance(value, datetime):
        return compiler.connection.ops.adapt_datetimefield_value(value)
    return compiler.connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value


def _same_width(parameter: Any, value: Any) -> Any:
    """The value as an integer of the parameter's width, which PostgreSQL distinguishes."""
    return type(parameter)(value) if isinstance(parameter, int) else value


def _hashable(value: Any) -> Any:
    return value if isinstance(value, int | str | date) else None
