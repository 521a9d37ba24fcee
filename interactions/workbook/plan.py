"""Brings file and hub together: every decision of an import, batch by batch. Reads the hub and writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from interactions.workbook import facts
from interactions.workbook.account_rules import decide_accounts
from interactions.workbook.book import Book
from interactions.workbook.cell_parsers import erp_id
from interactions.workbook.contact_rules import decide_contacts
from interactions.workbook.decisions import Choices, Decision, People, Rights, keepers
from interactions.workbook.interaction_rules import References, agreement, decide_interactions
from interactions.workbook.row_rules import Known, TabCodes
from mikano_cx.kit.chunks import chunks


@dataclass
class Plan:
    """Iterate once: accounts, then contacts, then interactions, in the order of the file within each.

    `on` is the local day of the import. Accounts and contacts are held in memory (later rows refer to them),
    interactions pass through in batches of `facts.BATCH`.
    """

    book: Book
    choices: Choices
    rights: Rights
    on: date

    def __post_init__(self) -> None:
        self.people = People(facts.people())
        self.accounts, self.contacts = Known(), Known()
        self.divisions: dict[str, int | None] = {}
        self.moved: dict[str, tuple[str, str]] = {}

    def __iter__(self) -> Iterator[list[Decision]]:
        accounts = self._accounts()
        yield accounts
        del accounts
        contacts = self._contacts()
        yield contacts
        del contacts
        yield from self._interactions()

    def _accounts(self) -> list[Decision]:
        rows = self.book.accounts
        codes = [row.code() for row in rows]
        hub = facts.accounts(codes)
        erp_ids = [erp_id(row.cells.get("erp_customer_id")) for row in rows]
        holders = facts.erp_holders(erp_ids)
        facts_ = {
            "hub": hub,
            "erp_holders": holders,
            "free": facts.free_codes("accounts", codes),
            "people": self.people,
        }
        decisions = decide_accounts(rows, **facts_, choices=self.choices, rights=self.rights)  # type: ignore[arg-type]
        self.divisions = {code: known.division_id for code, known in hub.items()}
        _remember(self.accounts, decisions, set(hub))
        return decisions

    def _contacts(self) -> list[Decision]:
        rows = self.book.contacts
        self._know_accounts([row.code("account") for row in rows])
        codes = [row.code() for row in rows]
        hub = facts.contacts(codes)
        decisions = decide_contacts(
            rows,
            hub=hub,
            accounts=self.accounts,
            divisions=self.divisions,
            free=facts.free_codes("contacts", codes),
            choices=self.choices,
            rights=self.rights,
        )
        _remember(self.contacts, decisions, set(hub))
        for code, known in hub.items():
            self.moved[code] = (known.account, known.account)
        for decision in decisions:
            if decision.accepted and "account" in decision.values:
                now = decision.values["account"]
                self.moved[decision.code] = (now, self.moved.get(decision.code, (now, now))[1])
        return decisions

    def _interactions(self) -> Iterator[list[Decision]]:
        codes = self.book.codes
        tab_codes = TabCodes(self._kept(), facts.free_codes("interactions", codes.given))
        for rows in chunks(self.book.interactions(), facts.BATCH):
            self._know_accounts([row.code("account") for row in rows])
            self._know_contacts([row.code("contact") for row in rows])
            yield decide_interactions(
                rows,
                codes=codes,
                tab_codes=tab_codes,
                hub=facts.interactions([codes.code_of(row) for row in rows]),
                refs=References(self.accounts, self.contacts, self.moved),
                people=self.people,
                choices=self.choices,
                rights=self.rights,
                on=self.on,
            )

    def _kept(self) -> dict[str, tuple[int, int]]:
        shared = self.book.codes.shared
        hub = facts.interactions(list(shared))
        by_number = {row.number: (row, code) for code, rows in shared.items() for row in rows}
        return keepers(
            [(code, number) for number, (_, code) in by_number.items()],
            lambda number: agreement(by_number[number][0], hub.get(by_number[number][1])),
        )

    def _know_accounts(self, codes: list[str]) -> None:
        """Accept codes of accounts that are only in the hub."""
        new = [code for code in codes if code not in self.accounts.accepted and code not in self.accounts.refused]
        found = facts.account_divisions(new)
        self.divisions |= found
        self.accounts.accepted |= set(found)

    def _know_contacts(self, codes: list[str]) -> None:
        new = [code for code in codes if code not in self.contacts.accepted and code not in self.contacts.refused]
        found = facts.contact_accounts(new)
        self.contacts.accepted |= set(found)
        self.moved |= {code: (account, account) for code, account in found.items()}


def _remember(known: Known, decisions: list[Decision], in_hub: set[str]) -> None:
    """What rows may refer to: accepted rows, and records that the hub has whatever becomes of their row."""
    known.accepted |= in_hub | {decision.code for decision in decisions if decision.accepted}
    for decision in decisions:
        if not decision.accepted and decision.code and decision.code not in known.accepted:
            known.refused.setdefault(decision.code, decision.row)
