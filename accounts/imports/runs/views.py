"""Feeds and their runs: what came when, what it did, and what somebody has to decide."""

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.imports.feeds.forms import RunFilters, UploadForm, form_of
from accounts.imports.feeds.trial import newest_file, trial
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs import actions, presenters
from accounts.imports.runs.labels import BUCKETS, undo_words
from accounts.imports.runs.pages import verb_view
from accounts.imports.runs.refused_rows import refused_file
from accounts.people.access import allow, staff_of
from accounts.people.roles import ARRANGING_FEEDS, FEEDING
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.refusal import Refused

A_PAGE = 25
LATEST = 10  # runs on a feed's own page


def _feed(request: HttpRequest, pk: int) -> Feed:
    return get_object_or_404(presenters.feeds_visible_to(staff_of(request)), pk=pk)


def _run(request: HttpRequest, pk: int) -> ImportRun:
    runs = actions.runs_visible_to(staff_of(request)).select_related("approved_by", "undone_by")
    return get_object_or_404(runs, pk=pk)


# --- feeds -----------------------------------------------------------------------------------------------------------
@allow(FEEDING)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Every feed: when it runs, how fresh its data is, what became of the last file."""
    person = staff_of(request)
    context = {"lines": presenters.feed_lines(person, timezone.now()), "may_arrange": person.has_role(ARRANGING_FEEDS)}
    return render(request, "feeds/home.html", context)


@allow(FEEDING, write=ARRANGING_FEEDS)
def feed(request: HttpRequest, pk: int) -> HttpResponse:
    """One feed and its latest runs; a POST uploads a file, which is shown before it is applied."""
    person, at = staff_of(request), timezone.now()
    record = _feed(request, pk)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*sent, feed=record)
    if sent and form.is_valid():
        given = {"lines_file": form.cleaned_data.get("lines_file")}
        file = form.cleaned_data["file"]
        if made := attempt(form, actions.upload, record, file, by=person, at=at, **given):
            if made.file_name != file.name[:200]:
                messages.info(request, f"The same file is here already, as {made.file_name}: this is that import.")
            return redirect(made)
    runs = list(actions.runs_visible_to(person).filter(feed=record)[:LATEST])
    context = {
        "feed": record,
        "line": presenters.FeedLine.of(record, runs[0] if runs else None, at),
        "runs": runs,
        "form": form,
        "may_arrange": person.has_role(ARRANGING_FEEDS),
    }
    return render(request, "feeds/feed.html", context, status=INVALID if form.errors else 200)


@allow(ARRANGING_FEEDS)
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Take what has come to the drop folder now."""
    record = _feed(request, pk)
    try:
        made = actions.start(record, at=timezone.now(), by=staff_of(request))
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(record)
    return redirect(made or record)


@allow(ARRANGING_FEEDS)
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """How the hub would read the newest file; a POST asks so with settings that aren't saved yet. Writes nothing."""
    record, at = _feed(request, pk), timezone.now()
    form = form_of(record)(request.POST or None, instance=record)
    asked: Feed = form.instance
    context: dict[str, Any] = {"feed": asked, "form": form, "file": None}
    if form.is_bound and not form.is_valid():
        context["wrong"] = f"Look at {', '.join(str(form[name].label) for name in form.errors if name in form.fields)}."
    else:
        try:
            if file := newest_file(asked, at=at):
                found = trial(asked, file.path, at=at, lines_path=file.lines_path)
                context |= {"file": file, "trial": found}
        except Refused as refused:
            context |= {"refused": refused.message}
    page = "feeds/test.html#trial" if request.htmx else "feeds/test.html"  # type: ignore[attr-defined]
    return render(request, page, context)


# --- runs ------------------------------------------------------------------------------------------------------------
@allow(FEEDING)
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """All runs, the latest first; by feed and state."""
    person = staff_of(request)
    filters = RunFilters(request.GET, feeds=presenters.feeds_visible_to(person))
    rows = filters.narrow(actions.runs_visible_to(person))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "feeds/runs.html", {"filters": filters, "page": page})


@allow(FEEDING)
@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress while a job is at work; then what would be done, or was."""
    at = timezone.now()
    first = _run(request, pk)
    progress = presenters.progress_of(first, at)
    record = _run(request, pk) if progress.is_open else first  # a job that ends in between leaves it where it ended
    chosen = presenters.Filter.of(request.GET)
    context = {
        "run": record,
        "progress": presenters.Progress(progress.job, record, at),
        "tiles": presenters.tiles(record.counts, BUCKETS, chosen) if record.counts else [],
        "beside": presenters.beside(record, chosen),
        "kinds": presenters.kinds(record.kinds, chosen),
        "chosen": chosen,
        "page": presenters.page_of(chosen, record, request.GET.get("page")) if chosen else None,
        "undo_words": undo_words(record),
        "may_arrange": staff_of(request).has_role(ARRANGING_FEEDS),
    }
    return render(request, "feeds/run.html", context)


approve = verb_view(FEEDING, _run, actions.approve, done="is being applied.")
discard = verb_view(FEEDING, _run, actions.discard)
undo = verb_view(FEEDING, _run, actions.ask_undo, done="is being undone.")
again = verb_view(FEEDING, _run, actions.try_again)


@allow(FEEDING)
@require_safe
def refused(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused rows as the same kind of file, each with its reason."""
    record = get_object_or_404(actions.runs_visible_to(staff_of(request)).filter(counts__refused__gt=0), pk=pk)
    file, name = refused_file(record)
    return cast(HttpResponse, FileResponse(file, as_attachment=True, filename=name))
