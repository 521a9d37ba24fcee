from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.access import allow, public
from accounts.roles import EVERYONE


@allow(EVERYONE)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html")


@public
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ok": True})


@allow(EVERYONE)
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/styleguide.html")
