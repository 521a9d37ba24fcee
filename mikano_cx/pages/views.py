from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.access import allow
from accounts.roles import EVERYONE
from mikano_cx.pages.specimens import specimens


@allow(EVERYONE)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html")


@allow(EVERYONE)
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/styleguide.html", specimens(request, timezone.now()))
