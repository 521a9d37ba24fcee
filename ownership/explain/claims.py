"""The answer to what would have to be true for a claimant to hold an account: each ruling that would do it, replayed.

Which rulings there are: docs/ownership.md, "For a division head".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter

from mikano_cx.kit.local_time import day_text
from ownership.engine.rules import OWNED, RULINGS, Clocks, Fact, Segment, Timeline, replay
from ownership.explain.case import Case, FactLabel, label_facts
from ownership.explain.phrases import Phrase, Sentence, phrase, sentence_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """A ruling (`kind`, `target`, `by` and `substantive` as in a fact) that would make the claimant the holder.

    `timeline` is the account's time line under that ruling.
    """

    kind: str
    target: str
    by: str | None
    substantive: bool
    sentence: Sentence
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Answer:
    """The rulings that would do it, those on the newest facts first; `tried` of the `possible` ones were replayed."""

    sentence: Sentence
    proposals: tuple[Proposal, ...]
    tried: int
    possible: int


def what_would_have_to_be_true(
    facts: Iterable[Fact],
    policy: Clocks,
    as_of: datetime,
    claimant: str,
    *,
    account: str,
    names: Mapping[str, str],
    texts: Mapping[str, str],
    most: int = 100,
) -> Answer:
    """The single rulings, each of which would make the claimant (a person's key) the current holder of the account.

    `facts` are all that is known, as for `replay`; `account`, `names` and `texts` as in `Case` and `label_facts`. At
    most `most` rulings are replayed, those on the newest facts first.
    """
    log = list(facts)
    timeline = replay(log, policy, as_of)
    case = Case(account, timeline, as_of, names, label_facts(log, texts, policy), policy)
    who = case.person(claimant)
    if timeline.current is not None and timeline.current.holder == claimant:
        return Answer(sentence_of(who, " holds it already."), (), 0, 0)
    possible = list(_candidates(case, claimant))
    proposals = []
    for ruling in islice(possible, most):
        outcome = replay(_log_with_ruling(log, ruling, as_of), policy, as_of)
        if outcome.current is not None and outcome.current.holder == claimant:
            proposals.append(_proposal(case, ruling, outcome, outcome.current))
    tried = min(most, len(possible))
    return Answer(
        _summary(case, claimant, len(proposals), tried, len(possible)), tuple(proposals), tried, len(possible)
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: str
    label: FactLabel
    by: str | None = None
    substantive: bool = False


def _candidates(case: Case, claimant: str) -> Iterable[_Candidate]:
    """The rulings that could change the holder, those on the newest facts first.

    Left out are rulings on facts still to come, on facts that decide nothing whatever is ruled (a sale of zero or less,
    an interaction of nobody), and the void of an interaction, which has the effect of saying it wasn't substantive.
    """
    happened = [label for label in case.facts.values() if label.at <= case.as_of]
    for label in sorted(happened, key=attrgetter("at", "id"), reverse=True):
        if label.kind == "sale" and (label.amount or 0) > 0:
            yield from _rulings_on_sale(label, claimant)
        elif label.kind == "interaction" and label.by is not None:
            yield _Candidate("reclassify", label, substantive=label.ignored or not label.substantive)
        elif label.kind not in ("sale", "interaction") and not label.ignored:
            yield _Candidate("void", label)


def _rulings_on_sale(sale: FactLabel, claimant: str) -> Iterable[_Candidate]:
    if sale.ignored or sale.by != claimant:
        yield _Candidate("credit", sale, by=claimant)
    if sale.ignored or sale.by is not None:
        yield _Candidate("credit", sale)
    if not sale.ignored:
        yield _Candidate("void", sale)


def _log_with_ruling(log: list[Fact], ruling: _Candidate, as_of: datetime) -> list[Fact]:
    """The log with this ruling in place of all rulings on the same fact."""
    target = next(fact for fact in log if fact.id == ruling.label.id)
    others = [fact for fact in log if fact.kind not in RULINGS or fact.target != target.id]
    made = Fact(
        "ruling",
        target.account,
        ruling.kind,
        as_of,
        as_of,
        by=ruling.by,
        substantive=ruling.substantive,
        target=target.id,
    )
    return [*others, made]


def _proposal(case: Case, ruling: _Candidate, outcome: Timeline, current: Segment) -> Proposal:
    verb = "own" if current.state == OWNED else "lead"
    since = case.day_text(current.start)
    return Proposal(
        ruling.kind,
        ruling.label.id,
        ruling.by,
        ruling.substantive,
        sentence_of(
            "If ",
            _supposition(case, ruling),
            ", ",
            case.person(current.holder),
            f" would {verb} {case.account} since {since}.",
        ),
        outcome,
    )


def _supposition(case: Case, ruling: _Candidate) -> Phrase:
    """The condition, such as "INV-20391 of 20 May 2024 were credited to Ada Obi"."""
    label = ruling.label
    fact, on = case.fact(label.id), f" of {day_text(label.day)}"
    if ruling.kind == "credit" and ruling.by is None:
        return phrase(fact, on, " were credited to nobody")
    if ruling.kind == "credit":
        return phrase(fact, on, " were credited to ", case.person(ruling.by))
    if ruling.kind == "reclassify":
        return phrase(fact, on, " were substantive" if ruling.substantive else " were not substantive")
    if label.kind == "sale":
        return phrase(fact, on, " were struck out")
    what, whose = _STRIKEOUTS[label.kind]
    person = phrase(whose, case.person(label.by)) if label.by is not None else ()
    day = case.day_before(label.at) if label.kind == "departure" else day_text(label.day)
    return phrase("the ", case.fact(label.id, what), person, f" on {day} were struck out")


_STRIKEOUTS = {
    "created": ("first logging", " by "),
    "assignment": ("assignment", " to "),
    "departure": ("departure", " of "),
    "return": ("return", " of "),
}


def _summary(case: Case, claimant: str, found: int, tried: int, possible: int) -> Sentence:
    who, limited = case.person(claimant), tried < possible
    newest = f" (of {possible:,} that are possible, the {tried:,} on the newest facts were tried)" if limited else ""
    if found:
        one = "One ruling" if found == 1 else f"Each of {found:,} rulings alone"
        return sentence_of(f"{one} would make ", who, f" the holder{newest}.")
    return sentence_of("No single ruling on what is recorded would make ", who, f" the holder{newest}.")
