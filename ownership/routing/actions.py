"""The routing of inquiries: to the account's owner, else its lead, else the next in the division's rotation.

Source: strategy v9, "Rules of Engagement", rule 1: the owner is the designated point of contact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from accounts.people.models import Division, Leave, ProductLine, Staff
from accounts.people.roles import Role
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.refusal import Refused
from ownership.replay.actions.replay import replay_accounts
from ownership.routing.models import RoutedBy, Routing


@dataclass(frozen=True)
class Turn:
    """A salesperson's turn in the rotation; `last_at` is when they were last routed to. One on leave is skipped."""

    staff: Staff
    last_at: datetime | None
    on_leave: bool


@transaction.atomic
def route_inquiry(
    account: Account | None,
    division: Division,
    product_line: ProductLine | None,
    at: datetime,
    *,
    by: Staff | None = None,
    idempotency_key: str | None = None,
    is_demo: bool = False,
) -> Routing:
    """Route an inquiry and record the routing, with sentences that say why it goes to this person.

    `by` is who asked for it, None when no person did. The rotation takes whoever was routed to least recently in that
    division and product line, by whatever rule, among the salespeople who work on the local day of `at` and aren't on
    leave. The division's row is locked, so that turns are taken one after another. The same idempotency key with the
    same inquiry returns the first routing. Refuses: `wrong_line` (the division doesn't sell it), `key_used` (for
    another inquiry).
    """
    if product_line is not None and product_line.division_id != division.pk:
        raise Refused("wrong_line", f"{division} doesn't sell {product_line}.", field="product_line")
    inquiry = (account.pk if account else None, division.pk, product_line.pk if product_line else None)
    if again := _made_before(idempotency_key, inquiry):
        return again
    Division.objects.select_for_update(of=("self",), no_key=True).get(pk=division.pk)
    if account is not None and Account.objects.filter(pk=account.pk, next_at__lte=at).exists():
        replay_accounts([account.pk], at=at)  # its clock has run out, or its holder left, since the last sweep
    to, routed_by, why = _choose_person(account, division, product_line, at)
    made = Routing(
        division=division,
        product_line=product_line,
        account=account,
        to=to,
        by=by,
        routed_by=routed_by,
        at=at,
        explanation=why,
        idempotency_key=idempotency_key,
        is_demo=is_demo,
    )
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        again = _made_before(idempotency_key, inquiry)
        if again is None:
            raise
        return again
    return made


def preview_route(
    account: Account | None, division: Division, product_line: ProductLine | None, at: datetime
) -> tuple[Staff | None, list[str]]:
    """Whom an inquiry would go to at that instant, and why. Nothing is recorded, and nobody's turn is used up."""
    to, _, why = _choose_person(account, division, product_line, at)
    return to, why


def rotations(
    division: Division, lines: Iterable[ProductLine | None], at: datetime
) -> dict[ProductLine | None, list[Turn]]:
    """The turns of the division's salespeople by product line (None: no line is asked for), the next turn first.

    Those on leave are in it, marked. Turns are ordered by when they were recorded, whatever instants they carry. Four
    queries for any number of lines.
    """
    on = local_date(at)
    people = list(
        Staff.objects.working(on=on)
        .filter(roles__role=Role.SALES, divisions=division)
        .only("full_name", "initials")
        .prefetch_related("product_lines")
        .distinct()
    )
    lines = list(lines)
    wanted = Q(product_line__in=[line for line in lines if line]) | (Q(product_line=None) if None in lines else Q(pk=0))
    past = Routing.objects.filter(wanted, division=division, to__in=people).order_by()
    last = {
        (line, to): (pk, at)
        for line, to, pk, at in past.values_list("product_line", "to").annotate(Max("pk"), Max("at"))
    }
    away = set(Leave.objects.filter(first_day__lte=on, last_day__gte=on).values_list("staff", flat=True))
    turns_by_line = {}
    for line in lines:
        sells = [person for person in people if line is None or line in person.product_lines.all()]
        turns = [(*last.get((line and line.pk, person.pk), (0, None)), person) for person in sells]
        turns.sort(key=lambda turn: (turn[0], turn[2].pk))
        turns_by_line[line] = [Turn(person, last_at, person.pk in away) for _, last_at, person in turns]
    return turns_by_line


def _choose_person(
    account: Account | None, division: Division, product_line: ProductLine | None, at: datetime
) -> tuple[Staff | None, str, list[str]]:
    if account is not None:
        current = Account.objects.select_related("owner").get(pk=account.pk)
        if current.owner is not None:
            led = current.ownership_state == OwnershipState.LED
            what = "leads" if led else "owns"
            return current.owner, RoutedBy.LEAD if led else RoutedBy.OWNER, [f"{current.owner} {what} {current}."]
    turns = rotations(division, [product_line], at)[product_line]
    why = [_why_rotation(account), *_on_leave_sentences(turns)]
    line = f" for {product_line}" if product_line else ""
    chosen = next((turn for turn in turns if not turn.on_leave), None)
    if chosen is None:
        return None, RoutedBy.NOBODY, [*why, f"Nobody in {division} sells{line} today: its head decides."]
    return chosen.staff, RoutedBy.ROTATION, [*why, _why_turn(chosen, f"{division}{line}")]


def _why_rotation(account: Account | None) -> str:
    return f"Nobody holds {account}." if account is not None else "The inquiry matches no account."


def _on_leave_sentences(turns: Iterable[Turn]) -> list[str]:
    return [f"{turn.staff} is on leave and was skipped." for turn in turns if turn.on_leave]


def _why_turn(turn: Turn, where: str) -> str:
    if turn.last_at is None:
        return f"{turn.staff} was never routed to in {where}."
    return f"{turn.staff} was routed to least recently in {where}: on {day_text(local_date(turn.last_at))}."


def _made_before(key: str | None, inquiry: tuple[int | None, ...]) -> Routing | None:
    """The routing made with this key; `inquiry` is its account, division and product line. Refuses `key_used`."""
    made = Routing.objects.filter(idempotency_key=key).first() if key else None
    if made is not None and (made.account_id, made.division_id, made.product_line_id) != inquiry:
        raise Refused("key_used", "This form was used before, for another inquiry: open a new one.")
    return made
