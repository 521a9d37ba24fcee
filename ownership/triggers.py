"""What the tables of ownership hold to whoever writes, SQL by hand too.

On both databases: segments of an account don't overlap; a signed ruling, a fact recorded anew and a closed dispute stay
as they are. On PostgreSQL alone (production's): they aren't deleted either, but for those of the demo. SQLite has no
trigger against deleting, for its tests empty tables by DELETE; there the models' foreign keys protect what others rest
on, and no verb deletes any.

Made after every migration (see `interactions.log.triggers`).
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

OVERLAP = "Segments of an account do not overlap."
SIGNED = "A signed ruling stays: another one on the same fact takes its place."
ANEW = "A fact recorded anew stays: a ruling can strike it out."
CLOSED = "A closed dispute stays: another one can be opened."
_RULING = (
    "kind",
    "target",
    "credited_to_id",
    "substantive",
    "reason",
    "account_id",
    "dispute_id",
    "author_id",
    "at",
    "entry_id",
)
_DISPUTE = (
    *("account_id", "question", "opened_by_id", "opened_at", "state", "closed_by_id", "closed_at"),
    *("reason", "before", "after", "evidence"),
)
_RENEWAL = ("account_id", "target", "kind", "person_id", "at", "recorded_at", "author_id", "reason")


def _changed(columns: tuple[str, ...], differs: str) -> str:
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


_CLASH = """EXISTS (SELECT 1 FROM ownership_tenure other WHERE other.account_id = NEW.account_id AND other.id <> NEW.id
    AND (NEW."end" IS NULL OR other.start < NEW."end") AND (other."end" IS NULL OR other."end" > NEW.start))"""
SQLITE = [
    statement
    for event in ("INSERT", "UPDATE")
    for statement in (
        f"DROP TRIGGER IF EXISTS no_overlap_on_{event.lower()}",
        f"""CREATE TRIGGER no_overlap_on_{event.lower()} AFTER {event} ON ownership_tenure WHEN {_CLASH}
            BEGIN SELECT RAISE(ABORT, '{OVERLAP}'); END""",
    )
] + [
    "DROP TRIGGER IF EXISTS rulings_are_kept",
    f"""CREATE TRIGGER rulings_are_kept BEFORE UPDATE ON ownership_ruling WHEN {_changed(_RULING, "IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{SIGNED}'); END""",
    "DROP TRIGGER IF EXISTS renewals_stay",
    f"""CREATE TRIGGER renewals_stay BEFORE UPDATE ON ownership_renewal WHEN {_changed(_RENEWAL, "IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{ANEW}'); END""",
    "DROP TRIGGER IF EXISTS closed_disputes_stay",
    f"""CREATE TRIGGER closed_disputes_stay BEFORE UPDATE ON ownership_dispute
        WHEN OLD.state <> 'open' AND ({_changed(_DISPUTE, "IS NOT")})
        BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END""",
]
POSTGRESQL = [
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'segments_do_not_overlap') THEN
            ALTER TABLE ownership_tenure ADD CONSTRAINT segments_do_not_overlap
                EXCLUDE USING gist (account_id WITH =, tstzrange(start, "end") WITH &&);
        END IF;
    END $$""",
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{SIGNED}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER rulings_stay BEFORE UPDATE ON ownership_ruling FOR EACH ROW
        WHEN ({_changed(_RULING, "IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_ruling()""",
    """CREATE OR REPLACE TRIGGER rulings_are_kept BEFORE DELETE ON ownership_ruling FOR EACH ROW
        WHEN (NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_ruling()""",
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_renewal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{ANEW}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER renewals_stay BEFORE UPDATE ON ownership_renewal FOR EACH ROW
        WHEN ({_changed(_RENEWAL, "IS DISTINCT FROM")}) EXECUTE FUNCTION refuse_change_of_renewal()""",
    """CREATE OR REPLACE TRIGGER renewals_are_kept BEFORE DELETE ON ownership_renewal FOR EACH ROW
        WHEN (NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_renewal()""",
    f"""CREATE OR REPLACE FUNCTION refuse_change_of_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{CLOSED}' USING ERRCODE = 'check_violation'; END $$""",
    f"""CREATE OR REPLACE TRIGGER closed_disputes_stay BEFORE UPDATE ON ownership_dispute FOR EACH ROW
        WHEN (OLD.state <> 'open' AND ({_changed(_DISPUTE, "IS DISTINCT FROM")}))
        EXECUTE FUNCTION refuse_change_of_dispute()""",
    """CREATE OR REPLACE TRIGGER closed_disputes_are_kept BEFORE DELETE ON ownership_dispute FOR EACH ROW
        WHEN (OLD.state <> 'open' AND NOT OLD.is_demo) EXECUTE FUNCTION refuse_change_of_dispute()""",
]


def protect_ownership(*, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """Make the constraint and triggers (again)."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in POSTGRESQL if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
