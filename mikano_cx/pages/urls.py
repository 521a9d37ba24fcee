from django.urls import path

from . import views
from .health import healthz

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("accounts/<str:code>/", views.account, name="account"),
    path("contacts/<str:code>/", views.contact, name="contact"),
    path("healthz", healthz, name="healthz"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
