"""The page that claims an orphan by logging a substantive interaction with it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import SELLING
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from interactions.log.actions import log_interaction
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.templatetags.hub import last_day
from ownership.assignments.forms import ClaimForm
from ownership.facts.queries import lead_would_end

PAGE = "ownership/claim.html"


@allow(SELLING)
def claim(request: HttpRequest, code: str) -> HttpResponse:
    """The form, alone for htmx. The entry stays logged even when somebody else claimed the account first."""
    account = get_object_or_404(Account.objects.select_related("owner", "division"), code=code)
    at, me = timezone.now(), staff_of(request)
    ids = "claim_%s" if request.htmx else "id_%s"  # type: ignore[attr-defined]
    form = ClaimForm(request.POST or None, account=account, at=at, auto_id=ids)
    if form.is_bound and form.is_valid():
        entry = attempt(form, log_interaction, by=me, at=at, account=account, **form.asked)
        if entry is not None:
            _add_claim_message(request, Account.objects.select_related("owner").get(pk=account.pk), me)
            return _back_to_the_pool(request)
    context: dict[str, Any] = {
        "account": account,
        "form": form,
        "free": account.ownership_state == OwnershipState.ORPHAN,
        "until": lead_would_end(at),
    }
    page = f"{PAGE}#form" if request.htmx else PAGE  # type: ignore[attr-defined]
    return render(request, page, context, status=INVALID if form.errors else 200)


def _add_claim_message(request: HttpRequest, account: Account, me: Staff) -> None:
    """Tell the person who holds the account now."""
    led = account.ownership_state == OwnershipState.LED
    until = f" until the end of {last_day(account.expires_at)}" if account.expires_at else ""
    if account.owner == me:
        messages.success(request, f"You {'lead' if led else 'own'} {account} now{until}.")
    elif account.owner is not None:
        verb = "leads" if led else "owns"
        words = f"Your entry is logged, but {account.owner} was quicker and {verb} {account}{until}."
        messages.warning(request, words)
    else:
        words = f"Your entry is logged, but it claimed nothing: {account} is {account.get_ownership_state_display()}."
        messages.warning(request, words)


def _back_to_the_pool(request: HttpRequest) -> HttpResponse:
    pool = reverse("ownership:pool")
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(pool)
    answer = HttpResponse()
    answer["HX-Redirect"] = request.htmx.current_url_abs_path or pool  # type: ignore[attr-defined]
    return answer
