"""The middleware that refuses malformed requests before any view sees them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class NoNullBytesMiddleware:
    """A middleware that answers 400 to null bytes in addresses and forms; PostgreSQL can't store them in text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("This address can't be read.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Check the form too, which the CSRF check would read right after."""
        if any("\x00" in text for name, values in request.POST.lists() for text in (name, *values)):
            return HttpResponseBadRequest("This form can't be read.")
        return None
