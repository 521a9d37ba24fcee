"""Database objects that only one kind of database has. Apps declare them by name, and they are made after `migrate`.

A model's Meta declares what every database has. Objects of PostgreSQL or SQLite alone are declared in the app's
`schema.py`. Their statements may run again, because SQLite drops a table's triggers whenever a migration rebuilds the
table. A changed index needs a new name, and a migration that removes the old one.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate


@dataclass(frozen=True, kw_only=True)
class DatabaseObject:
    """A named object of the database, and its table if it belongs to one."""

    name: str
    table: str = ""

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        """Statements that make the object, or do nothing if it exists."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Extension(DatabaseObject):
    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        yield f"CREATE EXTENSION IF NOT EXISTS {self.name}"


@dataclass(frozen=True, kw_only=True)
class Index(DatabaseObject):
    definition: str  # the SQL after the table's name

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        create = f"CREATE INDEX IF NOT EXISTS {self.name} ON {self.table} {self.definition}"
        if connection.vendor == "postgresql":  # which locks the table even if the index exists
            create = f"""DO $$ BEGIN
                IF NOT EXISTS (
                    SELECT FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                    WHERE relname = '{self.name}' AND indrelid = '{self.table}'::regclass
                ) THEN
                    {create};
                END IF;
            END $$"""
        yield create


@dataclass(frozen=True, kw_only=True)
class UnwantedLikeIndex(DatabaseObject):
    """A LIKE index that Django makes on PostgreSQL for a unique column, and that no query uses; it is dropped.

    `name` is the column's.
    """

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        editor: Any = connection.schema_editor()
        yield f"DROP INDEX IF EXISTS {editor._create_index_name(self.table, [self.name], suffix='_like')}"


@dataclass(frozen=True, kw_only=True)
class TableConstraint(DatabaseObject):
    """A constraint that models can't declare without `django.contrib.postgres`."""

    definition: str

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        yield f"""DO $$ BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_constraint WHERE conname = '{self.name}' AND conrelid = '{self.table}'::regclass
            ) THEN
                ALTER TABLE {self.table} ADD CONSTRAINT {self.name} {self.definition};
            END IF;
        END $$"""


@dataclass(frozen=True, kw_only=True)
class StorageParameters(DatabaseObject):
    """PostgreSQL's storage parameters of a table; `name` says what they are for."""

    parameters: str

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        yield f"ALTER TABLE {self.table} SET ({self.parameters})"


@dataclass(frozen=True, kw_only=True)
class TriggerFunction(DatabaseObject):
    """A PostgreSQL function that a trigger calls."""

    body: str

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        yield f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ {self.body} $$"


@dataclass(frozen=True, kw_only=True)
class Trigger(DatabaseObject):
    """A trigger for each row; `event` is "BEFORE UPDATE" or the like.

    `action` is the name of a function on PostgreSQL, and statements on SQLite.
    """

    event: str
    when: str = ""
    action: str

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        when = f"WHEN ({self.when})" if self.when else ""
        if connection.vendor == "postgresql":
            yield (
                f"CREATE OR REPLACE TRIGGER {self.name} {self.event} ON {self.table} FOR EACH ROW {when} "
                f"EXECUTE FUNCTION {self.action}()"
            )
        else:
            yield f"DROP TRIGGER IF EXISTS {self.name}"
            yield f"CREATE TRIGGER {self.name} {self.event} ON {self.table} {when} BEGIN {self.action}; END"


@dataclass(frozen=True, kw_only=True)
class FullTextTable(DatabaseObject):
    """The SQLite full-text table `name` with the trigrams of a column, and the triggers that keep it up to date."""

    column: str

    def statements(self, connection: BaseDatabaseWrapper) -> Iterable[str]:
        yield (
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self.name} USING fts5("
            f"{self.column}, content='{self.table}', content_rowid='id', tokenize='trigram')"
        )
        for trigger in self.triggers():
            yield from trigger.statements(connection)
        yield f"INSERT INTO {self.name}({self.name}) VALUES ('rebuild')"  # noqa: S608 (our own names)

    def triggers(self) -> Iterable[Trigger]:
        fts, column = self.name, self.column
        remove = f"INSERT INTO {fts}({fts}, rowid, {column}) VALUES ('delete', OLD.id, OLD.{column})"  # noqa: S608
        add = f"INSERT INTO {fts}(rowid, {column}) VALUES (NEW.id, NEW.{column})"  # noqa: S608
        for name, event, action in (
            ("insert", "AFTER INSERT", add),
            ("delete", "AFTER DELETE", remove),
            ("update", f"AFTER UPDATE OF {column}", f"{remove}; {add}"),
        ):
            yield Trigger(name=f"{fts}_{name}", table=self.table, event=event, action=action)


def changed(columns: Iterable[str], differs: str) -> str:
    """The trigger condition that one of the columns changes; `differs` is the database's operator for it."""
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def refusal(message: str) -> str:
    """The action of an SQLite trigger that refuses the change."""
    return f"SELECT RAISE(ABORT, '{message}')"


def refusal_function(name: str, message: str) -> TriggerFunction:
    """The function of a PostgreSQL trigger that refuses the change."""
    return TriggerFunction(name=name, body=f"BEGIN {raised(message)}; END")


def raised(message: str) -> str:
    """A PL/pgSQL statement that raises the error of a check constraint."""
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'"


DECLARED: dict[str, dict[str, Sequence[DatabaseObject]]] = {}  # by app label, then by kind of database


def declare_schema(app: AppConfig, *, postgresql: Sequence[DatabaseObject], sqlite: Sequence[DatabaseObject]) -> None:
    """Declare objects to be made after each `migrate`, in this order, after those of the apps before."""
    DECLARED[app.label] = {"postgresql": postgresql, "sqlite": sqlite}
    post_migrate.connect(_after_migrate, sender=app, dispatch_uid=f"schema of {app.label}")


def declared_objects(vendor: str) -> list[DatabaseObject]:
    """The objects that all apps declare for this kind of database."""
    return [declared for by_vendor in DECLARED.values() for declared in by_vendor.get(vendor, ())]


def make_objects(objects: Iterable[DatabaseObject], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the objects whose tables exist; an app may be migrated back, or not migrated yet.

    SQLite makes them in one transaction, which writes to the disk once. PostgreSQL makes each in its own, so that no
    two tables of a running hub are locked at once.
    """
    connection = connections[using]
    together = transaction.atomic(using=using) if connection.vendor == "sqlite" else nullcontext()
    with together, connection.cursor() as cursor:
        tables = {"", *connection.introspection.table_names(cursor)}
        for declared in objects:
            if declared.table in tables:
                for statement in declared.statements(connection):
                    cursor.execute(statement)


def _after_migrate(sender: AppConfig, *, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    make_objects(DECLARED[sender.label].get(connections[using].vendor, ()), using=using)
