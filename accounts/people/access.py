"""Access is declared per view; a view that declares nothing is closed to everybody.

`tests/pages/test_page_matrix.py` calls every URL as every role and fails on a URL without a row.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.people.roles import Role

View = Callable[..., HttpResponse]
# Other people's views that decide for themselves: the admin asks `Staff.has_perm`, allauth serves who is signed out.
OWN_DECISION = {"admin"}
SIGN_IN = {
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_change_password",
    "account_reauthenticate",
}


def allow(roles: Iterable[Role], *, write: Iterable[Role] | None = None) -> Callable[[View], View]:
    """Open the view to the signed-in people of these roles; `write` narrows who may POST.

    Nothing but GET, HEAD and POST is answered (405); a page that only reads says so with `require_safe` beside this.
    """
    readers = frozenset(roles)
    writers = readers if write is None else frozenset(write)

    def declare(view: View) -> View:
        served = require_http_methods(["GET", "HEAD", "POST"])(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            needed = readers if request.method in ("GET", "HEAD") else writers
            if not request.user.has_role(needed):  # type: ignore[union-attr]
                raise PermissionDenied("Your role doesn't allow this. The administrator can change your roles.")
            return served(request, *args, **kwargs)

        guarded.hub_access = (readers, writers)  # type: ignore[attr-defined]
        return guarded

    return declare


def public(view: View) -> View:
    """Open the view to everybody, signed in or not."""
    opened = login_not_required(view)
    opened.hub_access = None  # type: ignore[attr-defined]
    return opened


class DeclaredAccessMiddleware:
    """Closes every view that declares no access."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if match is None or hasattr(view, "hub_access"):
            return
        if match.app_name in OWN_DECISION or match.url_name in SIGN_IN:
            return
        raise PermissionDenied("This page declares no access.")
