"""Sentences with links, and instants as text, for the pages of ownership."""

from collections.abc import Callable
from datetime import datetime

from mikano_cx.kit.local_time import LAGOS, day_text, last_day
from ownership.explain import Sentence

Links = Callable[[str | None], str]


def linked_parts(words: Sentence, links: Links) -> list[tuple[str, str]]:
    """The sentence in pieces: each text with the address it links to, "" for none."""
    return [(part.text, links(part.fact)) for part in words.parts]


def moment_text(at: datetime) -> str:
    """The Lagos day, such as "21 Nov 2026", with the time of day where it isn't midnight."""
    local = at.astimezone(LAGOS)
    return day_text(local.date()) + ("" if (local.hour, local.minute) == (0, 0) else f", {local:%H:%M}")


def until_text(end: datetime | None) -> str:
    """The last day of what ends at a Lagos midnight, the instant of any other end; "" for what hasn't ended."""
    if end is None:
        return ""
    text = moment_text(end)
    return text if "," in text else day_text(last_day(end))
