"""Responses that several views of the log share."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from mikano_cx.kit.refusal import Refused


def redirect_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """Redirect to the page that the form was on if it is one of the hub's, else to `otherwise`."""
    came_from = request.POST.get("next") or request.headers.get("referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    if not ours:
        return HttpResponseRedirect(otherwise)
    parts = urlsplit(came_from)
    path = "/" + parts.path.lstrip("/\\") + (f"?{parts.query}" if parts.query else "")  # "//x" would be a host
    return HttpResponseRedirect(path)


def refusal_response(request: HttpRequest, refusal: Refused, otherwise: str) -> HttpResponse:
    """Show an action's refusal of a one-click form as a message on the page that the form was on."""
    messages.error(request, refusal.message)
    return redirect_back(request, otherwise)
