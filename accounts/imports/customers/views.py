"""What the ERP brought and a steward looks at once: accept, correct, match with an account of the hub, or reject."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.imports.customers import actions as validating
from accounts.imports.feeds.forms import CorrectForm, Decision, MatchForm, QueueFilters, ReconsiderForm, RejectForm
from accounts.imports.models import ErpCustomer
from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import VALIDATING
from accounts.records.models import Account
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.refusal import Refused

KNOWN = (*validating.OPEN, ErpCustomer.Check.REJECTED)  # whose page opens
A_PAGE = 25
MOST_AT_ONCE = 5_000  # customers: some seconds; beyond that one presses again


@dataclass(frozen=True)
class Row:
    """A customer, and the hub's accounts that look the same."""

    customer: ErpCustomer
    near: list[Account]


@allow(VALIDATING)
def customers(request: HttpRequest) -> HttpResponse:
    """The queue; a POST accepts (`accept=` a number, "chosen", or "all" of the filter), or decides otherwise on one."""
    person = staff_of(request)
    filters = QueueFilters(request.GET)
    rows = filters.narrow(validating.queue_of(person, filters.states))
    if request.method == "POST":
        try:
            messages.success(request, _decide(request, person, _all_of(rows, filters)))
        except Refused as refused:
            messages.error(request, refused.message)
        return redirect(request.get_full_path())
    page = Paginator(rows.order_by("name", "pk"), A_PAGE).get_page(request.GET.get("page"))
    found = _all_of(rows, filters).count()
    context = {"filters": filters, "page": page, "rows": _beside(list(page.object_list)), "most": MOST_AT_ONCE}
    return render(request, "feeds/customers.html", context | {"count": min(found, MOST_AT_ONCE), "found": found})


@allow(VALIDATING)
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer: correct what is the hub's of it, say which account it is, or whether the hub wants it."""
    person, at = staff_of(request), timezone.now()
    record = get_object_or_404(validating.queue_of(person, KNOWN), pk=pk)
    what, sent = request.POST.get("what", ""), request.POST or None
    forms: dict[str, Decision] = {
        "correct": CorrectForm(sent if what == "correct" else None, customer=record, staff=person),
        "match": MatchForm(sent if what == "match" else None),
        "reject": RejectForm(sent if what == "reject" else None),
        "reconsider": ReconsiderForm(sent if what == "reconsider" else None),
    }
    form = forms.get(what)
    if form is not None and form.is_valid() and (words := attempt(form, form.decide, record, by=person, at=at)):
        messages.success(request, words)
        return redirect("feeds:customers")
    title = "Accept it, and correct what is the hub's" if record.account else "It is a new customer of the hub"
    context: dict[str, Any] = {"customer": record, "near": _beside([record])[0].near, "accept_title": title, **forms}
    unfit = request.method == "POST"
    return render(request, "feeds/customer.html", context, status=INVALID if unfit else 200)


def _all_of(rows: "QuerySet[ErpCustomer]", filters: QueueFilters) -> "QuerySet[ErpCustomer]":
    """Those that "all" means: what may be an account of the hub already, only if that is what was asked for."""
    asked_for = filters.given().get("state") == ErpCustomer.Check.MATCH
    return rows if asked_for else rows.filter(check_state=ErpCustomer.Check.WAITING)


def _decide(request: HttpRequest, person: Staff, everything: "QuerySet[ErpCustomer]") -> str:
    """What a button asks for, done; in words."""
    asked, at = request.POST, timezone.now()
    if "match" in asked:
        one, _, account = asked["match"].partition(":")
        record = _one(person, one)
        match = validating.match(record, _account(account), by=person, at=at)
        return f"{record.name} is {match.code_and_name}."
    if "reject" in asked:
        record = _one(person, asked["reject"])
        validating.reject(record, by=person, at=at, why=asked.get(f"why_{record.pk}", ""))
        return f"{record.name} stays out of the hub."
    if "reconsider" in asked:
        record = _one(person, asked["reconsider"], (ErpCustomer.Check.REJECTED,))
        validating.reconsider(record, by=person, at=at)
        return f"{record.name} waits for a look again."
    done = validating.accept(_asked_for(asked, person, everything), by=person, at=at)
    return f"Accepted {done:,} customer{'' if done == 1 else 's'}."


def _asked_for(asked: Any, person: Staff, everything: "QuerySet[ErpCustomer]") -> list[ErpCustomer]:
    which = asked.get("accept", "")
    if which == "all":
        wanted = list(everything.order_by("name", "pk")[:MOST_AT_ONCE])
        if str(len(wanted)) != asked.get("count"):
            raise Refused("changed", f"The list changed meanwhile: there are {len(wanted):,} now. Look again, please.")
    else:
        numbers = asked.getlist("customer") if which == "chosen" else [which]
        keys = [int(number) for number in numbers if number.isdecimal() and len(number) < 19]
        wanted = list(validating.queue_of(person).filter(pk__in=keys))
    if not wanted:
        raise Refused("nothing_chosen", "Nothing is left to accept here: choose at least one customer.")
    return wanted


def _one(person: Staff, number: str, states: Iterable[str] = validating.OPEN) -> ErpCustomer:
    known = number.isdecimal() and len(number) < 19
    record = validating.queue_of(person, states).filter(pk=int(number)).first() if known else None
    if record is None:
        raise Refused("decided", "Somebody else has decided about this customer meanwhile.")
    return record


def _account(number: str) -> Account:
    known = number.isdecimal() and len(number) < 19
    account = Account.objects.filter(pk=int(number)).first() if known else None
    if account is None:
        raise Refused("gone", "This account isn't in the hub any more.")
    return account


def _beside(found: list[ErpCustomer]) -> list[Row]:
    """The customers with the accounts near them: one query for all."""
    names = {one.name_key for one in found if one.account_id is None}
    phones = {one.main_phone for one in found if one.account_id is None and one.main_phone.startswith("+")}
    alike = Q(Q(name_key__in=names) | Q(main_phone__in=phones), erp_customer_id=None)
    same = Q(erp_customer_id__in={one.external_id for one in found if one.account_id is None})
    near = list(Account.objects.for_listing().filter(alike | same).order_by("pk")) if names else []
    return [
        Row(one, [account for account in near if one.account_id is None and _is_near(one, account)]) for one in found
    ]


def _is_near(customer: ErpCustomer, account: Account) -> bool:
    if account.erp_customer_id is not None:
        return account.erp_customer_id == customer.external_id
    same_phone = customer.main_phone.startswith("+") and customer.main_phone == account.main_phone
    return same_phone or customer.name_key == account.name_key
