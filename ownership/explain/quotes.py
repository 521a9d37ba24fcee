"""The rules as the documents state them, and how the hub reads them where the documents leave room."""

from dataclasses import dataclass

from ownership.engine.rules import Clocks
from ownership.explain.phrases import count

V9 = "Strategy v9, Rules of Engagement"
PLAYBOOK = "Operational playbook, Sales Conflict Resolution Rules"


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact words of a document, without its marks for bold and code, and where they stand."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule: its title, the quotes about it (possibly none), and how the hub reads it."""

    rule: str
    title: str
    quotes: tuple[Quote, ...]
    reading: str


_OWNER = Quote(
    'The current "Account Owner" (defined as the salesperson who closed the last deal by value > 12 months ago) is the '
    "designated point of contact to close all new deals for that account.",
    f"{V9}, rule 1",
)
_WINNER = Quote("Winner's name goes in Account Owner field", f"{PLAYBOOK}, New Ownership Rule")
_ORPHAN = Quote('For "Orphan" Accounts (No sales in >12 months)', f"{V9}, rule 2")
_LEAD = Quote(
    "The first salesperson to log a new, substantive interaction (e.g., a meeting, a request for quote) in the Excel "
    'Hub becomes the new temporary "Lead."',
    f"{V9}, rule 2",
)
_LEAD_ENDS = Quote(
    'If they close a deal, they become the new "Account Owner." If the lead goes nowhere after 90 days, the account '
    "becomes an orphan again.",
    f"{V9}, rule 2",
)
_NEW = Quote(
    "The salesperson who sources the new account and logs it first in the Excel Hub is the owner.", f"{V9}, rule 3"
)
_ASSIGN = Quote("Division Head assigns all unassigned accounts", f"{PLAYBOOK}, Orphan Account Rule")
_REVIEW = Quote("Monthly review and reassignment when staff leave", f"{PLAYBOOK}, Orphan Account Rule")

_TEXTS: dict[str, tuple[str, tuple[Quote, ...], str]] = {
    "closed-deal": (
        "Closed deal",
        (_OWNER, _WINNER),
        "The owner is the salesperson of the last closed deal. Sales of one day are taken together: the greatest total "
        "wins, and of equal totals the one whose sale was recorded first. Ownership ends when there was no sale for "
        "more than {months}.",
    ),
    "new-account": (
        "New account",
        (_NEW,),
        "Who logs an account owns it if nobody holds it and nothing was logged, assigned or sold there before.",
    ),
    "first-substantive": (
        "First substantive interaction",
        (_LEAD,),
        "Only while the account is an orphan. What counts is when the interaction was logged. The lead keeps the "
        "account for {days} without closing a deal; further interactions do not extend it.",
    ),
    "assigned": (
        "Assigned by the division head",
        (_ASSIGN,),
        "An assignment takes effect only while nobody holds the account: the assignee becomes the owner.",
    ),
    "owner-lapsed": (
        "Ownership lapsed",
        (_ORPHAN,),
        "The count starts on the day of the last sale, whoever made it, or on the day the ownership began if that is "
        "later, and runs out on the day after {months}. The account is an orphan from then on.",
    ),
    "lead-lapsed": (
        "Lead lapsed",
        (_LEAD_ENDS,),
        "The lead ends on the day after {days}. If the last sale is not older than {months}, the division head assigns "
        "the account; otherwise it is an orphan.",
    ),
    "departed": (
        "Holder left",
        (_REVIEW, _ASSIGN),
        "From the day after the last working day nobody holds the account. If its last sale is not older than "
        "{months}, the division head assigns it; otherwise it is an orphan.",
    ),
    "sale-aged": (
        "Last sale aged out",
        (_ORPHAN,),
        "An account that nobody holds waits for the division head while its last sale is not older than {months}. "
        "After that it is an orphan.",
    ),
    "no-claim": (
        "Nobody's from the start",
        (),
        "The documents do not speak of an account whose first entry gives it to nobody. It counts as an orphan.",
    ),
    "unattributed-sale": (
        "Sale of nobody",
        (_ASSIGN,),
        "A sale without a salesperson who works here gives the account to nobody. It shows that the account is no "
        "orphan, so the division head assigns it until that sale is older than {months}.",
    ),
}

RULES = tuple(_TEXTS)


def rule_text(rule: str, policy: Clocks | None = None) -> RuleText:
    """The rule by its code, such as "closed-deal"; months and days of the reading are the policy's."""
    policy = policy or Clocks()
    title, quotes, reading = _TEXTS[rule]
    months, days = count(policy.orphan_after_months, "month"), count(policy.lead_days, "day")
    return RuleText(rule, title, quotes, reading.format(months=months, days=days))
