"""Answers that several views of the log give."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from mikano_cx.kit.refusal import Refused


def redirect_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page that the form was on, if it is one of the hub's."""
    came_from = request.POST.get("next") or request.headers.get("referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    if not ours:
        return HttpResponseRedirect(otherwise)
    parts = urlsplit(came_from)
    path = "/" + parts.path.lstrip("/\\") + (f"?{parts.query}" if parts.query else "")  # "//x" would name a host
    return HttpResponseRedirect(path)


def refusal_response(request: HttpRequest, refusal: Refused, otherwise: str) -> HttpResponse:
    """A verb's no to a one-click form: the sentence as a message, on the page that the form was on."""
    messages.error(request, refusal.message)
    return redirect_back(request, otherwise)
