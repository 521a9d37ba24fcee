"""The pages of departures and returns; a departure's outcome is shown before it is recorded."""

from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from typing import Any, cast

from django.contrib import messages
from django.db.models import Count, F, Window
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.people.access import allow, staff_of
from accounts.people.actions.staff import depart, return_to_work
from accounts.people.models import Staff
from accounts.people.roles import LEAVING, LOGGING
from interactions.log.actions import hand_over_actions
from interactions.log.models import Interaction
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.sheets.writer import csv_lines
from ownership.departures.forms import HandOverForm, LeavingForm, ReturnForm
from ownership.departures.preview import Departure, may_record_leaving, preview_departure

ROWS, ACTIONS, GONE = 200, 25, 50  # how many accounts, next actions and people a page shows
HEADER = ["Company", "ID", "Division", "Now", "Becomes", "Until", "Holder then"]


@allow(LEAVING)
def leaving(request: HttpRequest) -> HttpResponse:
    """`?person=&last_working_day=` shows the preview; a POST records the departure.

    It records nothing when the outcome is no longer the one that was shown (`seen`). `?_export=csv` gives the accounts.
    """
    at, by = timezone.now(), staff_of(request)
    mine = list(may_record_leaving(by).order_by("full_name"))
    asked = request.POST or (request.GET if "person" in request.GET else None)
    form = LeavingForm(asked or None, people=_people_who_work(mine, local_date(at)))
    preview = _preview(form, at) if form.is_bound and form.is_valid() else None
    changed = preview is not None and request.method == "POST" and request.POST.get("seen") != preview.seen
    if preview is not None and request.method == "POST" and not changed:
        day = preview.last_working_day
        if attempt(form, depart, preview.person, by=by, at=at, last_working_day=day) is not None:
            messages.success(request, f"Recorded: {preview.person}’s last working day is {day_text(day)}.")
            if Interaction.objects.actions_of(preview.person).exists():
                return redirect("ownership:leaving_actions", preview.person.username)
            return redirect("ownership:leaving")
    if preview is not None and request.GET.get("_export") == "csv":
        return _export(preview)
    context = {"form": form, "changed": changed, "gone": _people_who_left(mine), **_preview_context(preview)}
    return render(request, "ownership/leaving.html", context, status=INVALID if form.errors or changed else 200)


@allow(LEAVING)
def leaving_actions(request: HttpRequest, username: str) -> HttpResponse:
    """The open next actions of somebody who leaves or has left; a POST hands them over to a colleague."""
    at, by = timezone.now(), staff_of(request)
    person = get_object_or_404(may_record_leaving(by), username=username)
    writers = Staff.objects.filter(roles__role__in=LOGGING).exclude(pk=person.pk).distinct().order_by("full_name")
    form = HandOverForm(request.POST or None, people=_people_who_work(writers, local_date(at)))
    if form.is_bound and form.is_valid():
        to = form.cleaned_data["to"]
        made = attempt(form, hand_over_actions, person, to=to, by=by, at=at)
        if made is not None:
            many = f"{len(made):,} next action{'' if len(made) == 1 else 's'}"
            messages.success(request, f"Handed {many} over: {to} has them in My day now.")
            return redirect("ownership:leaving")
    context = {"person": person, "form": form, **_actions_context(person, ROWS)}
    return render(request, "ownership/leaving_actions.html", context, status=INVALID if form.errors else 200)


@allow(LEAVING)
def leaving_back(request: HttpRequest, username: str) -> HttpResponse:
    """Record that somebody came back on a day, or that the departure was a mistake (`what=mistake`)."""
    at, by = timezone.now(), staff_of(request)
    person = get_object_or_404(may_record_leaving(by).filter(last_working_day__isnull=False), username=username)
    form = ReturnForm(request.POST or None)
    if form.is_bound and form.is_valid():
        mistake = request.POST.get("what") == "mistake"
        first = None if mistake else form.cleaned_data["first_day"]
        if first is None and not mistake:
            form.add_error("first_day", "Give the first day back.")
        elif attempt(form, return_to_work, person, by=by, at=at, first_day=first) is not None:
            words = f"{person} never left: what was held is held again." if mistake else f"{person} is back."
            messages.success(request, words)
            return redirect("ownership:leaving")
    context = {"person": person, "form": form}
    return render(request, "ownership/leaving_back.html", context, status=INVALID if form.errors else 200)


def _preview(form: LeavingForm, at: Any) -> Departure | None:
    typed = form.cleaned_data
    return attempt(form, preview_departure, typed["person"], last_working_day=typed["last_working_day"], at=at)


def _people_who_work(people: Iterable[Staff], today: date) -> list[Staff]:
    """The people, fetched already, whom `Staff.objects.working` would find."""
    return [one for one in people if one.is_active and not (one.last_working_day and one.last_working_day < today)]


def _people_who_left(people: Iterable[Staff]) -> list[Staff]:
    """The people who left or are about to, the latest first."""
    gone = [(person.last_working_day, person) for person in people if person.last_working_day]
    return [person for _, person in sorted(gone, key=itemgetter(0), reverse=True)[:GONE]]


def _actions_context(person: Staff, most: int) -> dict[str, Any]:
    """The person's first `most` open next actions by due day, and how many there are. One query."""
    every = Interaction.objects.actions_of(person).annotate(count=Window(Count("pk")))
    rows: list[Any] = list(every.select_related("account").order_by(F("due_on").asc(nulls_last=True), "pk")[:most])
    return {"actions": rows, "action_count": rows[0].count if rows else 0}


def _preview_context(preview: Departure | None) -> dict[str, Any]:
    if preview is None:
        return {}
    return {
        "preview": preview,
        "rows": preview.consequences[:ROWS],
        "more_rows": max(0, len(preview.consequences) - ROWS),
        "on_paper_url": f"{reverse('ownership:mine')}?whose={preview.person.username}",
        **_actions_context(preview.person, ACTIONS),
    }


def _export(preview: Departure) -> HttpResponse:
    rows = (
        [
            row.account.name,
            row.account.code,
            str(row.account.division or ""),
            row.was,
            row.becomes,
            local_date(row.expires_at) if row.expires_at else None,
            str(row.holder or ""),
        ]
        for row in preview.consequences
    )
    response: Any = StreamingHttpResponse(csv_lines(HEADER, rows), content_type="text/csv; charset=utf-8")
    name = f"leaving-{preview.person.username}-{preview.last_working_day}".replace(" ", "-")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return cast(HttpResponse, response)
