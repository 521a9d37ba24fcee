"""Rows of next actions and of time lines, filled into a template that is rendered once for each variant of a row.

Rendering a template takes as long for the fortieth row as for the first, and My day has forty. So each variant is
rendered with marks in place of the values, and cached, because it is the same for everybody until the day changes. Each
row's own values are escaped and put in place of the marks.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.people.models import Staff
from accounts.people.roles import LOGGING
from interactions.log.models import Interaction
from mikano_cx.kit.html import escaped, markup_of_each
from mikano_cx.kit.tables import address_of_page
from mikano_cx.kit.templatetags.hub import moment
from mikano_cx.pages.my_day import days_to_move_to
from mikano_cx.pages.timeline import Event

MARK = "\0"  # no text of the hub holds it (NoNullBytesMiddleware, PostgreSQL)
TOKEN = "csrf_token"  # noqa: S105 - the context name that {% csrf_token %} reads
Values = Mapping[str, Callable[[Any], str]]
ACTION: Values = {
    "code": lambda entry: entry.code,
    "here": address_of_page("interactions:interaction"),
    "words": lambda entry: entry.next_action,
    "due": lambda entry: moment(entry.due_on),
    "by": lambda entry: str(entry.action_by or ""),
    "account": lambda entry: entry.account.name,
    "account_page": address_of_page("pages:account", "account"),
    "contact": lambda entry: entry.contact.full_name if entry.contact else "",
    "contact_page": address_of_page("pages:contact", "contact"),
    "about": lambda entry: (
        f"contact={quote(entry.contact.code)}" if entry.contact else f"account={quote(entry.account.code)}"
    ),
    "completes": lambda entry: quote(entry.code),
}
EDIT: Values = {
    "title": lambda event: event.title,
    "href": lambda event: event.href,
    "at": lambda event: moment(event.at),
}
LOGGED: Values = {
    **EDIT,
    "code": lambda event: event.entry.code,
    "kind": lambda event: event.entry.kind_label,
    "by": lambda event: str(event.entry.logged_by or ""),
    "notes": lambda event: event.entry.notes,
    "voided_by": lambda event: str(event.entry.voided_by),
    "voided_at": lambda event: moment(event.entry.voided_at),
    "void_reason": lambda event: event.entry.void_reason,
    "amendments": lambda event: _amendments(event.entry),
    "run": lambda event: event.entry.import_run.file_name,
    "next_action": lambda event: event.entry.next_action,
    "done_at": lambda event: moment(event.entry.done_at),
    "due": lambda event: moment(event.entry.due_on),
}


class ActionRows:
    """The rows of next actions. htmx reloads the part `region` of the page; `alone` means the record's own page."""

    def __init__(self, request: HttpRequest, today: date, region: str, *, alone: bool = False) -> None:
        assert isinstance(request.user, Staff)
        self.today = today
        log_url = reverse("interactions:log") if request.user.has_role(LOGGING) else ""
        self.page = (("region", region), ("alone", alone), ("log_url", log_url), ("today", today))
        token = get_token(request)
        self.values: Values = {**ACTION, TOKEN: lambda _: token}

    def draw(self, entries: Iterable[Interaction]) -> SafeString:
        return SafeString("".join([self._row(entry) for entry in entries]))

    def _row(self, entry: Interaction) -> str:
        due = entry.due_on
        state = "none" if due is None else "late" if due < self.today else "today" if due == self.today else "coming"
        variant = (*self.page, ("state", state), ("with_contact", entry.contact_id is not None))
        return _fill(_action_row(variant), self.values, entry)


class EventRows:
    """The rows of a time line."""

    def draw(self, events: Iterable[Event]) -> SafeString:
        return SafeString("".join([self._row(event) for event in events]))

    def _row(self, event: Event) -> str:
        entry = event.entry
        if entry is None:
            return _fill(_event_row((("icon", event.icon), ("linked", bool(event.href)))), EDIT, event)
        variant = (
            ("icon", event.icon),
            ("entry", True),
            ("substantive", entry.substantive),
            ("voided", entry.voided_at is not None),
            ("noted", bool(entry.notes)),
            ("confidential", entry.confidential),
            ("amended_early", entry.amended_at is not None),
            ("imported", entry.source == "import"),
            ("of_run", entry.import_run_id is not None),
            ("planned", bool(entry.next_action)),
            ("done", entry.done_at is not None),
            ("closed", entry.closed_at_import),
            ("dated", entry.due_on is not None),
        )
        return _fill(_event_row(variant), LOGGED, event)


def _amendments(entry: Any) -> SafeString:
    """The entry's amendments as HTML, for a reader who may read its notes."""
    return markup_of_each(
        '<p class="event-amendment"><span class="small muted">Amended {}{}</span> {}</p>',
        (
            (moment(later.at), f" by {later.by}" if later.by else "", later.text)
            for later in (entry.amended if entry.readable else ())
        ),
    )


RowVariant = tuple[tuple[str, Any], ...]


def _fill(pieces: list[str], values: Values, row: Any) -> str:
    filled = pieces.copy()
    filled[1::2] = [escaped(values[name](row)) for name in pieces[1::2]]
    return "".join(filled)


@lru_cache(maxsize=200)
def _action_row(variant: RowVariant) -> list[str]:
    context = dict(variant)
    return _render_with_marks(
        "components/action.html", {**context, "days": days_to_move_to(context["today"])}, (*ACTION, TOKEN)
    )


@lru_cache(maxsize=500)
def _event_row(variant: RowVariant) -> list[str]:
    return _render_with_marks("components/event.html", dict(variant), LOGGED)


def _render_with_marks(template: str, context: dict[str, Any], names: Iterable[str]) -> list[str]:
    """The pieces of the rendered template: text, and at every other index the name of the value that goes there."""
    marks = {name: f"{MARK}{name}{MARK}" for name in names}
    return render_to_string(template, {**context, **marks}).split(MARK)
