import tempfile
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.imports.models import ImportRun
from accounts.imports.runs import actions as runs_actions
from accounts.imports.runs.pages import asked, verb_view
from accounts.imports.runs.presenters import Filter, Progress, progress_of
from accounts.people.access import allow, staff_of
from accounts.people.roles import EVERYONE, IMPORTING
from interactions.workbook import actions, preview
from interactions.workbook.export import export_workbook
from interactions.workbook.facts import open_book
from interactions.workbook.forms import ApplyForm, ChoicesForm, PeopleForm, UploadForm, names_of
from interactions.workbook.kind import runs_of
from interactions.workbook.refused_rows import faults_of, write_refused
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.local_time import local_date

NAMES = 200  # on a page of people
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _run(request: HttpRequest, pk: int) -> ImportRun:
    return get_object_or_404(runs_of(staff_of(request)).select_related("by", "division"), pk=pk)


@allow(IMPORTING)
def runs(request: HttpRequest) -> HttpResponse:
    """Upload, and the imports so far."""
    person, now = staff_of(request), timezone.now()
    form = UploadForm(request.POST or None, request.FILES or None, by=person, on=local_date(now))
    if request.method == "POST" and form.is_valid():
        file, division = form.cleaned_data["file"], form.cleaned_data["division"]
        given = {"file": file, "file_name": file.name, "division": division, "choices": form.choices}
        run = attempt(form, actions.send, by=person, at=now, **given)
        if run:
            return redirect("workbook:run", run.pk)
    past = Paginator(runs_of(person).select_related("by", "division"), 20).get_page(request.GET.get("page"))
    refused = request.method == "POST"
    return render(request, "workbook/runs.html", {"form": form, "page": past}, status=INVALID if refused else 200)


@allow(IMPORTING)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress while a job is at work; then the preview, or what was done."""
    at = timezone.now()
    progress = progress_of(_run(request, pk), at)
    run = _run(request, pk)  # after its job: a job that ends in between leaves the run where it ended
    chosen = Filter.of(request.GET, preview.TITLES)
    context: dict[str, Any] = {
        "run": run,
        "progress": Progress(progress.job, run, at),
        "tabs": preview.tabs(run, chosen),
        "choices": ChoicesForm.of(run),
        "apply": ApplyForm.of(run),
        "closed": preview.old_actions(run) if run.closes_old_actions else 0,
        "chosen": chosen,
        "page": preview.page(run, chosen, request.GET.get("page")) if chosen else None,
    }
    return render(request, "workbook/run.html", context)


@allow(IMPORTING)
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is meant by the names that the staff list doesn't have."""
    run = _run(request, pk)
    page = Paginator(names_of(run), NAMES).get_page(request.GET.get("page"))
    form = PeopleForm(request.POST or None, names=list(page.object_list))
    if request.method == "POST" and form.is_valid():
        asked = {"by": staff_of(request), "at": timezone.now(), "people": form.people}
        attempt(form, actions.map_people, run, **asked)
        if not form.errors:
            return redirect("workbook:run", run.pk)
    status = INVALID if form.errors else 200
    return render(request, "workbook/people.html", {"run": run, "form": form, "page": page}, status=status)


@allow(IMPORTING)
@require_POST
def choices(request: HttpRequest, pk: int) -> HttpResponse:
    form = ChoicesForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["old_before"][0]))
        return redirect("workbook:run", _run(request, pk).pk)
    return asked(request, _run(request, pk), actions.choose, choices=form.choices)


@allow(IMPORTING)
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    return asked(request, _run(request, pk), actions.approve, close_old="close_old" in request.POST)


undo = verb_view(IMPORTING, _run, runs_actions.ask_undo)
discard = verb_view(IMPORTING, _run, runs_actions.discard)
again = verb_view(IMPORTING, _run, runs_actions.try_again)


@allow(IMPORTING)
@require_safe
def refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows as a workbook."""
    run = get_object_or_404(runs_of(staff_of(request)).exclude(counts={}), pk=pk)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with open_book(run.file.path) as book:
        write_refused(target, book, faults_of(run))
    return _workbook(target, f"refused rows of import {run.pk}.xlsx")


@allow(EVERYONE)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The hub as the workbook, as far as whoever asks may read it."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    export_workbook(target, reader=staff_of(request))
    return _workbook(target, f"Mikano CX Hub {local_date(timezone.now()).isoformat()}.xlsx")


def _workbook(target: Any, name: str) -> HttpResponse:
    target.seek(0)
    return cast(HttpResponse, FileResponse(target, as_attachment=True, filename=name, content_type=XLSX))
