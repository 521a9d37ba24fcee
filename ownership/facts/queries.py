"""Queries that turn the hub's records into the facts that the rules take.

The number of queries is the same for one account and for a thousand. A fact's id is a letter for the table that it
comes from and the row's number with leading zeros, so ids sort as rows do. People and accounts are named by their
primary keys, as text.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Value
from django.db.models.functions import Coalesce

from accounts.people.models import Movement
from accounts.records.models import Account
from interactions.log.models import Interaction, Source
from interactions.sales.facts import sales_of
from interactions.sales.models import Sale
from mikano_cx.kit.local_time import local_date
from ownership.engine import rules
from ownership.engine.calendar import Calendar
from ownership.engine.rules import Fact
from ownership.facts.models import Assignment, Policy, Renewal, Ruling

CREATED, INTERACTION, SALE, ASSIGNMENT, MOVEMENT, RULING, RENEWAL = "A", "I", "S", "G", "M", "R", "N"
VOIDED, STRUCK = "V", "X"  # the voids of an entry of the log, and of a movement recorded by mistake


def fact_id(letter: str, pk: int) -> str:
    """The id of a fact, such as "S0000000042" for the sale with the primary key 42."""
    return f"{letter}{pk:010}"


def row_of(fact: str) -> tuple[str, int]:
    """The letter and the primary key in a fact's id. Raises ValueError when the key isn't a number."""
    return fact[:1], int(fact[1:])


def staff_key(staff_id: int | None) -> str | None:
    """The key by which facts name a member of staff; None for nobody."""
    return None if staff_id is None else str(staff_id)


def policy_in_force(at: datetime) -> tuple[Policy, rules.Clocks]:
    """The policy of the local day of `at`: its row, and its clocks as the rules take them.

    Raises Policy.DoesNotExist for a day before the first policy.
    """
    row = Policy.objects.in_force(local_date(at))
    return row, _clocks(row)


def policies_from(at: datetime) -> tuple[rules.Clocks, list[tuple[date, rules.Clocks]]]:
    """The clocks of the local day of `at`, and those of later policies with their first days, in order. One query.

    Raises IndexError for a day before the first policy.
    """
    today = local_date(at)
    rows = [(row.effective_from, _clocks(row)) for row in Policy.objects.order_by("effective_from")]
    return [policy for on, policy in rows if on <= today][-1], [pair for pair in rows if pair[0] > today]


def _clocks(row: Policy) -> rules.Clocks:
    return rules.Clocks(row.orphan_after_months, row.lead_days, row.timezone)


def lead_would_end(at: datetime) -> datetime | None:
    """The instant, in the policy's time zone, at which a lead that begins at `at` would run out.

    None when that is beyond the calendar's end.
    """
    _, policy = policy_in_force(at)
    calendar = Calendar.of(policy.timezone)
    return calendar.local(calendar.after_days(calendar.day(at), policy.lead_days))


def facts_of(
    account_ids: Iterable[int], *, lean: bool = True, known_at: datetime | None = None
) -> dict[int, list[Fact]]:
    """The facts of each account, with the movements of the people they name.

    `lean` leaves out interactions that can't change the time line. `known_at` nets sales by the credit notes known then
    and filters nothing else: the caller gives it to the replay too.
    """
    ids = list(account_ids)
    facts_by_account: dict[int, list[Fact]] = {pk: [] for pk in ids}
    for fact in (*_sale_facts(ids, known_at), *_facts_of_the_hub(ids)):
        facts_by_account[int(fact.account or 0)].append(fact)
    ruled = {fact.target for facts in facts_by_account.values() for fact in facts if fact.kind in rules.RULINGS}
    for account_id, entries in _interaction_facts(ids).items():
        facts_by_account[account_id] += _facts_that_may_move(entries, ruled) if lean else entries
    named = {fact.by for facts in facts_by_account.values() for fact in facts if fact.by is not None}
    movements = _movement_facts(named)
    for facts in facts_by_account.values():
        for who in {fact.by for fact in facts} & movements.keys():
            facts += movements[who]
    return facts_by_account


def _sale_facts(ids: list[int], known_at: datetime | None) -> Iterable[Fact]:
    for sale in sales_of(ids, known_at):
        yield Fact(
            fact_id(SALE, sale.pk),
            str(sale.account_id),
            "sale",
            sale.at,
            sale.recorded_at,
            staff_key(sale.salesperson_id),
            value=sale.value,
        )


def _facts_of_the_hub(ids: list[int]) -> Iterable[Fact]:
    """First loggings, assignments, rulings and renewals. One query.

    The `target` of a renewed fact is the id of the fact that it replaces.
    """
    nothing, no = Value(""), Value(False)
    first = Account.objects.filter(pk__in=ids).order_by()
    created = first.values_list(
        *(Value(CREATED), "pk", "pk", Value("created"), "created_at", "created_at", "sourced_by", no, nothing)
    )
    given = Assignment.objects.filter(account__in=ids).order_by()
    assigned = given.values_list(
        *(Value(ASSIGNMENT), "pk", "account", Value("assignment"), "at", "at", "assignee", no, nothing)
    )
    signed = Ruling.objects.filter(account__in=ids).order_by()
    ruled = signed.values_list(
        *(Value(RULING), "pk", "account", "kind", "at", "at", "credited_to", Coalesce("substantive", no), "target")
    )
    again = Renewal.objects.filter(account__in=ids).order_by()
    anew = again.values_list(Value(RENEWAL), "pk", "account", "kind", "at", "recorded_at", "person", no, "target")
    rows = created.union(assigned, ruled, anew, all=True)
    for letter, pk, account, kind, at, recorded, by, substantive, target in rows:
        yield Fact(
            fact_id(letter, pk),
            str(account),
            kind,
            at,
            recorded,
            staff_key(by),
            substantive=bool(substantive),
            target=target or None,
        )


def _interaction_facts(ids: list[int]) -> dict[int, list[Fact]]:
    """Interactions and their voids by account. One query.

    An entry takes effect when it was logged, an imported one on its row's date; it is known from the import on.
    """
    facts_by_account: dict[int, list[Fact]] = defaultdict(list)
    rows = Interaction.objects.filter(account__in=ids).order_by()
    for pk, account, source, occurred, logged, substantive, by, sold, voided in rows.values_list(
        *("pk", "account", "source", "occurred_at", "logged_at"),
        *("substantive", "logged_by", "by_salesperson", "voided_at"),
    ):
        facts_by_account[account].append(
            Fact(
                fact_id(INTERACTION, pk),
                str(account),
                "interaction",
                occurred if source == Source.IMPORT else logged,
                logged,
                staff_key(by) if sold else None,
                substantive=substantive,
            )
        )
        if voided:
            facts_by_account[account].append(
                Fact(
                    fact_id(VOIDED, pk),
                    str(account),
                    "void",
                    voided,
                    voided,
                    target=fact_id(INTERACTION, pk),
                )
            )
    return facts_by_account


def _facts_that_may_move(entries: list[Fact], ruled: set[str | None]) -> list[Fact]:
    """Substantive and ruled-on entries, and the earliest of the rest, which may begin the time line."""
    struck = {fact.target for fact in entries if fact.kind == "void"}
    kept, first = [], None
    for fact in entries:
        if fact.id in ruled or fact.target in ruled:
            kept.append(fact)
        elif fact.kind == "void" or fact.id in struck:
            continue
        elif fact.substantive:
            kept.append(fact)
        elif first is None or (fact.at, fact.id) < (first.at, first.id):
            first = fact
    return kept if first is None else [*kept, first]


def _movement_facts(people: Iterable[str]) -> dict[str | None, list[Fact]]:
    facts_by_person: dict[str | None, list[Fact]] = defaultdict(list)
    rows = Movement.objects.filter(staff__in=[int(who) for who in people]).order_by()
    for pk, who, kind, at, recorded, struck in rows.values_list(
        "pk", "staff", "kind", "at", "recorded_at", "struck_at"
    ):
        by = str(who)
        facts_by_person[by].append(Fact(fact_id(MOVEMENT, pk), None, kind, at, recorded, by))
        if struck:
            target = fact_id(MOVEMENT, pk)
            facts_by_person[by].append(Fact(fact_id(STRUCK, pk), None, "void", struck, struck, target=target))
    return facts_by_person


def accounts_naming(staff_ids: Iterable[int]) -> set[int]:
    """The accounts that name one of these people in a fact or a credit. One query.

    These are the accounts that the person's departure or return may change.
    """
    ids = list(staff_ids)
    sourced = Account.objects.filter(sourced_by__in=ids).order_by().values_list("pk")
    logged = Interaction.objects.filter(logged_by__in=ids).order_by().values_list("account")
    sold = Sale.objects.filter(salesperson__in=ids).order_by().values_list("account")
    given = Assignment.objects.filter(assignee__in=ids).order_by().values_list("account")
    credited = Ruling.objects.filter(credited_to__in=ids).order_by().values_list("account")
    return {pk for (pk,) in sourced.union(logged, sold, given, credited)}
