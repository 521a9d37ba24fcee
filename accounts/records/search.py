"""Search for accounts and contacts by name, phone in any spelling, e-mail, ERP ID or code.

PostgreSQL answers from trigram indexes (`pg_trgm`), SQLite from FTS5 tables with the trigram tokenizer. Rows are
filtered and cut before they are sorted: `ORDER BY name LIMIT 25` would make PostgreSQL walk the name index and ignore
the trigrams.
"""

import re
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet
from rapidfuzz import fuzz

from accounts.records.models import Account, Contact
from accounts.schema import FULL_TEXT
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.names import company_key, person_key, plain
from mikano_cx.kit.phones import e164, search_digits

SHORTEST = 3  # letters, the length of a trigram
CANDIDATES = 200
CERTAIN = 5  # the most records with the same phone number or address that are found as certain
Record = Account | Contact


class Hit(NamedTuple):
    record: Record
    score: float  # 100 for an exact code, number or address
    why: str


def match_search(queryset: QuerySet[Any], query: str) -> QuerySet[Any]:
    """The rows whose search text holds every word of the query; words under three letters only narrow the result."""
    words = _search_words(query)
    if not words:
        return queryset.none()
    table = queryset.model._meta.db_table
    long = [word for word in words if len(word) >= SHORTEST]
    if connection.vendor == "sqlite" and long:
        phrase = " AND ".join('"{}"'.format(word.replace('"', '""')) for word in long)
        found = f"{table}.id IN (SELECT rowid FROM {FULL_TEXT[table]} WHERE {FULL_TEXT[table]} MATCH %s)"  # noqa: S608
        queryset = queryset.extra(where=[found], params=[phrase])  # noqa: S610 (our table names, one parameter)
        words = [word for word in words if len(word) < SHORTEST]
    for word in words:
        queryset = queryset.filter(search_text__contains=word)
    return queryset


def find_records(query: str, *, limit: int = 12) -> list[Hit]:
    """The best hits among accounts and contacts, best first. Empty for fewer than three letters or digits.

    Asks a fixed number of queries: exact matches (code, ERP ID, phone, e-mail), then rows that hold every word, and
    only if nothing was found, similar spellings.
    """
    query = " ".join(query.split())[:100]
    if len(re.sub(r"\W", "", query)) < SHORTEST:
        return []
    holding: list[tuple[float, str, type[Record], int]] = []
    for model, name in ((Account, "name"), (Contact, "full_name")):
        rows = match_search(model.objects.order_by(), query).values_list("pk", name)[:CANDIDATES]
        holding += [(_name_score(text, query), text, model, pk) for pk, text in rows]
    holding.sort(key=lambda row: (-row[0], row[1]))  # ranked by name alone, before the wide records are fetched
    hits: dict[tuple[str, int], Hit] = {}
    certain_of = _exact_matches(query)
    for model, certain in ((Account, certain_of[0]), (Contact, certain_of[1])):
        scores = {pk: score for score, _, of, pk in holding[:limit] if of is model}
        for record in _with_owners(model).filter(certain.asked | Q(pk__in=scores)).order_by()[: limit + CERTAIN]:
            if certain.meets(record):
                hits[_key(record)] = Hit(record, 100, certain.why)
            elif record.pk in scores:
                hits[_key(record)] = Hit(record, scores[record.pk], "holds what you typed")
    if not hits:
        for model in (Account, Contact):
            for record in _spelt_alike(model, plain(query)):
                score = _spelling_score(plain(query).split(), plain(str(record)).split())
                if score >= 75:
                    hits[_key(record)] = Hit(record, score / 2, "similar spelling")
    return sorted(hits.values(), key=lambda hit: (-hit.score, str(hit.record)))[:limit]


def near_accounts(
    name: str, *, phone: str = "", erp_customer_id: str = "", but: int | None = None, limit: int = 6
) -> list[Hit]:
    """Accounts, except the one with the id `but`, that may be the one somebody is about to create, best first."""
    key = company_key(name)
    hits: dict[int, Hit] = {}
    number, erp = e164(phone) if phone else None, erp_id(erp_customer_id)
    same = Q(name_key=key) if key else Q(pk=None)
    same |= Q(main_phone=number) if number else Q(pk=None)
    same |= Q(erp_customer_id=erp) if erp else Q(pk=None)
    for account in _with_owners(Account).filter(same).exclude(pk=but)[:limit]:
        if erp and account.erp_customer_id == erp:
            why = "same ERP customer ID"
        else:
            why = "same name" if key and account.name_key == key else "same phone number"
        hits[account.pk] = Hit(account, 100, why)
    if len(key) >= SHORTEST:
        for account in _spelt_alike(Account, key):
            score = max(fuzz.token_sort_ratio(key, account.name_key), _beginning_score(key, account.name_key))
            if account.pk != but and score >= 78:
                hits.setdefault(account.pk, Hit(account, score, "similar name"))
    return sorted(hits.values(), key=lambda hit: (-hit.score, hit.record.pk))[:limit]


def near_contacts(
    name: str,
    *,
    email: str = "",
    mobile: str = "",
    account_id: int | None = None,
    but: int | None = None,
    limit: int = 6,
) -> list[Hit]:
    """Contacts, except the one with the id `but`, that may be the person somebody is about to create, best first.

    A similar name alone counts only within the account, because two companies may each have a Tunde Leye.
    """
    key, number, address = person_key(name), e164(mobile) if mobile else None, email.strip().lower()
    hits: dict[int, Hit] = {}
    same = Q(mobile=number) if number else Q(pk=None)
    same |= Q(email__iexact=address) if address else Q(pk=None)
    same |= Q(name_key=key) if key else Q(pk=None)
    for contact in _with_owners(Contact).filter(same).exclude(pk=but)[: 5 * limit]:
        if address and contact.email.lower() == address:
            hits[contact.pk] = Hit(contact, 100, "same e-mail")
        elif number and contact.mobile == number:
            hits[contact.pk] = Hit(contact, 100, "same mobile number")
        elif account_id is None or contact.account_id == account_id:
            hits[contact.pk] = Hit(contact, 95 if account_id else 80, "same name")
    if account_id is not None and key:
        for contact in _with_owners(Contact).filter(account=account_id).exclude(pk=but)[:CANDIDATES]:
            score = fuzz.token_sort_ratio(key, contact.name_key)
            if score >= 85:
                hits.setdefault(contact.pk, Hit(contact, score, "similar name at this account"))
    return sorted(hits.values(), key=lambda hit: (-hit.score, hit.record.pk))[:limit]


def _search_words(query: str) -> list[str]:
    """The words to search for; a query that is a phone number becomes its national digits."""
    if re.fullmatch(r"[\d\s()+.\-/]+", query) and len(search_digits(query)) >= SHORTEST:
        return [search_digits(query)]
    return plain(query).replace("|", " ").split()


class _ExactMatch(NamedTuple):
    """The columns and values of which one suffices to match a record exactly."""

    values: dict[str, str]
    why: str

    @property
    def asked(self) -> Q:
        asked = Q(pk=None)
        for name, value in self.values.items():
            asked |= Q(**{f"{name}__iexact" if name == "email" else name: value})
        return asked

    def meets(self, record: Record) -> bool:
        return any((getattr(record, name) or "").lower() == value.lower() for name, value in self.values.items())


def _exact_matches(query: str) -> tuple[_ExactMatch, _ExactMatch]:
    """The exact matches of an account and of a contact: a whole code, ERP ID, phone number or e-mail address."""
    number, upper, erp = e164(query), query.upper().replace(" ", ""), erp_id(query)
    account = {"code": upper, "erp_customer_id": erp, "main_phone": number}
    contact = {"code": upper, "mobile": number, "email": query if "@" in query else ""}
    return (
        _ExactMatch({name: value for name, value in account.items() if value}, "exactly this code or number"),
        _ExactMatch({name: value for name, value in contact.items() if value}, "exactly this code, number or e-mail"),
    )


def _spelt_alike(model: type[Record], text: str) -> list[Any]:
    """Rows whose search text is spelt similarly, as candidates for scoring."""
    if connection.vendor == "postgresql":
        return list(_with_owners(model).filter(search_text__trigram_word_similar=text).order_by()[:CANDIDATES])
    trigrams = {text[i : i + 3] for i in range(len(text) - 2)}
    if not trigrams:
        return []
    table = model._meta.db_table
    phrase = " OR ".join('"{}"'.format(part.replace('"', '""')) for part in sorted(trigrams))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rowid FROM {FULL_TEXT[table]} WHERE {FULL_TEXT[table]} MATCH %s ORDER BY rank LIMIT 50",  # noqa: S608
            [phrase],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(_with_owners(model).filter(pk__in=ids))


def _with_owners(model: type[Any]) -> QuerySet[Any]:
    if model is Account:
        return Account.objects.select_related("owner", "division")
    return Contact.objects.select_related("account", "account__owner")


def _key(record: Record) -> tuple[str, int]:
    return type(record).__name__, record.pk


def _beginning_score(key: str, other: str) -> float:
    """A high score when one name is the beginning of the other, word by word ("zenith bank", "zenith bank ikeja")."""
    short, long = sorted((key.split(), other.split()), key=len)
    return 88.0 if len(short) > 1 and long[: len(short)] == short else 0.0


def _spelling_score(wanted: list[str], words: list[str]) -> float:
    """The similarity, in percent, of the least similar of the wanted words to a word of the name."""
    return min((max((fuzz.ratio(word, other) for other in words), default=0.0) for word in wanted), default=0.0)


def _name_score(name: str, query: str) -> float:
    """A score under 100 of a name for a query: the whole name first, then its beginning, then any part."""
    name, wanted = plain(name), plain(query)
    if name == wanted:
        return 99.0
    if name.startswith(wanted):
        return 95.0
    if re.search(rf"\b{re.escape(wanted)}", name):
        return 90.0
    return min(85.0, float(fuzz.token_set_ratio(wanted, name)))
