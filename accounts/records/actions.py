"""The actions that write accounts and contacts; views, the admin and imports call them.

`by` is the member of staff who acts, `at` an aware instant. Each action is one transaction and refuses by `Refused`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from accounts.events import facts_changed
from accounts.people import roles
from accounts.people.models import Division, Staff
from accounts.records.models import Account, CodeSeries, Contact, NearMatchWaiver
from accounts.records.models.accounts import Origin
from accounts.records.search import Hit, near_accounts, near_contacts
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.phones import e164, e164_or_typed
from mikano_cx.kit.refusal import Refused, gone, still_there

R = TypeVar("R", Account, Contact)

FIELD_GUARDS: list[Callable[[Account, Collection[str]], None]] = []
"""Checks of slices that own fields of an account: each gets the account and the names of the fields that would change,
and may refuse. Slices add theirs in `AppConfig.ready`."""


@transaction.atomic
def create_account(
    *,
    by: Staff,
    at: datetime,
    values: Mapping[str, Any],
    another_because: str = "",
    idempotency_key: str | None = None,
    origin: str = Origin.HUB,
    any_phone: bool = False,
) -> Account:
    """Create an account with the next code. Repeating the idempotency key returns the account made the first time.

    `any_phone` is for files: a phone number that can't be parsed is kept as written.
    Refuses: `name_missing`, `phone_unfit`, `not_your_division`, `erp_id_taken`, `gone` (the parent), `key_used` when
    the key made something else, and `near_match` when a similar record exists and `another_because` is empty. That word
    says why this is another company, and is recorded.
    """
    clean = _clean_account(values)
    if not clean.get("name"):
        raise Refused("name_missing", "Give the company's official name.", field="name")
    _refuse_unfit_phone("main_phone", clean, any_phone=any_phone)
    division: Division | None = clean.get("division")
    _may_write(by, division.pk if division else None)
    if again := _earlier_record(Account, idempotency_key, by, name=clean["name"]):
        return again
    lock_people([by.pk])
    code = CodeSeries.take("A")[0]  # locks the series: an account created at the same time is compared
    near = near_accounts(
        clean["name"], phone=clean.get("main_phone", ""), erp_customer_id=clean.get("erp_customer_id") or ""
    )
    if again := _earlier_record(Account, idempotency_key, by, name=clean["name"]):
        return again
    if clean.get("parent"):
        _lock_account(clean["parent"], field="parent")
    account = Account(code=code, origin=origin, created_at=at, created_by=by, idempotency_key=idempotency_key, **clean)
    account.sourced_by = by if by.has_role(roles.SELLING) else None
    _refuse_taken_erp_id(account)
    _confirm_another(near, another_because)
    _save(account, by)
    _record_waiver(near, another_because, by=by, at=at, account=account)
    facts_changed.send(Account, account_ids={account.pk}, at=at, by=by)
    return account


@transaction.atomic
def edit_account(
    account: Account,
    *,
    by: Staff,
    at: datetime,
    values: Mapping[str, Any],
    seen_version: int,
    any_phone: bool = False,
) -> Account:
    """Change hub-owned fields of an account. `any_phone` is as for `create_account`.

    Refuses: `not_your_division` (of the old or the new division), `name_missing`, `erp_owns`, `phone_unfit` (of a
    changed number), `erp_id_taken`, `own_parent`, `gone`, and `conflict` when somebody else changed the record after
    `seen_version`.
    """
    clean = _clean_account(values)
    locked = _lock_with_parent(account, clean)
    _may_write(by, locked.division_id)
    if "division" in clean:
        _may_write(by, clean["division"].pk if clean["division"] else None)
    _refuse_conflict(locked, seen_version)
    if clean.get("name", locked.name) == "":
        raise Refused("name_missing", "Give the company's official name.", field="name")
    _refuse_owned_elsewhere(locked, clean)
    _refuse_unfit_phone("main_phone", clean, before=locked.main_phone, any_phone=any_phone)
    _apply(locked, clean)
    _refuse_own_parent(locked)
    _refuse_taken_erp_id(locked)
    return _save_edit(locked, by)


@transaction.atomic
def create_contact(
    *,
    by: Staff,
    at: datetime,
    values: Mapping[str, Any],
    another_because: str = "",
    idempotency_key: str | None = None,
    origin: str = Origin.HUB,
    any_phone: bool = False,
) -> Contact:
    """Create a contact with the next code. Repeating the idempotency key returns the contact made the first time.

    Refuses: `name_missing`, `account_missing`, `not_your_division`, and `phone_unfit`, `near_match`, `key_used` and
    `gone` (the account) as `create_account` does.
    """
    clean = _clean_contact(values)
    if not clean.get("full_name"):
        raise Refused("name_missing", "Give the person's full name.", field="full_name")
    account: Account | None = clean.get("account")
    if account is None:
        raise Refused("account_missing", "Say which account the person works at.", field="account")
    _refuse_unfit_phone("mobile", clean, any_phone=any_phone)
    _may_write(by, account.division_id)
    if again := _earlier_record(Contact, idempotency_key, by, full_name=clean["full_name"], account=account):
        return again
    code = CodeSeries.take("C")[0]
    near = near_contacts(
        clean["full_name"], email=clean.get("email", ""), mobile=clean.get("mobile", ""), account_id=account.pk
    )
    if again := _earlier_record(Contact, idempotency_key, by, full_name=clean["full_name"], account=account):
        return again
    _confirm_another(near, another_because)
    _lock_account(account, field="account")
    contact = Contact(code=code, origin=origin, created_at=at, created_by=by, idempotency_key=idempotency_key, **clean)
    _save(contact, by)
    _record_waiver(near, another_because, by=by, at=at, contact=contact)
    return contact


@transaction.atomic
def edit_contact(
    contact: Contact,
    *,
    by: Staff,
    at: datetime,
    values: Mapping[str, Any],
    seen_version: int,
    any_phone: bool = False,
) -> Contact:
    """Change a contact. Moving it to another account leaves its interactions with the account of their time.

    Refuses as `edit_account` does, and `account_missing`.
    """
    clean = _clean_contact(values)
    if clean.get("account"):
        _lock_account(clean["account"], field="account")  # everywhere, accounts are locked before contacts
    locked: Contact = still_there(Contact.objects.select_for_update(of=("self",)).select_related("account"), contact)
    _may_write(by, locked.account.division_id)
    if "account" in clean:
        if clean["account"] is None:
            raise Refused("account_missing", "Say which account the person works at.", field="account")
        _may_write(by, clean["account"].division_id)
    _refuse_conflict(locked, seen_version)
    if clean.get("full_name", locked.full_name) == "":
        raise Refused("name_missing", "Give the person's full name.", field="full_name")
    _refuse_unfit_phone("mobile", clean, before=locked.mobile, any_phone=any_phone)
    _apply(locked, clean)
    return _save_edit(locked, by)


def _may_write(by: Staff, division_id: int | None) -> None:
    if not by.has_role(roles.EDITING):
        raise Refused("not_your_role", "Your role reads everything and changes nothing here.")
    if not by.writes_in(division_id):
        raise Refused("not_your_division", "This record belongs to another division; its own people edit it.")


def _earlier_record(model: type[R], key: str | None, by: Staff, **same: Any) -> R | None:
    """The record that the key made the first time, or None. Refuses `key_used` if the key made something else."""
    made = model._default_manager.filter(idempotency_key=key).first() if key else None
    if made is not None and (made.created_by != by or any(getattr(made, name) != same[name] for name in same)):
        raise Refused("key_used", f"This form was saved before, as {made} ({made.code}): open a new one.")
    return made


def _save(record: R, by: Staff) -> R:
    record._history_user = by
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError:
        if isinstance(record, Account):
            _refuse_taken_erp_id(record)  # another request took it at the same moment
        raise
    return record


def _clean_account(values: Mapping[str, Any]) -> dict[str, Any]:
    clean = _clean_text({name: value for name, value in values.items() if name in Account.WRITTEN})
    if "main_phone" in clean:
        clean["main_phone"] = e164_or_typed(clean["main_phone"])
    if "erp_customer_id" in clean:
        clean["erp_customer_id"] = erp_id(clean["erp_customer_id"]) or None
    return clean


def _clean_contact(values: Mapping[str, Any]) -> dict[str, Any]:
    clean = _clean_text({name: value for name, value in values.items() if name in Contact.WRITTEN})
    if "mobile" in clean:
        clean["mobile"] = e164_or_typed(clean["mobile"])
    return clean


def _clean_text(values: dict[str, Any]) -> dict[str, Any]:
    """The values with texts cleaned of control characters and doubled spaces; a note keeps its line breaks."""
    out = {}
    for name, value in values.items():
        if isinstance(value, str):
            value = "".join(char for char in value if char >= " " or char in "\n\t")
            value = value.strip() if name == "note" else " ".join(value.split())
        out[name] = value
    return out


def _refuse_conflict(record: Any, seen_version: int) -> None:
    if record.version != seen_version:
        raise Refused(
            "conflict", "Somebody else changed this record meanwhile. Look at what it says now, then save again."
        )


def _refuse_owned_elsewhere(account: Account, clean: Mapping[str, Any]) -> None:
    changed = {name for name in clean if (clean[name] or "") != (getattr(account, name) or "")}
    for guard in FIELD_GUARDS:
        guard(account, changed)


def _refuse_taken_erp_id(account: Account) -> None:
    if account.erp_customer_id:
        other = Account.objects.filter(erp_customer_id=account.erp_customer_id).exclude(pk=account.pk).first()
        if other:
            raise Refused(
                "erp_id_taken",
                f"ERP customer ID {account.erp_customer_id} is {other.name}'s ({other.code}).",
                field="erp_customer_id",
            )


def _refuse_unfit_phone(field: str, clean: Mapping[str, Any], *, before: str = "", any_phone: bool) -> None:
    """Refuse a changed phone number that can't be parsed. A number that stays as before is accepted."""
    number = clean.get(field) or ""
    if number and number != before and not any_phone and e164(number) is None:
        words = "A phone number needs all its digits, like 0803 123 4567; one abroad begins with + and the country."
        raise Refused("phone_unfit", words, field=field)


def _lock_account(account: Account, *, field: str) -> None:
    """Lock the account that a new record will belong to, so that it can't be deleted meanwhile. Refuses `gone`."""
    still_there(Account.objects.select_for_update(no_key=True), account, field=field)


def _lock_with_parent(account: Account, clean: dict[str, Any]) -> Account:
    """Lock the account's row and return it; with a new parent lock both rows, in the order of ids.

    A new parent also locks the code series of accounts first. Of two people who make two accounts each other's parent,
    one therefore waits for the other and is refused.
    """
    parent, ids = clean.get("parent"), [account.pk]
    if parent is not None and not Account.objects.filter(pk=account.pk, parent=parent).exists():
        CodeSeries.objects.get_or_create(prefix="A")
        CodeSeries.objects.select_for_update().get(prefix="A")
        ids.append(parent.pk)
    held = {row.pk: row for row in Account.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if account.pk not in held:
        raise gone(account)
    if len(held) < len(set(ids)):
        raise gone(parent, field="parent")
    if parent is not None and parent.pk in held:
        clean["parent"] = held[parent.pk]  # the locked row, with its current parent
    return held[account.pk]


def _refuse_own_parent(account: Account) -> None:
    seen, parent = {account.pk}, account.parent
    while parent is not None:
        if parent.pk in seen:
            raise Refused("own_parent", "An account can't be its own parent, directly or by others.", field="parent")
        seen.add(parent.pk)
        parent = parent.parent


def _apply(record: Any, clean: dict[str, Any]) -> None:
    for name, value in clean.items():
        setattr(record, name, value)


def _save_edit(record: R, by: Staff) -> R:
    record.version += 1
    return _save(record, by)


def _confirm_another(near: list[Hit], word: str) -> None:
    if near and not word.strip():
        first = near[0].record
        raise Refused(
            "near_match",
            f"{first} ({first.code}) looks the same: {near[0].why}. Use it, or say in a word why this is another one.",
            field="another_because",
        )


def _record_waiver(near: list[Hit], word: str, *, by: Staff, at: datetime, **record: Any) -> None:
    if near:
        codes = [hit.record.code for hit in near]
        NearMatchWaiver.objects.create(near_codes=codes, word=word.strip()[:120], by=by, at=at, **record)
