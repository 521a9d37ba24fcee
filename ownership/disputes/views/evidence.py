"""The evidence pack of a dispute: facts, finding, what each claimant would need, the replay before and after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.http import urlencode

from accounts.people.models import Staff
from accounts.records.models.accounts import OwnerBasis, OwnershipState
from mikano_cx.kit.local_time import day_text, local_date
from ownership.disputes.actions.disputes import Preview, may_judge, preview_of
from ownership.disputes.forms import NOBODY, rulings_on
from ownership.disputes.models import Dispute, DraftRuling
from ownership.engine.rules import RULINGS, Fact, Segment, Timeline
from ownership.engine.timeline_json import timeline_from_json
from ownership.explain import Answer, Case, Proposal, rule_text, sentence, what_would_have_to_be_true
from ownership.explain.phrases import naira
from ownership.facts.models import RulingKind
from ownership.timeline.fact_cards import FACT_NAMES, Correction, Dossier, FactCard
from ownership.timeline.picture import Drawing, draw_timeline
from ownership.timeline.texts import linked_parts, moment_text, until_text

WIDE, NARROW, HALF = 960, 330, 400  # widths of pictures
ANSWERS_TRIED = 40  # rulings replayed for each claimant
PROPOSALS_SHOWN = 6
ENTRIES_SHOWN = 60  # interactions shown that decide nothing; `?facts=all` shows the rest
STATES = dict(OwnershipState.choices)
LinkedText = list[tuple[str, str]]


def disputes_for_page() -> "QuerySet[Dispute]":
    """Disputes with the people, drafts and flag that their pages name. Three queries."""
    people = ("opened_by", "closed_by", "account__owner", "account__division__head")
    drafts = Prefetch("drafts", DraftRuling.objects.select_related("credited_to"))
    return Dispute.objects.select_related("flag", *people).prefetch_related("claimants", drafts)


@dataclass(frozen=True)
class ReplayedSegment:
    """One segment as text; it `differs` when the other replay has no such segment."""

    since: str
    until: str
    state: str
    state_name: str
    holder: str
    rule: str
    differs: bool


@dataclass(frozen=True)
class ReplaySide:
    """One replay: its finding as a sentence, its pictures, and its segments as table rows."""

    name: str
    finding: LinkedText
    drawings: list[Drawing]
    rows: list[ReplayedSegment]


@dataclass(frozen=True)
class Claim:
    """The answer to what would have to be true for one claimant to hold the account; `holds` if they hold it already.

    Each proposal is (sentence, query of the form that drafts it, whether it is drafted already). `more` counts the
    proposals that aren't shown.
    """

    claimant: Staff
    answer: LinkedText
    holds: bool
    proposals: list[tuple[LinkedText, str, bool]]
    more: int


@dataclass(frozen=True)
class Evidence:
    """One fact as a page shows it: `rulable` by the reader, with its `draft`, `cited` by the time line."""

    card: FactCard
    rulable: bool = False
    draft: DraftRuling | None = None
    cited: bool = False

    @property
    def matters(self) -> bool:
        """Whether it is always shown: every fact but an interaction that is neither cited, ruled on nor drafted on."""
        return self.card.kind != "interaction" or bool(self.card.corrections or self.draft or self.cited)

    @property
    def title(self) -> str:
        begins = FACT_NAMES[self.card.kind]
        return f"{begins} {self.card.label}" if self.card.kind in ("sale", "interaction") else begins

    @property
    def who(self) -> str:
        if self.card.by:
            return self.card.by
        return "no salesperson" if self.card.kind in ("sale", "interaction") else ""

    @property
    def amount(self) -> str:
        return "" if self.card.amount is None else naira(self.card.amount)

    @property
    def happened(self) -> str:
        """The instant at which it happened, as text; of a departure the last working day."""
        at = self.card.happened_at
        return moment_text(at) if self.card.kind != "departure" else day_text(local_date(at) - timedelta(days=1))

    @property
    def recorded(self) -> str:
        return moment_text(self.card.recorded_at)

    @property
    def counts_from(self) -> str:
        """The instant from which it counts, as text, if it happened on an earlier day; "" otherwise."""
        return moment_text(self.card.at) if self.card.back_dated else ""

    @property
    def at_once(self) -> bool:
        return self.happened == self.recorded and self.card.kind != "departure"

    @property
    def icon(self) -> str:
        return ICONS[self.card.kind]


ICONS = {
    "created": "building-2",
    "sale": "receipt",
    "interaction": "message-square-text",
    "assignment": "user-check",
    "departure": "log-out",
    "return": "log-in",
}


class EvidencePack:
    """All that the page of a dispute shows one reader. Nine queries; one more for a head of another division."""

    def __init__(self, dispute: Dispute, reader: Staff, *, at: datetime, all_facts: bool = False) -> None:
        self.dispute, self.reader, self.at, self.all_facts = dispute, reader, at, all_facts
        self.is_open = dispute.state == Dispute.State.OPEN
        self.as_of = at if dispute.closed_at is None else dispute.closed_at
        self.claimants = list(dispute.claimants.all())
        named = [*self.claimants, dispute.account.owner, dispute.opened_by]
        people = {str(person.pk): person.full_name for person in named if person}
        if self.is_open or dispute.evidence is None:
            self.dossier = Dossier.of(dispute.account, as_of=self.as_of, people=people)
        else:  # a closed dispute shows what was recorded when it was closed
            self.dossier = Dossier.of_record(dispute.account, dispute.evidence, as_of=self.as_of)

    @cached_property
    def judges(self) -> bool:
        return self.is_open and may_judge(self.dispute, self.reader, on=local_date(self.at))

    @property
    def claims_as_head(self) -> bool:
        """Whether the reader heads the division but claims the account, and so can't rule."""
        return self.is_open and self.heads and self.reader in self.claimants

    @property
    def heads(self) -> bool:
        return self.reader.heads(self.dispute.account.division_id)

    @property
    def withdraws(self) -> bool:
        return self.is_open and self.reader == self.dispute.opened_by

    @cached_property
    def drafts(self) -> list[DraftRuling]:
        """The drafts, which only those who may rule see."""
        return list(self.dispute.drafts.all()) if self.judges else []

    @cached_property
    def preview(self) -> Preview:
        return preview_of(self.dispute, self.dossier.facts, self.dossier.policy, at=self.as_of)

    # --- what the rules find ---

    @cached_property
    def found(self) -> Case:
        """The case as it stands; of a closed dispute as it stood before its rulings."""
        if self.is_open or self.dispute.before is None:
            return self.dossier.case()
        return self._case(timeline_from_json(self.dispute.before), self._before_rulings())

    @cached_property
    def outcome(self) -> Case | None:
        """The case under the drafted or signed rulings, if there are any."""
        if self.drafts:
            return self._case(self.preview.after, [*self.dossier.facts, *self.preview.drafts])
        if self.dispute.state == Dispute.State.RULED and self.dispute.after is not None:
            return self._case(timeline_from_json(self.dispute.after), self.dossier.facts)
        return None

    @cached_property
    def finding(self) -> ReplaySide:
        return self._side(
            "What the rules find" if self.is_open else "What the rules found", self.found, None, (WIDE, NARROW)
        )

    @cached_property
    def sides(self) -> tuple[ReplaySide, ReplaySide] | None:
        """The replay before and after, if rulings are drafted or signed."""
        if self.outcome is None:
            return None
        before = self._side("Before", self.found, self.outcome, (HALF,))
        return before, self._side("After", self.outcome, self.found, (HALF,))

    @property
    def changes_nothing(self) -> bool:
        return self.sides is not None and not any(row.differs for side in self.sides for row in side.rows)

    @property
    def shows_another(self) -> bool:
        """Whether the account shows an owner from a workbook who differs from the rules' holder."""
        current = self.dossier.timeline.current
        holder = None if current is None else current.holder
        account = self.dispute.account
        shown = None if account.owner_id is None else str(account.owner_id)
        return self.is_open and account.owner_basis != OwnerBasis.RULES and shown != holder

    # --- what each claimant would need ---

    @cached_property
    def claims(self) -> list[Claim]:
        return [self._claim(claimant) for claimant in self.claimants] if self.is_open else []

    # --- the evidence ---

    @cached_property
    def evidence(self) -> list[Evidence]:
        """The facts, the latest first; of the interactions that decide nothing only the latest 60."""
        entries = [fact for fact in self._every if not fact.matters]
        hidden = set() if self.all_facts else {fact.card.id for fact in entries[ENTRIES_SHOWN:]}
        return [fact for fact in self._every if fact.card.id not in hidden]

    @property
    def left_out(self) -> int:
        return len(self._every) - len(self.evidence)

    @cached_property
    def rulings(self) -> list[tuple[Evidence, Correction]]:
        """The rulings signed in this dispute, each with its fact."""
        cards = self.dossier.cards.values()
        return [
            (Evidence(card), made) for card in cards for made in card.corrections if made.dispute == self.dispute.pk
        ]

    @property
    def drafted(self) -> list[Evidence]:
        return [fact for fact in self._every if fact.draft]

    @cached_property
    def _every(self) -> list[Evidence]:
        drafts = {draft.target: draft for draft in self.drafts}
        cited = {ident for segment in self.found.timeline.segments for ident in segment.evidence}
        return [
            Evidence(card, self.judges and bool(rulings_on(card)), drafts.get(card.id), card.id in cited)
            for card in self.dossier.newest_first()
        ]

    # --- small parts ---

    def link(self, ident: str | None) -> str:
        """The anchor of the fact on the page; "" for a fact without a card."""
        return f"#fact-{ident}" if ident in self.dossier.cards else ""

    def _case(self, timeline: Timeline, facts: Iterable[Fact]) -> Case:
        return self.dossier.case(timeline, facts)

    def _before_rulings(self) -> list[Fact]:
        own = {ruling.id for _, ruling in self.rulings}
        return [fact for fact in self.dossier.facts if fact.id not in own]

    def _side(self, name: str, case: Case, other: Case | None, widths: tuple[int, ...]) -> ReplaySide:
        drawings = [drawing for width in widths if (drawing := draw_timeline(case, width)) is not None]
        there = set(map(_outline, other.timeline.segments)) if other else None
        rows = [
            ReplayedSegment(
                moment_text(segment.start),
                until_text(segment.end),
                segment.state,
                STATES[segment.state],
                "" if segment.holder is None else self.dossier.names.get(segment.holder, segment.holder),
                rule_text(segment.rule).title,
                there is not None and _outline(segment) not in there,
            )
            for segment in case.timeline.segments
        ]
        return ReplaySide(name, linked_parts(sentence(case), self.link), drawings, rows[::-1])

    def _claim(self, claimant: Staff) -> Claim:
        dossier = self.dossier
        answer: Answer = what_would_have_to_be_true(
            self._that_may_matter,
            dossier.policy,
            self.as_of,
            str(claimant.pk),
            account=dossier.account.name,
            names=dossier.names,
            texts=dossier.texts,
            most=ANSWERS_TRIED,
        )
        current, drafted = dossier.timeline.current, set(map(_ruling_key, self.drafts))
        proposals = [proposal for proposal in answer.proposals if proposal.kind in RULINGS]
        return Claim(
            claimant,
            linked_parts(answer.sentence, self.link),
            current is not None and current.holder == str(claimant.pk),
            [
                (
                    linked_parts(one.sentence, self.link),
                    self._query(one),
                    (one.target, one.kind, one.by, one.substantive) in drafted,
                )
                for one in proposals[:PROPOSALS_SHOWN]
            ],
            max(0, len(proposals) - PROPOSALS_SHOWN),
        )

    @cached_property
    def _that_may_matter(self) -> list[Fact]:
        """The facts without most older interactions that aren't substantive.

        Those change nothing and only make each replay slower. The very first stays, because it may begin the time line.
        """
        cards = [card for card in self.dossier.newest_first() if card.kind == "interaction"]
        remarks = [card.id for card in cards if not card.substantive and not card.corrections]
        left = set(remarks[ANSWERS_TRIED:-1])
        return [fact for fact in self.dossier.facts if fact.id not in left]

    def _query(self, proposal: Proposal) -> str:
        """The query of the form that drafts the proposal; "" when the reader may not rule, or no ruling can change it.

        A departure, for one, is corrected in the staff records.
        """
        card = self.dossier.cards.get(proposal.target)
        if not self.judges or card is None or not rulings_on(card):
            return ""
        parameters = {"fact": proposal.target, "ruling": proposal.kind}
        if proposal.kind == RulingKind.RECLASSIFY:
            parameters["ruling"] = "substantive" if proposal.substantive else "remark"
        if proposal.kind == RulingKind.CREDIT:
            parameters["credited_to"] = proposal.by or NOBODY
        return urlencode(parameters)


def _ruling_key(draft: DraftRuling) -> tuple[Any, ...]:
    """The values that tell two rulings apart: target, kind, credited person and whether it is substantive."""
    person = None if draft.credited_to_id is None else str(draft.credited_to_id)
    return draft.target, draft.kind, person, bool(draft.substantive)


def _outline(segment: Segment) -> tuple[Any, ...]:
    return segment.state, segment.holder, segment.start, segment.end
