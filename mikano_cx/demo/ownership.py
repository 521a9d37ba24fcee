"""Writing the demo's sales and other facts that decide who owns an account, and replaying them by the rules.

Facts that the hub learned until ten days ago are written and replayed first, without notices. Later ones are news, and
give the people concerned their notices.
"""

from datetime import datetime, timedelta
from itertools import count

from django.db.models import F
from simple_history.utils import bulk_create_with_history

from accounts.people.models import Division, Leave, Movement, Notice, ProductLine, Staff
from accounts.records.models import Account
from interactions.log.models import Interaction
from interactions.sales.models import Sale, SaleSource
from mikano_cx.demo.cast import CastMember, cast_member
from mikano_cx.demo.row_types import Demo, DemoSaleRow
from mikano_cx.demo.sales import LINES, sellers_of
from mikano_cx.demo.stories import DISPUTED, RULED, UPHELD
from mikano_cx.kit.local_time import day_start, local_date
from ownership.disputes.actions.disputes import close_dispute, draft_ruling, open_dispute, preview_rulings, sign_rulings
from ownership.facts.models import Assignment
from ownership.facts.models.rulings import RulingKind
from ownership.facts.queries import INTERACTION, SALE, fact_id
from ownership.replay.actions.notices import tell_endings
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.models import OwnershipFlag
from ownership.routing.actions import route_inquiry
from ownership.routing.models import Routing

NEWS = timedelta(days=10)
REASON = "Demo data"  # the reason in a product line's history, by which `removal` finds the line
AWAY = "Osagie Ighodaro"
People = dict[CastMember, Staff]
Accounts = dict[int, Account]


class Ownership:
    """The facts of the demo, and the decisions that follow from them, as of the instant `at`."""

    def __init__(self, demo: Demo, people: People, accounts: Accounts, *, at: datetime) -> None:
        self.demo, self.people, self.accounts, self.at = demo, people, accounts, at
        self.today = local_date(at)
        self.by_name = {row.name: accounts[row.number] for row in demo.accounts}
        self.waiting = {accounts[row.number].pk for row in demo.accounts if row.on_paper}
        self.written: dict[int, Sale] = {}
        taken = set(Sale.objects.values_list("invoice_number", flat=True))
        self.numbers = (number for number in count(20_101) if not {f"INV-{number}", f"CN-{number}"} & taken)

    def is_news(self, recorded: datetime) -> bool:
        return recorded > self.at - NEWS

    def ago(self, days: int, hour: int = 9) -> datetime:
        """An instant of the local day that many days ago."""
        return day_start(self.today - timedelta(days=days)) + timedelta(hours=hour)

    def staff(self, full_name: str) -> Staff:
        return self.people[cast_member(full_name)]

    # --- people ---
    def settle_people(self) -> None:
        """Record who left, who is on leave, and who sells which lines."""
        it = self.staff("Ifeoma Okeke")
        for person, member in self.people.items():
            if person.left_days_ago is not None:
                left = self.ago(person.left_days_ago - 1, 0)
                told = left - timedelta(days=14)
                Movement.objects.create(
                    staff=member, kind=Movement.Kind.DEPARTURE, at=left, recorded_at=told, recorded_by=it
                )
        away = self.staff(AWAY)
        days = {"first_day": self.today - timedelta(days=8), "last_day": self.today + timedelta(days=5)}
        leave = Leave(staff=away, recorded_by=away, **days)
        leave._history_user, leave._history_date = away, self.ago(12)  # type: ignore[attr-defined]
        leave.save()
        for division in Division.objects.filter(slug__in=LINES):
            self._line_up(division)

    def _line_up(self, division: Division) -> None:
        """Add the division's product lines, each with its salespeople; existing lines are used."""
        sellers = sellers_of(division.slug)
        for place, sold in enumerate(LINES[division.slug]):
            line = ProductLine.objects.filter(division=division, name=sold.name).first()
            if line is None:
                line = ProductLine(division=division, name=sold.name)
                line._change_reason = REASON  # type: ignore[attr-defined]
                line.save()
            # Everybody sells the first line, all but one each of the others.
            line.staff.add(*(self.people[who] for n, who in enumerate(sellers) if not place or n % 4 != place))

    # --- facts ---
    def write_sales(self, *, news: bool) -> None:
        """Write the sales that are news, or those that aren't: invoices before the credit notes that name them."""
        rows = [sale for sale in self.demo.sales if self.is_news(sale.recorded) == news]
        for chosen in ([row for row in rows if not row.credits], [row for row in rows if row.credits]):
            made = [self._sale(row) for row in chosen]
            bulk_create_with_history(made, Sale, batch_size=500)
            self.written |= {id(row): sale for row, sale in zip(chosen, made, strict=True)}

    def _sale(self, row: DemoSaleRow) -> Sale:
        seller = self.people[row.person] if row.person else None
        account = self.accounts[row.account.number]
        sale = Sale(
            invoice_number=f"{'CN' if row.credits else 'INV'}-{next(self.numbers)}",
            account=account,
            sold_on=row.on,
            recorded_at=row.recorded,
            amount=row.amount,
            salesperson=seller,
            salesperson_code=row.code or (seller.erp_code or "" if seller else ""),
            division=account.division,
            product_line=row.line,
            credit_note_of=self.written[id(row.credits)] if row.credits else None,
            source=SaleSource.ERP,
            is_demo=True,
        )
        sale._history_date = row.recorded  # type: ignore[attr-defined]
        return sale

    def write_assignments(self) -> None:
        Assignment.objects.bulk_create(
            Assignment(
                account=self.accounts[row.account.number],
                assignee=self.people[row.to],
                by=self.people[row.by],
                at=row.at,
                reason=row.reason,
                is_demo=True,
            )
            for row in self.demo.given
        )

    # --- what follows ---
    def replay_history(self) -> None:
        """Replay the facts that aren't news, without notices."""
        mine = {account.pk for account in self.accounts.values()}
        replay_accounts(mine - self.waiting, at=self.at - NEWS)
        Notice.objects.filter(account__in=mine).delete()
        self._ruled()
        self._upheld()
        Notice.objects.filter(account__in=mine).update(read_at=F("at") + timedelta(hours=3))

    def replay_news(self) -> None:
        """Replay as of now, with notices dated on their own days. Owners known from a workbook alone go to review."""
        mine = {account.pk for account in self.accounts.values()}
        replay_accounts(self.waiting, at=self.ago(3))
        replay_accounts(mine, at=self.at)
        Notice.objects.filter(account__in=mine, read_at=None, about_at__lt=self.at).update(at=F("about_at"))
        tell_endings(at=self.ago(0, 0), among=mine)
        self._argued()

    def _ruled(self) -> None:
        """Open a dispute and sign a ruling: the entry that claimed the account wasn't substantive."""
        dispute = open_dispute(
            self.by_name[RULED],
            by=self.staff("Aisha Bello"),
            at=self.ago(50),
            question="Yinka's entry says meeting, but nobody was met: whose is the lead?",
            claimants=[self.staff("Yinka Oladipo"), self.staff("Aisha Bello")],
        )
        head, at = self.staff("Ngozi Eze"), self.ago(46, 15)
        why = "Brochures left with a guard are no meeting: the contact was away."
        draft_ruling(
            dispute,
            by=head,
            at=at,
            kind=RulingKind.RECLASSIFY,
            target=self._entry_of(RULED, "Yinka Oladipo"),
            substantive=False,
            reason=why,
        )
        seen = preview_rulings(dispute, at=at)
        closing = "Aisha's test drive is the first substantive interaction. Brochures alone claim nothing."
        sign_rulings(dispute, by=head, at=at, reason=closing, digest=seen.digest)

    def _upheld(self) -> None:
        """Open a dispute and close it without a ruling: the finding stands."""
        dispute = open_dispute(
            self.by_name[UPHELD],
            by=self.staff("Chinedu Obi"),
            at=self.ago(40),
            question="I visited the kiln first. Isn't the account mine?",
            claimants=[self.staff("Chinedu Obi"), self.staff("Emeka Nwosu")],
        )
        reason = "A lead ends when somebody closes the deal: Emeka's invoice did. No fact is wrong."
        close_dispute(dispute, by=self.staff("Babajide Akande"), at=self.ago(37, 16), reason=reason)

    def _argued(self) -> None:
        """Open a dispute on a sale that can be read either way, with the head's ruling as a draft."""
        account, funke = self.by_name[DISPUTED], self.staff("Funke Ade")
        sale = Sale.objects.get(account=account, salesperson=self.staff("Yinka Oladipo"))
        dispute = open_dispute(
            account,
            by=funke,
            at=self.ago(3, 10),
            question=f"{sale.invoice_number} is my quote and my negotiation; Yinka only passed the order on.",
            claimants=[funke, self.staff("Yinka Oladipo")],
            flag=OwnershipFlag.objects.get(account=account),
        )
        draft_ruling(
            dispute,
            by=self.staff("Ngozi Eze"),
            at=self.ago(1, 17),
            kind=RulingKind.CREDIT,
            target=fact_id(SALE, sale.pk),
            credited_to=funke,
            reason="The order answers Funke's quote, and the price is the one she negotiated.",
        )

    def _entry_of(self, company: str, full_name: str) -> str:
        entry = Interaction.objects.get(account=self.by_name[company], logged_by=self.staff(full_name))
        return fact_id(INTERACTION, entry.pk)

    # --- routing ---
    def route(self) -> int:
        """Route a fortnight's inquiries: most match no account and rotate, a few go to the account's holder."""
        lines = list(ProductLine.objects.filter(division__slug__in=LINES).select_related("division"))
        held = [account for account in self.accounts.values() if account.division_id]
        for number in range(40):
            line = lines[number * 5 % len(lines)]
            same = [account for account in held if account.division_id == line.division_id]
            account = same[number % len(same)] if number % 4 == 2 and same else None
            at = self.ago(14 - number // 3, 9 + number * 5 % 8)
            route_inquiry(account, line.division, line, at, is_demo=True)
        return Routing.objects.filter(is_demo=True).count()
