"""What holds of every log, whatever is in it: hypothesis looks for one where it doesn't."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mikano_cx.kit.local_time import LAGOS
from ownership.engine.log_parser import facts_by_account
from ownership.engine.rules import LED, MOVEMENTS, OWNED, RULINGS, Clocks, Fact, Timeline, apply_rulings, replay

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TICK = timedelta(microseconds=1)
# Days that lie a month, a lead of 1, 30 or 90 days, and a year apart, and their neighbours.
DAYS = [date(2024, 1, 31) + timedelta(days=days) for days in (0, 1, 2, 29, 30, 31, 60, 90, 91, 92, 365, 366, 367, 457)]
TIMES = [time(0), time(0), time(0, 0, 0, 1), time(12), time(23, 59, 59, 999999)]
LAST = datetime(2031, 1, 1, tzinfo=LAGOS)
TARGETS = {
    "void": ("created", "sale", "interaction", "assignment", "departure", "return"),
    "credit": ("sale",),
    "reclassify": ("interaction",),
}

people = st.sampled_from(["ada", "bola", "chidi"])
instants = st.builds(datetime.combine, st.sampled_from(DAYS), st.sampled_from(TIMES), st.just(LAGOS))
policies = st.builds(Clocks, st.sampled_from([1, 12]), st.sampled_from([1, 30, 90]))


@st.composite
def logs(draw, *, punctual: bool = False) -> list[Fact]:
    """One account's facts, in any order. A punctual log has no rulings, and knows each fact when it takes effect."""
    kinds = draw(
        st.lists(st.sampled_from(["sale", "sale", "interaction", "interaction", *TARGETS["void"]]), max_size=9)
    )
    facts: list[Fact] = []
    ids = draw(st.permutations(range(20)))
    rulings = [] if punctual else draw(st.lists(st.sampled_from(list(TARGETS)), max_size=4))
    for number, kind in zip(ids, [*kinds, *rulings], strict=False):
        target = None
        if kind in RULINGS:
            aims = [fact for fact in facts if fact.kind in TARGETS[kind]]
            if not aims:
                continue
            target = draw(st.sampled_from(aims))
        at = draw(instants)
        facts.append(
            Fact(
                id=f"f{number}",
                account=target.account if target else None if kind in MOVEMENTS else "A",
                kind=kind,
                at=at,
                recorded_at=effect(kind, at) if punctual else draw(st.one_of(st.just(at), instants)),
                by=draw(people if kind in MOVEMENTS or kind == "assignment" else st.one_of(people, people, st.none())),
                value=Decimal(draw(st.sampled_from(["1", "2", "3.0", "0", "-1"]))),
                substantive=draw(st.booleans()),
                target=target and target.id,
            )
        )
    return draw(st.permutations(facts))


def effect(kind: str, at: datetime) -> datetime:
    return datetime.combine(at.date(), time(0), LAGOS) if kind == "sale" else at


def takes_effect(fact: Fact) -> datetime:
    return effect(fact.kind, fact.at)


def cut(timeline: Timeline, at: datetime) -> tuple:
    """The segments that began by then, the last one open, and the flags raised by then."""
    begun = [segment for segment in timeline.segments if segment.start <= at]
    begun[-1:] = [replace(segment, end=None) for segment in begun[-1:]]
    return tuple(begun), tuple(flag for flag in timeline.flags if flag.at <= at)


def but_for_what_comes(timeline: Timeline) -> Timeline:
    return replace(timeline, next_at=None)


known = st.one_of(st.none(), instants)


@MANY
@given(logs(), policies, instants, known, st.randoms())
def test_the_order_of_the_log_doesn_t_matter(log, policy, as_of, known_at, random):
    shuffled = random.sample(log, len(log))
    assert replay(shuffled, policy, as_of, known_at) == replay(log, policy, as_of, known_at)


@MANY
@given(logs(), policies, instants, known)
def test_the_same_log_gives_the_same_time_line_and_settled_facts_are_settled(log, policy, as_of, known_at):
    before = list(log)
    once = replay(log, policy, as_of, known_at)
    assert replay(iter(log), policy, as_of, known_at) == once
    assert replay(apply_rulings(log, known_at), policy, as_of) == once
    assert log == before


@MANY
@given(logs(), policies, instants, known)
def test_what_comes_by_account_gives_the_same_time_line(log, policy, as_of, known_at):
    found = dict(facts_by_account(log, known_at))
    assert set(found) == {fact.account for fact in log if fact.account}
    for facts in found.values():
        assert replay(facts, policy, as_of, known_at) == replay(log, policy, as_of, known_at)


@MANY
@given(logs(), policies, instants, known)
def test_segments_follow_one_another_without_gap_or_overlap(log, policy, as_of, known_at):
    timeline = replay(log, policy, as_of, known_at)
    own = [takes_effect(fact) for fact in apply_rulings(log, known_at) if fact.account]
    began = [at for at in own if at <= as_of]
    assert bool(timeline.segments) == bool(began)
    if not began:
        assert timeline == Timeline(next_at=min(own, default=None))
        return
    starts = [segment.start for segment in timeline.segments]
    assert starts[0] == min(began)
    assert starts == sorted(set(starts))
    assert starts[-1] <= as_of
    assert [segment.end for segment in timeline.segments] == [*starts[1:], None]


@MANY
@given(logs(), policies, instants, known)
def test_segments_and_flags_are_well_formed(log, policy, as_of, known_at):
    timeline = replay(log, policy, as_of, known_at)
    ids = {fact.id for fact in apply_rulings(log, known_at)}
    for found in (*timeline.segments, *timeline.flags):
        assert found.evidence
        assert list(found.evidence) == sorted(set(found.evidence))
        assert ids.issuperset(found.evidence)
    for segment in timeline.segments:
        assert (segment.holder is not None) == (segment.state in (OWNED, LED))
        assert segment.start.tzinfo == LAGOS
    assert list(timeline.flags) == sorted(timeline.flags)


@MANY
@given(logs(), policies, instants, instants, known)
def test_the_past_is_a_prefix_of_the_future(log, policy, one, other, known_at):
    """By the same knowledge, a replay up to T is the replay up to a later T2, cut at T.

    Cut: the segments that began by T, the last of them open, and the flags raised by T.
    """
    earlier, later = sorted((one, other))
    past = replay(log, policy, earlier, known_at)
    assert (past.segments, past.flags) == cut(replay(log, policy, later, known_at), earlier)


@MANY
@given(logs(punctual=True), policies, instants, instants)
def test_what_people_saw_stays_true_when_nothing_is_ruled_or_comes_late(log, policy, one, other):
    """The same where knowledge grows with time: all facts are known when they take effect, and no ruling intervenes."""
    earlier, later = sorted((one, other))
    past = replay(log, policy, earlier, known_at=earlier)
    assert (past.segments, past.flags) == cut(replay(log, policy, later, known_at=later), earlier)


@MANY
@given(logs(), policies, instants, known, st.data())
def test_nothing_changes_before_next_at(log, policy, as_of, known_at, data):
    now = replay(log, policy, as_of, known_at)
    until = LAST if now.next_at is None else now.next_at - TICK
    assert until >= as_of
    for then in (until, data.draw(st.one_of(instants, st.just(until)))):
        if as_of <= then <= until:
            assert replay(log, policy, then, known_at) == now


@MANY
@given(logs(), policies, instants, known)
def test_a_clock_that_runs_out_ends_its_segment(log, policy, as_of, known_at):
    now = replay(log, policy, as_of, known_at)
    if now.expires_at is not None and now.next_at == now.expires_at:
        assert replay(log, policy, now.expires_at, known_at).current.start == now.expires_at


def ruled(fact: Fact, log: list[Fact]) -> list[Fact]:
    return [ruling for ruling in log if ruling.target == fact.id]


@MANY
@given(logs(), policies, instants)
def test_what_is_left_out_by_the_rules_may_be_missing_from_the_log(log, policy, as_of):
    """A sale of zero or less, and a fact struck out by the last ruling on it, each with the rulings on it."""
    whole = replay(log, policy, as_of)
    for fact in log:
        rulings = sorted(ruled(fact, log), key=lambda ruling: (ruling.at, ruling.id))
        if (fact.kind == "sale" and fact.value <= 0) or (rulings and rulings[-1].kind == "void"):
            assert replay([each for each in log if each != fact and each not in rulings], policy, as_of) == whole


@MANY
@given(logs(), policies, instants)
def test_an_interaction_that_isn_t_substantive_may_be_missing_unless_it_is_the_first_fact(log, policy, as_of):
    whole = replay(log, policy, as_of)
    for fact in log:
        idle = fact.kind == "interaction" and not fact.substantive and not ruled(fact, log) and fact.at <= as_of
        if idle and whole.segments[0].evidence != (fact.id,):
            assert replay([each for each in log if each != fact], policy, as_of) == whole


@MANY
@given(logs(), policies, instants)
def test_only_the_last_ruling_on_a_fact_matters(log, policy, as_of):
    last = {ruling.target: ruling for ruling in sorted(log, key=lambda fact: (fact.at, fact.id)) if ruling.target}
    kept = [fact for fact in log if fact.kind not in RULINGS or last[fact.target] == fact]
    assert replay(kept, policy, as_of) == replay(log, policy, as_of)


@MANY
@given(logs(), policies, instants, instants)
def test_what_isn_t_known_may_be_missing(log, policy, as_of, known_at):
    """A ruling that was known before its target then aims at nothing: it has no effect."""
    told = [fact for fact in log if fact.recorded_at <= known_at]
    assert replay(told, policy, as_of) == replay(log, policy, as_of, known_at)


@MANY
@given(logs(), policies, instants)
def test_what_is_to_come_moves_nothing_but_next_at(log, policy, as_of):
    happened = [fact for fact in log if fact.kind in RULINGS or takes_effect(fact) <= as_of]
    there = {fact.id for fact in happened}
    happened = [fact for fact in happened if fact.target is None or fact.target in there]
    now, whole = replay(happened, policy, as_of), replay(log, policy, as_of)
    assert but_for_what_comes(now) == but_for_what_comes(whole)
    if whole.next_at is not None and whole.next_at != whole.expires_at:
        assert whole.next_at in {takes_effect(fact) for fact in log if fact.id not in there}


@MANY
@given(logs(), policies, instants, st.sampled_from(TIMES))
def test_a_sale_s_time_of_day_doesn_t_matter(log, policy, as_of, moment):
    moved = [
        fact._replace(at=datetime.combine(fact.at.date(), moment, LAGOS)) if fact.kind == "sale" else fact
        for fact in log
    ]
    assert replay(moved, policy, as_of) == replay(log, policy, as_of)


@MANY
@given(logs(), policies, instants, st.permutations(["ada", "bola", "chidi"]))
def test_names_decide_nothing(log, policy, as_of, others):
    named = dict(zip(["ada", "bola", "chidi"], others, strict=True)) | {None: None}
    found = replay([fact._replace(by=named[fact.by]) for fact in log], policy, as_of)
    whole = replay(log, policy, as_of)
    renamed = tuple(replace(segment, holder=named[segment.holder]) for segment in whole.segments)
    assert found == replace(whole, segments=renamed)


@MANY
@given(logs(), policies, instants)
def test_comings_and_goings_of_strangers_may_be_missing(log, policy, as_of):
    strangers = [fact._replace(id=f"{fact.id} too", by="zed") for fact in log if fact.kind in MOVEMENTS]
    assert replay([*log, *strangers], policy, as_of) == replay(log, policy, as_of)
