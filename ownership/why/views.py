"""The page Why: who holds an account as of a day, by which rule, on what evidence, and the whole time line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people import roles
from accounts.people.access import allow
from accounts.people.models import Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.local_time import day_start, day_text, local_date
from ownership.disputes.models import Dispute
from ownership.engine.rules import Segment, Timeline
from ownership.explain import Sentence, next_change, rule_text, segment_sentences, sentence
from ownership.explain.phrases import naira
from ownership.facts.queries import SALE, row_of
from ownership.replay.models import OwnerReview, Tenure
from ownership.timeline.fact_cards import FACT_NAMES, Dossier, FactCard
from ownership.timeline.picture import draw_timeline
from ownership.timeline.texts import Links, linked_parts, moment_text, until_text

FACTS_SHOWN, FACTS_AT_MOST = 25, 500  # rows of a page, and of a page of `?facts=all`
FIRST_DAY = date(2000, 1, 1)  # the first day of the first policy
FURTHEST = timedelta(days=20 * 366)
WIDE, NARROW = 640, 330  # widths of the picture
STATES = dict(OwnershipState.choices)


@allow(roles.EVERYONE)
@require_safe
def why(request: HttpRequest, code: str) -> HttpResponse:
    """Why the account is whose it is, as of `?on=` by what was known on `?known=` (default: now).

    Twelve queries at most, however long the log is.
    """
    assert isinstance(request.user, Staff)
    account = get_object_or_404(Account.objects.for_listing(), code=code)
    as_of = AsOf.of(request.GET, at=timezone.now())
    dossier = Dossier.of(account, as_of=as_of.as_of, known_at=as_of.known_at, people=_owner_name(account))
    case = dossier.case()
    facts = _facts_page(request.GET, dossier)
    links = _links_for(dossier.cards, request.user, [card.id for card in facts])
    facts.object_list = [_fact_row(card, links, dossier.as_of) for card in facts]
    current = dossier.timeline.current
    disputes = list(Dispute.objects.filter(account=account).order_by("-opened_at")[:10])
    review = OwnerReview.objects.filter(account=account, state__in=OwnerReview.OPEN)
    context = {
        "account": account,
        "asked": as_of,
        "sentence": linked_parts(sentence(case), links),
        "current": current,
        "rule": rule_text(current.rule, dossier.policy) if current else None,
        "evidence": [_fact_row(dossier.cards[ident], links, dossier.as_of) for ident in current.evidence]
        if current
        else [],
        "next": []
        if as_of.is_past
        else [linked_parts(words, links) for words in (*dossier.by_coming_policies(), *next_change(case))],
        "wide": draw_timeline(case, WIDE),
        "narrow": draw_timeline(case, NARROW),
        "segments": list(_segment_rows(dossier, segment_sentences(case), links)),
        "facts": facts,
        "now": _standing_now(account, dossier.timeline) if as_of.elsewhere else None,
        "review": review.select_related("workbook_owner", "computed_owner", "decided_by").first(),
        "renews": request.user.heads(account.division_id),
        "disputes": disputes,
        "open_dispute": next((dispute for dispute in disputes if dispute.state == Dispute.State.OPEN), None),
    }
    return render(request, "ownership/why.html", context)


# --- which day -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class AsOf:
    """The day that the page is as of (`on`), and the day whose knowledge it uses (`known`). None means now.

    A day counts as a whole, in Lagos. `on_problem` and `known_problem` say what is wrong with what was typed.
    """

    at: datetime
    on: date | None = None
    known: date | None = None
    on_typed: str = ""
    known_typed: str = ""
    on_problem: str = ""
    known_problem: str = ""

    @classmethod
    def of(cls, query: QueryDict, *, at: datetime) -> "AsOf":
        today = local_date(at)
        on_typed, known_typed = query.get("on", "").strip(), query.get("known", "").strip()
        on, on_problem = _day(on_typed, last=today + FURTHEST)
        known, known_problem = _day(known_typed, last=today)
        return cls(
            at,
            None if on == today else on,
            None if known == today else known,
            on_typed[:40],
            known_typed[:40],
            on_problem,
            known_problem,
        )

    @property
    def as_of(self) -> datetime:
        return self.at if self.on is None else end_of(self.on)

    @property
    def known_at(self) -> datetime:
        return self.at if self.known is None else end_of(self.known)

    @property
    def elsewhere(self) -> bool:
        return bool(self.on or self.known)

    @property
    def is_past(self) -> bool:
        return self.on is not None and self.as_of < self.at

    @property
    def is_ahead(self) -> bool:
        return self.on is not None and self.as_of > self.at


def _day(typed: str, *, last: date) -> tuple[date | None, str]:
    """The day that was typed, and what is wrong with it ("" if nothing)."""
    if not typed:
        return None, ""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None, f"“{typed[:40]}” is no day: write it as 2026-03-14. This is as of now."
    if not FIRST_DAY <= day <= last:
        return None, f"Choose a day from {day_text(FIRST_DAY)} to {day_text(last)}. This is as of now."
    return day, ""


def end_of(day: date) -> datetime:
    """The last microsecond of the local day; what takes effect at the next midnight belongs to the next day."""
    return day_start(day + timedelta(days=1)) - timedelta(microseconds=1)


# --- words with links ------------------------------------------------------------------------------------------------
def _owner_name(account: Account) -> dict[str, str]:
    return {str(account.owner_id): account.owner.full_name} if account.owner else {}


def _links_for(cards: Mapping[str, FactCard], reader: Staff, here: Collection[str]) -> Links:
    """A function from a fact's id to its address.

    That is the fact's own page if `reader` may open it, else its row on this page if the row is `here`, else "".
    """
    sales = reader.has_perm("interactions.view_sale") and reader.is_staff

    def link(ident: str | None) -> str:
        if ident is None or ident not in cards:
            return ""
        if sales and ident.startswith(SALE):
            return reverse("admin:interactions_sale_change", args=[row_of(ident)[1]])
        return cards[ident].url or (f"#fact-{ident}" if ident in here else "")

    return link


# --- the time line in rows -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SegmentRow:
    """One row of the time line's table, as text; `until` is empty for the current segment."""

    since: str
    until: str
    state: str
    state_name: str
    holder: str
    rule: str
    words: list[tuple[str, str]]
    evidence: list[tuple[str, str]]


def _segment_rows(dossier: Dossier, sentences: tuple[Sentence, ...], links: Links) -> Iterator[SegmentRow]:
    """The rows of the time line, the latest first."""
    pairs = zip(dossier.timeline.segments, sentences, strict=True)
    for segment, words in reversed(list(pairs)):
        yield SegmentRow(
            moment_text(segment.start),
            until_text(segment.end),
            segment.state,
            STATES[segment.state],
            "" if segment.holder is None else dossier.names.get(segment.holder, segment.holder),
            rule_text(segment.rule).title,
            linked_parts(words, links),
            [(_evidence_label(dossier.cards[ident]), links(ident)) for ident in segment.evidence],
        )


def _evidence_label(card: FactCard) -> str:
    return "First logging" if card.kind == "created" else card.label


@dataclass(frozen=True)
class FactRow:
    """One row of the facts' table: `day` is when it happened (of a departure the last working day).

    `page` is the address of the fact's own page, "" for none.
    """

    card: FactCard
    day: date
    name: str
    amount: str
    page: str
    to_come: bool


def _fact_row(card: FactCard, links: Links, as_of: datetime) -> FactRow:
    happened = card.happened_at - timedelta(microseconds=1 if card.kind == "departure" else 0)
    amount = "" if card.amount is None else naira(card.amount)
    page = links(card.id)
    page = "" if page.startswith("#") else page
    return FactRow(card, local_date(happened), FACT_NAMES[card.kind], amount, page, card.at > as_of)


def _facts_page(query: QueryDict, dossier: Dossier) -> "Page[Any]":
    """One page of the facts, the latest first; `?facts=all` makes pages of 500 instead of 25."""
    every = query.get("facts") == "all"
    cards = dossier.newest_first()
    return Paginator(cards, FACTS_AT_MOST if every else FACTS_SHOWN).get_page(query.get("page"))


# --- and now ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class StandingNow:
    """The segment that holds today; `same` when it is also the segment of the day that was asked for."""

    same: bool
    state: str
    holder: str
    since: datetime | None


def _standing_now(account: Account, then: Timeline) -> StandingNow:
    tenure = Tenure.objects.current().filter(account=account).select_related("holder").first()
    if tenure is None:
        return StandingNow(then.current is None, "", "", None)
    return StandingNow(_is_same_segment(tenure, then.current), tenure.state, str(tenure.holder or ""), tenure.start)


def _is_same_segment(tenure: Tenure, then: Segment | None) -> bool:
    holder = None if tenure.holder_id is None else str(tenure.holder_id)
    return then is not None and (then.state, then.holder, then.start) == (tenure.state, holder, tenure.start)
