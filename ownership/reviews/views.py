"""The page of owner reviews, where a division head accepts the rules' owner or holds the workbook's."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import EVERYONE, HEADING
from mikano_cx.kit.forms import INVALID
from mikano_cx.kit.refusal import Refused
from ownership import explain
from ownership.engine.rules import Clocks, replay
from ownership.explain import RULES, label_facts, rule_text, sentence
from ownership.facts.queries import facts_of, policy_in_force
from ownership.replay.models import OwnerReview
from ownership.reviews.actions import decide_reviews
from ownership.timeline.fact_cards import cards_of

PER_PAGE = 25
MOST_AT_ONCE = 2_000  # accounts decided by one press: a few seconds
TITLES = {rule: rule_text(rule, Clocks()).title for rule in RULES}
State = OwnerReview.State
STATES = {
    "pending": ("To be looked at", [State.PENDING]),
    "held": ("Held", [State.HELD]),
    "decided": ("Decided", [State.ACCEPTED, State.AGREED]),
}
DIFFERENCES = {
    "other": "Another owner",
    "nobody": "Nobody by the rules",
    "somebody": "Nobody in the workbook",
    "same": "The same owner",
}
DIFFERENCE = Case(
    When(workbook_owner=None, computed_owner=None, then=Value("same")),
    When(workbook_owner=None, then=Value("somebody")),
    When(computed_owner=None, then=Value("nobody")),
    When(workbook_owner=F("computed_owner"), then=Value("same")),
    default=Value("other"),
    output_field=CharField(),
)


class ReviewGroup(NamedTuple):
    """A group of reviews that are equal in all filters, and how many `rows` it has."""

    state: str
    division: str
    division_name: str | None
    division_id: int | None
    run: str
    run_name: str | None
    rule: str
    difference: str
    rows: int


@dataclass(frozen=True)
class ReviewFilter:
    """The filters in the address. An unknown value finds nothing; an unknown state is "pending"."""

    state: str
    division: str = ""
    run: str = ""
    rule: str = ""
    difference: str = ""

    NAMES = ("division", "run", "rule", "difference")

    @classmethod
    def of(cls, query: QueryDict, person: Staff) -> "ReviewFilter":
        """The filters of the address; without `division` a head of one division gets that one."""
        state, start = query.get("state", ""), {}
        if "division" not in query and person.has_role(HEADING) and len(person.division_ids) == 1:
            start["division"] = person.divisions.all()[0].slug
        names = (query.get(name, start.get(name, ""))[:40] for name in cls.NAMES)
        return cls(state if state in STATES else "pending", *names)

    def takes(self, group: ReviewGroup, *, in_state: str = "", but: str = "") -> bool:
        """Whether the group passes the filters; `in_state` replaces the state, `but` names a filter to leave out."""
        if group.state not in STATES[in_state or self.state][1]:
            return False
        return all(getattr(self, name) in ("", getattr(group, name)) for name in self.NAMES if name != but)

    @property
    def in_use(self) -> bool:
        return any(getattr(self, name) for name in self.NAMES)

    def rows(self) -> QuerySet[OwnerReview]:
        rows = OwnerReview.objects.filter(state__in=STATES[self.state][1]).annotate(difference=DIFFERENCE)
        wanted = {"division": "account__division__slug", "rule": "rule", "difference": "difference"}
        for name, column in wanted.items():
            if getattr(self, name):
                rows = rows.filter(**{column: getattr(self, name)})
        if self.run:
            rows = rows.filter(import_run=int(self.run)) if self.run.isdecimal() and len(self.run) < 19 else rows.none()
        return rows


class Counted(Paginator):
    """A paginator that is given its count instead of querying it."""

    def __init__(self, rows: Any, known: int) -> None:
        super().__init__(rows, PER_PAGE)
        self.known = known

    @cached_property
    def count(self) -> int:
        return self.known


@allow(EVERYONE, write=HEADING)
def reviews(request: HttpRequest) -> HttpResponse:
    """The list of reviews; a POST decides some of them.

    The value of `accept=` or `hold=` says which: a review's key, "chosen" for the ticked ones, "all" for the filter's.
    """
    person, at = staff_of(request), timezone.now()
    chosen, refused = ReviewFilter.of(request.GET, person), None
    if request.method == "POST":
        refused = _decide(request, person, at, chosen)
        if refused is None:
            return redirect(request.get_full_path())
    groups = list(_groups())
    matching = [group for group in groups if chosen.takes(group)]
    paginator = Counted(_for_page(chosen.rows()), sum(group.rows for group in matching))
    page = paginator.get_page(request.GET.get("page"))
    mine = [group for group in matching if person.heads(group.division_id)]
    context = {
        "chosen": chosen,
        "page": page,
        "rows": list(_review_rows(page, person, at)),
        "tabs": [_tab(request, name, chosen, groups) for name in STATES],
        "filters": _filters(chosen, groups),
        "decides": chosen.state != "decided" and person.has_role(HEADING),
        "mine": sum(group.rows for group in mine),
        "most": MOST_AT_ONCE,
        "any": bool(groups),
        "refused": refused,
        "ticked": request.POST.getlist("review"),
    }
    return render(request, "ownership/reviews.html", context, status=INVALID if refused else 200)


# --- deciding --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class RefusedHold:
    """Why holding was refused, to show beside the reason's field (`typed`).

    `at` is the review's key as text, "" for the field of the chosen ones.
    """

    at: str
    words: str
    typed: str


def _decide(request: HttpRequest, person: Staff, at: datetime, chosen: ReviewFilter) -> RefusedHold | None:
    """Decide the reviews that were posted, and tell the outcome in a message.

    A refusal that is about the reason is returned instead, to show beside the field.
    """
    posted = request.POST
    accept = "accept" in posted
    which = posted.get("accept" if accept else "hold", "")
    number = which if which.isdecimal() else ""
    reason = posted.get(f"reason_{number}" if number else "reason", "")
    try:
        rows = _reviews_of_button(which, posted, person, chosen)
        done = decide_reviews(rows, by=person, at=at, accept=accept, reason=reason)
    except Refused as refused:
        if refused.field == "reason":
            return RefusedHold(number, refused.message, reason)
        messages.error(request, refused.message)
        return None
    verb = "Accepted what the rules say for" if accept else "Held the workbook's owner of"
    accounts = f"{len(done):,} account{'' if len(done) == 1 else 's'}"
    if done:
        messages.success(request, f"{verb} {accounts}.")
    if meanwhile := len(rows) - len(done):
        messages.info(request, f"{meanwhile:,} had been decided by somebody else already.")
    return None


def _reviews_of_button(which: str, posted: QueryDict, person: Staff, chosen: ReviewFilter) -> list[OwnerReview]:
    """The reviews of one button: a review's key, "chosen", or "all" of the filter that the person may decide.

    Refuses: `changed` ("all" now means another number of them), `nothing_chosen`.
    """
    if which == "all":
        own = Q(account__division=None) | Q(account__division__in=person.division_ids)
        rows = list(chosen.rows().filter(own).only("pk").order_by("pk")[:MOST_AT_ONCE])
        seen = posted.get("count", "")
        if rows and seen != str(len(rows)):
            raise Refused("changed", f"The list changed meanwhile: there are {len(rows):,} now. Look again, please.")
    else:
        numbers = [which] if which != "chosen" else posted.getlist("review")
        pks = [int(number) for number in numbers if number.isdecimal() and len(number) < 19]
        rows = list(OwnerReview.objects.filter(pk__in=pks).only("pk"))
    if not rows:
        raise Refused("nothing_chosen", "Nothing is left to decide here: choose at least one account.")
    return rows


# --- what the page shows ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ReviewRow:
    review: OwnerReview
    key: str
    words: str
    rule: str
    difference: str
    decides: bool


def _groups() -> Iterator[ReviewGroup]:
    """All reviews, counted by every filter. One query gives every number on the page."""
    columns = (
        *("state", "account__division__slug", "account__division__name", "account__division"),
        *("import_run", "import_run__file_name", "rule", "difference"),
    )
    rows = OwnerReview.objects.order_by().annotate(difference=DIFFERENCE).values_list(*columns)
    for state, slug, name, division, run, file, rule, difference, count in rows.annotate(Count("pk")):
        yield ReviewGroup(state, slug or "", name, division, str(run or ""), file, rule, difference, count)


def _for_page(rows: QuerySet[OwnerReview]) -> QuerySet[OwnerReview]:
    return rows.select_related("account__division", "workbook_owner", "computed_owner", "decided_by").order_by(
        Lower("account__name"), "pk"
    )


def _review_rows(page: "Page[Any]", person: Staff, at: datetime) -> Iterator[ReviewRow]:
    """The rows of the page, open ones with the sentence of what the rules say. Six queries when any is open."""
    rows: list[OwnerReview] = list(page.object_list)
    words = _sentences([row for row in rows if row.state in OwnerReview.OPEN], at)
    for row in rows:
        yield ReviewRow(
            row,
            str(row.pk),
            words.get(row.pk, ""),
            TITLES.get(row.rule, ""),
            DIFFERENCES[cast(Any, row).difference],
            person.heads(row.account.division_id),
        )


def _sentences(rows: Iterable[OwnerReview], at: datetime) -> dict[int, str]:
    """The sentence of what the rules say now, by the review's key."""
    accounts = {row.account_id: row for row in rows}
    if not accounts:
        return {}
    _, policy = policy_in_force(at)
    facts = facts_of(accounts)
    cards, names = cards_of([fact for found in facts.values() for fact in found])
    texts = {card.id: card.label for card in cards.values()}
    sentences = {}
    for pk, row in accounts.items():
        labels = label_facts(facts[pk], texts, policy)
        case = explain.Case(row.account.name, replay(facts[pk], policy, at), at, names, labels, policy)
        sentences[row.pk] = sentence(case).text
    return sentences


def _tab(request: HttpRequest, name: str, chosen: ReviewFilter, groups: list[ReviewGroup]) -> dict[str, Any]:
    query = request.GET.copy()
    query["state"] = name
    query.pop("page", None)
    count = sum(group.rows for group in groups if chosen.takes(group, in_state=name))
    url = f"{reverse('ownership:reviews')}?{query.urlencode()}"
    return {"url": url, "label": STATES[name][0], "count": f"{count:,}", "current": name == chosen.state}


def _filters(chosen: ReviewFilter, groups: list[ReviewGroup]) -> list[dict[str, Any]]:
    """The selects; each choice counts what it would find together with the other filters."""
    labels = {"division": "Division", "run": "Import", "rule": "Rule", "difference": "Difference"}
    selects = []
    for name, label in labels.items():
        counts: Counter[tuple[str, str]] = Counter()
        for group in groups:
            if chosen.takes(group, but=name) and getattr(group, name):
                counts[getattr(group, name), _choice_label(name, group)] += group.rows
        options = [
            {"value": value, "label": f"{words} ({count:,})", "chosen": value == getattr(chosen, name)}
            for (value, words), count in sorted(counts.items(), key=lambda item: item[0][1].casefold())
        ]
        selects.append({"name": name, "label": label, "options": options})
    return selects


def _choice_label(name: str, group: ReviewGroup) -> str:
    names = {
        "division": group.division_name or group.division,
        "run": group.run_name or f"Import {group.run}",
        "rule": TITLES.get(group.rule, group.rule),
        "difference": DIFFERENCES.get(group.difference, group.difference),
    }
    return names[name]
