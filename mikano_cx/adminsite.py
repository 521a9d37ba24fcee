"""The admin site: Django's own, restyled by `static/css/admin.css` and `templates/admin/base_site.html`."""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_INLINE
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse


class HubAdminConfig(AdminConfig):
    default_site = "mikano_cx.adminsite.HubAdminSite"


class HubAdminSite(admin.AdminSite):
    site_header = "CX Hub administration"
    site_title = "CX Hub"
    index_title = "Records and settings"


class AdminStyleMiddleware:
    """A middleware that allows inline styles, which Django's widgets set, under /admin/ only. Scripts stay strict."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = {"style-src": [SELF, UNSAFE_INLINE]}  # type: ignore[attr-defined]
        return response
