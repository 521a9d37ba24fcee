"""The lists of ownership: orphan pool, my accounts, expiring, unassigned, and flags."""

from dataclasses import replace

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.lists import list_page
from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import EVERYONE, HEADING, SELLING
from accounts.records.models import Account
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.refusal import Refused
from ownership.assignments.actions import assign_accounts, assignable, see_flag
from ownership.assignments.filters import ExpiringFilters, FlagFilters, HeldFilters, PoolFilters, UnassignedFilters
from ownership.assignments.forms import AssignForm
from ownership.assignments.tables import FlagTable, HeldTable, PoolTable, UnassignedTable
from ownership.replay.models import OwnershipFlag, Tenure
from ownership.replay.queries import under_review

SHOWN = (
    "code name industry division__name ownership_state owner_basis owned_since expires_at last_interaction_at"
).split()


def _unheld_accounts() -> QuerySet[Account]:
    """Accounts with the name of their last holder (`former`)."""
    held = Tenure.objects.filter(account=OuterRef("pk"), holder__isnull=False).order_by("-start")
    free = Account.objects.select_related("division").only(*SHOWN, "last_sale_on")
    return free.annotate(former=Subquery(held.values("holder__full_name")[:1]))


def _held_accounts() -> QuerySet[Account]:
    rows = Account.objects.filter(owner__isnull=False).for_listing()
    return rows.only(*SHOWN, "owner__full_name", "owner__initials").annotate(under_review=under_review())


def _flags() -> QuerySet[OwnershipFlag]:
    return OwnershipFlag.objects.select_related("account__division", "account__owner", "seen_by").only(
        *"kind at evidence seen_at seen_by__full_name account__code account__name account__division__name "
        "account__owner__full_name account__owner__initials".split()
    )


BY = "part of the name, a phone number, the ERP ID or the code."
POOL = list_page.Listing(
    name="orphan-pool",
    label="Orphan pool",
    noun="orphan",
    nouns="orphans",
    rows=_unheld_accounts,
    table=PoolTable,
    filters=PoolFilters,
    icon="hand",
    nothing="No orphans",
    promise="Accounts that nobody holds, and that had no sale for a year, will be here for anybody in sales to claim.",
    searched_by=BY,
    presets=(("All", ""), ("Never sold to", "last_sale=never"), ("Untouched the longest", "sort=last_touch")),
    template="ownership/pool.html",
)
MINE = list_page.Listing(
    name="my-accounts",
    label="My accounts",
    noun="account",
    nouns="accounts",
    rows=_held_accounts,
    table=HeldTable,
    filters=HeldFilters,
    icon="briefcase-business",
    nothing="You hold no accounts yet",
    promise="What you own and lead will be here, what ends first on top. An orphan is yours to claim in the pool.",
    searched_by=BY,
    presets=(("Mine", ""), ("Owned", "state=owned"), ("Led", "state=led")),
    template="ownership/mine.html",
)
EXPIRING = replace(
    MINE,
    name="expiring",
    label="Expiring",
    filters=ExpiringFilters,
    icon="hourglass",
    nothing="Nothing ends soon",
    promise="Owners whose time runs out within 60 days, and leads within 14, will be here.",
    presets=(("All of it", ""), ("Owners", "state=owned"), ("Leads", "state=led")),
    template="ownership/expiring.html",
)
UNASSIGNED = list_page.Listing(
    name="unassigned",
    label="Unassigned",
    noun="account",
    nouns="accounts",
    rows=_unheld_accounts,
    table=UnassignedTable,
    filters=UnassignedFilters,
    icon="user-plus",
    nothing="Nothing waits to be assigned",
    promise="Accounts that nobody holds, but that had a sale within a year, wait here for their head.",
    searched_by=BY,
    presets=(("Unassigned", ""), ("Orphans", "state=orphan"), ("Both", "state=both")),
    template="ownership/unassigned.html",
)
FLAGS = list_page.Listing(
    name="ownership-flags",
    label="Ownership flags",
    noun="flag",
    nouns="flags",
    rows=_flags,
    table=FlagTable,
    filters=FlagFilters,
    icon="flag",
    nothing="Nothing to look at",
    promise="Deals that somebody else than the owner closed, and assignments without effect, will be here.",
    searched_by=BY,
    presets=(("Not seen yet", ""), ("Seen", "seen=yes"), ("All", "seen=all")),
    template="ownership/flags.html",
)


@allow(EVERYONE)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The target of "Ownership" in the menu: sales goes to its own accounts, everybody else to the pool."""
    return redirect("ownership:mine" if staff_of(request).has_role(SELLING) else "ownership:pool")


def _for_heads(asked: list_page.Listing, reader: Staff) -> list_page.Listing:
    """The listing, for heads with one more preset: their divisions, by person."""
    if not reader.has_role(HEADING):
        return asked
    return replace(asked, presets=(*asked.presets, ("My divisions, by person", "whose=division&sort=owner")))


pool = list_page.list_view(POOL)
mine, expiring = list_page.list_view(MINE, _for_heads), list_page.list_view(EXPIRING, _for_heads)


@allow(EVERYONE, write=HEADING)
def unassigned(request: HttpRequest) -> HttpResponse:
    """The unassigned accounts; a head's POST assigns the ticked ones, all or none. A refused form keeps its input."""
    at, by = timezone.now(), staff_of(request)
    form = AssignForm(request.POST or None, loads=assignable(by=by, at=at)) if by.has_role(HEADING) else None
    if form is not None and form.is_bound and form.is_valid():
        made = attempt(form, assign_accounts, _ticked_accounts(request), by=by, at=at, **form.asked)
        if made is not None:
            what = str(made[0].account) if len(made) == 1 else f"{len(made)} accounts"
            messages.success(request, f"{made[0].assignee} owns {what} now.")
            return redirect(request.get_full_path())
    status = INVALID if form is not None and form.errors else 200
    return list_page.list_response(request, UNASSIGNED, at=at, status=status, assign=form)


@allow(EVERYONE, write=HEADING)
def flags(request: HttpRequest) -> HttpResponse:
    """The flags; a head's POST marks one as seen."""
    at = timezone.now()
    if request.method != "POST":
        return list_page.list_response(request, FLAGS, at=at)
    flag = get_object_or_404(OwnershipFlag, pk=_number(request.POST.get("flag", "")))
    try:
        seen = see_flag(flag, by=staff_of(request), at=at)
        messages.success(request, f"Seen: {seen.get_kind_display().lower()} on {seen.account}.")
    except Refused as refused:
        messages.error(request, refused.message)
    return redirect(request.get_full_path())


def _ticked_accounts(request: HttpRequest) -> list[Account]:
    return [Account(pk=pk) for text in request.POST.getlist("accounts") if (pk := _number(text))]


def _number(text: str) -> int:
    """The primary key in a posted text; 0, which no row has, for what isn't one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
