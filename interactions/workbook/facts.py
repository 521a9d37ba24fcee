"""What the hub holds of the records that a file names: models to values, in batches of a fixed number of queries."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import count
from os import PathLike
from typing import Any

from django.conf import settings
from django.db.models import Prefetch

from accounts.imports.models import ErpCustomer
from accounts.people.models import Staff, StaffAlias
from accounts.records.models import Account, CodeSeries, Contact
from accounts.records.models.accounts import OwnerBasis
from interactions.log.models import Amendment, Interaction
from interactions.workbook.account_rules import HubAccount
from interactions.workbook.book import Book
from interactions.workbook.contact_rules import HubContact
from interactions.workbook.decisions import Person, name_key
from interactions.workbook.interaction_rules import HubInteraction
from mikano_cx.kit.chunks import distinct_chunks
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.sheets import Limits

BATCH = 1_000


def limits() -> Limits:
    """What a workbook may cost: the sheet reader's limits, with the hub's own for the size of the file."""
    return Limits(file_bytes=settings.WORKBOOK_MAX_BYTES)


def open_book(path: str | PathLike[str]) -> Book:
    """The file read within the hub's limits. Refuses what `Book` refuses."""
    return Book(path, limits=limits())


def accounts(codes: Iterable[str]) -> dict[str, HubAccount]:
    found = {}
    for chunk in distinct_chunks(codes):
        for row in Account.objects.filter(code__in=chunk).values_list(
            "code",
            "name",
            "industry",
            "address",
            "main_phone",
            "erp_customer_id",
            "owner_id",
            "owner__full_name",
            "owner_basis",
            "division_id",
            "erp_customer__industry",
        ):
            code, name, industry, address, phone, erp, owner_id, owner_name, basis, division_id, erp_industry = row
            known = (code, name, industry, address, phone, erp or "", owner_id, owner_name or "")
            found[code] = HubAccount(*known, basis == OwnerBasis.RULES, division_id, _erp_owns(erp_industry))
    return found


def _erp_owns(industry: str | None) -> frozenset[str]:
    """What an account's customer in the ERP wins over, by the industry that it gives; None: it is none of the ERP's."""
    return frozenset() if industry is None else frozenset(ErpCustomer(industry=industry).owns)


def erp_holders(erp_ids: Iterable[str]) -> dict[str, str]:
    """ERP id: the code of the account that has it."""
    found: dict[str, str] = {}
    for chunk in distinct_chunks(erp_ids):
        rows = Account.objects.filter(erp_customer_id__in=chunk).values_list("erp_customer_id", "code")
        found |= {str(erp): code for erp, code in rows}
    return found


def account_divisions(codes: Iterable[str]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for chunk in distinct_chunks(codes):
        found.update(Account.objects.filter(code__in=chunk).values_list("code", "division_id"))
    return found


def contacts(codes: Iterable[str]) -> dict[str, HubContact]:
    found = {}
    for chunk in distinct_chunks(codes):
        for row in Contact.objects.filter(code__in=chunk).values_list(
            "code", "full_name", "job_title", "email", "mobile", "note", "account__code", "account__division_id"
        ):
            found[row[0]] = HubContact(*row)
    return found


def free_codes(tab: str, used: Sequence[str]) -> Iterator[str]:
    """Codes that neither the hub nor the file (`used`) has, in order. Asks the hub when the first one is wanted."""
    model: Any = {"accounts": Account, "contacts": Contact, "interactions": Interaction}[tab]
    prefix, in_file = tab[0].upper(), set(used)
    for start in count(CodeSeries.reach(prefix, used) + 1, BATCH):
        codes = [CodeSeries.code(prefix, number) for number in range(start, start + BATCH)]
        taken = in_file.union(model.objects.filter(code__in=codes).values_list("code", flat=True))
        yield from (code for code in codes if code not in taken)


def contact_accounts(codes: Iterable[str]) -> dict[str, str]:
    """Contact code: account code."""
    found: dict[str, str] = {}
    for chunk in distinct_chunks(codes):
        found.update(Contact.objects.filter(code__in=chunk).values_list("code", "account__code"))
    return found


def interactions(codes: Sequence[str]) -> dict[str, HubInteraction]:
    found = {}
    for chunk in distinct_chunks(codes):
        for entry in effective(Interaction.objects.filter(code__in=chunk)):
            found[entry.code] = entry
    return found


def effective(entries: Any) -> Iterator[HubInteraction]:
    """The entries of a queryset as they stand: each amendment's values over the original, the latest last."""
    amendments = Amendment.objects.exclude(values={}).order_by("at", "pk")
    queryset = entries.select_related("contact", "account", "logged_by").prefetch_related(
        Prefetch("amendments", amendments, to_attr="with_values")
    )
    for entry in queryset.iterator(BATCH):
        yield _hub_interaction(entry)


def _hub_interaction(entry: Interaction) -> HubInteraction:
    over: dict[str, Any] = {}
    for amendment in entry.with_values:  # type: ignore[attr-defined]
        over |= amendment.values
    logger = entry.logged_by
    return HubInteraction(
        code=entry.code,
        on=date.fromisoformat(over["date"]) if "date" in over else local_date(entry.occurred_at),
        contact=over.get("contact", entry.contact.code if entry.contact else ""),
        account=over.get("account", entry.account.code),
        channel=over.get("channel", entry.channel),
        channel_word=over.get("channel_word", entry.channel_word),
        notes=over.get("notes", entry.notes),
        next_action=entry.next_action,
        due_on=entry.due_on,
        logger_id=over.get("logged_by", logger.pk if logger else None),
        logger_name=over.get("logger_name", logger.full_name if logger else ""),
        division_id=entry.account.division_id,
        voided=entry.voided_at is not None,
        confidential=entry.confidential,
        author_id=entry.logged_by_id,
        done=entry.done_at is not None,
    )


def people() -> dict[str, Person]:
    """Everybody by the key of their name. An alias goes first, then who works here, then who is known from a file.

    Two people at work who share a name aren't told apart by it: their name finds the one known from a file, if any,
    and nobody otherwise, until an alias says who is meant.
    """
    found: dict[str, Person] = {}
    ambiguous: set[str] = set()
    for pk, full_name, active, left in Staff.objects.order_by("-is_active", "pk").values_list(
        "pk", "full_name", "is_active", "last_working_day"
    ):
        key = name_key(full_name)
        from_file = not active and left is None
        if key in found and active:
            ambiguous.add(key)
        elif key not in found or (key in ambiguous and from_file):
            found[key] = Person(pk, full_name, from_file)
            ambiguous.discard(key) if from_file else None
    for key in ambiguous:
        del found[key]
    for alias in StaffAlias.objects.select_related("staff"):
        found[alias.name_key] = Person(alias.staff_id, alias.staff.full_name, from_file=False)
    return found
