"""The accounts and contacts that an entry may be about: the choices of a form, and the record of a choice or code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.people.models import Staff
from accounts.records.models import Account, Contact
from accounts.records.search import Hit, find_records, near_accounts, near_contacts
from mikano_cx.kit.prepared_queries import Composed

WHO_LIMIT = 8
UNSEEN = ("search_text", "account__search_text", "account__owner__password")


@dataclass(frozen=True)
class Who:
    """One contact or account that the entry may be about."""

    value: str  # c:C001 or a:A001
    record: Contact | Account
    why: str
    checked: bool

    @property
    def is_contact(self) -> bool:
        return isinstance(self.record, Contact)

    @property
    def account(self) -> Account:
        return _account_of(self.record)


def _account_of(record: Contact | Account) -> Account:
    return record.account if isinstance(record, Contact) else record


def who_value(record: Contact | Account) -> str:
    """The value of a choice: c:C001 for a contact, a:A001 for an account."""
    return f"{'c' if isinstance(record, Contact) else 'a'}:{record.code}"


def who_choices(query: str, *, by: Staff, only_accounts: bool = False) -> list[Who]:
    """The records that `query` may mean, best first; among equal hits, accounts held by `by` come first."""
    hits: Iterable[Hit] = find_records(query, limit=WHO_LIMIT * 4)
    if only_accounts:
        hits = [hit for hit in hits if isinstance(hit.record, Account)] or near_accounts(query)
    best = sorted(hits, key=lambda hit: (-hit.score, _account_of(hit.record).owner_id != by.pk))
    return [Who(who_value(hit.record), hit.record, hit.why, False) for hit in best[:WHO_LIMIT]]


_contact_of = Composed(
    lambda code: Contact.objects.select_related("account__owner").defer(*UNSEEN).filter(code=code), str
)
_account_by = Composed(lambda code: Account.objects.select_related("owner").filter(code=code), str)


def picked_who(value: str) -> Who | None:
    """The record of a radio's value or a typed code, or None."""
    prefix, _, code = value.partition(":") if ":" in value else ("", "", value.strip().upper())
    found: list[Any] = _contact_of.of(code) if prefix in ("c", "") else []
    if not found and prefix in ("a", ""):
        found = _account_by.of(code)
    record = found[0] if found else None
    return Who(who_value(record), record, "", True) if record else None


def contacts_near_new(typed: Mapping[str, Any]) -> list[Hit]:
    """Contacts of the chosen account that may be the one being added (`new_name`, `new_mobile`), best first."""
    name, mobile = (str(typed.get(name) or "").strip()[:120] for name in ("new_name", "new_mobile"))
    if len(name) < 3 and not mobile:
        return []
    written = (typed.get("new_account_picked"), typed.get("new_account"), typed.get("picked"))
    account = next((who.record for who in map(picked_who, filter(None, written)) if who and not who.is_contact), None)
    return near_contacts(name, mobile=mobile, account_id=account.pk if account else None)
