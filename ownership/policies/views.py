"""The pages of the policy: its history, and what other clocks would change."""

from datetime import date
from tempfile import TemporaryFile
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.jobs.queue import OPEN, run_job
from accounts.people.access import allow, staff_of
from accounts.people.roles import DEFINING, EVERYONE
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.forms import INVALID, attempt
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.sheets.writer import TabOut, csv_lines, write_workbook
from ownership.facts.models import Policy
from ownership.policies import tasks  # noqa: F401 - registers the handler that `run_job` calls
from ownership.policies.actions.policies import set_policy
from ownership.policies.actions.what_if import ask_what_if
from ownership.policies.forms import ClocksForm, PolicyForm
from ownership.policies.models import WhatIf, WhatIfChange
from ownership.replay.queries import under_review

AT_ONCE = 1_500  # accounts: up to here the answer takes about a second, and the person waits for it
PER_PAGE = 50
HEADER = ("Account", "Name", "Division", "Change", "Now", "Now held by", "Then", "Then held by", "Shown for review")


@allow(EVERYONE, write=DEFINING)
def policy(request: HttpRequest) -> HttpResponse:
    """The current, past and coming policies, and the latest questions; a POST asks a new question."""
    at = timezone.now()
    today = local_date(at)
    policies = list(Policy.objects.select_related("author").order_by("-effective_from"))
    current = next((row for row in policies if row.effective_from <= today), None)
    start = {"orphan_after_months": current and current.orphan_after_months, "lead_days": current and current.lead_days}
    form = ClocksForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        question = attempt(form, ask_what_if, by=staff_of(request), at=at, **form.cleaned_data)
        if question:
            if question.job_id and Account.objects.order_by()[: AT_ONCE + 1].count() <= AT_ONCE:
                run_job(question.job_id)
            return redirect(question)
    context = {
        "current": current,
        "coming": [row for row in reversed(policies) if row.effective_from > today],
        "history": _policy_spans([row for row in policies if row.effective_from <= today]),
        "first": policies[-1] if policies else None,
        "form": form,
        "asked": WhatIf.objects.select_related("by", "job")[:5],
    }
    return render(request, "ownership/policy.html", context, status=INVALID if form.errors else 200)


@allow(EVERYONE, write=DEFINING)
def what_if(request: HttpRequest, pk: int) -> HttpResponse:
    """The progress of the answer, then the accounts that would change; a POST makes these clocks the policy."""
    question = get_object_or_404(WhatIf.objects.select_related("policy", "by", "job"), pk=pk)
    clocks = {"orphan_after_months": question.orphan_after_months, "lead_days": question.lead_days}
    form, at = PolicyForm({**request.POST.dict(), **clocks} if request.method == "POST" else None), timezone.now()
    if form.is_valid() and (made := attempt(form, set_policy, by=staff_of(request), at=at, **form.cleaned_data)):
        soon = " All accounts are being replayed." if made.effective_from == local_date(at) else ""
        messages.success(request, f"Saved: {made}.{soon}")
        return redirect("ownership:policy")
    return render(
        request,
        "ownership/what_if.html",
        _answer_context(request, question, form),
        status=INVALID if form.errors else 200,
    )


@allow(EVERYONE)
@require_safe
def what_if_file(request: HttpRequest, pk: int, ending: str) -> HttpResponse:
    """Every account that would change, as CSV or as a workbook (`ending`)."""
    question = get_object_or_404(WhatIf.objects.exclude(finished_at=None), pk=pk)
    if ending not in ("csv", "xlsx"):
        raise Http404("No such file.")
    name = (
        f"what-if-{question.orphan_after_months}-months-{question.lead_days}-days-{local_date(question.as_of)}.{ending}"
    )
    rows = (_change_line(change) for change in _changes(question).iterator(chunk_size=2000))
    if ending == "csv":
        text: Any = StreamingHttpResponse(csv_lines(HEADER, rows), content_type="text/csv; charset=utf-8")
        text["Content-Disposition"] = f'attachment; filename="{name}"'
        return cast(HttpResponse, text)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(file, [TabOut("What if", HEADER, rows, [12.0, 34.0, *([18.0] * 7)])])
    file.seek(0)
    return cast(HttpResponse, FileResponse(file, as_attachment=True, filename=name))


def _answer_context(request: HttpRequest, question: WhatIf, form: PolicyForm) -> dict[str, Any]:
    change_kind, counts, job = request.GET.get("kind", ""), question.counts, question.job
    changes = _changes(question).filter(kind=change_kind) if change_kind else _changes(question)
    return {
        "asked": question,
        "working": question.finished_at is None and job is not None and job.state in OPEN,
        "failed": question.finished_at is None and (job is None or job.state not in OPEN),
        "counts": counts,
        "share": round(100 * counts.get("changed", 0) / max(counts.get("accounts", 0), 1), 1),
        "tabs": _tabs(counts, change_kind),
        "states": [
            (label, counts.get(f"now_{state}", 0), counts.get(f"then_{state}", 0))
            for state, label in OwnershipState.choices
        ],
        "page": Paginator(changes, PER_PAGE).get_page(request.GET.get("page")) if question.finished_at else None,
        "form": form,
    }


def _changes(question: WhatIf) -> Any:
    """The changes; `under_review` marks accounts that show another owner until their head has decided."""
    named = question.changes.select_related("account__division", "account__owner", "owner_now", "owner_then")
    return named.annotate(under_review=under_review("account")).order_by("kind", "account")


def _tabs(counts: dict[str, int], change_kind: str) -> list[dict[str, Any]]:
    tabs = [{"url": "?", "label": "All", "count": f"{counts.get('changed', 0):,}", "current": not change_kind}]
    for value, label in WhatIfChange.Kind.choices:
        if counts.get(value):
            tabs.append(
                {
                    "url": f"?kind={value}",
                    "label": label,
                    "count": f"{counts[value]:,}",
                    "current": change_kind == value,
                }
            )
    return tabs


def _change_line(change: Any) -> tuple[str, ...]:
    account = change.account
    return (
        account.code,
        account.name,
        str(account.division or ""),
        change.get_kind_display(),
        change.get_state_now_display(),
        str(change.owner_now or ""),
        change.get_state_then_display(),
        str(change.owner_then or ""),
        str(account.owner or "nobody") if change.under_review else "",
    )


def _policy_spans(policies: list[Policy]) -> list[tuple[Policy, date | None]]:
    """Each given policy, in the given order (the latest first), with the first day of the next one or None."""
    nexts: list[date | None] = [None, *(row.effective_from for row in policies)]
    return list(zip(policies, nexts[: len(policies)], strict=True))
