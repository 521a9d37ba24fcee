"""The access rules of views: each view declares who may open it, and a view that declares nothing is closed to all.

`tests/pages/test_page_matrix.py` calls every URL as every role and fails on a URL that it doesn't list.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.people.models import Staff
from accounts.people.roles import Role

View = Callable[..., HttpResponse]
# Libraries' views that check access themselves: the admin asks `Staff.has_perm`, allauth serves signed-out visitors.
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


def staff_of(request: HttpRequest) -> Staff:
    """The person who is signed in; only views that are open to nobody else may ask."""
    assert isinstance(request.user, Staff)
    return request.user


def allow(roles: Iterable[Role], *, write: Iterable[Role] | None = None) -> Callable[[View], View]:
    """Open the view to the signed-in people with one of these roles; `write` narrows who may POST.

    The view answers GET, HEAD and POST only, others with 405. A page that only reads also has `require_safe`.
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
    """The middleware that refuses every view without declared access."""

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
