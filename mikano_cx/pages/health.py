"""The health page, for load balancers, container health checks and the person on call."""

import os
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Count, Max, Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_celery_beat.models import PeriodicTask

from accounts.jobs.models import Job
from accounts.jobs.queue import OVERDUE_AFTER
from accounts.people.access import public
from ownership.replay.models import Sweep

TIMEOUT = 2  # seconds, each for the database and the broker
JOBS_SHOWN_FOR = timedelta(days=30)
SCHEDULE_LATE_AFTER = timedelta(minutes=2)
SWEEP_LATE_AFTER = timedelta(hours=3)  # sweeps run hourly


@public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if database and broker respond, else 503. Late work is reported as "late", with status 200."""
    at = timezone.now()
    database, broker = database_answers(), broker_answers()
    report: dict[str, Any] = {
        "database": _up_or_down(database),
        "broker": _up_or_down(broker),
        "schedule": "unknown",
        "jobs": {},
    }
    if database:
        report["schedule"], report["jobs"], report["ownership"] = schedule(at), _jobs(at), _ownership(at)
    late = report["schedule"] == "late" or any(job["overdue"] for job in report["jobs"].values())
    late = late or report.get("ownership", {}).get("sweep") == "late"
    well = database and broker
    return JsonResponse(
        {"status": "down" if not well else "late" if late else "ok", **report}, status=200 if well else 503
    )


def _up_or_down(answers: bool) -> str:
    return "ok" if answers else "down"


def database_answers() -> bool:
    """Whether the database responds. PostgreSQL is asked on a new connection, because the pool waits too long."""
    try:
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            params = {**connection.get_connection_params(), "connect_timeout": TIMEOUT}
            params.pop("pool", None)
            psycopg.connect(**params).close()
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT * 1000}")
            cursor.execute("SELECT 1")
    except (Error, psycopg.Error):
        return False
    return True


def broker_answers() -> bool:
    url = str(settings.CELERY_BROKER_URL)
    if urlsplit(url).scheme == "filesystem":
        options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        return all(os.access(options[name], os.W_OK) for name in ("data_folder_in", "control_folder"))
    client = redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def schedule(at: datetime) -> str:
    """The state of beat, from the schedule that resumes jobs several times a minute."""
    last = PeriodicTask.objects.filter(task="accounts.resume_jobs").aggregate(last=Max("last_run_at"))["last"]
    if last is None:
        return "never ran"
    return "late" if at - last > SCHEDULE_LATE_AFTER else "ok"


def _ownership(at: datetime) -> dict[str, Any]:
    """The time of the last sweep, whether it is too long ago, and the result of the last audit."""
    swept, audited = (
        Sweep.objects.filter(kind=kind).order_by("-as_of").values("as_of", "changed").first() for kind in Sweep.Kind
    )
    age = at - swept["as_of"] if swept else None
    return {
        "sweep": "never ran" if age is None else "late" if age > SWEEP_LATE_AFTER else "ok",
        "last_sweep": swept and swept["as_of"],
        "sweep_age_minutes": None if age is None else int(age.total_seconds() // 60),
        "last_audit": audited and audited["as_of"],
        "differences": audited and audited["changed"],
    }


def _jobs(at: datetime) -> dict[str, dict[str, Any]]:
    """For each kind of job: when one was last done and last failed, and how many wait, run and are overdue."""
    state = Job.State
    open_jobs = Q(state__in=(state.WAITING, state.RUNNING))
    overdue = open_jobs & Q(created_at__lt=at - OVERDUE_AFTER) & (Q(leased_until=None) | Q(leased_until__lt=at))
    rows = (
        Job.objects.filter(open_jobs | Q(created_at__gte=at - JOBS_SHOWN_FOR))
        .order_by("kind")
        .values("kind")
        .annotate(
            last_done=Max("finished_at", filter=Q(state=state.DONE)),
            last_failed=Max("finished_at", filter=Q(state=state.FAILED)),
            waiting=Count("pk", filter=Q(state=state.WAITING)),
            running=Count("pk", filter=Q(state=state.RUNNING)),
            overdue=Count("pk", filter=overdue),
        )
    )
    return {row["kind"]: {name: value for name, value in row.items() if name != "kind"} for row in rows}
