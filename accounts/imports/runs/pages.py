"""What the pages of every import do alike."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.imports.models import ImportRun
from accounts.people.access import View, allow
from accounts.people.roles import Role
from mikano_cx.kit.refusal import Refused


def asked(
    request: HttpRequest, run: ImportRun, verb: Callable[..., Any], *, done: str = "", **inputs: Any
) -> HttpResponse:
    """Call a verb on the run and go back to its page; what was done, or a refusal, is said there."""
    try:
        verb(run, by=request.user, at=timezone.now(), **inputs)
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        if done:
            messages.success(request, f"{run.file_name or 'This import'} {done}")
    return redirect(run)


def verb_view(
    roles: Iterable[Role], find: Callable[[HttpRequest, int], ImportRun], verb: Callable[..., Any], done: str = ""
) -> View:
    """The view of a button on a run's page, open to these roles: it asks the verb of the run that `find` gives."""

    @allow(roles)
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return asked(request, find(request, pk), verb, done=done)

    return view
