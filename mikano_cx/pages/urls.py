from django.urls import path

from . import views
from .health import healthz

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("styleguide/", views.styleguide, name="styleguide"),
]
