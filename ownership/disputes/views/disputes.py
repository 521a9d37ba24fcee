"""The pages of disputes: the list, opening one, the dispute itself, and what its head does there."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import EVERYONE, HEADING, LOGGING, SELLING
from accounts.records.filter_choices import division_choices, of_division
from accounts.records.models import Account
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused
from ownership.disputes.actions.disputes import (
    close_dispute,
    draft_ruling,
    drop_draft,
    may_judge,
    open_dispute,
    sign_rulings,
    withdraw_dispute,
)
from ownership.disputes.forms import (
    CloseForm,
    DisputeFilters,
    DraftForm,
    OpenForm,
    SignForm,
    WithdrawForm,
    draft_as_typed,
    rulings_on,
)
from ownership.disputes.models import Dispute
from ownership.disputes.views.evidence import Evidence, EvidencePack, disputes_for_page
from ownership.explain import rule_text
from ownership.facts.queries import facts_of
from ownership.replay.models import OwnershipFlag
from ownership.timeline.fact_cards import FactCard, cards_of

A_PAGE = 25
MINE, MY_DIVISIONS = "mine", "divisions"


# --- the list --------------------------------------------------------------------------------------------------------
@allow(EVERYONE)
@require_safe
def dispute_list(request: HttpRequest) -> HttpResponse:
    """The list: open disputes first, the reader's own before those of their divisions and all others.

    `?whose=`, `?state=` and `?division=` filter it.
    """
    reader = staff_of(request)
    filters = DisputeFilters(request.GET, states=list(Dispute.State.choices), divisions=division_choices())
    rows = _disputes_by_rank(reader)
    filters.is_valid()  # a value that isn't offered is left out of `cleaned_data`
    if state := filters.cleaned_data.get("state"):
        rows = rows.filter(state=state)
    if division := filters.cleaned_data.get("division"):
        rows = of_division(rows, "account__division", division)
    whose = request.GET.get("whose", "")
    if whose in (MINE, MY_DIVISIONS):
        rows = rows.filter(**{"is_mine" if whose == MINE else "is_near": True})
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    tabs = [("", "All"), (MINE, "Mine"), (MY_DIVISIONS, "My divisions’")]
    context = {"page": page, "filters": filters, "whose": whose, "tabs": _tabs(request, tabs, whose)}
    return render(request, "ownership/dispute_list.html", context)


def _disputes_by_rank(reader: Staff) -> "QuerySet[Any]":
    claims = Dispute.claimants.through.objects.filter(dispute=OuterRef("pk"), staff=reader)
    near = Q(account__division__in=reader.division_ids)
    return (
        Dispute.objects.select_related("account__division", "opened_by", "closed_by")
        .prefetch_related("claimants")
        .annotate(
            is_open=_true_if(Q(state=Dispute.State.OPEN)),
            is_mine=_true_if(Q(Exists(claims)) | Q(opened_by=reader)),
            is_near=_true_if(near),
        )
        .order_by("-is_open", "-is_mine", "-is_near", "-opened_at", "-pk")
    )


def _true_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _tabs(request: HttpRequest, tabs: list[tuple[str, str]], chosen: str) -> list[dict[str, Any]]:
    kept = request.GET.copy()
    kept.pop("page", None)
    rows = []
    for value, label in tabs:
        kept["whose"] = value
        rows.append({"url": f"?{kept.urlencode()}", "label": label, "current": value == chosen})
    return rows


# --- opening ---------------------------------------------------------------------------------------------------------
@allow(LOGGING)
def dispute_new(request: HttpRequest) -> HttpResponse:
    """Open a dispute on `?account=A001`; `?flag=` is the key of a flag, `?fact=` the id of a fact, to show beside."""
    by, at = staff_of(request), timezone.now()
    accounts = Account.objects.select_related("division__head", "owner")
    account = get_object_or_404(accounts, code=request.GET.get("account", ""))
    flag = _flag_or_404(request, account)
    if request.method != "POST" and (standing := account.disputes.filter(state=Dispute.State.OPEN).first()):
        messages.info(request, f"There is an open dispute on {account} already: this is it.")
        return redirect(standing)
    facts = facts_of([account.pk], lean=False)[account.pk]
    sellers = Staff.objects.working(local_date(at)).filter(roles__role__in=SELLING).distinct()
    involved = {fact.by for fact in facts} | {str(by.pk)}
    people = [(person, str(person.pk) in involved) for person in sellers.order_by("full_name")]
    fact_id = request.GET.get("fact", "")
    disputed = _cards([fact for fact in facts if fact_id in (fact.id, fact.target)]).get(fact_id) if fact_id else None
    start = {"claimants": [by.pk] if by.has_role(SELLING) and not by.has_role(HEADING) else []}
    form = OpenForm(
        request.POST or None,
        involved=[person for person, is_involved in people if is_involved],
        others=[person for person, is_involved in people if not is_involved],
        initial=start,
    )
    if request.method == "POST" and form.is_valid():
        given = {"question": form.cleaned_data["question"], "claimants": form.chosen(), "flag": flag}
        key = form.cleaned_data["key"] or None
        if made := attempt(form, open_dispute, account, by=by, at=at, idempotency_key=key, **given):
            messages.success(request, "Opened. Whoever rules on it, and those concerned, were told.")
            return redirect(made)
    context = {"account": account, "flag": flag, "form": form, "disputed": disputed and Evidence(disputed)}
    return render(request, "ownership/dispute_new.html", context, status=INVALID if form.errors else 200)


def _flag_or_404(request: HttpRequest, account: Account) -> OwnershipFlag | None:
    number = request.GET.get("flag", "")
    if not number:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Http404("No such flag.")
    return get_object_or_404(OwnershipFlag, pk=int(number), account=account)


def _cards(facts: Any) -> dict[str, FactCard]:
    return cards_of(facts)[0]


# --- the page --------------------------------------------------------------------------------------------------------
@allow(EVERYONE)
@require_safe
def dispute(request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence pack of an open dispute, the record of a closed one; `?facts=all` shows every entry."""
    return _dispute_page(request, get_object_or_404(disputes_for_page(), pk=pk))


def _dispute_page(request: HttpRequest, row: Dispute, **bound: forms.Form) -> HttpResponse:
    """The page; `bound` is a refused form under the name "sign", "close" or "withdraw"."""
    pack = EvidencePack(row, staff_of(request), at=timezone.now(), all_facts=request.GET.get("facts") == "all")
    current = pack.found.timeline.current
    context = {
        "dispute": row,
        "account": row.account,
        "pack": pack,
        "rule": rule_text(current.rule, pack.dossier.policy) if current else None,
        "sign": bound.get("sign") or SignForm(auto_id="sign_%s"),
        "close": bound.get("close") or CloseForm(auto_id="close_%s"),
        "withdraw": bound.get("withdraw") or WithdrawForm(auto_id="withdraw_%s"),
    }
    return render(request, "ownership/dispute.html", context, status=INVALID if bound else 200)


# --- what the head who rules does ------------------------------------------------------------------------------------
@allow(LOGGING)
def dispute_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft a ruling on `?fact=`; `?ruling=` and `?credited_to=` fill the form."""
    row, by, at = get_object_or_404(disputes_for_page(), pk=pk), staff_of(request), timezone.now()
    if request.method != "POST" and (row.closed_at or not may_judge(row, by, on=local_date(at))):
        messages.error(request, "The head of the account's division rules on an open dispute, unless a claimant.")
        return redirect(row)
    facts = facts_of([row.account_id], lean=False)[row.account_id]
    fact_id = request.GET.get("fact", "")
    card = _cards([fact for fact in facts if fact_id in (fact.id, fact.target)]).get(fact_id)
    if card is None or not rulings_on(card):
        raise Http404("No fact of this account that can be ruled on.")
    sellers = list(Staff.objects.filter(roles__role__in=SELLING).distinct()) if card.kind == "sale" else []
    draft = next((draft for draft in row.drafts.all() if draft.target == card.id), None)
    filled = {name: request.GET[name] for name in ("ruling", "credited_to") if name in request.GET}
    start = {**(draft_as_typed(draft) if draft else {}), **filled}
    form = DraftForm(request.POST or None, card=card, sellers=sellers, initial=start)
    if request.method == "POST" and form.is_valid():
        given = {**form.values(), "credited_to": form.credited(sellers)}
        if attempt(form, draft_ruling, row, by=by, at=at, target=card.id, **given):
            messages.success(request, "Drafted. Nothing changes until you sign.")
            return redirect(f"{row.get_absolute_url()}#replay")
    context = {"dispute": row, "account": row.account, "fact": Evidence(card), "form": form, "draft": draft}
    return render(request, "ownership/dispute_draft.html", context, status=INVALID if form.errors else 200)


@allow(LOGGING)
@require_POST
def dispute_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back the draft on the posted `fact`; nothing happens when there is none any more."""
    row = get_object_or_404(disputes_for_page(), pk=pk)
    draft = next((draft for draft in row.drafts.all() if draft.target == request.POST.get("fact")), None)
    try:
        if draft is not None:
            drop_draft(draft, by=staff_of(request), at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect(f"{row.get_absolute_url()}#replay")


@allow(LOGGING)
@require_POST
def dispute_sign(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = get_object_or_404(disputes_for_page(), pk=pk), SignForm(request.POST, auto_id="sign_%s")
    return _decide(request, row, "sign", form, sign_rulings, "Signed. The account was replayed.")


@allow(LOGGING)
@require_POST
def dispute_close(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = get_object_or_404(disputes_for_page(), pk=pk), CloseForm(request.POST, auto_id="close_%s")
    return _decide(request, row, "close", form, close_dispute, "Closed: the finding stands.")


@allow(LOGGING)
@require_POST
def dispute_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row, form = get_object_or_404(disputes_for_page(), pk=pk), WithdrawForm(request.POST, auto_id="withdraw_%s")
    return _decide(request, row, "withdraw", form, withdraw_dispute, "Withdrawn.")


def _decide(
    request: HttpRequest, row: Dispute, name: str, form: forms.Form, verb: Callable[..., Any], done: str
) -> HttpResponse:
    """Call the action with the form's values; when it refuses, show the page with the refusal at the form."""
    if form.is_valid() and attempt(form, verb, row, by=staff_of(request), at=timezone.now(), **form.cleaned_data):
        messages.success(request, done)
        return redirect(row)
    return _dispute_page(request, row, **{name: form})
