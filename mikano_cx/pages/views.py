"""Views of the pages that bring all apps together: My day, account and contact pages, global search, style guide."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people.access import allow, staff_of
from accounts.people.roles import EVERYONE, LOGGING
from accounts.records.models import Account, Contact
from interactions.log.facts import mask_notes
from interactions.log.models import Channel
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.prepared_queries import Composed
from mikano_cx.pages.my_day import (
    ACTIONS_SHOWN,
    CONTACTS_SHOWN,
    account_of,
    commands_for,
    contact_of,
    contacts_of,
    my_day_of,
    open_actions_of,
    search_result,
    subsidiaries_of,
)
from mikano_cx.pages.row_templates import ActionRows, EventRows
from mikano_cx.pages.styleguide import specimens
from mikano_cx.pages.timeline import Cursor, TimeLineFilter, page_of_standing, time_line
from ownership.explain import sentence
from ownership.timeline.account_standing import Standing
from ownership.timeline.picture import draw_timeline

PICTURE = 300  # pixels, the width of the picture beside the time line


@allow(EVERYONE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My day: the person's next actions and latest accounts."""
    at = timezone.now()
    day = my_day_of(staff_of(request), at)
    rows = ActionRows(request, day.today, "#my-day")
    return render(request, "pages/home.html", {"day": day, "rows": rows})


@allow(EVERYONE)
@require_safe
def account(request: HttpRequest, code: str) -> HttpResponse:
    """The page with everything about an account."""
    record = _record_or_404(account_of, code)
    return _record_page(request, record, record, _account_relations)


@allow(EVERYONE)
@require_safe
def contact(request: HttpRequest, code: str) -> HttpResponse:
    """The page with everything about a contact."""
    record = _record_or_404(contact_of, code)
    return _record_page(request, record, record.account)


@allow(EVERYONE)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Accounts and contacts by name, phone, e-mail, ERP ID or code, and an entry by its code.

    For htmx the answer is the palette's list, with commands.
    """
    query = " ".join(request.GET.get("q", "").split())[:100]
    context: dict[str, Any] = {"found": search_result(query, limit=10 if request.htmx else 24)}  # type: ignore[attr-defined]
    if request.htmx:  # type: ignore[attr-defined]
        context["commands"] = commands_for(query, may_log=staff_of(request).has_role(LOGGING))
        return render(request, "pages/search.html#palette", context)
    return render(request, "pages/search.html", context)


@allow(EVERYONE)
@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/styleguide.html", specimens(request, timezone.now()))


def _record_or_404(records: "Composed[Any]", code: str) -> Any:
    for record in records.of(code):
        return record
    raise Http404(f"Nothing here is called {code}.")


def _record_page(
    request: HttpRequest,
    record: Account | Contact,
    account: Account,
    more: Callable[[Account], dict[str, Any]] = lambda account: {},
) -> HttpResponse:
    """The record's page, with the context that `more` gives; for htmx with `?after=` only the next page of events."""
    at = timezone.now()
    after = Cursor.read(request.GET.get("after", ""))
    standing = page_of_standing(record, at, after) if isinstance(record, Account) else None
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return render(request, "layouts/record.html#events", _time_line_context(request, record, after, standing))
    noun = "account" if record is account else "contact"
    actions = _actions_context(request, record, at)
    context = {
        "noun": noun,
        "record": record,
        noun: record,
        "account": account,
        "may_edit": staff_of(request).writes_in(account.division_id),
        **more(account),
        **actions,
        **_time_line_context(request, record, after, standing, named=[record, *actions["actions"]]),
        **(_ownership_context(standing, at) if standing else {}),
    }
    return render(request, f"pages/{noun}.html", context)


def _account_relations(account: Account) -> dict[str, Any]:
    contacts = contacts_of.of(account.pk)
    return {
        "contacts": contacts[:CONTACTS_SHOWN],
        "more_contacts": len(contacts) > CONTACTS_SHOWN,
        "parent": account.parent,
        "subsidiaries": subsidiaries_of.of(account.pk),
    }


def _ownership_context(standing: Standing, at: datetime) -> dict[str, Any]:
    """Who holds the account and why, as a sentence and a small picture."""
    case = standing.case(at)
    return {"standing": standing, "sentence": sentence(case), "picture": draw_timeline(case, PICTURE)}


def _time_line_context(
    request: HttpRequest,
    record: Account | Contact,
    after: Cursor | None,
    standing: Standing | None,
    named: Iterable[Model] = (),
) -> dict[str, Any]:
    wanted = TimeLineFilter(*(request.GET.get(name, "").replace("\0", "") for name in ("channel", "with", "by")))
    if wanted.channel and wanted.channel not in Channel.values:
        raise Http404("No such channel.")
    line = time_line(record, reader=staff_of(request), after=after, wanted=wanted, named=named, standing=standing)
    return {
        "line": line,
        "event_rows": EventRows(),
        "wanted": wanted,
        "channels": Channel.choices,
        "continued": after is not None,
    }


def _actions_context(request: HttpRequest, record: Account | Contact, at: datetime) -> dict[str, Any]:
    actions, today = open_actions_of(record), local_date(at)
    latest = mask_notes(actions[:ACTIONS_SHOWN], staff_of(request))
    return {
        "actions": sorted(latest, key=lambda entry: (entry.due_on is None, entry.due_on or today)),
        "more_actions": len(actions) > ACTIONS_SHOWN,
        "rows": ActionRows(request, today, "#open-actions", alone=True),
    }
