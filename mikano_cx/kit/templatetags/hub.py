"""Filters and tags that every template has: dates, phones, initials, address parameters."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mikano_cx.kit import names, phones
from mikano_cx.kit.timing import LAGOS, local_date

register = template.Library()


@register.filter
def phone(stored: str | None) -> str:
    """+234 803 123 4567."""
    return phones.shown(stored or "")


@register.filter
def phone_digits(stored: str | None) -> str:
    """Digits only, for wa.me addresses; empty when the number isn't E.164."""
    return (stored or "")[1:] if (stored or "").startswith("+") else ""


@register.filter
def initials(full_name: object) -> str:
    return names.initials(str(full_name or ""))


def day_text(on: date) -> str:
    """21 Nov 2026."""
    return f"{on.day} {on:%b %Y}"


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
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(LAGOS)
        known_time = (local.hour, local.minute, local.second) != (0, 0, 0)  # midnight: only the day is known
        exact = day_text(local.date()) + (f", {local:%H:%M}" if known_time else "")
        on = local.date()
    else:
        on, exact = value, day_text(value)
    shown = relative_day(on, local_date(timezone.now()))
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, shown)


@register.filter
def exact_day(value: datetime | date | None) -> str:
    """21 Nov 2026, in Lagos."""
    if value is None:
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
