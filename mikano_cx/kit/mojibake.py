"""Repairing text that was written as UTF-8 and read as Windows-1252 ("CafÃ©")."""

import re

_SIGNS = re.compile("[ÃÂâÅÄ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ¡-¿]")


def _bytes_of(text: str) -> bytes:
    """The text's Windows-1252 bytes. The five undefined positions map to themselves, as in browsers and Excel."""
    out = bytearray()
    for char in text:
        try:
            out += char.encode("cp1252")
        except UnicodeEncodeError:
            if ord(char) > 0xFF:
                raise
            out.append(ord(char))
    return bytes(out)


def repair_mojibake(text: str) -> str | None:
    """The repaired text; None if the text shows no such damage or can't be repaired."""
    if not _SIGNS.search(text):
        return None
    try:
        better = _bytes_of(text).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None
    return better if better != text else None
