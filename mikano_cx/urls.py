"""The hub's addresses, app by app."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("accounts.urls")),  # before pages, so that /accounts/new/ isn't taken for a code
    path("", include("interactions.urls")),
    path("feeds/", include("accounts.imports.urls")),
    path("feeds/", include("interactions.sales.urls")),
    path("workbook/", include("interactions.workbook.urls")),
    path("", include("mikano_cx.pages.urls")),
    path("ownership/", include("ownership.urls")),
    path("kpis/", include("kpis.metrics.urls")),
    path("sign-in/", include("accounts.people.urls")),
    path("admin/", admin.site.urls),
]
handler429 = "accounts.people.signin.too_many_requests"  # allauth answers 429 by it
