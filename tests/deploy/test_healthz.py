"""What /healthz tells, and to whom: everybody, so nothing that is nobody's business."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.jobs.models import Job
from ownership.facts.models import Policy
from ownership.replay.models import Sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(client, settings, tmp_path):
    settings.CELERY_BROKER_URL = "filesystem://localhost"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": str(tmp_path), "control_folder": str(tmp_path)}
    return lambda: client.get("/healthz")


def test_it_is_well_when_database_and_broker_answer(tell):
    answer = tell()
    assert answer.status_code == 200
    told = {"status": "ok", "database": "ok", "broker": "ok", "schedule": "never ran", "jobs": {}}
    never = {"sweep": "never ran", "last_sweep": None, "sweep_age_minutes": None, "last_audit": None}
    assert answer.json() == {**told, "ownership": {**never, "differences": None}}
    assert "no-store" in answer["Cache-Control"]


def test_it_is_down_without_its_queue(tell, settings, tmp_path):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"] = str(tmp_path / "gone")
    answer = tell()
    assert (answer.status_code, answer.json()["broker"]) == (503, "down")


def test_it_is_down_without_redis(tell, settings):
    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"
    answer = tell()
    assert (answer.status_code, answer.json()["broker"]) == (503, "down")
    assert "secret" not in answer.content.decode()


def test_it_is_down_without_its_database(tell):
    with mock.patch.object(connection, "cursor", side_effect=OperationalError("password=hunter2")):
        answer = tell()
    assert (answer.status_code, answer.json()["database"]) == (503, "down")
    assert "hunter2" not in answer.content.decode()


def test_it_tells_each_kind_of_jobs_last_end_and_what_is_overdue(tell):
    now = timezone.now()
    earlier = now - timedelta(hours=1)

    def job(kind: str, state: str, **values: object) -> None:
        Job.objects.create(kind=kind, subject=str(Job.objects.count()), state=state, created_at=earlier, **values)

    job("check", "done", finished_at=earlier)
    job("check", "done", finished_at=now)
    job("check", "failed", finished_at=earlier)
    job("check", "running", leased_until=now + timedelta(seconds=20))
    job("apply", "waiting")
    answer = tell().json()
    assert answer["status"] == "late"
    check, apply = answer["jobs"]["check"], answer["jobs"]["apply"]
    assert (check["waiting"], check["running"], check["overdue"]) == (0, 1, 0)
    assert check["last_done"][:19] == now.isoformat()[:19] and check["last_failed"][:19] == earlier.isoformat()[:19]
    assert apply == {"last_done": None, "last_failed": None, "waiting": 1, "running": 0, "overdue": 1}


def test_it_tells_how_old_the_last_sweep_is_and_what_the_last_audit_found(tell):
    now = timezone.now()
    policy = Policy.objects.get()
    done = {"policy": policy, "finished_at": now, "replayed": 5}
    Sweep.objects.create(kind="sweep", as_of=now - timedelta(minutes=50), changed=1, **done)
    Sweep.objects.create(kind="audit", as_of=now - timedelta(days=2), changed=3, **done)
    answer = tell().json()
    assert answer["status"] == "ok"
    assert (answer["ownership"]["sweep"], answer["ownership"]["sweep_age_minutes"]) == ("ok", 50)
    assert answer["ownership"]["differences"] == 3
    Sweep.objects.filter(kind="sweep").update(as_of=now - timedelta(hours=4))
    answer = tell().json()
    assert (answer["status"], answer["ownership"]["sweep"]) == ("late", "late")
