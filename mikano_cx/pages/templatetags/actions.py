"""Next actions as rows."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from interactions.models import Interaction
from mikano_cx.pages.rows import ActionRows

register = template.Library()


@register.filter
def draw(rows: ActionRows, entries: Iterable[Interaction]) -> SafeString:
    """The entries as rows of a list: {{ rows|draw:actions }}."""
    return SafeString("".join(rows.draw(entries)))
