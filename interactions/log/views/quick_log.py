"""The quick log, as a dialog on every page and as a page of its own."""

import json
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import LOGGING
from accounts.records.actions import create_contact
from interactions.log.actions import complete_action, log_interaction, plan_action
from interactions.log.form_fields import contacts_near_new, who_choices
from interactions.log.forms import AnotherContactForm, LogForm, PlanForm
from interactions.log.models import Interaction
from mikano_cx.kit.forms import INVALID
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused

PAGE = "interactions/log.html"


@allow(LOGGING)
def log(request: HttpRequest) -> HttpResponse:
    """Log an interaction (`?contact=C001`, `?account=A001`, `?completes=I00012`), or plan what follows `?after=`."""
    at = timezone.now()
    if "after" in request.GET:
        return _plan(request, at)
    by = staff_of(request)
    options: dict[str, Any] = {"by": by, "at": at, "auto_id": _ids(request)}
    if request.method != "POST":
        return _form_response(request, LogForm(initial=_initial_values(request), **options))
    if use := request.POST.get("use"):
        return _form_response(request, LogForm.instead(request.POST, use, **options), used=True)
    form = LogForm(request.POST, **options)
    if form.is_valid():
        try:
            several = bool(form.cleaned_data["new_name"] or form.cleaned_data["completes"])
            with transaction.atomic() if several else nullcontext():  # a single action is a transaction by itself
                entry = _save(form, by=by, at=at)
            return _saved_response(request, entry)
        except Refused as refusal:
            form.refuse(refusal)
    return _form_response(request, form, status=INVALID)


@allow(LOGGING)
@require_safe
def who(request: HttpRequest) -> HttpResponse:
    """The candidates for the text in "who" (`?who=`) or "works at" (`?new_account=`).

    With `?near` the answer is the contacts that may be the one being added.
    """
    if "near" in request.GET:
        context = {
            "near": contacts_near_new(request.GET),
            "form": AnotherContactForm(request.GET, auto_id=_ids(request)),
        }
        return render(request, f"{PAGE}#near", context)
    only_accounts = "new_account" in request.GET
    typed = request.GET.get("new_account" if only_accounts else "who", "")
    context = {
        "choices": who_choices(typed, by=staff_of(request), only_accounts=only_accounts),
        "typed": typed,
        "name": "new_account_picked" if only_accounts else "picked",
        "only_accounts": only_accounts,
    }
    return render(request, f"{PAGE}#who", context)


def _save(form: LogForm, *, by: Staff, at: datetime) -> Interaction:
    """Log the entry and return it; if asked for, add the new contact and complete the earlier next action with it."""
    typed = form.cleaned_data
    contact = typed.get("contact")
    if typed["new_name"]:
        contact = create_contact(
            by=by,
            at=at,
            values={"full_name": typed["new_name"], "mobile": typed["new_mobile"], "account": typed["new_account"]},
            another_because=typed["another_because"],
            idempotency_key=f"{typed['key']}-who"[:64],
        )
    entry = log_interaction(
        by=by,
        at=at,
        contact=contact,
        account=None if contact else typed.get("account"),
        channel=typed["channel"],
        kind=typed["kind"],
        occurred_at=typed.get("occurred_at"),
        direction=typed["direction"],
        notes=typed["notes"],
        confidential=typed["confidential"],
        next_action=typed["next_action"],
        due_on=typed["due_on"],
        idempotency_key=typed["key"],
        kinds=form.kinds,
    )
    done = Interaction.objects.filter(code=typed["completes"]).first() if typed["completes"] else None
    if done:
        complete_action(done, by=by, at=at)
    return entry


def _plan(request: HttpRequest, at: datetime) -> HttpResponse:
    entries = Interaction.objects.select_related("account", "contact")
    entry = get_object_or_404(entries, code=request.GET["after"])
    form = PlanForm(request.POST or None, today=local_date(at), auto_id=_ids(request))
    if request.method == "POST" and form.is_valid():
        planned = {name: form.cleaned_data[name] for name in ("next_action", "due_on")}
        try:
            plan_action(entry, by=request.user, at=at, **planned)  # type: ignore[arg-type]
            return _done_response(request, entry, format_html("Planned: {}.", planned["next_action"]))
        except Refused as refusal:
            form.refuse(refusal)
    return _form_response(request, form, status=INVALID if form.is_bound else 200, after=entry)


def _saved_response(request: HttpRequest, entry: Interaction) -> HttpResponse:
    words = format_html(
        'Logged: {} with <a href="{}">{}</a>.',
        entry.get_channel_display(),
        entry.get_absolute_url(),
        entry.contact or entry.account,
    )
    if request.POST.get("then") != "plan" or entry.next_action:
        return _done_response(request, entry, words)
    plan = f"{reverse('interactions:log')}?after={entry.code}"
    if _in_dialog(request):
        form = PlanForm(today=local_date(entry.logged_at), auto_id=_ids(request))
        answer = _form_response(request, form, after=entry, toast=words)
        answer["HX-Trigger"] = json.dumps({"hub:logged": {}})
        return answer
    messages.success(request, words)
    return _redirect(request, plan)


def _done_response(request: HttpRequest, entry: Interaction, words: SafeString) -> HttpResponse:
    """Close the dialog with a message, or go to the account."""
    if _in_dialog(request):
        answer = render(request, f"{PAGE}#saved", {"toast": words})
        answer["HX-Trigger"] = json.dumps({"hub:close": {}, "hub:logged": {}})
        answer["HX-Reswap"] = "none"
        return answer
    messages.success(request, words)
    return _redirect(request, entry.account.get_absolute_url())


def _redirect(request: HttpRequest, url: str) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(url)
    answer = HttpResponse()
    answer["HX-Trigger"] = json.dumps({"hub:logged": {}})
    answer["HX-Redirect"] = url
    return answer


def _form_response(
    request: HttpRequest,
    form: LogForm | PlanForm,
    *,
    status: int = 200,
    after: Interaction | None = None,
    toast: SafeString | None = None,
    used: bool = False,
) -> HttpResponse:
    """The form: alone for htmx, else within its page. `used` says that a near match was just chosen."""
    template = f"{PAGE}#form" if request.htmx else PAGE  # type: ignore[attr-defined]
    context = {"form": form, "after": after, "toast": toast, "used": used}
    return render(request, template, context, status=status)


def _initial_values(request: HttpRequest) -> dict[str, str]:
    asked = {"completes": request.GET.get("completes", "")}
    for name, prefix in (("account", "a"), ("contact", "c")):
        if code := request.GET.get(name):
            asked["picked"] = f"{prefix}:{code}"
    return asked


def _in_dialog(request: HttpRequest) -> bool:
    if not request.htmx:  # type: ignore[attr-defined]
        return False
    page = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
    return bool(page.partition("?")[0] != reverse("interactions:log"))


def _ids(request: HttpRequest) -> str:
    """The prefix of field ids: the dialog's ids differ from those of the page that it may lie on."""
    return "log_%s" if _in_dialog(request) else "id_%s"
