"""What feeds, runs and problems are called on pages and in mails. Hours and days are those of Lagos."""

from datetime import datetime

from accounts.imports.feeds.schedule import GRACE
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs.registry import kind_of
from mikano_cx.kit.local_time import LAGOS, day_text

ON = {Feed.Days.DAILY: "every day", Feed.Days.WEEKDAYS: "Monday to Friday", Feed.Days.WEEKLY: "every Monday"}
BUCKETS = {
    "new": "new",
    "changed": "changed",
    "same": "as before",
    "left_out": "left out",
    "held": "held",
    "refused": "refused",
}
BESIDE_ROWS = {"vanished": "vanished", "moved": "changed hands"}
# Kinds of problems whose code isn't plain enough. The others read as they stand: missing_name is missing name.
PROBLEMS = {
    "adds": "credit note with an amount above zero",
    "account_not_the_contacts": "account isn't the contact's",
    "account_refused": "account's row refused",
    "action_done": "action done already",
    "another_account": "credit note of another account's invoice",
    "bad_amount": "unreadable amount",
    "bad_date": "unreadable date",
    "bad_discount": "unreadable discount",
    "bad_email": "bad e-mail",
    "bad_erp_id": "ERP ID that can't be one",
    "bad_id": "ID that can't be one",
    "bad_phone": "phone number that can't be dialled (kept as typed)",
    "bad_quantity": "unreadable quantity",
    "bad_rating": "unreadable rating",
    "bad_unit_price": "unreadable unit price",
    "amount_unfit": "more money than there is",
    "before_its_invoice": "credit note older than its invoice",
    "contact_refused": "contact's row refused",
    "credits_a_credit_note": "credit note of a credit note",
    "customer_waits": "customer that waits for the steward",
    "duplicate_erp_id": "ERP ID used twice",
    "duplicate_id": "ID used twice",
    "erp_owns": "the ERP's",
    "future_date": "day still to come",
    "invoice_held": "credit note of a held invoice",
    "invoice_refused": "credit note of a refused invoice",
    "line_refused": "invoice with lines that are refused or differ",
    "looks_same": "looks like an account of the hub",
    "missing_id": "no ID",
    "mojibake_name": "damaged name",
    "no_lines": "invoice without lines",
    "not_your_division": "another division's",
    "no_account": "customer that the hub doesn't know yet",
    "number_missing": "no invoice number",
    "old_action": "old next action",
    "other_source": "customer of another source",
    "other_content": "sale that the hub has with other content",
    "proposed_date": "due date proposed",
    "ragged": "more or fewer cells than columns",
    "too_long": "text that is too long",
    "twice_in_file": "twice in the file with different content",
    "unknown_division": "division that the hub doesn't have",
    "unknown_invoice": "credit note of an unknown invoice",
    "unknown_salesperson": "salesperson's code that is nobody's (the sale is recorded)",
}


def schedule_words(feed: Feed) -> str:
    """every day at 02:00 Lagos time; not by itself."""
    if not feed.is_active:
        return "not in use"
    if not feed.days or feed.runs_at is None:
        return "not by itself"
    return f"{ON[Feed.Days(feed.days)]} at {feed.runs_at:%H:%M} Lagos time"


def moment_words(at: datetime) -> str:
    """21 Nov 2026, 02:04."""
    local = at.astimezone(LAGOS)
    return f"{day_text(local.date())}, {local:%H:%M}"


def freshness_words(good_at: datetime | None, late_after: datetime | None, at: datetime) -> str:
    """How fresh a feed's data is at the instant `at`."""
    good = f"last good run {moment_words(good_at)}" if good_at else "no good run yet"
    if late_after is None:
        return good
    if late_after <= at:
        return f"{good}; late since {moment_words(late_after)}"
    return f"{good}; the next by {moment_words(late_after - GRACE)}"


def problem_words(kind: str) -> str:
    """A kind of problem for people."""
    return PROBLEMS.get(kind, kind.replace("_", " "))


def undo_words(run: ImportRun) -> str:
    """This takes back 3 new accounts and 2 changes."""
    new, changed = run.counts.get("new", 0), run.counts.get("changed", 0)
    brought = ((new, kind_of(run.feed).brings), (changed, "change"))
    parts = [f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in brought if count]
    if run.vanished:
        parts.append(f"the mark of {run.vanished:,} customer{'' if run.vanished == 1 else 's'} that vanished")
    if not parts:
        return "It brought nothing new and changed nothing."
    return f"This takes back {' and '.join(filter(None, (', '.join(parts[:-1]), parts[-1])))}."


def time_words(seconds: float) -> str:
    """4 s, 2 min 5 s, 1 h 3 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
