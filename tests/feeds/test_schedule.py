"""When a feed is due, what beat is told, and from when on its data is late. All instants are Lagos time."""

from datetime import datetime, time, timedelta

import pytest
from django_celery_beat.models import PeriodicTask

from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.freshness import FIRST_LATE, note_good_run, stale
from accounts.imports.feeds.schedule import GRACE, last_due, late_after, next_due
from accounts.imports.models import Feed, FeedFreshness, ImportRun
from accounts.imports.runs.labels import freshness_words, schedule_words, time_words
from accounts.people.models import Staff
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW


def lagos(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """In March 2026, whose 16th is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=LAGOS)


TWO = time(2)


@pytest.mark.parametrize(
    ("days", "at", "last", "following"),
    [
        ("daily", lagos(16, 1, 59), lagos(15, 2), lagos(16, 2)),
        ("daily", lagos(16, 2), lagos(16, 2), lagos(17, 2)),
        ("weekdays", lagos(15, 12), lagos(13, 2), lagos(16, 2)),  # a Sunday
        ("weekdays", lagos(20, 2, 1), lagos(20, 2), lagos(23, 2)),
        ("weekly", lagos(16, 1), lagos(9, 2), lagos(16, 2)),
        ("weekly", lagos(22, 23), lagos(16, 2), lagos(23, 2)),
    ],
)
def test_a_feed_is_due_on_its_days(days, at, last, following):
    assert last_due(days, TWO, at) == last
    assert next_due(days, TWO, at) == following


def test_hours_are_those_of_lagos_whatever_zone_an_instant_is_given_in():
    from datetime import UTC

    at = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)  # half past two in Lagos
    assert last_due("daily", TWO, at) == lagos(16, 2)
    assert last_due("daily", time(0, 30), datetime(2026, 3, 15, 23, 45, tzinfo=UTC)) == lagos(16, 0, 30)


def test_data_is_late_two_hours_after_the_next_run_was_due():
    assert late_after("daily", TWO, lagos(16, 2, 5)) == lagos(17, 4)
    assert late_after("weekdays", TWO, lagos(20, 2, 5)) == lagos(23, 4)  # nothing is due at the weekend


def feed(**values) -> Feed:
    given = {"name": "ERP customers", "kind": "customers", "folder": "erp", "pattern": "customers_*.csv"}
    return Feed(**{**given, "days": "daily", "runs_at": TWO, **values})


def task(feed: Feed) -> PeriodicTask:
    return PeriodicTask.objects.select_related("crontab").get(name=f"Feed {feed.pk}")


def test_beat_is_told_of_a_schedule_and_of_its_change(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    row = task(made)
    assert (row.task, row.args, row.enabled) == ("accounts.run_feed", f"[{made.pk}]", True)
    assert (row.crontab.minute, row.crontab.hour, row.crontab.day_of_week) == ("0", "2", "*")
    assert str(row.crontab.timezone) == "Africa/Lagos"
    made.days, made.runs_at = "weekdays", time(3, 15)
    save_feed(made, by=cast.chinedu, at=NOW)
    row = task(made)
    assert (row.crontab.minute, row.crontab.hour, row.crontab.day_of_week) == ("15", "3", "1-5")
    assert "Monday to Friday at 03:15" in row.description
    assert PeriodicTask.objects.filter(task="accounts.run_feed").count() == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"days": ""}])
def test_what_isn_t_in_use_or_has_no_days_is_taken_off_the_schedule(cast, change):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    for name, value in change.items():
        setattr(made, name, value)
    save_feed(made, by=cast.chinedu, at=NOW)
    assert not task(made).enabled
    assert FeedFreshness.objects.get(feed=made).late_after is None


def test_a_feed_without_a_schedule_has_no_row_of_beat_s_and_is_never_late(cast):
    made = save_feed(feed(days="", runs_at=None), by=cast.chinedu, at=NOW)
    assert not PeriodicTask.objects.filter(name=f"Feed {made.pk}").exists()
    assert FeedFreshness.objects.get(feed=made).late_after is None


def test_a_new_schedule_is_late_from_its_first_missed_run_on(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    assert FeedFreshness.objects.get(feed=made).late_after == lagos(17, 2) + GRACE


def test_saving_a_late_feed_doesn_t_make_it_fresh(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    later = NOW + timedelta(days=3)
    made.runs_at = time(5)
    save_feed(made, by=cast.chinedu, at=later)
    assert FeedFreshness.objects.get(feed=made).late_after == lagos(17, 4)


def test_saving_something_else_leaves_the_day_as_it_was(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    FeedFreshness.objects.filter(feed=made).update(late_after=lagos(20, 4))
    made.settle_seconds = 5
    save_feed(made, by=cast.chinedu, at=NOW)
    assert FeedFreshness.objects.get(feed=made).late_after == lagos(20, 4)


def test_a_good_run_makes_the_data_fresh_until_the_next_is_overdue(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    FeedFreshness.objects.filter(feed=made).update(late_after=lagos(10, 4))
    run = ImportRun.objects.create(feed=made, trigger="schedule", created_at=NOW, file_at=lagos(16, 1))
    note_good_run(run, at=lagos(16, 2, 4))
    fresh = FeedFreshness.objects.get(feed=made)
    assert (fresh.run, fresh.good_at, fresh.file_at) == (run, lagos(16, 2, 4), lagos(16, 1))
    assert fresh.late_after == lagos(17, 4)
    made.is_active = False
    note_good_run(run, at=lagos(16, 2, 4))
    assert FeedFreshness.objects.get(feed=made).late_after is None


def test_a_feed_s_history_says_who_changed_it(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    made.pattern = "kunden_*.csv"
    save_feed(made, by=cast.chinedu, at=NOW)
    assert [row.history_user for row in made.history.all()] == [cast.chinedu, cast.chinedu]
    assert made.history.first().pattern == "kunden_*.csv"


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"name": " "}, "name_missing", "name"),
        ({"source": "The ERP"}, "source_unfit", "source"),
        ({"folder": "/etc"}, "folder_unfit", "folder"),
        ({"folder": "erp/../../etc"}, "folder_unfit", "folder"),
        ({"folder": "..\\windows"}, "folder_unfit", "folder"),
        ({"folder": "C:\\erp"}, "folder_unfit", "folder"),
        ({"pattern": ""}, "pattern_missing", "pattern"),
        ({"pattern": "../*.csv"}, "pattern_unfit", "pattern"),
        ({"pattern": "sub\\*.csv"}, "pattern_unfit", "pattern"),
        ({"lines_pattern": "lines_*.csv"}, "lines_unfit", "lines_pattern"),
        ({"runs_at": None}, "time_missing", "runs_at"),
        ({"folder": "", "pattern": ""}, "nothing_to_run", "folder"),
        ({"encoding": "klingon"}, "encoding_unknown", "encoding"),
        ({"header_row": 0}, "number_unfit", "header_row"),
        ({"settle_seconds": 90_000}, "number_unfit", "settle_seconds"),
        ({"most_changed": 101}, "number_unfit", "most_changed"),
        ({"mapping": {"amount": "Total"}}, "unknown_field", "mapping"),
        ({"mapping": {"name": 3}}, "unknown_field", "mapping"),
        ({"mapping": {"name": ""}}, "column_missing", "mapping_name"),
        ({"kind": "sales", "mapping": {"external_id": "ID"}}, "unknown_field", "mapping"),
        ({"kind": "sales", "lines_mapping": {"name": "Name"}}, "unknown_field", "lines_mapping"),
        ({"only": {"Stage": []}}, "no_values", "only_rows"),
        ({"only": {"Stage": "Won"}}, "no_values", "only_rows"),
        ({"kind": "wishes"}, "kind_missing", "kind"),
    ],
)
def test_what_can_t_be_is_refused_at_its_field(cast, values, code, field):
    with pytest.raises(Refused) as refused:
        save_feed(feed(**values), by=cast.chinedu, at=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.message.endswith(".")
    assert not Feed.objects.exists() and not PeriodicTask.objects.filter(task="accounts.run_feed").exists()


def test_an_amount_that_isn_t_read_may_come_from_price_and_quantity(cast):
    made = save_feed(feed(kind="sales", mapping={"amount": "", "unit_price": "Price"}), by=cast.chinedu, at=NOW)
    assert made.mapping["amount"] == ""


def test_two_feeds_have_two_names(cast):
    save_feed(feed(), by=cast.chinedu, at=NOW)
    with pytest.raises(Refused, match="Another feed is called ERP customers"):
        save_feed(feed(), by=cast.chinedu, at=NOW)


def test_a_feed_keeps_its_kind(cast):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    made.kind = "sales"
    with pytest.raises(Refused, match="keeps its kind"):
        save_feed(made, by=cast.chinedu, at=NOW)


def test_it_alone_sets_feeds_up(cast):
    for person in (cast.funke, cast.aisha, cast.tunde, cast.halima):
        with pytest.raises(Refused, match="IT sets up"):
            save_feed(feed(), by=person, at=NOW)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "every day at 02:00 Lagos time"),
        ({"days": "weekdays", "runs_at": time(18, 30)}, "Monday to Friday at 18:30 Lagos time"),
        ({"days": "weekly"}, "every Monday at 02:00 Lagos time"),
        ({"days": ""}, "not by itself"),
        ({"is_active": False}, "not in use"),
    ],
)
def test_a_schedule_is_said_in_words(values, words):
    assert schedule_words(feed(**values)) == words


def test_freshness_is_said_in_words():
    good, late = lagos(16, 2, 4), lagos(17, 4)
    assert freshness_words(None, None, NOW) == "no good run yet"
    assert freshness_words(good, late, NOW) == "last good run 16 Mar 2026, 02:04; the next by 17 Mar 2026, 02:00"
    assert freshness_words(good, late, late) == "last good run 16 Mar 2026, 02:04; late since 17 Mar 2026, 04:00"


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (3780, "1 h 3 min")])
def test_a_duration_is_said_in_words(seconds, words):
    assert time_words(seconds) == words


def test_the_first_late_feed_comes_with_the_person_and_costs_no_query(cast, django_assert_num_queries):
    made = save_feed(feed(), by=cast.chinedu, at=NOW)
    other = save_feed(feed(name="ERP sales | invoices", kind="sales", runs_at=time(1)), by=cast.chinedu, at=NOW)
    FeedFreshness.objects.filter(feed=other).update(good_at=lagos(16, 1, 5))
    assert FIRST_LATE and made.pk
    with django_assert_num_queries(1):
        told = Staff.objects.with_rights(cast.funke.pk).first_late
    assert stale(told, lagos(17, 2)) is None
    found = stale(told, lagos(17, 3))
    assert (found.name, found.since, found.good_at) == ("ERP sales | invoices", lagos(17, 3), lagos(16, 1, 5))
    FeedFreshness.objects.filter(feed=other).update(good_at=None)
    assert stale(Staff.objects.with_rights(cast.funke.pk).first_late, lagos(18)).good_at is None
    FeedFreshness.objects.update(late_after=None)
    assert stale(Staff.objects.with_rights(cast.funke.pk).first_late, lagos(30)) is None
