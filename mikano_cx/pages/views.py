from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.access import allow
from accounts.models import Account, Contact, Staff
from accounts.roles import EVERYONE, LOGGING
from interactions.facts import shown
from interactions.models import Channel
from mikano_cx.kit.timing import local_date
from mikano_cx.pages.facts import commands_for, day_of, days_to_move_to, found_for
from mikano_cx.pages.specimens import specimens
from mikano_cx.pages.timeline import Cursor, Wanted, time_line

CONTACTS_SHOWN = 30
ACTIONS_SHOWN = 10


@allow(EVERYONE)
def home(request: HttpRequest) -> HttpResponse:
    """My day: what I said I would do, and whom I talked to."""
    at = timezone.now()
    day = day_of(_staff(request), at)
    return render(request, "pages/home.html", {"day": day, "move_to": _move_to(day.today)})


@allow(EVERYONE)
def account(request: HttpRequest, code: str) -> HttpResponse:
    """Everything about an account. `?after=` goes on with the time line, alone for htmx."""
    accounts = Account.objects.select_related("owner", "division", "parent", "import_run", "created_by")
    record = get_object_or_404(accounts, code=code)
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return render(request, "pages/account.html#events", _line(request, record))
    contacts = list(record.contacts.order_by("-is_active", "full_name", "pk")[: CONTACTS_SHOWN + 1])
    context = {
        "account": record,
        "contacts": contacts[:CONTACTS_SHOWN],
        "more_contacts": len(contacts) > CONTACTS_SHOWN,
        "subsidiaries": record.subsidiaries.order_by("name", "pk")[:10],
        **_line(request, record),
        **_actions(request, record, timezone.now()),
    }
    return render(request, "pages/account.html", context)


@allow(EVERYONE)
def contact(request: HttpRequest, code: str) -> HttpResponse:
    """Everything about a person at an account."""
    contacts = Contact.objects.select_related("account__owner", "account__division", "import_run", "created_by")
    record = get_object_or_404(contacts, code=code)
    if "after" in request.GET and request.htmx:  # type: ignore[attr-defined]
        return render(request, "pages/contact.html#events", _line(request, record))
    context = {
        "contact": record,
        "account": record.account,
        **_line(request, record),
        **_actions(request, record, timezone.now()),
    }
    return render(request, "pages/contact.html", context)


@allow(EVERYONE)
def search(request: HttpRequest) -> HttpResponse:
    """Accounts and contacts by name, phone, e-mail, ERP ID or code; for htmx the palette's list, with commands."""
    query = " ".join(request.GET.get("q", "").split())[:100]
    context: dict[str, Any] = {"found": found_for(query, limit=10 if request.htmx else 24)}  # type: ignore[attr-defined]
    if request.htmx:  # type: ignore[attr-defined]
        context["commands"] = commands_for(query, may_log=_staff(request).has_role(LOGGING))
        return render(request, "pages/search.html#palette", context)
    return render(request, "pages/search.html", context)


@allow(EVERYONE)
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/styleguide.html", specimens(request, timezone.now()))


def _line(request: HttpRequest, record: Account | Contact) -> dict[str, Any]:
    wanted = Wanted(*(request.GET.get(name, "").replace("\0", "") for name in ("channel", "with", "by")))
    if wanted.channel and wanted.channel not in Channel.values:
        raise Http404("No such channel.")
    after = Cursor.read(request.GET.get("after", ""))
    line = time_line(record, reader=_staff(request), after=after, wanted=wanted)
    return {"line": line, "wanted": wanted, "channels": Channel.choices, "continued": after is not None}


def _actions(request: HttpRequest, record: Account | Contact, at: datetime) -> dict[str, Any]:
    entries = record.interactions.open_actions()
    # The latest by their day; chosen before anything is joined, because an imported history leaves hundreds open.
    latest = entries.order_by(F("due_on").desc(nulls_last=True), "-pk").values("pk")[: ACTIONS_SHOWN + 1]
    actions = shown(
        entries.for_listing().filter(pk__in=latest).order_by(F("due_on").desc(nulls_last=True), "-pk"), _staff(request)
    )
    today = local_date(at)
    return {
        "actions": sorted(actions[:ACTIONS_SHOWN], key=lambda entry: (entry.due_on is None, entry.due_on or today)),
        "more_actions": len(actions) > ACTIONS_SHOWN,
        "today": today,
        "move_to": _move_to(today),
    }


def _move_to(today: date) -> str:
    """The days to move an action to: the same on every row, so rendered once."""
    return render_to_string("components/move_days.html", {"days": days_to_move_to(today)})


def _staff(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)
    return request.user
