"""Comparable keys of names: two spellings of one company or person have the same key.

Keys are for comparing only; people see the official spelling.
"""

import re
import unicodedata

# Legal forms and register numbers don't identify a company. Forms are dropped from the end of a name only, so that
# "Nigeria Breweries" keeps its first word.
_RC_NUMBER = re.compile(r"\(?\b(?:rc|bn)[\s.:-]*(?:no\.?|number)?[\s.:#-]*\d[\d\s]{3,}\)?")
_PHRASES = re.compile(
    r"\b(?:public limited company|limited liability company|and company|& company|limited by guarantee)\b"
)
_DIGITS = re.compile(r"\d[\d\s]{3}")  # part of every register number
_INITIALS = re.compile(r"\b((?:\w\.){2,})")
_NO_WORD = re.compile(r"[^\w]+")
_FORMS = frozenset(
    "plc ltd limited nig nigeria enterprises enterprise ent company co inc incorporated corp corporation llc llp gte "
    "ulc ventures venture intl international gmbh ag sa bv pte pty lp sarl srl spa".split()
)
_ABBREVIATIONS = {"intl": "international", "nig": "nigeria", "mfb": "microfinance bank", "bros": "brothers"}


def plain(text: str) -> str:
    """The text in lower case without accents, curly quotes or doubled white space."""
    if text.isascii():  # the common case, and ten times faster
        return " ".join(text.casefold().split())
    folded = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).casefold().split())


def company_key(name: str) -> str:
    """The key of a company's name: no case, accents, punctuation, legal forms or RC number.

    "Dangote Cement Nig. Ltd (RC 123456)" and "DANGOTE CEMENT PLC" share "dangote cement". A name that consists of such
    words only keeps them all.
    """
    text = plain(name)
    if _DIGITS.search(text):
        text = _RC_NUMBER.sub(" ", text)
    if "company" in text or "limited" in text:
        text = _PHRASES.sub(" ", text)
    if "." in text:
        text = _INITIALS.sub(lambda m: m[1].replace(".", ""), text)  # U.A.C. -> uac
    words = _NO_WORD.sub(" ", text.replace("&", " and ").replace("'", "")).replace("_", " ").split()
    words = " ".join(_ABBREVIATIONS.get(word, word) for word in words).split()
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _FORMS:
        kept.pop()
    if kept and kept[0] == "the" and len(kept) > 1:
        kept = kept[1:]
    return " ".join(kept)


def person_key(name: str) -> str:
    """The key of a person's name: no case, accents, titles or punctuation. Word order matters."""
    words = _NO_WORD.sub(" ", plain(name).replace("'", "")).replace("_", " ").split()
    titles = {"mr", "mrs", "ms", "miss", "dr", "engr", "chief", "alhaji", "alhaja", "prof", "barr", "sir"}
    kept = [word for word in words if word not in titles]
    return " ".join(kept or words)


def initials(full_name: str) -> str:
    """At most two letters for an avatar: the initials of the first and the last name."""
    words = re.findall(r"\w[\w'-]*", full_name)
    picked = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in picked).upper() or "?"
