"""Filters and tags that every template has: dates, phones, initials, address parameters."""

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
    """An icon, drawn once: a page shows a hundred, and drawing one takes as long as a short query."""
    return str(draw_icon(name, size=size, **attributes))


@register.filter
def phone(stored: str | None) -> str:
    """+234 803 123 4567."""
    return phones.phone_text(stored or "")


@register.filter
def phone_digits(stored: str | None) -> str:
    """Digits only, for wa.me addresses; empty when the number isn't E.164."""
    return (stored or "")[1:] if (stored or "").startswith("+") else ""


@register.filter
def initials(full_name: object) -> str:
    return names.initials(str(full_name or ""))


@register.filter
def file_name(name: str) -> SafeString:
    """A file's name that may go on in the next line behind a _ of it."""
    return markup_of_each("{}<wbr>", ([part] for part in re.split("(?<=_)", name)))


def relative_day(on: date, today: date) -> str:
    """today, yesterday, tomorrow, in 5 days, 12 days ago; further away: the date."""
    away = (on - today).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if away in near:
        return near[away]
    if abs(away) <= 30:
        return f"in {away} days" if away > 0 else f"{-away} days ago"
    return day_text(on)


@register.filter
def moment(value: datetime | date | None) -> SafeString | str:
    """A <time> with the relative day to read and the exact instant, local time, on hover."""
    if not value:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(LAGOS)
        known_time = (local.hour, local.minute, local.second) != (0, 0, 0)  # midnight: only the day is known
        exact = day_text(local.date()) + (f", {local:%H:%M}" if known_time else "")
        on = local.date()
    else:
        on, exact = value, day_text(value)
    shown = relative_day(on, local_date(timezone.now()))
    return markup('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, shown)


@register.filter
def exact_day(value: datetime | date | None) -> str:
    """21 Nov 2026, in Lagos."""
    if not value:
        return ""
    return day_text(local_date(value) if isinstance(value, datetime) else value)


@register.simple_tag(takes_context=True)
def with_query(context: dict[str, Any], **changes: Any) -> str:
    """The page's own address parameters with some changed; None takes one out. Starts with "?"."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def set_query(context: dict[str, Any], name: str, value: object, without: str = "") -> str:
    """As `with_query`, for a parameter whose name the template doesn't know beforehand; `without` is taken out."""
    return with_query(context, **({without: None} if without else {}), **{name: value})


# --- components ------------------------------------------------------------------------------------------------------
_FRAME = ("request", "csrf_token", "user")
# These show nothing but their inputs: neither the request, nor the clock, nor a record. They are drawn once.
_CONSTANT = frozenset({"avatar", "badge", "button", "key", "nav_link"})


def _component(context: Context, name: str, inputs: dict[str, Any]) -> SafeString:
    """`components/<name>.html` with the inputs alone: nothing leaks in from the page but the request."""
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
    """A constant component. A safe text and another text that read the same are two inputs, for one is escaped."""
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
    """auto, light or dark: what the person chose on this device (hub.js keeps the cookie)."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "auto"


@register.simple_tag(takes_context=True)
def nav_link(context: Context, view: str, label: str, icon: str) -> SafeString | str:
    """A link of the main navigation; nothing while no such page exists. `aria-current` on its page and below it."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return ""
    path = getattr(context.get("request"), "path", "")
    current = "page" if path == url else "true" if url != "/" and path.startswith(url) else ""
    return _component(context, "nav_link", {"url": url, "label": label, "icon": icon, "current": current})


@register.simple_tag(takes_context=True)
def tab_link(context: Context, view: str, label: str) -> SafeString | str:
    """A tab of a section, within components/tabs.html's shape; nothing while no such page exists."""
    try:
        url = reverse(view)
    except NoReverseMatch:
        return ""
    here = getattr(context.get("request"), "path", "").startswith(url)
    return markup('<a href="{}"{}>{}</a>', url, SafeString(' aria-current="page"' if here else ""), label)


@register.filter
def undo_url(message: Any) -> str:
    """Where a toast's "Undo" posts to: `messages.success(request, text, extra_tags=f"undo:{url}")`."""
    tags: str = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


# --- what components show --------------------------------------------------------------------------------------------
TINTS = 6


@register.filter
def tint(name: object) -> int:
    """The same one of six tints for the same name, everywhere."""
    return (crc32(str(name or "").encode()) >> 5) % TINTS


@register.filter
def days_left(until: datetime | date | None) -> int | None:
    """Whole days that are left today, in Lagos: 0 on the last day, negative once it is over."""
    return local_time.days_left(_ending_instant(until), local_date(timezone.now())) if until else None


@register.filter
def last_day(until: datetime | date | None) -> str:
    """The last day in Lagos before it is over: 14 Mar, with the year unless it is this one."""
    if not until:
        return ""
    on = local_time.last_day(_ending_instant(until))
    return f"{on.day} {on:%b}" if on.year == local_date(timezone.now()).year else day_text(on)


def _ending_instant(until: datetime | date) -> datetime:
    return until if isinstance(until, datetime) else day_start(until)


@register.filter
def page_span(page: Page) -> str:
    """26–50 of 900; "Page 2" where the rows aren't counted (a count of a big table costs more than its page)."""
    try:
        return f"{page.start_index():,}–{page.end_index():,} of {page.paginator.count:,}"
    except NotImplementedError:
        return f"Page {page.number:,}"


@register.filter
def page_window(page: Page) -> list[int | None]:
    """Page numbers to link: the ends, the page and its neighbours; None is a gap."""
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
    """How components/field.html lays a form's field out: line, tick, choices or file."""
    if field.use_fieldset and field.widget_type in ("radioselect", "checkboxselectmultiple"):
        return "choices"
    return {"checkbox": "tick", "clearablefile": "file", "file": "file"}.get(field.widget_type, "line")
