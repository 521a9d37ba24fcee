"""The page on which a head renews a fact that a ruling struck out by mistake."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.people.access import allow, staff_of
from accounts.people.roles import HEADING
from accounts.records.models import Account
from mikano_cx.kit.forms import INVALID, attempt
from ownership.disputes.actions.renewals import renew_fact
from ownership.disputes.forms import RenewForm
from ownership.disputes.views.evidence import Evidence
from ownership.facts.queries import facts_of
from ownership.timeline.fact_cards import cards_of


@allow(HEADING)
def renew(request: HttpRequest, code: str) -> HttpResponse:
    """Renew the account's fact `?fact=`: a first logging or an assignment that a ruling struck out."""
    account = get_object_or_404(Account.objects.select_related("division__head"), code=code)
    asked, why = request.GET.get("fact", ""), f"{reverse('ownership:why', args=[code])}#facts"
    log = facts_of([account.pk], lean=False)[account.pk]
    card = cards_of([fact for fact in log if asked in (fact.id, fact.target)])[0].get(asked)
    if card is None or not (card.renewable or card.renewed):
        raise Http404("No fact of this account that a ruling struck out and none restores.")
    if card.renewed and request.method != "POST":
        messages.info(request, "This was recorded anew already.")
        return redirect(why)
    form = RenewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = {"by": staff_of(request), "at": timezone.now(), "target": card.id}
        if attempt(form, renew_fact, account, reason=form.cleaned_data["reason"], **given):
            messages.success(request, "Recorded anew. The account was replayed.")
            return redirect(why)
    context = {"account": account, "fact": Evidence(card), "form": form, "why": why}
    return render(request, "ownership/renew.html", context, status=INVALID if form.errors else 200)
