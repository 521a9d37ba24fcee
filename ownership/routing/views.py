"""The page of routing: whose turn it is in each division and product line, the latest routings, and leave."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.people.access import allow, staff_of
from accounts.people.actions.leave import add_leave, remove_leave
from accounts.people.models import Division, Leave, ProductLine, Staff
from accounts.people.roles import ALL_DIVISIONS, DEFINING, EVERYONE, HEADING, SELLING
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused
from ownership.routing.actions import preview_route, rotations, route_inquiry
from ownership.routing.forms import InquiryForm, LeaveForm
from ownership.routing.models import Routing

RECENT = 20
ROUTING = HEADING | DEFINING


@allow(EVERYONE, write=ROUTING)
def routing(request: HttpRequest) -> HttpResponse:
    """The turns of one division (`?division=`, default: the reader's own).

    A POST shows where an inquiry would go, or routes it when it has `record`.
    """
    person, at = staff_of(request), timezone.now()
    divisions, lines = list(Division.objects.all()), list(ProductLine.objects.order_by("name", "pk"))
    mine = [one for one in divisions if one.pk in person.division_ids]
    chosen = next((one for one in divisions if one.slug == request.GET.get("division")), (mine or divisions)[0])
    tries = person.has_role(ROUTING)
    form, answer = None, None
    if tries:
        own = divisions if person.has_role(ALL_DIVISIONS) else mine
        form = InquiryForm(request.POST or None, divisions=own, lines=lines, initial={"division": chosen.slug})
    if form and request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        inquiry = (typed["account"], typed["division"], typed["product_line"], at)
        if "record" in request.POST:
            key = f"form {typed['key']}" if typed["key"] else None
            if made := attempt(form, route_inquiry, *inquiry, by=person, idempotency_key=key):
                messages.success(request, f"Routed to {made.to or 'nobody'}, and recorded.")
                return redirect(f"{reverse('ownership:routing')}?division={typed['division'].slug}#recent")
        else:
            answer = preview_route(*inquiry)
    return render(
        request,
        "ownership/routing.html",
        _context(request, chosen, divisions, lines) | {"form": form, "answer": answer},
        status=INVALID if form and form.errors else 200,
    )


@allow(SELLING)
@require_POST
def leave_add(request: HttpRequest) -> HttpResponse:
    person, at = staff_of(request), timezone.now()
    form = LeaveForm(request.POST, people=_colleagues(person), me=person)
    if form.is_valid():
        typed = form.cleaned_data
        days = {"first_day": typed["first_day"], "last_day": typed["last_day"]}
        leave = attempt(form, add_leave, typed["person"], by=person, at=at, **days)
        if leave:
            messages.success(request, f"Recorded: {leave}.")
            return _back(request)
    divisions = list(Division.objects.all())
    slug = request.POST.get("back", "")
    chosen = next((one for one in divisions if one.slug == slug), divisions[0])
    context = _context(request, chosen, divisions, list(ProductLine.objects.order_by("name", "pk")))
    context |= {"leave_form": form}
    return render(request, "ownership/routing.html", context, status=INVALID)


@allow(SELLING)
@require_POST
def leave_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a leave; removing it twice is no error."""
    leave = Leave.objects.select_related("staff").filter(pk=pk).first()
    if leave:
        try:
            remove_leave(leave, by=staff_of(request), at=timezone.now())
            messages.success(request, f"Taken back: {leave}.")
        except Refused as refused:
            messages.error(request, refused.message)
    return _back(request)


def _context(
    request: HttpRequest, chosen: Division, divisions: list[Division], every_line: list[ProductLine]
) -> dict[str, Any]:
    """The context of the page for one division."""
    person, at = staff_of(request), timezone.now()
    today, colleagues = local_date(at), list(_colleagues(person))
    lines: list[ProductLine | None] = [*(line for line in every_line if line.division_id == chosen.pk), None]
    recent = Routing.objects.filter(division=chosen).select_related("to", "account", "product_line")
    here = reverse("ownership:routing")
    return {
        "chosen": chosen,
        "tabs": [
            {"url": f"{here}?division={one.slug}", "label": one.name, "current": one == chosen} for one in divisions
        ],
        "rotations": [(line, _turns_with_places(turns)) for line, turns in rotations(chosen, lines, at).items()],
        "recent": recent.order_by("-pk")[:RECENT],
        "leaves": _coming_leaves(person, chosen, today, {one.pk for one in colleagues}),
        "leave_form": LeaveForm(people=colleagues, me=person),
        "records_leave": person.has_role(SELLING),
        "today": today,
    }


def _turns_with_places(turns: Iterable[Any]) -> list[tuple[int | None, Any]]:
    """Each turn with its place in the queue, counted from 1; None for those on leave."""
    place, placed = 0, []
    for turn in turns:
        place += not turn.on_leave
        placed.append((None if turn.on_leave else place, turn))
    return placed


def _coming_leaves(person: Staff, division: Division, today: date, colleagues: set[int]) -> list[tuple[Leave, bool]]:
    """The leaves of the division's people, and the person's own, that aren't over.

    Each comes with whether the person may remove it.
    """
    whose = Q(staff__divisions=division) | Q(staff=person)
    rows = Leave.objects.filter(whose, last_day__gte=today).select_related("staff").distinct()
    return [(leave, leave.staff_id in colleagues) for leave in rows.order_by("first_day", "pk")]


def _colleagues(person: Staff) -> QuerySet[Staff]:
    """The people whose leave the person may record: themselves, and for a head their divisions' people."""
    people = Staff.objects.working(on=local_date(timezone.now()))
    if not person.has_role(HEADING):
        return people.filter(pk=person.pk)
    own = people.filter(Q(pk=person.pk) | Q(divisions__in=person.division_ids))
    return own.distinct().order_by("full_name")


def _back(request: HttpRequest) -> HttpResponse:
    slug = request.POST.get("back", "")
    known = Division.objects.filter(slug=slug).exists()
    return redirect(reverse("ownership:routing") + (f"?division={slug}#leave" if known else ""))
