"""Filters and tags available in every template: components, dates, phones, initials, address parameters."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zlib import crc32

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.template import Engine
from django.template.context import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide as draw_icon

from mikano_cx.kit import local_time, names, phones
from mikano_cx.kit.html import markup, markup_of_each
from mikano_cx.kit.local_time import LAGOS, day_start, day_text, local_date

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=1_000)
def lucide(name: str, *, size: int = 24, **attributes: object) -> str:
    """An icon, rendered once and cached: a page has a hundred, and rendering one takes as long as a short query."""
    return str(draw_icon(name, size=size, **attributes))


@register.filter
def phone(stored: str | None) -> str:
    """A phone number as people dial it: +234 803 123 4567."""
    return phones.phone_text(stored or "")


@register.filter
def phone_digits(stored: str | None) -> str:
    """The digits of an E.164 number, for wa.me addresses; empty for anything else."""
    return (stored or "")[1:] if (stored or "").startswith("+") else ""


@register.filter
def initials(full_name: object) -> str:
    return names.initials(str(full_name or ""))


@register.filter
def file_name(name: str) -> SafeString:
    """A file name that may break after an underscore."""
    return markup_of_each("{}<wbr>", ([part] for part in re.split("(?<=_)", name)))


def relative_day(on: date, today: date) -> str:
    """A day as today, yesterday, tomorrow, in 5 days or 12 days ago; further away as a date."""
    away = (on - today).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if away in near:
        return near[away]
    if abs(away) <= 30:
        return f"in {away} days" if away > 0 else f"{-away} days ago"
    return day_text(on)


@register.filter
def moment(value: datetime | date | None) -> SafeString | str:
    """A <time> element: the relative day as text, the exact local instant on hover."""
    if not value:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(LAGOS)
        known_time = (local.hour, local.minute, local.second) != (0, 0, 0)  # midnight means that only the day is known
        exact = day_text(local.date()) + (f", {local:%H:%M}" if known_time else "")
        on = local.date()
    else:
        on, exact = value, day_text(value)
    shown = relative_day(on, local_date(timezone.now()))
    return markup('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, shown)


@register.filter
def exact_day(value: datetime | date | None) -> str:
    """A day in Lagos: 21 Nov 2026."""
    if not value:
        return ""
    return day_text(local_date(value) if isinstance(value, datetime) else value)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The page's own query string with some parameters changed; None removes one. Starts with "?"."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def set_query(context: dict[str, Any], name: str, value: object, without: str = "") -> str:
    """Like `with_query`, for a parameter name that is a variable in the template; `without` is removed."""
    return with_query(context, **({without: None} if without else {}), **{name: value})


# --- components ------------------------------------------------------------------------------------------------------
_FRAME = ("request", "csrf_token", "user")
# Components whose output depends on their inputs alone, not on the request, the clock or a record. They are cached.
_CONSTANT = frozenset({"avatar", "badge", "button", "key", "nav_link"})


def _component(context: Context, name: str, inputs: dict[str, Any]) -> SafeString:
    """Render `components/<name>.html` with the inputs and the request, and nothing else from the page."""
    engine = context.template.engine  # type: ignore[union-attr]
    if (
        name in _CONSTANT
        and not engine.debug
        and all(type(value) in (str, SafeString, int, bool, type(None)) for value in inputs.values())
    ):
        return _constant_component(engine, name, tuple((key, type(value), value) for key, value in inputs.items()))
    frame = {key: context[key] for key in _FRAME if key in context}
    return engine.get_template(f"components/{name}.html").render(context.new({**frame, **inputs}))


@lru_cache(maxsize=2_000)
def _constant_component(engine: Engine, name: str, inputs: tuple[tuple[str, type, Any], ...]) -> SafeString:
    """Render a cached component. Inputs differ by type too, because a safe text isn't escaped and a plain one is."""
    return engine.get_template(f"components/{name}.html").render(Context({key: value for key, _, value in inputs}))


@register.simple_tag(takes_context=True)
def ui(context: Context, component: str, **inputs: Any) -> SafeString:
    """A component: {% ui "badge" text="Orphan" tone="warn" %}."""
    return _component(context, component, inputs)


@register.simple_block_tag(takes_context=True)
def uiblock(context: Context, content: SafeString, component: str, **inputs: Any) -> SafeString:
    """A component around content: {% uiblock "card" title="Contacts" %}...{% enduiblock %}."""
    return _component(context, component, {**inputs, "content": content})


# --- the frame -------------------------------------------------------------------------------------------------------
THEMES = ("auto", "light", "dark")


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The theme that the person chose on this device: auto, light or dark (hub.js sets the cookie)."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "auto"


@register.simple_tag(takes_context=True)
def nav_link(context: Context, view: str, label: str, icon: str) -> SafeString | str:
    """A link of the main navigation, or nothing if the page doesn't exist. `aria-current` marks the section's pages."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return ""
    path = getattr(context.get("request"), "path", "")
    current = "page" if path == url else "true" if url != "/" and path.startswith(url) else ""
    return _component(context, "nav_link", {"url": url, "label": label, "icon": icon, "current": current})


@register.simple_tag(takes_context=True)
def tab_link(context: Context, view: str, label: str) -> SafeString | str:
    """A tab of a section, for components/tabs.html, or nothing if the page doesn't exist."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return ""
    here = getattr(context.get("request"), "path", "").startswith(url)
    return markup('<a href="{}"{}>{}</a>', url, SafeString(' aria-current="page"' if here else ""), label)


@register.filter
def undo_url(message: Any) -> str:
    """The address that a toast's "Undo" posts to: `messages.success(request, text, extra_tags=f"undo:{url}")`."""
    tags: str = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


# --- filters of components -------------------------------------------------------------------------------------------
TINTS = 6


@register.filter
def tint(name: object) -> int:
    """One of six tints, always the same for the same name."""
    return (crc32(str(name or "").encode()) >> 5) % TINTS


@register.filter
def days_left(until: datetime | date | None) -> int | None:
    """The whole days left today, in Lagos: 0 on the last day, negative once it is over."""
    return local_time.days_left(_ending_instant(until), local_date(timezone.now())) if until else None


@register.filter
def last_day(until: datetime | date | None) -> str:
    """The last day in Lagos before the end: 14 Mar, with the year unless it is the current one."""
    if not until:
        return ""
    on = local_time.last_day(_ending_instant(until))
    return f"{on.day} {on:%b}" if on.year == local_date(timezone.now()).year else day_text(on)


def _ending_instant(until: datetime | date) -> datetime:
    return until if isinstance(until, datetime) else day_start(until)


@register.filter
def page_span(page: Page) -> str:
    """The rows of the page: 26–50 of 900, or "Page 2" if the rows aren't counted."""
    try:
        return f"{page.start_index():,}–{page.end_index():,} of {page.paginator.count:,}"
    except NotImplementedError:
        return f"Page {page.number:,}"


@register.filter
def page_window(page: Page) -> list[int | None]:
    """The page numbers to link: first, last, the page and its neighbours; None is a gap."""
    last = page.paginator.num_pages
    wanted = sorted({1, last} | {n for n in range(page.number - 1, page.number + 2) if 1 <= n <= last})
    window: list[int | None] = []
    for number in wanted:
        before = window[-1] if window else None
        if before is not None and number - before == 2:
            window.append(number - 1)
        elif before is not None and number - before > 2:
            window.append(None)
        window.append(number)
    return window


@register.filter
def field_shape(field: BoundField) -> str:
    """The layout of a form field in components/field.html: line, tick, choices or file."""
    if field.use_fieldset and field.widget_type in ("radioselect", "checkboxselectmultiple"):
        return "choices"
    return {"checkbox": "tick", "clearablefile": "file", "file": "file"}.get(field.widget_type, "line")
