from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import allow
from accounts.roles import EVERYONE


@allow(EVERYONE)
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/home.html")


@allow(EVERYONE)
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/styleguide.html")
