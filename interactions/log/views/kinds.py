"""The page of the closed list of kinds: everybody reads it, the P&BI team revises it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.people.access import allow
from accounts.people.roles import DEFINING, EVERYONE
from interactions.log.actions import revise_kind
from interactions.log.facts import kind_histories
from interactions.log.forms import KindForm
from mikano_cx.kit.forms import INVALID
from mikano_cx.kit.refusal import Refused


@allow(EVERYONE, write=DEFINING)
def kinds(request: HttpRequest) -> HttpResponse:
    """All kinds with their versions; `?revise=slug` fills the form with the version in force."""
    at = timezone.now()
    histories = kind_histories(at)
    form = KindForm(request.POST or None, initial=_initial(request, histories))
    if request.method == "POST" and form.is_valid():
        try:
            version = revise_kind(by=request.user, at=at, **form.values(at))  # type: ignore[arg-type]
            messages.success(request, f"Defined: {version.label}.")
            return redirect("interactions:kinds")
        except Refused as refusal:
            form.refuse(refusal)
    context = {"histories": histories, "form": form, "revising": form["slug"].value() or ""}
    return render(request, "interactions/kinds.html", context, status=INVALID if form.errors else 200)


def _initial(request: HttpRequest, histories: list) -> dict[str, object]:
    for history in histories:
        if history.current and history.kind.slug == request.GET.get("revise"):
            version = history.current
            return {
                "slug": history.kind.slug,
                "label": version.label,
                "substantive": version.substantive,
                "offered": version.offered,
            }
    return {}
