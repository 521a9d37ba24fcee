"""Sentences made of parts, and the phrases that they are built from."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of plain text; `fact` is the id of the fact it speaks of, `person` the key of the person."""

    text: str
    fact: str | None = None
    person: str | None = None


Phrase = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in parts: a template may link those that speak of a fact; `text` is all of it as plain text."""

    parts: Phrase

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def facts(self) -> tuple[str, ...]:
        """The ids of the facts that the sentence speaks of, in its order."""
        return tuple(dict.fromkeys(part.fact for part in self.parts if part.fact is not None))

    def __str__(self) -> str:
        return self.text


def phrase(*pieces: str | Part | Phrase) -> Phrase:
    """The pieces joined; neighbouring plain texts become one part."""
    parts: list[Part] = []
    for piece in pieces:
        for part in (Part(piece),) if isinstance(piece, str) else (piece,) if isinstance(piece, Part) else piece:
            plain = part.fact is None and part.person is None
            if plain and parts and parts[-1].fact is None and parts[-1].person is None:
                parts[-1] = Part(parts[-1].text + part.text)
            elif part.text:
                parts.append(part)
    return tuple(parts)


def sentence_of(*pieces: str | Part | Phrase) -> Sentence:
    return Sentence(phrase(*pieces))


def enumeration(pieces: Iterable[Part | Phrase], most: int = 3) -> Phrase:
    """The pieces as "a, b and c"; beyond `most` the rest is counted, as in "a, b, c and 4 more"."""
    every = list(pieces)
    shown: list[Part | Phrase] = every[:most]
    if len(every) > most:
        shown.append(Part(f"{len(every) - most:,} more"))
    out: Phrase = ()
    for number, piece in enumerate(shown):
        out = phrase(out, "" if not number else " and " if number == len(shown) - 1 else ", ", piece)
    return out


def aside(pieces: Iterable[str | Part | Phrase], inside: bool) -> Phrase:
    """The pieces as " (a, b)", or as ", a, b" `inside` open brackets; empty for no pieces."""
    out: Phrase = ()
    for piece in pieces:
        out = phrase(out, ", " if out else "", piece)
    if not out:
        return ()
    return phrase(", ", out) if inside else phrase(" (", out, ")")


def count(number: int, one: str, several: str = "") -> str:
    """The number with its noun, such as "1 day" or "90 days"; `several` is an irregular plural."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def naira(amount: Decimal) -> str:
    """The amount as text, such as "NGN 42,500,000", with kobo where there are any."""
    if 0 < amount < Decimal("0.005"):
        return "less than NGN 0.01"
    return f"NGN {amount:,.2f}".removesuffix(".00")
