"""Views of one entry: its page, amending, voiding, and the next action."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import EVERYONE, LOGGING, VOIDING
from interactions.log.actions import (
    amend_interaction,
    complete_action,
    reopen_action,
    reschedule_action,
    void_interaction,
)
from interactions.log.facts import attach_people, changes_of, mask_notes, with_details
from interactions.log.forms import AmendForm, AmendmentForm, RescheduleForm, VoidForm
from interactions.log.models import Interaction
from interactions.log.views.responses import redirect_back, refusal_response
from mikano_cx.kit.forms import INVALID
from mikano_cx.kit.local_time import day_text
from mikano_cx.kit.refusal import Refused


@allow(EVERYONE)
@require_safe
def interaction(request: HttpRequest, code: str) -> HttpResponse:
    entry, by, at = _entry(request, code), staff_of(request), timezone.now()
    context = {
        "entry": entry,
        "changes": changes_of(entry, reader=by),
        "amendable": entry.amendable(by=by, at=at),
        "may_amend": by.has_role(LOGGING) and _why_not_amend(entry, by) is None,
        "may_void": entry.voided_at is None and by.has_role(VOIDING) and by.writes_in(entry.account.division_id),
    }
    return render(request, "interactions/interaction.html", context)


@allow(LOGGING)
def amend(request: HttpRequest, code: str) -> HttpResponse:
    """Change the entry itself within its 15 minutes; later add an amendment beside it."""
    entry, by, at = _entry(request, code), staff_of(request), timezone.now()
    if request.method != "POST" and (refusal := _why_not_amend(entry, by)):
        messages.error(request, refusal.message)
        return redirect(entry)
    in_place = entry.amendable(by=by, at=at)
    form = AmendForm(request.POST or None, entry=entry, at=at) if in_place else AmendmentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.values() if isinstance(form, AmendForm) else None
        if in_place and not values:
            return redirect(entry)
        try:
            amend_interaction(entry, by=by, at=at, values=values, text=form.cleaned_data.get("text", ""))
            messages.success(request, "Amended." if in_place else "The amendment stands beside the entry.")
            return redirect(entry)
        except Refused as refusal:
            form.refuse(refusal)
    context = {"entry": entry, "form": form, "in_place": in_place}
    return render(request, "interactions/amend.html", context, status=INVALID if form.errors else 200)


@allow(VOIDING)
def void(request: HttpRequest, code: str) -> HttpResponse:
    entry, at = _entry(request, code), timezone.now()
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            void_interaction(entry, by=staff_of(request), at=at, reason=form.cleaned_data["reason"])
            messages.success(request, f"{entry.code} is void. It stays visible, struck out.")
            return redirect(entry)
        except Refused as refusal:
            form.refuse(refusal)
    return render(
        request, "interactions/void.html", {"entry": entry, "form": form}, status=INVALID if form.errors else 200
    )


@allow(LOGGING)
@require_POST
def action_done(request: HttpRequest, code: str) -> HttpResponse:
    entry = _entry(request, code)
    try:
        complete_action(entry, by=staff_of(request), at=timezone.now())
    except Refused as refusal:
        return refusal_response(request, refusal, entry.get_absolute_url())
    undo = reverse("interactions:action_reopen", args=[entry.code])
    messages.success(request, f"Done: {entry.next_action}", extra_tags=f"undo:{undo}")
    return redirect_back(request, entry.get_absolute_url())


@allow(LOGGING)
@require_POST
def action_reopen(request: HttpRequest, code: str) -> HttpResponse:
    entry = _entry(request, code)
    try:
        reopen_action(entry, by=staff_of(request), at=timezone.now())
    except Refused as refusal:
        return refusal_response(request, refusal, entry.get_absolute_url())
    messages.info(request, f"Open again: {entry.next_action}")
    return redirect_back(request, entry.get_absolute_url())


@allow(LOGGING)
@require_POST
def action_reschedule(request: HttpRequest, code: str) -> HttpResponse:
    entry, form = _entry(request, code), RescheduleForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused("no_day", "Choose the new day.")
        moved = reschedule_action(entry, by=staff_of(request), at=timezone.now(), due_on=form.cleaned_data["due_on"])
    except Refused as refusal:
        return refusal_response(request, refusal, entry.get_absolute_url())
    messages.success(request, f"Moved to {day_text(moved.due_on)}: {entry.next_action}")  # type: ignore[arg-type]
    return redirect_back(request, entry.get_absolute_url())


def _why_not_amend(entry: Interaction, by: Staff) -> Refused | None:
    """The refusal that `amend_interaction` would give whatever is typed, or None; the page shows it beforehand."""
    if entry.voided_at:
        return Refused("voided", "A voided entry is not amended.")
    if by == entry.logged_by or (by.has_role(VOIDING) and by.writes_in(entry.account.division_id)):
        return None
    return Refused("not_yours", "Its author or the steward of the account’s division can amend an entry.")


def _entry(request: HttpRequest, code: str) -> Interaction:
    """The entry as the person may read it; the actions fetch it again."""
    entries = with_details(Interaction.objects.select_related("contact", "account", "kind"))
    entry: Interaction = get_object_or_404(entries, code=code)
    attach_people([entry])
    return mask_notes([entry], staff_of(request))[0]
