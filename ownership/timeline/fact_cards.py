"""Cards of an account's facts, as pages show them: what each is called, who recorded it, what was ruled on it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, Value
from django.urls import reverse

from accounts.people.models import Movement
from accounts.records.models import Account
from interactions.log.models import Channel, Interaction
from interactions.sales.models import Sale
from interactions.sales.models.sales import SaleSource
from mikano_cx.kit.local_time import day_start, local_date
from ownership.engine import rules
from ownership.engine.rules import RULINGS, Fact, Timeline, apply_rulings, replay
from ownership.explain import Case, Sentence, label_facts, policy_change
from ownership.facts.models import Assignment, Renewal, Ruling
from ownership.facts.queries import (
    ASSIGNMENT,
    CREATED,
    INTERACTION,
    MOVEMENT,
    RENEWAL,
    RULING,
    SALE,
    STRUCK,
    VOIDED,
    facts_of,
    policies_from,
    row_of,
)

LATE_AFTER = timedelta(days=3)  # the ERP sends sales overnight, or after a weekend
FACT_NAMES = {
    "created": "First logged",
    "sale": "Sale",
    "interaction": "Interaction",
    "assignment": "Assignment",
    "departure": "Departure",
    "return": "Return",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """A ruling on a fact, or the voiding of an entry; the last one on a fact is `in_effect`."""

    id: str
    kind: str
    at: datetime
    by: str
    reason: str
    credited_to: str
    substantive: bool
    dispute: int | None
    in_effect: bool


@dataclass(frozen=True, slots=True)
class FactCard:
    """One fact, as pages show it.

    `at` is the instant from which it counts, `happened_at` when it happened, `recorded_at` when the hub learned of it.
    `by` names the person it is about (salesperson, assignee, who left), `recorded_by` who recorded it. `amount` is in
    NGN. An `ignored` fact is struck out, or is a sale of zero or less. A `renewed` one was recorded anew since.
    """

    id: str
    kind: str
    label: str
    at: datetime
    happened_at: datetime
    recorded_at: datetime
    by: str
    recorded_by: str
    detail: str
    amount: Decimal | None = None
    substantive: bool = False
    ignored: bool = False
    url: str = ""
    corrections: tuple[Correction, ...] = ()
    renewed: bool = False  # the renewal is a fact of its own, with another id

    @property
    def renewable(self) -> bool:
        """Whether it is struck out and only a renewal undoes that; for other kinds another ruling does."""
        void = next((made for made in self.corrections if made.in_effect), None)
        return self.kind in Renewal.Kind.values and void is not None and void.kind == "void" and not self.renewed

    @property
    def late(self) -> bool:
        """Whether the hub learned of it three days or more after the instant from which it counts."""
        return self.recorded_at - self.at >= LATE_AFTER

    @property
    def back_dated(self) -> bool:
        """Whether it happened on an earlier local day than that from which it counts, because it was logged later."""
        return local_date(self.happened_at) < local_date(self.at)

    @property
    def days_late(self) -> int:
        """The number of local days from the day it happened to the day it was recorded."""
        return (local_date(self.recorded_at) - local_date(self.happened_at)).days


@dataclass(frozen=True)
class Dossier:
    """The facts of one account as of an instant, under the policy of that instant.

    `names` gives the name of a person's key; `coming` are the later policies with their first days.
    """

    account: Account
    as_of: datetime
    policy: rules.Clocks
    facts: list[Fact]
    cards: Mapping[str, FactCard]
    names: Mapping[str, str] = field(default_factory=dict)
    coming: Sequence[tuple[date, rules.Clocks]] = ()

    @classmethod
    def of(
        cls,
        account: Account,
        *,
        as_of: datetime,
        known_at: datetime | None = None,
        people: Mapping[str, str] | None = None,
    ) -> "Dossier":
        """The dossier as the hub's records give it. Six queries.

        Facts recorded after `known_at` (default: `as_of`) are left out. `people` are names that the caller knows
        already, by the person's key.
        """
        known = as_of if known_at is None else known_at
        policy, coming = policies_from(as_of)
        found = facts_of([account.pk], lean=False, known_at=known)[account.pk]
        facts = [fact for fact in found if fact.recorded_at <= known]
        cards, names = cards_of(facts)
        return cls(account, as_of, policy, facts, cards, {**(people or {}), **names}, coming)

    def record(self) -> dict[str, Any]:
        """The facts, their cards and the people's names as a JSON object, which a closed dispute keeps."""
        facts = [{**fact._asdict(), "value": str(fact.value)} for fact in self.facts]
        return json.loads(  # type: ignore[no-any-return]
            json.dumps(
                {
                    "facts": facts,
                    "cards": [asdict(card) for card in self.cards.values()],
                    "names": dict(self.names),
                },
                default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value),
            )
        )

    @classmethod
    def of_record(cls, account: Account, record: Mapping[str, Any], *, as_of: datetime) -> "Dossier":
        """The dossier that `record` kept, whatever became of its facts since. One query."""
        policy, _ = policies_from(as_of)
        cards = [_card_of_record(kept) for kept in record["cards"]]
        facts = [_fact_of_record(kept) for kept in record["facts"]]
        return cls(account, as_of, policy, facts, {card.id: card for card in cards}, record["names"])

    @cached_property
    def timeline(self) -> Timeline:
        return replay(self.facts, self.policy, self.as_of)

    @cached_property
    def texts(self) -> dict[str, str]:
        return {card.id: card.label for card in self.cards.values()}

    def case(self, timeline: Timeline | None = None, facts: Iterable[Fact] | None = None) -> Case:
        """The case for sentences and pictures: of the time line as it is, or of another that `facts` give."""
        labels = label_facts(self.facts if facts is None else facts, self.texts, self.policy)
        line = self.timeline if timeline is None else timeline
        return Case(self.account.name, line, self.as_of, self.names, labels, self.policy)

    def by_coming_policies(self) -> Iterator[Sentence]:
        """For each coming policy, a sentence of what changes on its first day; none where nothing changes."""
        before = self.policy
        for on, policy in self.coming:
            cases = (replace(self, as_of=day_start(on), policy=clocks).case() for clocks in (before, policy))
            if told := policy_change(*cases):
                yield told
            before = policy

    def newest_first(self) -> list[FactCard]:
        return sorted(self.cards.values(), key=lambda card: (card.at, card.id), reverse=True)


def _fact_of_record(kept: Mapping[str, Any]) -> Fact:
    at, recorded_at = (datetime.fromisoformat(kept[name]) for name in ("at", "recorded_at"))
    return Fact(**{**kept, "at": at, "recorded_at": recorded_at, "value": Decimal(kept["value"])})


def _card_of_record(kept: Mapping[str, Any]) -> FactCard:
    instants = {name: datetime.fromisoformat(kept[name]) for name in ("at", "happened_at", "recorded_at")}
    amount = None if kept["amount"] is None else Decimal(kept["amount"])
    made = [Correction(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in kept["corrections"]]
    return FactCard(**{**kept, **instants, "amount": amount, "corrections": tuple(made)})


def cards_of(facts: Iterable[Fact]) -> tuple[dict[str, FactCard], dict[str, str]]:
    """The cards of facts by id, and the names of the people in them by key. One query.

    Rulings and voids have no cards of their own: they are the corrections on their targets' cards.
    """
    log = list(facts)
    rows = _card_rows(log)
    names = {fact.by: rows[fact.id].by for fact in log if fact.by is not None and fact.id in rows}
    corrections = _corrections(log, rows)
    counts = {fact.id: fact for fact in apply_rulings(log)}
    renewed = {fact.target for fact in log if fact.kind not in RULINGS}
    cards = {}
    for fact in log:
        row = rows.get(fact.id)
        if fact.kind in RULINGS or row is None:
            continue
        seen = counts.get(fact.id, fact)
        cards[fact.id] = FactCard(
            fact.id,
            fact.kind,
            row.label or _LABELS[fact.kind],
            fact.at,
            row.happened_at if fact.id[0] == INTERACTION else fact.at,
            fact.recorded_at,
            "" if seen.by is None else names[seen.by],
            row.recorded_by,
            row.detail,
            fact.value if fact.kind == "sale" else None,
            seen.substantive,
            fact.id not in counts,
            reverse("interactions:interaction", args=[row.label]) if fact.id[0] == INTERACTION else "",
            corrections.get(fact.id, ()),
            fact.id in renewed,
        )
    return cards, names


_LABELS = {"created": "First logging", "assignment": "Assignment", "departure": "Departure", "return": "Return"}
_DETAILS: dict[str, Mapping[Any, Any]] = {
    INTERACTION: dict(Channel.choices),
    SALE: dict(SaleSource.choices),
}


@dataclass(frozen=True, slots=True)
class _CardRow:
    """The columns of one fact that its card shows and the rules don't need."""

    label: str
    happened_at: datetime
    by: str
    recorded_by: str
    detail: str
    dispute: int | None


def _card_rows(log: list[Fact]) -> dict[str, _CardRow]:
    """The rows by fact id; one query unites all tables."""
    pks: dict[str, set[int]] = defaultdict(set)
    idents: dict[tuple[str, int], str] = {}
    for fact in log:
        letter, pk = row_of(fact.id)
        pks[letter].add(pk)
        idents[letter, pk] = fact.id
    first, *others = (
        _card_query(model, letter, pks[letter], *columns) for letter, (model, *columns) in _COLUMNS.items()
    )
    return {
        idents[letter, pk]: _CardRow(
            label, at, by or "", who or "", _DETAILS.get(letter, {}).get(text, text), dispute or None
        )
        for letter, pk, label, at, by, who, text, dispute in first.union(*others, all=True)
    }


_NOTHING = Value("")
_NONE = Value(0)
# For each letter of a fact's id: the model, and its columns for the fields of `_CardRow` in their order.
_COLUMNS: dict[str, tuple[Any, ...]] = {
    INTERACTION: (
        *(Interaction, "code", "occurred_at", "logged_by__full_name"),
        *("logged_by__full_name", "channel", _NONE),
    ),
    VOIDED: (
        *(Interaction, "code", "voided_at", "voided_by__full_name"),
        *("voided_by__full_name", "void_reason", _NONE),
    ),
    SALE: (Sale, "invoice_number", "recorded_at", "salesperson__full_name", "created_by__full_name", "source", _NONE),
    CREATED: (Account, "code", "created_at", "sourced_by__full_name", "created_by__full_name", _NOTHING, _NONE),
    ASSIGNMENT: (Assignment, _NOTHING, "at", "assignee__full_name", "by__full_name", "reason", _NONE),
    MOVEMENT: (Movement, _NOTHING, "at", "staff__full_name", "recorded_by__full_name", _NOTHING, _NONE),
    STRUCK: (Movement, _NOTHING, "struck_at", "staff__full_name", "struck_by__full_name", _NOTHING, _NONE),
    RENEWAL: (Renewal, _NOTHING, "at", "person__full_name", "author__full_name", "reason", _NONE),
    RULING: (Ruling, _NOTHING, "at", "credited_to__full_name", "author__full_name", "reason", "dispute_id"),
}


def _card_query(model: Any, letter: str, pks: set[int], *columns: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = model._base_manager.filter(pk__in=pks)
    return rows.order_by().values_list(Value(letter), "pk", *columns)


def _corrections(log: list[Fact], rows: Mapping[str, _CardRow]) -> dict[str, tuple[Correction, ...]]:
    """The corrections by the id of the fact that they correct, the earliest first."""
    corrections: dict[str, list[Correction]] = defaultdict(list)
    signed = sorted((fact for fact in log if fact.kind in RULINGS and fact.id in rows), key=lambda f: (f.at, f.id))
    for fact in signed:
        row = rows[fact.id]
        corrections[fact.target or ""].append(
            Correction(
                fact.id,
                fact.kind,
                fact.at,
                row.recorded_by,
                row.detail,
                row.by if fact.kind == "credit" else "",
                fact.substantive,
                row.dispute,
                False,
            )
        )
    return {target: (*made[:-1], replace(made[-1], in_effect=True)) for target, made in corrections.items()}
