"""Views of accounts and contacts: their lists, creating by a search first, and editing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.lists import list_page
from accounts.people.access import allow, staff_of
from accounts.people.roles import EDITING
from accounts.records import actions, edit_conflict, search
from accounts.records.filters import AccountFilters, ContactFilters
from accounts.records.form_fields import written_code
from accounts.records.forms import AccountForm, ContactForm, RecordForm
from accounts.records.models import Account, Contact
from accounts.records.tables import AccountTable, ContactTable
from mikano_cx.kit.forms import INVALID, attempt, refused_as

ACCOUNTS = list_page.Listing(
    name="accounts",
    label="Accounts",
    noun="account",
    nouns="accounts",
    rows=Account.objects.for_listing,
    table=AccountTable,
    filters=AccountFilters,
    icon="building-2",
    nothing="No accounts yet",
    promise="Every company that Mikano sells to or serves will be here, with its owner and last touch.",
    first="Bring in the workbook, or add the first one.",
    new="accounts:account_new",
    new_label="New account",
    searched_by="part of the name, a phone number in any spelling, the ERP ID or the code.",
    presets=(("All", ""), ("Mine", "owner=me"), ("Nobody's", "owner=nobody"), ("No touch for 90 days", "untouched=90")),
)
CONTACTS = list_page.Listing(
    name="contacts",
    label="Contacts",
    noun="contact",
    nouns="contacts",
    rows=Contact.objects.for_listing,
    table=ContactTable,
    filters=ContactFilters,
    icon="users",
    nothing="No contacts yet",
    promise="The people who work at our accounts will be here, one tap from a call.",
    first="Bring in the workbook, or add the first one.",
    new="accounts:contact_new",
    new_label="New contact",
    searched_by="part of the name, a phone number in any spelling, the e-mail or the code.",
    presets=(("All", ""), ("Of my accounts", "owner=me"), ("Left", "active=no")),
)


account_list, contact_list = list_page.list_view(ACCOUNTS), list_page.list_view(CONTACTS)


# --- creating, which starts as a search ----------------------------------------------------------------------------


@allow(EDITING)
def account_new(request: HttpRequest) -> HttpResponse:
    start = {"name": request.GET.get("name", "")}
    form = AccountForm(request.POST or None, staff=staff_of(request), initial=start)
    if form.is_bound and (account := _create(request, form, actions.create_account)):
        messages.success(request, f"{account.name} is account {account.code}.")
        return redirect(account)
    return _new(request, form, _near_accounts(request))


@allow(EDITING)
def contact_new(request: HttpRequest) -> HttpResponse:
    account = _account_of(request.GET) or request.GET.get("account", "")
    start = {"full_name": request.GET.get("name", ""), "account": account}
    form = ContactForm(request.POST or None, staff=staff_of(request), initial=start)
    if form.is_bound and (contact := _create(request, form, actions.create_contact)):
        messages.success(request, f"{contact.full_name} is contact {contact.code}.")
        return redirect(contact)
    return _new(request, form, _near_contacts(request))


@allow(EDITING)
@require_safe
def near_accounts(request: HttpRequest) -> HttpResponse:
    """The near matches while somebody types or, with `lookup`, suggestions for an input of an account's code."""
    if "lookup" in request.GET:
        hits = [
            hit.record
            for hit in search.find_records(_lookup_text(request), limit=24)
            if isinstance(hit.record, Account)
        ]
        return render(request, "components/account_lookup.html#options", {"accounts": hits[:8]})
    form = AccountForm(request.GET, staff=staff_of(request))
    return render(request, "accounts/record_new.html#near", {"form": form, "near": _near_accounts(request)})


@allow(EDITING)
@require_safe
def near_contacts(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.GET, staff=staff_of(request))
    return render(request, "accounts/record_new.html#near", {"form": form, "near": _near_contacts(request)})


# --- editing ----------------------------------------------------------------------------------------------------------


@allow(EDITING)
def account_edit(request: HttpRequest, code: str) -> HttpResponse:
    account = get_object_or_404(Account.objects.select_related("division", "parent", "erp_customer"), code=code)
    form = AccountForm(request.POST or None, staff=staff_of(request), record=account)
    return _edit(request, form, actions.edit_account, account.division_id)


@allow(EDITING)
def contact_edit(request: HttpRequest, code: str) -> HttpResponse:
    contact = get_object_or_404(Contact.objects.select_related("account__division"), code=code)
    form = ContactForm(request.POST or None, staff=staff_of(request), record=contact)
    return _edit(request, form, actions.edit_contact, contact.account.division_id)


# --- shared helpers -----------------------------------------------------------------------------------------------


def _create(request: HttpRequest, form: RecordForm, verb: Any) -> Any:
    if not form.is_valid():
        return None
    return attempt(
        form,
        verb,
        by=staff_of(request),
        at=timezone.now(),
        values=form.values,
        another_because=form.cleaned_data["another_because"],
        idempotency_key=form.cleaned_data["key"] or None,
    )


def _new(request: HttpRequest, form: RecordForm, near: list[Any]) -> HttpResponse:
    near_url = reverse(f"accounts:near_{form.nouns}")
    return _form(request, "accounts/record_new.html", form, {"near": near, "near_url": near_url})


def _edit(request: HttpRequest, form: RecordForm, verb: Any, division_id: int | None) -> HttpResponse:
    """Save, or show the form again; after a conflict it shows what the other person saved."""
    record, at = form.record, timezone.now()
    seen = form.is_bound and form.is_valid()
    seen_version = (form.cleaned_data.get("version") or 0) if seen else 0
    if seen and attempt(form, verb, record, by=staff_of(request), at=at, values=form.values, seen_version=seen_version):
        messages.success(request, "Saved.")
        return redirect(record)
    context: dict[str, Any] = {"record": record, "may_write": staff_of(request).writes_in(division_id)}
    if form.is_bound and refused_as(form, "conflict"):
        context |= edit_conflict.merge_with_saved(form, record, seen_version)
    return _form(request, "accounts/record_edit.html", form, context)


def _form(request: HttpRequest, template: str, form: RecordForm, context: dict[str, Any]) -> HttpResponse:
    context |= {"form": form, "list_url": reverse(f"accounts:{form.noun}_list")}
    return render(request, template, context, status=INVALID if form.errors else 200)


def _typed_values(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else request.GET


def _lookup_text(request: HttpRequest) -> str:
    """The text typed into the input that asks, whatever the input's name."""
    typed = request.GET.get("parent") or request.GET.get("account") or ""
    return written_code(typed) if " · " in typed else typed


def _account_of(asked: Any) -> Account | None:
    """The account chosen for a contact."""
    return Account.objects.filter(code=written_code(asked.get("account"))).first()


def _near_accounts(request: HttpRequest) -> list[Any]:
    asked = _typed_values(request)
    return search.near_accounts(
        asked.get("name", "")[:200],
        phone=asked.get("main_phone", "")[:60],
        erp_customer_id=asked.get("erp_customer_id", "")[:40],
    )


def _near_contacts(request: HttpRequest) -> list[Any]:
    asked = _typed_values(request)
    name, email, mobile = (asked.get(field, "")[:200] for field in ("full_name", "email", "mobile"))
    account = _account_of(asked)
    if not (name or email or mobile):
        return []
    return search.near_contacts(name, email=email, mobile=mobile, account_id=account.pk if account else None)
