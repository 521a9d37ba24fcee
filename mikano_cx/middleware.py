"""What is refused before any view sees it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class NoNullBytesMiddleware:
    """A null byte in an address or a form is nobody's typing error, and PostgreSQL keeps none in its text: 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("This address can't be read.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Reads the form, as the check of its token would do right after."""
        if any("\x00" in text for name, values in request.POST.lists() for text in (name, *values)):
            return HttpResponseBadRequest("This form can't be read.")
        return None
