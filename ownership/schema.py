"""Database constraints and triggers on the tables of ownership, which bind every writer, SQL by hand included.

On both databases the segments of an account don't overlap, and signed rulings, renewals and closed disputes can't be
changed. On PostgreSQL, which production uses, they can't be deleted either, except those of the demo. SQLite has no
trigger against deleting, because its tests empty tables by DELETE; no action deletes any, and foreign keys protect the
rows that others refer to.
"""

from mikano_cx.kit.schema import Extension, TableConstraint, Trigger, changed, refusal, refusal_function

TENURES, RULINGS = "ownership_tenure", "ownership_ruling"
RENEWALS, DISPUTES = "ownership_renewal", "ownership_dispute"
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
_CLASH = """EXISTS (SELECT 1 FROM ownership_tenure other WHERE other.account_id = NEW.account_id AND other.id <> NEW.id
    AND (NEW."end" IS NULL OR other.start < NEW."end") AND (other."end" IS NULL OR other."end" > NEW.start))"""
SQLITE = [
    *(
        Trigger(
            name=f"no_overlap_on_{event.lower()}",
            table=TENURES,
            event=f"AFTER {event}",
            when=_CLASH,
            action=refusal(OVERLAP),
        )
        for event in ("INSERT", "UPDATE")
    ),
    Trigger(
        name="rulings_are_kept",
        table=RULINGS,
        event="BEFORE UPDATE",
        when=changed(_RULING, "IS NOT"),
        action=refusal(SIGNED),
    ),
    Trigger(
        name="renewals_stay",
        table=RENEWALS,
        event="BEFORE UPDATE",
        when=changed(_RENEWAL, "IS NOT"),
        action=refusal(ANEW),
    ),
    Trigger(
        name="closed_disputes_stay",
        table=DISPUTES,
        event="BEFORE UPDATE",
        when=f"OLD.state <> 'open' AND ({changed(_DISPUTE, 'IS NOT')})",
        action=refusal(CLOSED),
    ),
]
POSTGRESQL = [
    Extension(name="btree_gist"),
    TableConstraint(
        name="segments_do_not_overlap",
        table=TENURES,
        definition="""EXCLUDE USING gist (account_id WITH =, tstzrange(start, "end") WITH &&)""",
    ),
    refusal_function("refuse_change_of_ruling", SIGNED),
    Trigger(
        name="rulings_stay",
        table=RULINGS,
        event="BEFORE UPDATE",
        when=changed(_RULING, "IS DISTINCT FROM"),
        action="refuse_change_of_ruling",
    ),
    Trigger(
        name="rulings_are_kept",
        table=RULINGS,
        event="BEFORE DELETE",
        when="NOT OLD.is_demo",
        action="refuse_change_of_ruling",
    ),
    refusal_function("refuse_change_of_renewal", ANEW),
    Trigger(
        name="renewals_stay",
        table=RENEWALS,
        event="BEFORE UPDATE",
        when=changed(_RENEWAL, "IS DISTINCT FROM"),
        action="refuse_change_of_renewal",
    ),
    Trigger(
        name="renewals_are_kept",
        table=RENEWALS,
        event="BEFORE DELETE",
        when="NOT OLD.is_demo",
        action="refuse_change_of_renewal",
    ),
    refusal_function("refuse_change_of_dispute", CLOSED),
    Trigger(
        name="closed_disputes_stay",
        table=DISPUTES,
        event="BEFORE UPDATE",
        when=f"OLD.state <> 'open' AND ({changed(_DISPUTE, 'IS DISTINCT FROM')})",
        action="refuse_change_of_dispute",
    ),
    Trigger(
        name="closed_disputes_are_kept",
        table=DISPUTES,
        event="BEFORE DELETE",
        when="OLD.state <> 'open' AND NOT OLD.is_demo",
        action="refuse_change_of_dispute",
    ),
]
