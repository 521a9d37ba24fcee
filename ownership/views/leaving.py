"""Somebody leaves or comes back: what it does is shown before it is recorded."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import allow
from accounts.models import Staff
from accounts.roles import LEAVING
from accounts.staff_actions import depart, return_to_work
from interactions.models import Interaction
from mikano_cx.kit.forms import attempt
from mikano_cx.kit.sheets.write import csv_lines
from mikano_cx.kit.timing import day_text, local_date
from ownership.actions.leaving import Departure, may_record_leaving, preview_departure
from ownership.forms.lists import LeavingForm, ReturnForm

REFUSED = 422
ROWS, ACTIONS, GONE = 200, 25, 50  # how many a page shows
HEADER = ["Company", "ID", "Division", "Now", "Becomes", "Until", "Holder then"]


@allow(LEAVING)
def leaving(request: HttpRequest) -> HttpResponse:
    """`?person=&last_working_day=` previews; a POST records it, if the outcome is still what was looked at (`seen`)."""
    at, by = timezone.now(), cast(Staff, request.user)
    mine = may_record_leaving(by)
    asked = request.POST or (request.GET if "person" in request.GET else None)
    working = Staff.objects.working(on=local_date(at)).filter(pk__in=mine.values("pk"))
    form = LeavingForm(asked or None, people=working)
    preview = _preview(form, at) if form.is_bound and form.is_valid() else None
    changed = preview is not None and request.method == "POST" and request.POST.get("seen") != preview.seen
    if preview is not None and request.method == "POST" and not changed:
        day = preview.last_working_day
        if attempt(form, depart, preview.person, by=by, at=at, last_working_day=day) is not None:
            messages.success(request, f"Recorded: {preview.person}’s last working day is {day_text(day)}.")
            return redirect("ownership:leaving")
    if preview is not None and request.GET.get("_export") == "csv":
        return _export(preview)
    context = {"form": form, "changed": changed, "gone": _gone(mine), **_shown(preview)}
    return render(request, "ownership/leaving.html", context, status=REFUSED if form.errors or changed else 200)


@allow(LEAVING)
def leaving_back(request: HttpRequest, username: str) -> HttpResponse:
    """Came back on a day, or never left: the departure was a mistake."""
    at, by = timezone.now(), cast(Staff, request.user)
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
    return render(request, "ownership/leaving_back.html", context, status=REFUSED if form.errors else 200)


def _preview(form: LeavingForm, at: Any) -> Departure | None:
    typed = form.cleaned_data
    return attempt(form, preview_departure, typed["person"], last_working_day=typed["last_working_day"], at=at)


def _gone(mine: QuerySet[Staff]) -> list[Staff]:
    return list(mine.filter(last_working_day__isnull=False).order_by("-last_working_day", "full_name")[:GONE])


def _shown(preview: Departure | None) -> dict[str, Any]:
    if preview is None:
        return {}
    actions = Interaction.objects.open_actions().filter(logged_by=preview.person).select_related("account")
    return {
        "preview": preview,
        "rows": preview.consequences[:ROWS],
        "more_rows": max(0, len(preview.consequences) - ROWS),
        "actions": list(actions.order_by("due_on", "pk")[:ACTIONS]),
        "action_count": actions.count(),
        "on_paper_url": f"{reverse('ownership:mine')}?whose={preview.person.username}",
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
