"""A small whole world: a record of every model, and a client for every role."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from django_celery_results.models import GroupResult, TaskResult

from accounts.imports.models import ErpCustomer, Feed, FeedFreshness, ImportRow, ImportRun
from accounts.jobs.models import Job
from accounts.lists.models import SavedView
from accounts.people.models import Leave, Movement, Notice, ProductLine, Staff, StaffAlias
from accounts.records.models import CodeSeries, Contact, NearMatchWaiver
from interactions.log.actions import amend_interaction, log_interaction
from interactions.sales.actions import record_sale
from interactions.sales.models import OnlineReview
from ownership.disputes.models import Dispute, DraftRuling
from ownership.facts.models import Assignment, Policy, Renewal, Ruling
from ownership.policies.models import WhatIf, WhatIfChange
from ownership.replay.models import OwnerReview, OwnershipFlag, Sweep, Tenure
from ownership.routing.models import Routing
from tests.conftest import NOW, PASSWORD, TODAY

SECRET = "Xylophone-4711-confidential"
KEYS = (
    "view",
    "run",
    "what_if",
    "leave",
    "review",
    "dispute",
    "feed",
    "feed_run",
    "customer",
)  # examples that an address names by key
ROLES = ("anonymous", "sales", "head", "steward", "pbi", "it", "management", "administrator", "other")


@pytest.fixture
def now():
    """Everything happens twenty minutes after NOW, when an entry is amended beside it."""
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        yield


@pytest.fixture
def world(cast, zenith, now) -> SimpleNamespace:
    CodeSeries.reserve("A", ["A001"])
    CodeSeries.reserve("C", ["C002"])
    contact = Contact.objects.get(code="C001")
    entry = log_interaction(
        by=cast.ngozi,
        at=NOW,
        contact=contact,
        channel="phone",
        notes=f"{SECRET} notes",
        confidential=True,
        next_action="Send the quote",
        due_on=TODAY,
    )
    amend_interaction(entry, by=cast.aisha, at=timezone.now(), text=f"{SECRET} amendment")
    record_sale(by=cast.aisha, at=NOW, invoice_number="INV-1", account=zenith, sold_on=TODAY, amount="1500.00")
    view = SavedView.objects.create(list_name="accounts", name="Mine", query="division=motors", owner=cast.funke)
    NearMatchWaiver.objects.create(account=zenith, near_codes=["A002"], word="Branch", by=cast.aisha, at=NOW)
    StaffAlias.objects.create(name_key="funke a", written="Funke A.", staff=cast.funke)
    Job.objects.create(kind="import", subject="1", created_at=NOW)
    run = ImportRun.objects.create(
        file="imports/x.xlsx",
        file_name="x.xlsx",
        sha256="0" * 64,
        size=1,
        created_at=NOW,
        by=cast.aisha,
        state="reading",
    )
    changes = {"notes": ["", f"{SECRET} cell"]}
    problems = [{"field": "notes", "kind": "missing", "message": f"{SECRET} problem"}]
    ImportRow.objects.create(
        run=run, tab="interactions", row=2, bucket="new", external_id=entry.code, changes=changes, problems=problems
    )
    ownership = _ownership(cast, zenith)
    feeds = _feeds(zenith)
    interval = IntervalSchedule.objects.create(every=1, period="minutes")
    PeriodicTask.objects.create(name="Look after jobs", task="accounts.resume_jobs", interval=interval)
    CrontabSchedule.objects.create()
    ClockedSchedule.objects.create(clocked_time=NOW)
    SolarSchedule.objects.create(event="sunrise", latitude=6, longitude=3)
    TaskResult.objects.create(task_id="t1")
    GroupResult.objects.create(group_id="g1")
    admin = Staff.objects.create_superuser("root", "Bola Root", PASSWORD, email="root@mikano.test")
    people = {
        "anonymous": None,
        "sales": cast.funke,
        "head": cast.ngozi,
        "steward": cast.aisha,
        "pbi": cast.tunde,
        "it": cast.chinedu,
        "management": cast.halima,
        "administrator": admin,
        "other": cast.emeka,
    }
    return SimpleNamespace(
        people=people, account=zenith, contact=contact, entry=entry, view=view, run=run, **ownership, **feeds
    )


def _feeds(account) -> dict:
    """A feed of the account's division, a run that was shown, and a customer whom nobody has looked at."""
    feed = Feed.objects.create(name="ERP customers", kind="customers", division=account.division, updated_at=NOW)
    counts = {"new": 1, "changed": 0, "same": 0, "held": 0, "refused": 0, "left_out": 0}
    run = ImportRun.objects.create(feed=feed, trigger="upload", state="preview", created_at=NOW, rows=1, counts=counts)
    ImportRow.objects.create(run=run, row=2, bucket="new", external_id="200001", label="Dangote Cement")
    FeedFreshness.objects.create(feed=feed)
    OnlineReview.objects.create(source="erp", external_id="R1", written_on=TODAY, rating=4, recorded_at=NOW, run=run)
    said = {"name": "Dangote Cement", "name_key": "dangote cement", "division": account.division}
    customer = ErpCustomer.objects.create(source="erp", external_id="200001", check_state="match", **said)
    return {"feed": feed, "feed_run": run, "customer": customer}


def _ownership(cast, account) -> dict:
    """A row of every model of ownership, and of what it routes by."""
    motors, policy = account.division, Policy.objects.get()
    ProductLine.objects.create(division=motors, name="Generators")
    leave = Leave.objects.create(staff=cast.aisha, first_day=TODAY, last_day=TODAY, recorded_by=cast.ngozi)
    Movement.objects.create(staff=cast.emeka, kind="departure", at=NOW, recorded_at=NOW, struck_at=NOW)
    if not Tenure.objects.filter(account=account).exists():
        Tenure.objects.create(account=account, state="orphan", start=NOW, rule="no-claim", evidence=[])
    flag = OwnershipFlag.objects.create(account=account, kind="out-of-turn-sale", at=NOW, evidence=["S1"])
    OwnerReview.objects.filter(account=account).delete()
    review = OwnerReview.objects.create(
        account=account, workbook_owner=cast.funke, computed_state="orphan", rule="no-claim", created_at=NOW
    )
    Assignment.objects.create(account=account, assignee=cast.funke, by=cast.ngozi, at=NOW - timedelta(days=900))
    closed = {"state": "upheld", "closed_by": cast.ngozi, "closed_at": NOW}
    dispute = Dispute.objects.create(
        account=account, question="Whose?", opened_by=cast.funke, opened_at=NOW, flag=flag, **closed
    )
    drawn = {"dispute": dispute, "author": cast.ngozi, "kind": "void", "target": "S0000000999", "reason": "Wrong"}
    DraftRuling.objects.create(drafted_at=NOW, **drawn)
    Ruling.objects.create(at=NOW, account=account, **drawn)
    anew = {
        "target": "G0000000999",
        "kind": "assignment",
        "person": cast.emeka,
        "author": cast.ngozi,
        "reason": "Right",
    }
    Renewal.objects.create(account=account, at=NOW - timedelta(days=900), recorded_at=NOW, **anew)
    Notice.objects.create(
        to=cast.funke, account=account, kind="gained", about_at=NOW, text="Yours", url="/ownership/notices/", at=NOW
    )
    Routing.objects.create(division=motors, routed_by="nobody", at=NOW, explanation=["Nobody."])
    Sweep.objects.create(kind="audit", as_of=NOW, policy=policy, finished_at=NOW, replayed=1, changed=0)
    what_if = WhatIf.objects.create(
        orphan_after_months=18, lead_days=60, policy=policy, as_of=NOW, by=cast.tunde, finished_at=NOW
    )
    WhatIfChange.objects.create(
        what_if=what_if, account=account, kind="freed", owner_now=cast.funke, state_now="owned", state_then="orphan"
    )
    return {"leave": leave, "review": review, "what_if": what_if, "dispute": dispute}


class TidyClient(Client):
    """Reads streamed answers to their end, so that their files are closed."""

    def request(self, **request):
        answer = super().request(**request)
        if answer.streaming:
            answer.streaming_content = [b"".join(answer.streaming_content)]
            for closable in answer._resource_closers[:]:
                closable()
        return answer


@pytest.fixture
def client_for(world):
    def signed_in(role: str, **options) -> Client:
        client = TidyClient(raise_request_exception=False, **options)
        if world.people[role]:
            client.force_login(world.people[role])
        return client

    return signed_in


def kwargs_of(world, at: dict) -> dict:
    """The example's parts of an address: codes as they are, `KEYS` by their key."""
    return {key: getattr(world, value).pk if value in KEYS else value for key, value in at.items()}


def everything() -> dict[str, list]:
    """All rows of all tables, but for sessions and when somebody last signed in."""
    rows = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label_lower == "sessions.session":
            continue
        names = [field.attname for field in model._meta.concrete_fields if field.attname != "last_login"]
        rows[model._meta.label] = sorted(model._base_manager.values_list(*names), key=repr)
    return rows
