"""The tables of the lists of ownership. The last column offers what the `reader` may do with a row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.people.models import Staff
from accounts.people.roles import HEADING, LOGGING, SELLING
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from interactions.sales.models import Sale
from mikano_cx.kit import local_time
from mikano_cx.kit.html import markup
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.tables import (
    CodeColumn,
    Column,
    DayColumn,
    HubTable,
    MomentColumn,
    PersonColumn,
    address_of_page,
    badge,
)
from mikano_cx.kit.templatetags.hub import last_day, moment
from ownership.assignments.filters import LEADS_END_WITHIN, OWNERS_END_WITHIN
from ownership.disputes.models import Dispute
from ownership.explain.phrases import naira
from ownership.facts.models import Assignment, Renewal
from ownership.facts.queries import ASSIGNMENT, RENEWAL, SALE, fact_id, row_of
from ownership.replay.models import OwnershipFlag
from ownership.replay.models.tenures import FlagKind

TOLD_AT_ONCE = 500  # flags described with one set of queries in an export
URGENT = 3  # days
LEAVES_PHONES = {"td": {"class": "wide-only"}}


class SinceColumn(MomentColumn):
    """An instant that sorts in the index's order, without a rule for the rare account that has none."""

    def order(self, queryset: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        order = (f"-{self.accessor}", "-pk") if is_descending else (self.accessor, "pk")
        return queryset.order_by(*order), True


class EndColumn(Column):
    """The day on which a clock runs out. Accounts without a clock sort last in both directions."""

    def value(self, record: Any, value: Any = None) -> Any:
        return local_date(value)

    def order(self, queryset: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        by = F("expires_at")
        order = (by.desc(nulls_last=True), "-pk") if is_descending else (by.asc(nulls_last=True), "pk")
        return queryset.order_by(*order), True


def countdown(ends: datetime, state: str, today: date) -> SafeString:
    """The badge of components/countdown.html with the days left; `today` is the local day.

    It warns owners from 60 days before the end on, leads from 14.
    """
    left = local_time.days_left(ends, today)
    near = LEADS_END_WITHIN if state == OwnershipState.LED else OWNERS_END_WITHIN
    tone = "danger" if left <= URGENT else "warn" if left <= near else ""
    return badge(local_time.days_left_text(left), tone, f"until the end of {last_day(ends)}")


def state_badge(account: Account) -> SafeString:
    """The badge of the account's state, linked to the page Why."""
    tone = {OwnershipState.OWNED: "accent", OwnershipState.LED: "info"}.get(OwnershipState(account.ownership_state))
    shown = badge(account.get_ownership_state_display(), tone or "warn", "Why?")
    return markup('<a href="{}">{}</a>', _why(account), shown)


_why = address_of_page("ownership:why")


class AccountsTable(HubTable):
    """The columns that all lists of accounts share. `ticked` are the keys to keep ticked after a refused form."""

    name = Column("Company", href=address_of_page("pages:account"), order_by=("name", "pk"))
    code = CodeColumn("ID")
    division = Column("Division", orderable=False, plain=lambda record: str(record.division or ""))
    industry = Column("Industry", orderable=False, attrs=LEAVES_PHONES)

    act_label: ClassVar[str] = ""

    def __init__(
        self,
        data: Any,
        *,
        columns: Sequence[str],
        reader: Staff,
        today: date,
        ticked: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.reader, self.today, self.ticked = reader, today, frozenset(ticked)
        super().__init__(data, columns=[name for name in columns if self.useful(name)], **options)

    def useful(self, name: str) -> bool:
        """Whether the reader has any use for the column; the table leaves out the others."""
        return True

    class Meta:
        default = ""


class PoolTable(AccountsTable):
    last_sale = DayColumn("Last sale", accessor="last_sale_on", orderable=False, default="Never")
    last_touch = MomentColumn("Last touch", accessor="last_interaction_at", default="Never")
    since = SinceColumn("Orphan since", accessor="owned_since")
    former = Column("Former holder", orderable=False)
    act = Column("Claim", accessor="code", orderable=False, exported=False, attrs={"td": {"class": "act"}})

    always = ("name", "act")
    usual = ("name", "code", "division", "industry", "last_sale", "last_touch", "since", "former", "act")
    label = "Orphan pool"

    class Meta:
        order_by = "-since"
        default = ""

    def useful(self, name: str) -> bool:
        return name != "act" or self.reader.has_role(SELLING)

    def render_act(self, record: Account) -> SafeString:
        return markup(
            '<a class="btn btn-sm" href="{}" data-dialog-load="#claim" aria-label="Claim {}">Claim</a>',
            reverse("ownership:claim", args=[record.code]),
            record.name,
        )


class HeldTable(AccountsTable):
    code = CodeColumn("ID", attrs=LEAVES_PHONES)
    division = Column("Division", orderable=False, plain=lambda record: str(record.division or ""), attrs=LEAVES_PHONES)
    state = Column("State", accessor="ownership_state", orderable=False,
                   plain=lambda record: record.get_ownership_state_display())  # fmt: skip
    owner = PersonColumn("Holder", order_by=("owner__full_name", "expires_at", "pk"))
    ends = EndColumn("Ends", accessor="expires_at", empty_values=())
    since = SinceColumn("Since", accessor="owned_since", attrs=LEAVES_PHONES)
    last_touch = MomentColumn("Last touch", accessor="last_interaction_at", default="Never")
    act = Column("Log", accessor="code", orderable=False, exported=False, attrs={"td": {"class": "act"}})

    always = ("name", "act")
    usual = ("name", "code", "division", "state", "owner", "ends", "since", "last_touch", "act")
    label = "Accounts held"

    class Meta:
        order_by = "ends"
        default = ""

    def useful(self, name: str) -> bool:
        return name != "act" or self.reader.has_role(LOGGING)

    def render_state(self, record: Account) -> SafeString:
        return state_badge(record)

    def render_ends(self, record: Any) -> Any:
        if record.expires_at:
            return countdown(record.expires_at, record.ownership_state, self.today)
        waits = badge("under review", "info", "Its division’s head decides whose it is")
        return markup('<a href="{}">{}</a>', _why(record), waits) if record.under_review else "–"

    def value_ends(self, record: Any) -> Any:
        if record.expires_at:
            return local_date(record.expires_at)
        return "under review" if record.under_review else None

    def render_act(self, record: Account) -> SafeString:
        log = f"{reverse('interactions:log')}?account={quote(record.code)}"
        link = '<a class="btn btn-sm" href="{}" data-dialog-load="#quick-log" aria-label="Log with {}">Log</a>'
        return markup(link, log, record.name)


class UnassignedTable(AccountsTable):
    select = Column("Assign", accessor="code", orderable=False, exported=False, attrs={"td": {"class": "select"}})
    state = Column("State", accessor="ownership_state", orderable=False,
                   plain=lambda record: record.get_ownership_state_display())  # fmt: skip
    last_sale = DayColumn("Last sale", accessor="last_sale_on", orderable=False, default="Never")
    ends = EndColumn("Claimable from", accessor="expires_at", default="now")
    former = Column("Former holder", orderable=False)
    since = SinceColumn("Since", accessor="owned_since")
    last_touch = MomentColumn("Last touch", accessor="last_interaction_at", default="Never")

    always = ("select", "name")
    usual = ("select", "name", "code", "division", "state", "last_sale", "ends", "former", "since")
    label = "Unassigned accounts"

    class Meta:
        order_by = "ends"
        default = ""
        sequence = ("select", "...")

    def useful(self, name: str) -> bool:
        return name != "select" or self.reader.has_role(HEADING)

    def render_select(self, record: Account) -> Any:
        if not self.reader.heads(record.division_id):
            return markup('<span class="visually-hidden">{}</span>', "Another division’s")
        ticked = SafeString(" checked") if str(record.pk) in self.ticked else ""
        box = '<input type="checkbox" name="accounts" value="{}" form="assign" aria-label="Assign {}"{}>'
        return markup(box, record.pk, record.name, ticked)

    def render_state(self, record: Account) -> SafeString:
        return state_badge(record)

    def render_ends(self, value: datetime) -> Any:
        return moment(value)


class FlagTable(HubTable):
    when = MomentColumn("When", accessor="at")
    kind = Column("What", orderable=False)
    account = Column("Account", href=address_of_page("pages:account", "account"), orderable=False,
                     plain=lambda record: str(record.account))  # fmt: skip
    account_code = Column("Account ID", accessor="account__code", orderable=False)
    division = Column("Division", accessor="account__division", orderable=False,
                      plain=lambda record: str(record.account.division or ""))  # fmt: skip
    told = Column("What happened", accessor="evidence", orderable=False, attrs={"td": {"class": "notes"}})
    owner = PersonColumn("Holder now", accessor="account__owner", orderable=False, default="Nobody")
    seen = Column("Seen", accessor="seen_at", orderable=False)
    act = Column("To do", accessor="pk", orderable=False, exported=False, attrs={"td": {"class": "act"}})

    always = ("when", "account", "act")
    usual = ("when", "kind", "account", "told", "owner", "seen", "act")
    label = "Out-of-turn sales and ignored assignments"

    class Meta:
        order_by = "-when"
        default = ""

    def __init__(self, data: Any, *, reader: Staff, today: date, ticked: Sequence[str] = (), **options: Any) -> None:
        self.reader = reader
        super().__init__(data, **options)

    def before_render(self, request: HttpRequest) -> None:
        super().before_render(request)
        rows = list(self.paginated_rows.data)
        self.known = flag_descriptions(rows)
        open_ones = Dispute.objects.filter(account__in={row.account_id for row in rows}, state=Dispute.State.OPEN)
        self.disputes = dict(open_ones.values_list("account", "pk"))

    def render_kind(self, record: OwnershipFlag) -> SafeString:
        shown = badge(record.get_kind_display(), "warn", "Why?")
        return markup('<a href="{}">{}</a>', _why(record.account), shown)

    def render_told(self, record: OwnershipFlag) -> str:
        return self.known[record.pk]

    def value_told(self, record: OwnershipFlag) -> str:
        return self._all_told[record.pk]

    def render_seen(self, record: OwnershipFlag) -> Any:
        return markup("{} {}", record.seen_by, moment(record.seen_at))

    def value_seen(self, record: OwnershipFlag) -> str:
        return f"{record.seen_by}, {day_text(local_date(record.seen_at))}" if record.seen_at else ""

    def render_act(self, record: OwnershipFlag) -> Any:
        parts = []
        if record.seen_at is None and self.reader.heads(record.account.division_id):
            opening = '<button class="btn btn-sm" form="see" name="flag" value="{}" aria-label="Mark as seen: {}">'
            parts.append(markup(f"{opening}Mark as seen</button>", record.pk, record.account.name))
        link = '<a class="btn btn-sm btn-ghost" href="{}" aria-label="{} {}">Dispute</a>'
        if found := self.disputes.get(record.account_id):
            url = reverse("ownership:dispute", args=[found])
            parts.append(markup(link, url, "The open dispute on", record.account.name))
        elif self.reader.has_role(LOGGING):
            url = f"{reverse('ownership:dispute_new')}?account={quote(record.account.code)}&flag={record.pk}"
            parts.append(markup(link, url, "Open a dispute on", record.account.name))
        return markup('<div class="row">{}{}</div>', *[*parts, "", ""][:2])

    @cached_property
    def _all_told(self) -> dict[int, str]:
        rows = list(self.data.data)
        parts = (flag_descriptions(rows[start : start + TOLD_AT_ONCE]) for start in range(0, len(rows), TOLD_AT_ONCE))
        return {pk: words for part in parts for pk, words in part.items()}


def flag_descriptions(flags: Iterable[OwnershipFlag]) -> dict[int, str]:
    """Descriptions of what was flagged, by the flag's key. Three queries."""
    flags = list(flags)
    facts = [row_of(fact) for flag in flags for fact in flag.evidence]
    sales = Sale.objects.select_related("salesperson").in_bulk([pk for letter, pk in facts if letter == SALE])
    given = Assignment.objects.select_related("assignee", "by").in_bulk(
        [pk for letter, pk in facts if letter == ASSIGNMENT]
    )
    anew = Renewal.objects.select_related("person", "author").in_bulk([pk for letter, pk in facts if letter == RENEWAL])
    gave = {fact_id(ASSIGNMENT, pk): f"{row.by} gave it to {row.assignee}" for pk, row in given.items()}
    gave |= {fact_id(RENEWAL, pk): f"{row.author} gave it to {row.person}, anew" for pk, row in anew.items()}
    descriptions = {}
    for flag in flags:
        if flag.kind == FlagKind.OUT_OF_TURN_SALE:
            rows = [pk for _, pk in map(row_of, flag.evidence)]
            descriptions[flag.pk] = "; ".join(_sale_description(sales[pk]) for pk in rows if pk in sales)
        else:
            descriptions[flag.pk] = "; ".join(gave[fact] for fact in flag.evidence if fact in gave)
    return descriptions


def _sale_description(sale: Sale) -> str:
    return f"{sale.salesperson or 'Somebody'} sold {sale.invoice_number} ({naira(sale.amount)})"
