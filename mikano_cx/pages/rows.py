"""Rows of next actions, filled in from one rendering of their template a kind of row.

A template takes as long for the fortieth row as for the first, and My day has forty. So components/action.html is
rendered with marks in the place of what differs, and each row's own words, escaped, are put there. A rendering with its
marks is kept: it is the same for everybody until the day changes.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from urllib.parse import quote

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.models import Staff
from accounts.roles import LOGGING
from interactions.models import Interaction
from mikano_cx.kit.html import escaped
from mikano_cx.kit.tables import page_of
from mikano_cx.kit.templatetags.hub import moment
from mikano_cx.pages.facts import days_to_move_to

MARK = "\0"  # in no text that the hub keeps (NoNullBytesMiddleware, PostgreSQL)
TOKEN = "csrf_token"  # noqa: S105 - the name that {% csrf_token %} looks it up by
VALUES: dict[str, Callable[[Interaction], str]] = {
    "code": lambda entry: entry.code,
    "here": page_of("interactions:interaction"),
    "words": lambda entry: entry.next_action,
    "due": lambda entry: moment(entry.due_on),
    "by": lambda entry: str(entry.action_by or ""),
    "account": lambda entry: entry.account.name,
    "account_page": page_of("pages:account", "account"),
    "contact": lambda entry: entry.contact.full_name if entry.contact else "",
    "contact_page": page_of("pages:contact", "contact"),
    "about": lambda entry: (
        f"contact={quote(entry.contact.code)}" if entry.contact else f"account={quote(entry.account.code)}"
    ),
    "completes": lambda entry: quote(entry.code),
}


class ActionRows:
    """The rows of a page. `region` is what htmx puts anew from it; `alone`: on the record's own page."""

    def __init__(self, request: HttpRequest, today: date, region: str, *, alone: bool = False) -> None:
        assert isinstance(request.user, Staff)
        self.today = today
        self.page = (region, alone, reverse("interactions:log") if request.user.has_role(LOGGING) else "", today)
        self.token = get_token(request)

    def draw(self, entries: Iterable[Interaction]) -> list[SafeString]:
        return [self._row(entry) for entry in entries]

    def _row(self, entry: Interaction) -> SafeString:
        pieces = self._pieces(entry).copy()
        pieces[1::2] = [self.token if name == TOKEN else escaped(VALUES[name](entry)) for name in pieces[1::2]]
        return SafeString("".join(pieces))

    def _pieces(self, entry: Interaction) -> list[str]:
        due = entry.due_on
        state = "none" if due is None else "late" if due < self.today else "today" if due == self.today else "coming"
        return _rendered(*self.page, state, entry.contact_id is not None)


@lru_cache(maxsize=200)
def _rendered(region: str, alone: bool, log_url: str, today: date, state: str, with_contact: bool) -> list[str]:
    """The template's text, and at every other place the name of the value that goes there."""
    context = {
        "region": region,
        "alone": alone,
        "log_url": log_url,
        "days": days_to_move_to(today),
        "state": state,
        "with_contact": with_contact,
        **{name: f"{MARK}{name}{MARK}" for name in (*VALUES, TOKEN)},
    }
    return render_to_string("components/action.html", context).split(MARK)
