"""The log is evidence, also for whoever writes SQL: triggers refuse what `Interaction.save` refuses.

The same for sales, which are evidence too. Made after every migration, for both databases, because SQLite drops
triggers when it rebuilds a table.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

NEVER = ("code", "logged_at", "logged_by_id", "by_salesperson", "source", "idempotency_key")
ONCE = ("voided_at", "voided_by_id", "void_reason")  # a void stays
AMENDABLE = (
    *("occurred_at", "contact_id", "account_id", "channel", "channel_word", "kind_id"),
    *("substantive", "direction", "notes", "confidential"),
)
AMENDMENT = ("interaction_id", "at", "by_id", "text", '"values"')
SALE = (
    *("invoice_number", "account_id", "sold_on", "recorded_at", "amount", "salesperson_code"),
    *("division_id", "product_line", "credit_note_of_id", "source", "created_by_id", "idempotency_key"),
)
MESSAGE = "The log is evidence: amend it beside or void it with a reason."

SALE_MESSAGE = "A sale is evidence: correct it by a credit note or a ruling."


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _condition(differs: str) -> str:
    """What no update of an entry may do. A row may stop being a demo row or an import's, never become one."""
    return f"""{_changed(NEVER, differs)}
        OR (({_changed(AMENDABLE, differs)}) AND NOT (OLD.amended_at {differs} NEW.amended_at))
        OR (OLD.voided_at IS NOT NULL AND ({_changed(ONCE, differs)}))
        OR (NEW.is_demo AND NOT OLD.is_demo)
        OR (NEW.import_run_id IS NOT NULL AND (OLD.import_run_id {differs} NEW.import_run_id))"""


def _sale_condition(differs: str) -> str:
    """What no update of a sale may do: all but letting go of the marks of demo and import, and saying once who sold."""
    return f"""{_changed(SALE, differs)}
        OR (({_changed(("salesperson_id", "attributed_at"), differs)}) AND (OLD.salesperson_id IS NOT NULL
            OR NEW.salesperson_id IS NULL OR NEW.attributed_at IS NULL))
        OR (NEW.is_demo AND NOT OLD.is_demo)
        OR (NEW.import_reference <> '' AND NEW.import_reference <> OLD.import_reference)"""


SQLITE = [
    "DROP TRIGGER IF EXISTS log_is_evidence",
    f"""CREATE TRIGGER log_is_evidence BEFORE UPDATE ON interactions_interaction WHEN {_condition("IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    "DROP TRIGGER IF EXISTS amendments_are_evidence",
    f"""CREATE TRIGGER amendments_are_evidence BEFORE UPDATE ON interactions_amendment
        WHEN {_changed(AMENDMENT, "IS NOT")} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    "DROP TRIGGER IF EXISTS sales_are_evidence",
    f"""CREATE TRIGGER sales_are_evidence BEFORE UPDATE ON interactions_sale WHEN {_sale_condition("IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{SALE_MESSAGE}'); END""",
]
POSTGRESQL = [
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE FUNCTION refuse_loss_of_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM interactions_interaction entry
                       WHERE entry.id = OLD.interaction_id AND entry.source <> 'import' AND NOT entry.is_demo)
            THEN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'check_violation'; END IF;
            RETURN OLD;
        END $$""",
    f"""CREATE OR REPLACE TRIGGER log_is_evidence BEFORE UPDATE ON interactions_interaction FOR EACH ROW
        WHEN ({_condition("IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_log()""",
    """CREATE OR REPLACE TRIGGER log_is_kept BEFORE DELETE ON interactions_interaction FOR EACH ROW
        WHEN (OLD.source <> 'import' AND NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_log()""",
    f"""CREATE OR REPLACE TRIGGER amendments_are_evidence BEFORE UPDATE ON interactions_amendment FOR EACH ROW
        WHEN ({_changed(AMENDMENT, "IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_log()""",
    """CREATE OR REPLACE TRIGGER amendments_are_kept BEFORE DELETE ON interactions_amendment FOR EACH ROW
        WHEN (OLD.import_run_id IS NULL) EXECUTE FUNCTION refuse_loss_of_amendment()""",
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_sale() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{SALE_MESSAGE}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER sales_are_evidence BEFORE UPDATE ON interactions_sale FOR EACH ROW
        WHEN ({_sale_condition("IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_sale()""",
    """CREATE OR REPLACE TRIGGER sales_are_kept BEFORE DELETE ON interactions_sale FOR EACH ROW
        WHEN (OLD.import_reference = '' AND NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_sale()""",
]


def protect_log(*, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """Make the triggers (again). SQLite has none against deleting: its tests empty tables by DELETE."""
    connection = connections[using]
    with connection.cursor() as cursor:
        sells = "interactions_sale" in connection.introspection.table_names(cursor)  # not where migrated back
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            if sells or "interactions_sale" not in statement:
                cursor.execute(statement)
