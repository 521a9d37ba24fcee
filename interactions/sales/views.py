"""Whose an ERP salesperson code is."""

from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import ARRANGING_FEEDS, SELLING
from interactions.sales.salesperson_codes import give_code, unknown_codes
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused

A_PAGE = 25


class CodeForm(forms.Form):
    """Of one code. Offered is who works here and has no code yet."""

    code = forms.CharField(max_length=120)
    staff = forms.ModelChoiceField(
        Staff.objects.none(), error_messages={"required": "Choose whose code it is.", "invalid_choice": "Choose again."}
    )


class CodeHolders(NamedTuple):
    """Who works here: without a code, first those who sell; with one, who can't get another."""

    selling: list[Staff]
    others: list[Staff]
    coded: list[Staff]


@allow(ARRANGING_FEEDS)
def codes(request: HttpRequest) -> HttpResponse:
    """The codes that nobody has, with their sales; a POST says whose one is."""
    at, by = timezone.now(), staff_of(request)
    working = Staff.objects.working(local_date(at)).prefetch_related("roles").order_by("full_name", "pk")
    if request.method == "POST":
        form = CodeForm(request.POST)
        form.fields["staff"].queryset = working.filter(erp_code=None)  # type: ignore[attr-defined]
        if not form.is_valid():
            messages.error(request, str(next(iter(form.errors.values()))[0]))
        else:
            _give_code(request, form.cleaned_data["code"], form.cleaned_data["staff"], by)
        return redirect(request.get_full_path())
    page = Paginator(unknown_codes(), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "feeds/codes.html", {"page": page, "people": _code_holders(working)})


def _code_holders(working: "QuerySet[Staff]") -> CodeHolders:
    people = CodeHolders([], [], [])
    for person in working:
        selling = person.has_role(SELLING)
        if person.erp_code is None:
            (people.selling if selling else people.others).append(person)
        elif selling:
            people.coded.append(person)
    return people


def _give_code(request: HttpRequest, code: str, staff: Staff, by: Staff) -> None:
    try:
        give_code(code, staff, by=by, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, f"The sales of {code} are {staff}’s now.")
