"""The filter that renders next actions and events as rows."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString

from mikano_cx.pages.row_templates import ActionRows, EventRows

register = template.Library()


@register.filter
def draw(rows: ActionRows | EventRows, wanted: Iterable[Any]) -> SafeString:
    """Render as rows of a list: {{ rows|draw:actions }}."""
    return rows.draw(wanted)
