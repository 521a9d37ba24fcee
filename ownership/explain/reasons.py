"""The reason why a segment began, in words that fit after a colon, or (`inside`) between brackets.

There is one function for each rule of `ownership.engine.rules`, which also says what each rule's evidence is.
"""

from collections.abc import Callable
from fractions import Fraction

from mikano_cx.kit.local_time import day_text
from ownership.engine.rules import ORPHAN, Segment
from ownership.explain.case import Case, FactLabel
from ownership.explain.phrases import Part, Phrase, aside, count, enumeration, naira, phrase

Reason = Callable[[Case, Segment, bool], Phrase]


def reason(case: Case, segment: Segment, inside: bool = False) -> Phrase:
    """Why the segment began, by its rule; `inside` when the phrase stands between brackets."""
    return _REASONS[segment.rule](case, segment, inside)


def fact_labels(case: Case, idents: tuple[str, ...]) -> Phrase:
    """The labels of the facts, enumerated."""
    return enumeration(case.fact(ident) for ident in idents)


def fact_labels_with_day(case: Case, idents: tuple[str, ...]) -> Phrase:
    """The labels of facts of one day, enumerated, with that day."""
    labels = case.labels(idents)
    return phrase(fact_labels(case, idents), f" of {day_text(labels[0].day)}" if labels else "")


def _closed_deal(case: Case, segment: Segment, inside: bool) -> Phrase:
    ids = segment.evidence
    sales = case.labels(ids)
    amounts = [sale.amount for sale in sales if sale.amount is not None]
    credited = sum(sale.ruling is not None for sale in sales)
    if len(ids) == 1:
        details = [*map(naira, amounts), *(["credited by a ruling"] if credited else [])]
        return phrase("closed ", case.fact(ids[0]), aside(details, inside), _next_best_seller(case, segment, sales))
    total = f" for {naira(sum(amounts[1:], amounts[0]))} together" if len(amounts) == len(ids) else ""
    ruled = [f"{credited} of them credited by a ruling"] if credited else []
    return phrase(
        f"closed {count(len(ids), 'deal')} that day{total}",
        aside([fact_labels(case, ids), *ruled], inside),
        _next_best_seller(case, segment, sales),
    )


def _next_best_seller(case: Case, segment: Segment, sales: list[FactLabel]) -> Phrase:
    """The best of the other sellers of that day; empty when there was none."""
    totals: dict[str, Fraction] = {}
    for sale in case.counted("sale"):
        if sale.by and sale.by != segment.holder and sale.at == segment.start and case.active(sale.by, sale.at):
            totals[sale.by] = totals.get(sale.by, Fraction(0)) + Fraction(sale.amount or 0)
    if not totals:
        return ()
    next_best = max(totals, key=lambda person: (totals[person], person))
    if totals[next_best] == sum(Fraction(sale.amount or 0) for sale in sales):
        return phrase("; ", case.person(next_best), " sold as much, and the sale recorded first decides")
    return phrase("; more than ", case.person(next_best), " sold that day")


def _new_account(case: Case, segment: Segment, inside: bool) -> Phrase:
    return phrase("sourced it and ", case.fact(segment.evidence[0], "logged it first"))


def _first_substantive(case: Case, segment: Segment, inside: bool) -> Phrase:
    ids = segment.evidence
    ruled = ["substantive by a ruling"] if any(entry.ruling for entry in case.labels(ids)) else []
    return phrase(
        "first substantive interaction while it was an orphan", aside([fact_labels(case, ids), *ruled], inside)
    )


def _assignment(case: Case, segment: Segment, inside: bool) -> Phrase:
    return phrase("the division head ", case.fact(segment.evidence[0], "assigned it"), " while nobody held it")


def _owner_lapse(case: Case, segment: Segment, inside: bool) -> Phrase:
    labels = case.labels(segment.evidence)
    began = labels[0].kind if labels else "sale"
    if began == "sale":
        return _no_sale_since(case, segment)
    done = "logged it" if began == "created" else "was assigned it"
    who = case.person(labels[0].by)
    return phrase(f"no sale for more than {case.months} since ", who, " ", case.fact(segment.evidence[0], done))


def _lead_lapse(case: Case, segment: Segment, inside: bool) -> Phrase:
    labels = case.labels(segment.evidence)
    before = case.before(segment)
    who = labels[0].by if labels else before.holder if before else None
    days = count(case.policy.lead_days, "day")
    return phrase(case.person(who), f" closed no deal within {days} of ", fact_labels(case, segment.evidence))


def _departure(case: Case, segment: Segment, inside: bool) -> Phrase:
    labels = case.labels(segment.evidence)
    before = case.before(segment)
    who = labels[0].by if labels else before.holder if before else None
    left = case.fact(segment.evidence[0], f"left on {case.day_before(segment.start)}")
    unsold = f", with no sale for more than {case.months}" if segment.state == ORPHAN else ""
    return phrase(case.person(who), " ", left, unsold)


def _sale_of_age(case: Case, segment: Segment, inside: bool) -> Phrase:
    return phrase("nobody was assigned in time; ", _no_sale_since(case, segment))


def _no_sale_since(case: Case, segment: Segment) -> Phrase:
    return phrase(f"no sale for more than {case.months} since ", fact_labels_with_day(case, segment.evidence))


def _no_claim(case: Case, segment: Segment, inside: bool) -> Phrase:
    ident = segment.evidence[0]
    first = case.facts.get(ident)
    if first is not None and first.kind == "interaction":
        return phrase("its first interaction ", case.fact(ident), " claimed nothing")
    if first is not None and first.kind == "assignment":
        return phrase("its ", case.fact(ident, "assignment"), " to ", case.person(first.by), " had no effect")
    return phrase("no salesperson is known to have ", case.fact(ident, "logged it first"))


def _unattributed_sale(case: Case, segment: Segment, inside: bool) -> Phrase:
    amounts = [sale.amount for sale in case.labels(segment.evidence) if sale.amount is not None]
    verb = " names" if len(segment.evidence) == 1 else " name"
    total: list[str | Part | Phrase] = [naira(sum(amounts[1:], amounts[0]))] if amounts else []
    return phrase(
        fact_labels_with_day(case, segment.evidence),
        aside(total, inside),
        "," if inside else "",
        verb,
        " no active salesperson",
    )


_REASONS: dict[str, Reason] = {
    "closed-deal": _closed_deal,
    "new-account": _new_account,
    "first-substantive": _first_substantive,
    "assigned": _assignment,
    "owner-lapsed": _owner_lapse,
    "lead-lapsed": _lead_lapse,
    "departed": _departure,
    "sale-aged": _sale_of_age,
    "no-claim": _no_claim,
    "unattributed-sale": _unattributed_sale,
}
