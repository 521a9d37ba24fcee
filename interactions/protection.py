"""The log is evidence, also for whoever writes SQL: triggers refuse what `Interaction.save` refuses.

Made after every migration, for both databases, because SQLite drops triggers when it rebuilds a table.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

NEVER = ("code", "logged_at", "logged_by_id", "source", "idempotency_key")
AMENDABLE = (
    *("occurred_at", "contact_id", "account_id", "channel", "channel_word", "kind_id"),
    *("substantive", "direction", "notes", "confidential"),
)
MESSAGE = "The log is evidence: amend it beside or void it with a reason."


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _condition(differs: str) -> str:
    unamended = f"NOT (OLD.amended_at {differs} NEW.amended_at)"
    return f"{_changed(NEVER, differs)} OR (({_changed(AMENDABLE, differs)}) AND {unamended})"


SQLITE = [
    "DROP TRIGGER IF EXISTS log_is_evidence",
    f"""CREATE TRIGGER log_is_evidence BEFORE UPDATE ON interactions_interaction WHEN {_condition("IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    "DROP TRIGGER IF EXISTS amendments_are_evidence",
    f"""CREATE TRIGGER amendments_are_evidence BEFORE UPDATE OF at, by_id, text, "values" ON interactions_amendment
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER log_is_evidence BEFORE UPDATE ON interactions_interaction FOR EACH ROW
        WHEN ({_condition("IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_log()""",
    """CREATE OR REPLACE TRIGGER log_is_kept BEFORE DELETE ON interactions_interaction FOR EACH ROW
        WHEN (OLD.source <> 'import' AND NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_log()""",
    """CREATE OR REPLACE TRIGGER amendments_are_evidence BEFORE UPDATE OF at, by_id, text, values
        ON interactions_amendment FOR EACH ROW EXECUTE FUNCTION refuse_change_of_log()""",
]


def protect_log(*, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """Make the triggers (again). SQLite has none against deleting: its tests empty tables by DELETE."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
