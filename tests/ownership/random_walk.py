"""A hub in which people do whatever the verbs let them, in an order that a seed draws, as days and years go by.

After each verb `Walk.wrong()` replays every account from all its facts and says what is stored otherwise.
"""

import csv
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files import File

from accounts.imports.models import ImportRun
from accounts.people.actions.staff import depart, edit_staff, return_to_work
from accounts.people.models import Division, Staff, StaffRole
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.log.models import Interaction, InteractionKind
from interactions.sales.actions import import_sales_csv, record_credit_note, record_sale
from interactions.sales.models import Sale
from interactions.workbook import actions as workbook_actions
from interactions.workbook.decisions import Choices
from interactions.workbook.layout import TABS
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets.writer import TabOut, write_workbook
from ownership.assignments.actions import assign_accounts
from ownership.disputes.actions.disputes import (
    draft_ruling,
    open_dispute,
    preview_rulings,
    sign_rulings,
    withdraw_dispute,
)
from ownership.disputes.models import Dispute
from ownership.engine.rules import replay
from ownership.facts.queries import ASSIGNMENT, CREATED, INTERACTION, SALE, fact_id, facts_of, policy_in_force
from ownership.policies.actions.policies import set_policy
from ownership.replay.actions.sweep import audit, catch_up
from ownership.replay.models import OwnerReview, OwnershipFlag, Tenure
from ownership.reviews.actions import decide_reviews

STEPS = (0.2, 0.2, 0.2, 0.5, 1, 5, 20, 26, 50, 24 * 12, 24 * 45, 24 * 91)  # hours until the next verb


class Walk:
    def __init__(self, seed: int, *, at: datetime, folder: Path, cast: Any) -> None:
        self.rng, self.at, self.folder, self.cast = random.Random(seed), at, folder, cast
        self.done: Counter[str] = Counter()
        self.number = 0
        ada = Staff.objects.create(username="ada", full_name="Ada Obi")
        ada.divisions.set([Division.objects.get(slug="motors")])
        StaffRole.objects.create(staff=ada, role="sales")
        self.sellers = [cast.funke, cast.emeka, cast.aisha, ada]

    def run(self, verbs: int) -> None:
        """Do so many verbs; what the hub refuses is no verb. Fails at the first one that leaves something wrong."""
        told: list[str] = []
        while len(told) < verbs:
            self.at += timedelta(hours=self.rng.choice(STEPS), seconds=self.rng.randrange(60))
            if self.rng.random() < 0.6:  # else the sweep is late
                catch_up(at=self.at)
                assert not (wrong := self.wrong()), f"the sweep of {self.at}: {wrong}, after {told}"
            verb = self.rng.choices(list(VERBS), VERBS.values())[0]
            try:
                verb(self)
            except (Refused, IndexError):  # an IndexError has nothing yet to choose from
                continue
            self.done[verb.__name__] += 1
            told.append(f"{verb.__name__} at {self.at}")
            catch_up(at=self.at)
            assert not (wrong := self.wrong()), f"{wrong}, after {told}"
        assert audit(at=self.at).changed == 0, told

    def wrong(self) -> list[str]:
        """What is stored otherwise than all the facts say, by accounts."""
        row, policy = policy_in_force(self.at)
        facts = facts_of(Account.objects.values_list("pk", flat=True), lean=False)
        reviewed = set(OwnerReview.objects.filter(state__in=OwnerReview.OPEN).values_list("account", flat=True))
        found = []
        for account in Account.objects.order_by("pk"):
            line = replay(facts[account.pk], policy, self.at)
            last = line.current
            told = [(s.state, s.holder, s.start, s.end, s.rule, list(s.evidence)) for s in line.segments]
            flags = [(flag.at, flag.cause, list(flag.evidence)) for flag in line.flags]
            pairs = [
                ("line", stored_line(account), told),
                ("flags", stored_flags(account), flags),
            ]
            ends = row.ends_at  # where the next policy was set before the account was replayed, it waits for that
            if ends is None or account.next_at != ends or ends >= (line.next_at or ends + timedelta(days=1)):
                pairs.append(("next_at", account.next_at, line.next_at))
            if account.pk not in reviewed:
                state, holder = (last.state, last.holder) if last else ("orphan", None)
                pairs += [
                    ("owner", account.owner_id and str(account.owner_id), holder),
                    ("state", account.ownership_state, state),
                    ("since", account.owned_since, last and last.start),
                    ("expires_at", account.expires_at, line.expires_at),
                ]
            found += [
                f"{account} {what}: {stored} stored, {said} said" for what, stored, said in pairs if stored != said
            ]
        return found

    # --- what people do ---

    def creates(self) -> None:
        self.number += 1
        by = self.rng.choice([*self.sellers, self.cast.tunde])
        division = self.rng.choice([None, *by.divisions.all()])
        values = {"name": f"Customer {self.number} of {self.number * 7919}", "division": division}
        create_account(by=by, at=self.at, values=values, another_because="Its own number")

    def logs(self) -> None:
        by = self.rng.choice([*self.sellers, self.cast.tunde])
        log_interaction(by=by, at=self.at, account=self.account(), channel=self.rng.choice(["phone", "meeting"]))

    def voids(self) -> None:
        void_interaction(self.entry(voided_at=None), by=self.cast.tunde, at=self.at, reason="Another company")

    def amends(self) -> None:
        by = self.rng.choice(self.sellers)
        entry = log_interaction(by=by, at=self.at, account=self.account(), channel="phone")
        self.at += timedelta(minutes=self.rng.choice([5, 30]))
        kind = InteractionKind.objects.get(slug=self.rng.choice(["meeting", "quote-sent", "complaint"]))
        amend_interaction(entry, by=by, at=self.at, values={"kind": kind}, text="It was more than that")

    def assigns(self) -> None:
        free = list(Account.objects.filter(ownership_state__in=["orphan", "unassigned"]).order_by("pk"))
        chosen = self.rng.sample(free, min(len(free), self.rng.choice([1, 3])))
        self.rng.choice(chosen)
        assignee = self.rng.choice(self.sellers)
        for account in chosen:
            assign_accounts([account], by=self.cast.ngozi, at=self.at, assignee=assignee)

    def leaves(self) -> None:
        day = local_date(self.at) + timedelta(days=self.rng.choice([-40, -3, -1, 0, 0, 5, 30]))
        depart(self.rng.choice(self.sellers), by=self.cast.chinedu, at=self.at, last_working_day=day)

    def comes_back(self) -> None:
        gone = [person for person in self.sellers if Staff.objects.get(pk=person.pk).last_working_day]
        day = self.rng.choice([None, local_date(self.at), local_date(self.at) + timedelta(days=9)])
        return_to_work(self.rng.choice(gone), by=self.cast.chinedu, at=self.at, first_day=day)

    def sells(self) -> None:
        self.number += 1
        record_sale(
            by=self.cast.tunde,
            at=self.at,
            invoice_number=f"INV-{self.number}",
            account=self.account(),
            sold_on=self.day_before(),
            amount=Decimal(self.rng.choice(["1", "100", "100", "0"])),
            salesperson=self.rng.choice([None, *self.sellers]),
        )

    def credits(self) -> None:
        self.number += 1
        sale = self.rng.choice(list(Sale.objects.filter(credit_note_of=None, amount__gt=0).order_by("pk")))
        record_credit_note(
            by=self.cast.tunde,
            at=self.at,
            invoice_number=f"CN-{self.number}",
            credits=sale,
            sold_on=local_date(self.at),
            amount=-self.rng.choice([sale.amount, Decimal("0.5")]),
        )

    def brings_sales(self) -> None:
        path = self.folder / f"sales-{self.number}.csv"
        rows = []
        for _ in range(5):
            self.number += 1
            who = self.rng.choice(["", "Ada Obi", "Funke Ade"])
            rows.append([f"INV-{self.number}", self.account().code, self.day_before(), self.number, who])
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["invoice", "account", "date", "amount", "salesperson"], *rows])
        assert import_sales_csv(path, by=None, at=self.at).counts["refused"] == 0

    def rules(self) -> None:
        """A dispute is opened, a ruling drafted and signed."""
        account = self.account()
        kind, facts = self.rng.choice(
            [
                ("credit", [fact_id(SALE, pk) for pk in account.sales.values_list("pk", flat=True)]),
                ("reclassify", [fact_id(INTERACTION, pk) for pk in account.interactions.values_list("pk", flat=True)]),
                ("void", [fact_id(CREATED, account.pk)]),
                ("void", [fact_id(ASSIGNMENT, pk) for pk in account.assignments.values_list("pk", flat=True)]),
                ("void", [fact_id(SALE, pk) for pk in account.sales.values_list("pk", flat=True)]),
            ]
        )
        target = self.rng.choice(sorted(facts))
        working = list(Staff.objects.working(local_date(self.at)).filter(pk__in=[each.pk for each in self.sellers]))
        dispute = open_dispute(
            account, by=self.cast.ngozi, at=self.at, question="Whose?", claimants=[self.rng.choice(working)]
        )
        try:
            draft_ruling(
                dispute,
                by=self.cast.ngozi,
                at=self.at,
                kind=kind,
                target=target,
                reason="The order says so",
                credited_to=self.rng.choice([None, *self.sellers]),
                substantive=self.rng.choice([True, False]),
            )
            digest = preview_rulings(dispute, at=self.at).digest
            sign_rulings(dispute, by=self.cast.ngozi, at=self.at, reason="So it is", digest=digest)
        finally:
            if Dispute.objects.get(pk=dispute.pk).state == Dispute.State.OPEN:
                withdraw_dispute(dispute, by=self.cast.ngozi, at=self.at)

    def changes_the_policy(self) -> None:
        set_policy(
            by=self.cast.tunde,
            at=self.at,
            effective_from=local_date(self.at) + timedelta(days=self.rng.choice([0, 1, 20])),
            orphan_after_months=self.rng.choice([1, 6, 12]),
            lead_days=self.rng.choice([30, 90]),
            reason="To see",
        )

    def brings_in(self) -> None:
        """A workbook with accounts that the hub has and one that it hasn't, owners changed, and entries of its own."""
        known = [*Account.objects.order_by("pk")]
        chosen = self.rng.sample(known, min(3, len(known)))
        self.number += 1
        new = [f"W{self.number:03}", f"Workbook customer {self.number}", "", "", "", "", self.name()]
        accounts = [[each.code, each.name, "", "", "", "", self.name()] for each in chosen]
        contact = f"C9{self.number:03}"
        contacts = [[contact, f"Tunde Leye {self.number}", "", "", "", self.rng.choice([*accounts, new])[0]]]
        entries = [
            ["", str(self.day_before()), contact, "", self.rng.choice(["Phone", "Meeting"]), "", "", "", self.name()]
            for _ in range(3)
        ]
        path = self.folder / f"hub-{self.number}.xlsx"
        rows = {"accounts": [*accounts, new], "contacts": contacts, "interactions": entries}
        write_workbook(path, [TabOut(tab.title, [c.label for c in tab.columns], rows[tab.key]) for tab in TABS])
        with path.open("rb") as file:
            run = workbook_actions.upload(
                by=self.cast.tunde, at=self.at, file=File(file), file_name=path.name, division=None, choices=Choices()
            )
        workbook_actions.check(run, at=self.at)
        workbook_actions.start_applying(run, by=self.cast.tunde)
        workbook_actions.apply(run, at=self.at)

    def takes_back(self) -> None:
        run = list(ImportRun.objects.filter(state=ImportRun.State.APPLIED).order_by("pk"))[-1]
        workbook_actions.start_undoing(run, by=self.cast.tunde)
        workbook_actions.undo(run, at=self.at)

    def reviews(self) -> None:
        review = self.rng.choice(list(OwnerReview.objects.filter(state__in=OwnerReview.OPEN).order_by("pk")))
        head = self.cast.ngozi
        decide_reviews([review], by=head, at=self.at, accept=self.rng.random() < 0.6, reason="It was agreed")

    def turns_out_to_work_here(self) -> None:
        unknown = list(Staff.objects.filter(is_active=False, last_working_day=None).order_by("pk"))
        edit_staff(self.rng.choice(unknown), by=self.cast.chinedu, at=self.at, values={"is_active": True})

    # --- what there is to choose from ---

    def account(self) -> Account:
        return self.rng.choice(list(Account.objects.order_by("pk")))

    def entry(self, **wanted: Any) -> Interaction:
        return self.rng.choice(list(Interaction.objects.filter(**wanted).order_by("pk")))

    def day_before(self) -> Any:
        return local_date(self.at) - timedelta(days=self.rng.choice([0, 0, 1, 30, 300, 400]))

    def name(self) -> str:
        return self.rng.choice(["Funke Ade", "Ada Obi", "Aisha Bello", f"Old Salesman {self.number}", ""])


VERBS: dict[Callable[[Walk], None], int] = {
    Walk.creates: 4,
    Walk.logs: 12,
    Walk.voids: 4,
    Walk.amends: 3,
    Walk.assigns: 5,
    Walk.leaves: 3,
    Walk.comes_back: 3,
    Walk.sells: 5,
    Walk.credits: 2,
    Walk.brings_sales: 1,
    Walk.rules: 5,
    Walk.changes_the_policy: 1,
    Walk.brings_in: 3,
    Walk.takes_back: 2,
    Walk.reviews: 3,
    Walk.turns_out_to_work_here: 1,
}


def stored_line(account: Account) -> list[tuple[Any, ...]]:
    return [
        (t.state, t.holder_id and str(t.holder_id), t.start, t.end, t.rule, t.evidence)
        for t in Tenure.objects.filter(account=account).order_by("start")
    ]


def stored_flags(account: Account) -> list[tuple[Any, ...]]:
    flags = OwnershipFlag.objects.filter(account=account)
    return sorted((flag.at, flag.kind, flag.evidence) for flag in flags)
