"""The floor's pages: a list of accounts, an account, and saving a row."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from .models import Account, Note


@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    rows = Account.objects.select_related("owner", "division").order_by("name", "id")[:25]
    return render(request, "floor/accounts.html", {"rows": rows})


@login_required
def account(request: HttpRequest, code: str) -> HttpResponse:
    record = get_object_or_404(Account.objects.select_related("owner", "division"), code=code)
    entries = record.interactions.select_related("contact", "logged_by").order_by("-occurred_at", "-id")[:20]
    return render(request, "floor/account.html", {"account": record, "entries": entries})


@login_required
def save(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(get_token(request))
    Note.objects.create(
        account_id=int(request.POST["account"]), by=request.user, at=timezone.now(), text=request.POST["notes"]
    )
    return HttpResponseRedirect("/accounts/")
