"""The views that save and delete a saved view."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from accounts.lists import actions
from accounts.lists.forms import ViewForm
from accounts.lists.models import SavedView
from accounts.people.access import allow, staff_of
from accounts.people.roles import EVERYONE
from mikano_cx.kit.refusal import Refused


@allow(EVERYONE)
@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Save a list's address under a name. Undoing a deletion posts here too, with the view in the address."""
    form = ViewForm({**request.GET.dict(), **request.POST.dict()})
    if not form.is_valid():
        return HttpResponseBadRequest("This isn't a list of the hub.")
    typed = form.cleaned_data
    path = typed.pop("next")
    try:
        view = actions.save_view(by=staff_of(request), **typed)
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(f"{path}?{typed['query']}")
    shared = f" for {view.division}" if view.division else ""
    messages.success(request, f"Saved the view “{view.name}”{shared}.")
    return redirect(f"{path}?{view.query}")


@allow(EVERYONE)
@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.filter(owner=staff_of(request)), pk=pk)
    form = ViewForm({"list_name": view.list_name, "next": request.POST.get("next", "")})
    if not form.is_valid():
        return HttpResponseBadRequest("This isn't a list of the hub.")
    path = form.cleaned_data["next"]
    again = {"list_name": view.list_name, "name": view.name, "query": view.query, "next": path}
    again |= {"division": view.division_id} if view.division_id else {}
    actions.delete_view(view, by=staff_of(request))
    undo = f"{reverse('accounts:view_save')}?{urlencode(again)}"
    messages.success(request, f"Deleted the view “{view.name}”.", extra_tags=f"undo:{undo}")
    return redirect(path)
