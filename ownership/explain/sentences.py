"""Sentences on an account: who holds it and why, how that came about, and what would change it next."""

from datetime import datetime

from mikano_cx.kit.local_time import day_text, days_left, days_left_text
from ownership.engine.calendar import Calendar
from ownership.engine.rules import LED, ORPHAN, OWNED, Segment
from ownership.explain.case import Case, FactLabel
from ownership.explain.phrases import Phrase, Sentence, count, naira, phrase, sentence_of
from ownership.explain.reasons import reason

RECORDED_SHOWN = 5


def sentence(case: Case) -> Sentence:
    """The current state, the reason for it, and when it ends, in a few short sentences."""
    current = case.timeline.current
    if current is None:
        return _nothing_recorded(case)
    if current.state == OWNED:
        return sentence_of(_holder_phrase(case, current, "owns"), _owner_until(case, current), _departure_notice(case))
    if current.state == LED:
        return sentence_of(_holder_phrase(case, current, "leads"), _lead_until(case), _departure_notice(case))
    if current.state == ORPHAN:
        since = case.day_text(current.start)
        why = reason(case, current)
        return sentence_of(
            f"{case.account} is an orphan since {since}: ", why, ". The first substantive interaction claims it."
        )
    return sentence_of(f"Nobody holds {case.account}: ", reason(case, current), _waiting_reason(case, current))


def segment_sentences(case: Case) -> tuple[Sentence, ...]:
    """One sentence for each segment of the time line, in its order."""
    return tuple(_segment_sentence(case, segment) for segment in case.timeline.segments)


def next_change(case: Case) -> tuple[Sentence, ...]:
    """The next changes of the account: facts recorded for later first, then the clock and what people could do."""
    current = case.timeline.current
    if current is None:
        return (*_coming_sentences(case), sentence_of("The first entry that is recorded for it begins its time line."))
    by_state = {OWNED: _changes_from_owned, LED: _changes_from_led, ORPHAN: _changes_from_orphan}
    return (*_coming_sentences(case), *by_state.get(current.state, _changes_from_unassigned)(case, current))


def policy_change(before: Case, after: Case) -> Sentence | None:
    """A sentence of what another policy changes in state, holder or clock; None when nothing.

    Both cases are as of the new policy's first instant, `before` under the old policy, `after` under the new one.
    """
    old, new, to = before.timeline, after.timeline, after.timeline.current
    if to is None or (_state_and_holder(old.current), old.expires_at) == (_state_and_holder(to), new.expires_at):
        return None
    clocks = []
    if after.policy.lead_days != before.policy.lead_days:
        clocks.append(f"leads run {count(after.policy.lead_days, 'day')}")
    if after.months != before.months:
        clocks.append(f"an account is an orphan after {after.months} without a sale")
    until = f" until {after.day_before(new.expires_at)}" if new.expires_at else ""
    held = {OWNED: " owns it", LED: " leads it", ORPHAN: "it is an orphan"}.get(to.state, "it waits to be assigned")
    who = phrase(after.person(to.holder)) if to.state in (OWNED, LED) else ()
    return sentence_of(f"From {after.day_text(after.as_of)} on, {' and '.join(clocks)}: then ", who, f"{held}{until}.")


def _state_and_holder(segment: Segment | None) -> tuple[str, str | None] | None:
    return (segment.state, segment.holder) if segment else None


# --- the current state -----------------------------------------------------------------------------------------------


def _nothing_recorded(case: Case) -> Sentence:
    begins = case.timeline.next_at
    if begins is not None:
        return sentence_of(
            f"Nothing counts yet for {case.account}: its first entry takes effect on {case.day_text(begins)}."
        )
    nothing = "Nothing that counts is recorded for" if case.facts else "Nothing is recorded yet for"
    return sentence_of(f"{nothing} {case.account}.")


def _holder_phrase(case: Case, current: Segment, verb: str) -> Phrase:
    since = case.day_text(current.start)
    return phrase(case.person(current.holder), f" {verb} {case.account} since {since}: ", reason(case, current), ".")


def _owner_until(case: Case, current: Segment) -> Phrase:
    expires = case.timeline.expires_at
    if expires is None:
        return ()
    lapses = f"apses at the end of {case.day_before(expires)} unless a deal closes."
    last = case.last_sale()
    if last is None or last.at <= current.start or last.id in current.evidence:
        return phrase(f" L{lapses}")
    return phrase(" Last sale ", case.fact(last.id), f" on {day_text(last.day)}: l{lapses}")


def _lead_until(case: Case) -> Phrase:
    expires = case.timeline.expires_at
    if expires is None:
        return ()
    left = days_left_text(days_left(expires, case.day(case.as_of), Calendar.of(case.policy.timezone).zone))
    end = case.day_before(expires)
    return phrase(f" {left.capitalize()}: the lead lapses at the end of {end} unless a deal closes.")


def _departure_notice(case: Case) -> Phrase:
    """The holder's departure, if it is recorded but still to come."""
    for fact in case.to_come():
        if fact.kind == "departure":
            leaves = case.fact(fact.id, f"leaves on {case.day_before(fact.at)}")
            return phrase(" ", case.person(fact.by), " ", leaves, ".")
    return ()


def _waiting_reason(case: Case, current: Segment) -> Phrase:
    last, expires = case.last_sale(), case.timeline.expires_at
    if last is not None and last.id in current.evidence:
        young = phrase(f"; that is within the last {case.months}")
    else:
        sale = phrase("its last sale of ", case.fact(last.id, day_text(last.day))) if last else phrase("its last sale")
        young = phrase("; ", sale, f" is younger than {case.months}")
    claim = f" From {case.day_text(expires)} on anyone may claim it." if expires else ""
    return phrase(young, f", so the division head assigns it.{claim}")


# --- the whole history -----------------------------------------------------------------------------------------------


def _segment_sentence(case: Case, segment: Segment) -> Sentence:
    over = segment.end is not None
    held = {
        OWNED: " owned it" if over else " owns it",
        LED: " led it" if over else " leads it",
        ORPHAN: "it was an orphan" if over else "it is an orphan",
    }.get(segment.state, "nobody held it" if over else "nobody holds it")
    who = phrase(case.person(segment.holder)) if segment.state in (OWNED, LED) else ()
    return sentence_of(
        f"{_span(case, segment.start, segment.end)}: ", who, held, " (", reason(case, segment, True), ")."
    )


def _span(case: Case, start: datetime, end: datetime | None) -> str:
    """The days of a segment, both included; with times of day when it begins and ends on one day."""
    first = case.day_text(start)
    if end is None:
        return f"Since {first}"
    last = case.day_before(end)
    if first != last:
        return f"{first} to {last}"
    begins, ends = f"{start:%H:%M}", f"{end:%H:%M}"
    if ends != "00:00":
        return f"{first}, {begins} to {ends}"
    return first if begins == "00:00" else f"{first}, from {begins}"


# --- what comes next -------------------------------------------------------------------------------------------------


def _coming_sentences(case: Case) -> tuple[Sentence, ...]:
    comes = case.to_come()
    more = len(comes) - RECORDED_SHOWN
    rest = [sentence_of(f"{count(more, 'more entry', 'more entries')} for later days.")] if more > 0 else []
    return (*(_coming_sentence(case, fact) for fact in comes[:RECORDED_SHOWN]), *rest)


def _coming_sentence(case: Case, fact: FactLabel) -> Sentence:
    who, on = case.person(fact.by), day_text(fact.day)
    if fact.kind == "departure":
        leaves = case.fact(fact.id, f"leaves on {case.day_before(fact.at)}")
        return sentence_of(who, " ", leaves, ": from the next day on nobody holds the account.")
    if fact.kind == "assignment":
        return sentence_of("An ", case.fact(fact.id, "assignment"), " to ", who, f" is recorded already for {on}.")
    by = phrase(" by ", who) if fact.by else ()
    if fact.kind == "created":
        return sentence_of("Its ", case.fact(fact.id, "first logging"), by, f" is recorded already for {on}.")
    value = f" for {naira(fact.amount)}" if fact.amount is not None else ""
    what = "interaction" if fact.kind == "interaction" else "sale"
    return sentence_of(f"The {what} ", case.fact(fact.id), by, f"{value} is recorded already for {on}.")


def _changes_from_owned(case: Case, current: Segment) -> tuple[Sentence, ...]:
    expires, who = case.timeline.expires_at, case.person(current.holder)
    clock = sentence_of(f"Without a sale by {case.day_before(expires)} it becomes an orphan.") if expires else None
    return (
        *([clock] if clock else []),
        sentence_of("A deal that somebody else closes makes that person the owner, and the division head is told."),
        sentence_of("An interaction or an assignment changes nothing while ", who, " owns it."),
    )


def _changes_from_led(case: Case, current: Segment) -> tuple[Sentence, ...]:
    expires, who = case.timeline.expires_at, case.person(current.holder)
    until = f" by {case.day_before(expires)}" if expires else ""
    otherwise = "; without one the lead ends" if expires else ""
    return (
        sentence_of("A deal that ", who, f" closes{until} makes ", who, f" the owner{otherwise}."),
        sentence_of("A deal that somebody else closes makes that person the owner."),
        sentence_of("Further interactions do not extend the lead, and an assignment changes nothing while it runs."),
    )


def _changes_from_unassigned(case: Case, current: Segment) -> tuple[Sentence, ...]:
    expires = case.timeline.expires_at
    until = f" until {case.day_before(expires)}; then the first substantive one claims it" if expires else ""
    return (
        sentence_of("The division head assigns it: the assignee becomes the owner."),
        sentence_of("A deal makes its salesperson the owner."),
        sentence_of(f"An interaction changes nothing{until}."),
    )


def _changes_from_orphan(case: Case, current: Segment) -> tuple[Sentence, ...]:
    days = count(case.policy.lead_days, "day")
    return (
        sentence_of(f"The first substantive interaction makes its salesperson the lead for {days}."),
        sentence_of("A deal makes its salesperson the owner."),
        sentence_of("The division head may assign it: the assignee becomes the owner."),
    )
