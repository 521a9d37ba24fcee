"""A migrated database is what the models and the apps' `schema.py` say: nothing is missing, nothing is undeclared."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connection, connections

from accounts.records.models import Account
from accounts.records.search import match_search
from mikano_cx.kit.schema import Extension, UnwantedLikeIndex, declared_objects, make_objects

OURS = ("accounts", "interactions", "ownership", "kpis")
SCRATCH = "declared"  # a schema of PostgreSQL beside the migrated one, or another file of SQLite
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def checked_rows(foundation):
    """PostgreSQL changes no table that has rows which it still has to check."""
    connection.check_constraints()


def models():
    return [model for label in OURS for model in apps.get_app_config(label).get_models()]


@cache
def tables() -> set[str]:
    own = {model._meta.db_table for model in models()}
    return own | {field.m2m_db_table() for model in models() for field in model._meta.local_many_to_many}


@contextmanager
def made_from_models(tmp_path) -> Iterator[None]:
    """Within it, the connection is to a database that is made from the models alone, without migrations."""
    migrated = connections[DEFAULT_DB_ALIAS]
    if migrated.vendor == "postgresql":
        with migrated.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCRATCH}")  # taken back with the test's transaction
            cursor.execute(f"SET LOCAL search_path TO {SCRATCH}, public")
    else:
        beside = {**migrated.settings_dict, "NAME": str(tmp_path / "declared.sqlite3")}
        connections[DEFAULT_DB_ALIAS] = type(migrated)(beside, DEFAULT_DB_ALIAS)
    try:
        with connection.schema_editor() as editor:
            for model in models():
                editor.create_model(model)
        yield
    finally:
        if migrated.vendor == "sqlite":
            connection.close()
            connections[DEFAULT_DB_ALIAS] = migrated


def existing() -> set[tuple[str, ...]]:
    """What our tables are: columns, constraints, indexes, triggers and what belongs to them."""
    with connection.cursor() as cursor:
        return set(_of_postgresql(cursor) if connection.vendor == "postgresql" else _of_sqlite(cursor))


def _of_postgresql(cursor) -> Iterator[tuple[str, ...]]:
    named = "FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()"
    asked = {
        "table": f"SELECT t.relname, t.reloptions::text {named} WHERE t.relkind = 'r'",
        "column": f"""SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
            a.attidentity::text, pg_get_expr(d.adbin, d.adrelid) {named}
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum WHERE t.relkind = 'r'""",
        "constraint": f"""SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) {named}
            JOIN pg_constraint c ON c.conrelid = t.oid""",
        "index": f"""SELECT t.relname, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) {named}
            JOIN pg_index i ON i.indrelid = t.oid""",
        "trigger": f"""SELECT t.relname, g.tgname, pg_get_triggerdef(g.oid) {named}
            JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal""",
    }
    for kind, question in asked.items():
        cursor.execute(question)
        yield from ((kind, *map(_unqualified, row)) for row in cursor.fetchall() if row[0] in tables())
    cursor.execute(
        "SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql' WHERE n.nspname = current_schema()"
    )
    yield from (("function", *map(_unqualified, row)) for row in cursor.fetchall())


def _unqualified(text: str | None) -> str:
    return (text or "").replace(f"{SCRATCH}.", "").replace("public.", "")


def _of_sqlite(cursor) -> Iterator[tuple[str, ...]]:
    cursor.execute("SELECT type, tbl_name, name, sql FROM sqlite_master WHERE sql <> ''")
    for kind, table, name, sql in cursor.fetchall():
        if kind == "table" and table in tables():
            checks = sql.replace(f'"{table}".', "").split('CONSTRAINT "')[1:]
            yield from (("constraint", table, *check.rstrip(", )").split('" ', 1)) for check in checks)
        elif table in tables() or sql.startswith("CREATE VIRTUAL TABLE"):
            yield kind, table, name, sql
    for table in tables():
        cursor.execute(f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')")
        yield from (("column", table, *map(str, row)) for row in cursor.fetchall())
        cursor.execute(f'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'{table}\')')
        yield from (("foreign key", table, *row) for row in cursor.fetchall())
        cursor.execute(
            f"SELECT l.origin, group_concat(c.name) FROM pragma_index_list('{table}') l, pragma_index_info(l.name) c "
            "WHERE l.origin <> 'c' GROUP BY l.name"
        )
        yield from (("unique", table, *row) for row in cursor.fetchall())


def test_a_migrated_database_is_what_is_declared(tmp_path):
    migrated = existing()

    with made_from_models(tmp_path):
        make_objects(declared_objects(connection.vendor))
        declared = existing()

    assert sorted(declared - migrated) == [], "what migrations lack"
    assert sorted(migrated - declared) == [], "what nobody declares"


@pytest.mark.parametrize(
    ("change", "lost", "added"),
    [
        ("CREATE INDEX nobodys ON accounts_account (address)", [], ["nobodys"]),
        ("DROP INDEX account_by_name", ["account_by_name"], []),
        ("CREATE UNIQUE INDEX nobodys ON kpis_definition (target) WHERE target > 1", [], ["nobodys"]),
    ],
)
def test_any_other_index_is_noticed(change, lost, added):
    before = existing()
    with connection.cursor() as cursor:
        cursor.execute(change)
    after = existing()

    assert sorted({row[2] for row in before - after}) == lost
    assert sorted({row[2] for row in after - before}) == added


def test_making_the_objects_again_changes_nothing():
    before = existing()
    make_objects(declared_objects(connection.vendor))
    assert existing() == before


LOST = {
    "sqlite": [
        "DROP TRIGGER accounts_account_fts_update",
        "DROP TRIGGER log_is_evidence",
        "DROP INDEX contact_by_touch",
    ],
    "postgresql": [
        "DROP TRIGGER log_is_evidence ON interactions_interaction",
        "DROP INDEX account_search",
        "ALTER TABLE ownership_tenure DROP CONSTRAINT segments_do_not_overlap",
        "ALTER TABLE accounts_account RESET (autovacuum_vacuum_scale_factor)",
    ],
}


def test_what_is_lost_is_made_again():
    """As SQLite loses the triggers of a table that a migration rebuilds."""
    before = left = existing()
    for statement in LOST[connection.vendor]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        assert existing() != left, statement
        left = existing()

    make_objects(declared_objects(connection.vendor))

    assert existing() == before


def test_search_finds_what_was_written_without_triggers(zenith):
    if connection.vendor != "sqlite":
        pytest.skip("SQLite alone keeps its trigrams by triggers")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER accounts_account_fts_update")
    Account.objects.update(search_text="written meanwhile")
    assert not match_search(Account.objects.all(), "meanwhile").exists()

    make_objects(declared_objects("sqlite"))

    assert match_search(Account.objects.all(), "meanwhile").get() == zenith


def test_objects_of_tables_that_are_not_there_wait_for_them():
    """An app may be migrated back, or not yet forth, when another one is migrated."""
    declared = declared_objects(connection.vendor)
    make_objects([type(each)(**{**vars(each), "table": f"{each.table}_of_later"}) for each in declared if each.table])


def test_every_unwanted_index_is_one_that_django_makes(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone has indexes for LIKE")
    unwanted = [each for each in declared_objects("postgresql") if isinstance(each, UnwantedLikeIndex)]
    dropped = {statement.split()[-1] for each in unwanted for statement in each.statements(connection)}

    with made_from_models(tmp_path):
        made = {row[2] for row in existing() if row[0] == "index"}

    assert dropped and dropped <= made


def test_the_extensions_are_those_declared():
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone has extensions")
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'")
        there = {name for (name,) in cursor.fetchall()}
    assert there == {each.name for each in declared_objects("postgresql") if isinstance(each, Extension)}
