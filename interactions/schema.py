"""Objects of the interactions tables that only one kind of database has: the triggers that guard evidence, and indexes.

Triggers refuse every change of the log or of sales that `save` refuses, whoever writes the SQL. SQLite has no trigger
against deleting, because its tests empty tables by DELETE.
"""

from mikano_cx.kit.schema import (
    Index,
    Trigger,
    TriggerFunction,
    UnwantedLikeIndex,
    changed,
    raised,
    refusal,
    refusal_function,
)

ENTRIES, AMENDMENTS, SALES = "interactions_interaction", "interactions_amendment", "interactions_sale"
NEVER = ("code", "logged_at", "logged_by_id", "by_salesperson", "source", "idempotency_key")
ONCE = ("voided_at", "voided_by_id", "void_reason")  # never changed once set
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


def _condition(differs: str) -> str:
    """The condition of an update that the trigger refuses. A row may lose a demo or import mark, never gain one."""
    return f"""{changed(NEVER, differs)}
        OR (({changed(AMENDABLE, differs)}) AND NOT (OLD.amended_at {differs} NEW.amended_at))
        OR (OLD.voided_at IS NOT NULL AND ({changed(ONCE, differs)}))
        OR (NEW.is_demo AND NOT OLD.is_demo)
        OR (NEW.import_run_id IS NOT NULL AND (OLD.import_run_id {differs} NEW.import_run_id))"""


def _sale_condition(differs: str) -> str:
    """The condition of an update of a sale that the trigger refuses.

    A sale may lose its demo and import marks, and a sale without a salesperson may be given one once.
    """
    return f"""{changed(SALE, differs)}
        OR (({changed(("salesperson_id", "attributed_at"), differs)}) AND (OLD.salesperson_id IS NOT NULL
            OR NEW.salesperson_id IS NULL OR NEW.attributed_at IS NULL))
        OR (NEW.is_demo AND NOT OLD.is_demo)
        OR (NEW.import_reference <> '' AND NEW.import_reference <> OLD.import_reference)"""


SQLITE = [
    Trigger(
        name="log_is_evidence",
        table=ENTRIES,
        event="BEFORE UPDATE",
        when=_condition("IS NOT"),
        action=refusal(MESSAGE),
    ),
    Trigger(
        name="amendments_are_evidence",
        table=AMENDMENTS,
        event="BEFORE UPDATE",
        when=changed(AMENDMENT, "IS NOT"),
        action=refusal(MESSAGE),
    ),
    Trigger(
        name="sales_are_evidence",
        table=SALES,
        event="BEFORE UPDATE",
        when=_sale_condition("IS NOT"),
        action=refusal(SALE_MESSAGE),
    ),
]
POSTGRESQL = [
    UnwantedLikeIndex(name="code", table=ENTRIES),
    # For the list of interactions: words in notes, sorting by due day, and voided entries, which are few.
    Index(name="interaction_notes", table=ENTRIES, definition="USING gin (upper(notes) gin_trgm_ops)"),
    Index(name="interaction_by_due", table=ENTRIES, definition="(due_on DESC NULLS LAST, id DESC)"),
    Index(
        name="interaction_voided",
        table=ENTRIES,
        definition="(occurred_at DESC, id DESC) WHERE voided_at IS NOT NULL",
    ),
    # An account's page shows its open actions, a few among thousands of entries, by due day. Without an index in
    # exactly that order PostgreSQL walks the due days of the whole hub; SQLite filters the account's entries.
    Index(
        name="open_action_by_account",
        table=ENTRIES,
        definition="(account_id, due_on DESC NULLS LAST, occurred_at DESC, id DESC) "
        "WHERE done_at IS NULL AND voided_at IS NULL AND next_action <> ''",
    ),
    refusal_function("refuse_change_of_log", MESSAGE),
    TriggerFunction(
        name="refuse_loss_of_amendment",
        body=f"""
        BEGIN
            IF EXISTS (SELECT FROM interactions_interaction entry
                       WHERE entry.id = OLD.interaction_id AND entry.source <> 'import' AND NOT entry.is_demo)
            THEN {raised(MESSAGE)}; END IF;
            RETURN OLD;
        END""",
    ),
    Trigger(
        name="log_is_evidence",
        table=ENTRIES,
        event="BEFORE UPDATE",
        when=_condition("IS DISTINCT FROM"),
        action="refuse_change_of_log",
    ),
    Trigger(
        name="log_is_kept",
        table=ENTRIES,
        event="BEFORE DELETE",
        when="OLD.source <> 'import' AND NOT OLD.is_demo",
        action="refuse_change_of_log",
    ),
    Trigger(
        name="amendments_are_evidence",
        table=AMENDMENTS,
        event="BEFORE UPDATE",
        when=changed(AMENDMENT, "IS DISTINCT FROM"),
        action="refuse_change_of_log",
    ),
    Trigger(
        name="amendments_are_kept",
        table=AMENDMENTS,
        event="BEFORE DELETE",
        when="OLD.import_run_id IS NULL",
        action="refuse_loss_of_amendment",
    ),
    refusal_function("refuse_change_of_sale", SALE_MESSAGE),
    Trigger(
        name="sales_are_evidence",
        table=SALES,
        event="BEFORE UPDATE",
        when=_sale_condition("IS DISTINCT FROM"),
        action="refuse_change_of_sale",
    ),
    Trigger(
        name="sales_are_kept",
        table=SALES,
        event="BEFORE DELETE",
        when="OLD.import_reference = '' AND NOT OLD.is_demo",
        action="refuse_change_of_sale",
    ),
]
