"""Mails about imports that failed, were stopped or are late: sent for real, told once."""

import email
import email.policy
import socket
from datetime import datetime, time, timedelta

import pytest
from aiosmtpd.controller import Controller

from accounts.imports import tasks
from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.freshness import note_good_run
from accounts.imports.feeds.mails import tell, tell_untold
from accounts.imports.models import Feed, ImportRun
from accounts.jobs import queue
from accounts.jobs.models import Job
from accounts.people.models import Division
from mikano_cx.kit.local_time import LAGOS
from tests.conftest import NOW


class Postbox:
    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((sorted(envelope.rcpt_tos), letter["Subject"], letter.get_content()))
        return "250 Message accepted for delivery"


@pytest.fixture
def postbox(settings):
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.HUB_ADDRESS = "https://hub.mikano.test/"
    yield box
    controller.stop()


@pytest.fixture
def feed(cast) -> Feed:
    made = Feed(name="Motors customers", kind="customers", division=Division.objects.get(slug="motors"))
    made.folder, made.pattern, made.days, made.runs_at = "erp", "customers_*.csv", "daily", time(2)
    return save_feed(made, by=cast.chinedu, at=NOW)


def run_of(feed: Feed, **values) -> ImportRun:
    given = {"state": "refused", "message": "The column “Name” is missing.", "file_name": "customers_0316.csv"}
    return ImportRun.objects.create(feed=feed, trigger="hand", created_at=NOW, finished_at=NOW, **{**given, **values})


def work() -> None:
    for job in Job.objects.filter(state=Job.State.WAITING, leased_until=None):
        queue.run_job(job.pk)


def test_it_and_the_steward_are_told_that_a_file_was_refused(feed, postbox):
    run = run_of(feed)
    tell(run, at=NOW)
    work()
    [(to, subject, text)] = postbox.letters
    assert to == ["aisha@mikano.test", "chinedu@mikano.test"]
    assert subject == "CX Hub: Motors customers: not imported"
    assert "The column “Name” is missing." in text and "customers_0316.csv" in text
    assert f"https://hub.mikano.test/feeds/runs/{run.pk}/" in text


def test_what_stopped_a_run_stands_in_the_mail(feed, postbox):
    words = "30 of 100 known customers (30 %) would vanish: more than 10 %."
    tell(run_of(feed, state="stopped", guards=[{"code": "vanish", "text": words}]), at=NOW)
    work()
    [(_, subject, text)] = postbox.letters
    assert subject == "CX Hub: Motors customers: stopped" and f"- {words}" in text


def test_who_has_left_or_may_not_sign_in_gets_no_mail(cast, feed, postbox):
    cast.aisha.is_active = False
    cast.aisha.save()
    cast.chinedu.last_working_day = NOW.date() - timedelta(days=400)
    cast.chinedu.save()
    tell(run_of(feed), at=NOW)
    work()
    assert postbox.letters == []
    assert Job.objects.get().message == "Nobody of IT has an e-mail address."


def test_a_run_s_end_is_told_once_and_what_a_killed_worker_left_is_told_after_all(feed, postbox):
    run = run_of(feed)
    tell_untold(at=NOW + timedelta(minutes=5))
    work()
    tell(run, at=NOW + timedelta(minutes=6))
    tell_untold(at=NOW + timedelta(minutes=10))
    work()
    assert len(postbox.letters) == 1
    run.finished_at = NOW + timedelta(hours=1)  # read again, and refused again
    run.save()
    tell(run, at=NOW + timedelta(hours=1))
    work()
    assert len(postbox.letters) == 2


@pytest.mark.parametrize("state", ["applied", "preview", "no_file", "discarded", "undone"])
def test_what_went_well_or_was_decided_is_no_news(feed, postbox, state):
    tell(run_of(feed, state=state), at=NOW)
    tell_untold(at=NOW)
    assert not Job.objects.exists()


def lagos(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=LAGOS)


def test_a_missed_schedule_is_told_once_and_the_next_one_again(feed, postbox):
    for at in (lagos(17, 3, 55), lagos(17, 4), lagos(17, 4, 5), lagos(18, 3, 55), lagos(18, 4, 5), lagos(18, 9)):
        tell_untold(at=at)
    work()
    assert [subject for _, subject, _ in postbox.letters] == ["CX Hub: Motors customers: late"] * 2
    _, _, text = postbox.letters[0]
    assert "17 Mar 2026, 02:00 (Lagos time)" in text and "never come in yet" in text
    assert f"https://hub.mikano.test/feeds/{feed.pk}/" in text


def test_what_has_come_before_the_mail_goes_out_is_not_told(feed, postbox):
    tell_untold(at=lagos(17, 4))
    note_good_run(run_of(feed, state="applied"), at=NOW + timedelta(days=4000))  # later than the test's clock
    work()
    assert postbox.letters == []
    assert Job.objects.get().message == "It has come meanwhile."


def test_a_mail_server_that_is_away_is_tried_again(feed, postbox, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tell(run_of(feed), at=NOW)
    work()
    job = Job.objects.get()
    assert (job.state, job.attempts) == (Job.State.WAITING, 1)
    settings.EMAIL_PORT = port
    Job.objects.update(leased_until=None)
    work()
    assert len(postbox.letters) == 1


def test_without_an_address_of_the_hub_the_mail_says_where_to_look(feed, postbox, settings):
    settings.HUB_ADDRESS = ""
    run = run_of(feed)
    tell(run, at=NOW)
    work()
    [(_, _, text)] = postbox.letters
    assert f"under Feeds, import {run.pk}" in text and "http" not in text


def test_beat_s_round_tells_too_though_the_folder_is_missing(feed, postbox, time_machine, settings, tmp_path):
    settings.DROP_DIR = tmp_path
    time_machine.move_to(lagos(17, 4, 1), tick=False)
    tasks.start_missed_feeds()
    assert Job.objects.filter(kind="feed_mail").count() == 1
    run = ImportRun.objects.get()
    assert (run.state, run.business_date.day) == ("no_file", 17)
    assert run.message == "The drop folder “erp” can't be read: No such file or directory."
