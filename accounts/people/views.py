"""The page of a person's notices."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.people.access import allow, staff_of
from accounts.people.actions.notices import read_notices
from accounts.people.models import Notice
from accounts.people.roles import EVERYONE

PER_PAGE = 30


@allow(EVERYONE)
def notices(request: HttpRequest) -> HttpResponse:
    """The person's own notices. A POST marks one (`read=` its id) or all (`read=all`) as read."""
    person = staff_of(request)
    if request.method == "POST":
        which = request.POST.get("read", "")
        if which == "all":
            count = read_notices(None, by=person, at=timezone.now())
            messages.success(request, f"Marked {count:,} notice{'' if count == 1 else 's'} as read.")
        elif which.isdecimal() and len(which) < 19:
            read_notices([int(which)], by=person, at=timezone.now())
        return redirect(request.get_full_path())
    mine = Notice.objects.filter(to=person)
    unread = request.GET.get("show") != "all"
    shown = mine.filter(read_at=None) if unread else mine
    page = Paginator(shown.order_by("-at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"url": "?", "label": "Unread", "current": unread},
        {"url": "?show=all", "label": "All", "current": not unread},
    ]
    return render(request, "accounts/notices.html", {"page": page, "tabs": tabs, "unread": unread})
