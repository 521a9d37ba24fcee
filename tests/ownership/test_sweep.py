"""The sweep: what is due and nothing else, night by night, whatever killed it and however often it runs."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.people.actions.staff import depart
from accounts.people.models import Division, Notice
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import log_interaction
from mikano_cx.kit.local_time import day_start, local_date
from ownership.policies.actions.policies import set_policy
from ownership.replay import tasks
from ownership.replay.actions import sweep as sweep_actions
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.actions.sweep import audit, catch_up, sweep
from ownership.replay.models import Sweep, Tenure
from tests.conftest import NOW, TODAY

CLAIMED = day_start(TODAY) + timedelta(hours=12)
LAPSES = day_start(TODAY + timedelta(days=91))  # 90 days are the lead's
NIGHT = timedelta(days=1)


@pytest.fixture
def led(cast):
    """Twelve accounts that Funke leads from today's noon on; the hub was swept the hour before."""
    for number in range(12):
        values = {"name": f"Customer {number * 7919}", "division": Division.objects.get(slug="motors")}
        made = create_account(by=cast.tunde, at=NOW, values=values, another_because="Its own number")
        log_interaction(by=cast.funke, at=CLAIMED, account=made, channel="meeting")
    sweep(as_of=CLAIMED - timedelta(hours=1), at=CLAIMED)
    return Account.objects.order_by("pk")


def stored():
    columns = ("pk", "owner", "ownership_state", "owned_since", "expires_at", "next_at")
    tenures = Tenure.objects.order_by("pk").values_list("pk", "account", "state", "holder", "start", "end")
    return list(Account.objects.order_by("pk").values_list(*columns)), list(tenures), Notice.objects.count()


def test_it_replays_what_is_due_and_nothing_else(led):
    Account.objects.filter(pk__in=led[:3]).update(next_at=LAPSES - NIGHT)
    done = sweep(as_of=LAPSES - NIGHT, at=LAPSES - NIGHT)
    assert (done.replayed, done.changed) == (3, 3)  # their next_at was forged and is right again
    assert set(led.values_list("next_at", "ownership_state")) == {(LAPSES, "led")}
    done = sweep(as_of=LAPSES, at=LAPSES)
    assert (done.replayed, done.changed) == (12, 12)
    assert set(led.values_list("owner", "ownership_state", "next_at")) == {(None, "orphan", None)}


def test_it_finds_them_by_an_index(led, connection_of_many):
    due = Account.objects.filter(next_at__lte=LAPSES).order_by("next_at", "pk").values_list("pk", flat=True)[:500]
    plan = due.explain()
    assert "account_next_at" in plan or "next_at" in plan.split("USING INDEX")[-1], plan
    assert "Seq Scan" not in plan and "SCAN accounts_account\n" not in plan


@pytest.fixture
def connection_of_many(led):
    """On PostgreSQL a table of twelve rows is read whole, and rightly so."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")


def test_twice_changes_nothing(led):
    sweep(as_of=LAPSES, at=LAPSES)
    after = stored()
    again = sweep(as_of=LAPSES, at=LAPSES + timedelta(hours=3))
    assert (Sweep.objects.filter(as_of=LAPSES).count(), again.finished_at) == (1, LAPSES)
    Sweep.objects.filter(as_of=LAPSES).delete()
    assert sweep(as_of=LAPSES, at=LAPSES).replayed == 0
    assert stored() == after


def test_another_that_ended_first_is_the_one_that_counts(led):
    first = sweep(as_of=LAPSES, at=LAPSES)
    late = Sweep(kind="sweep", as_of=LAPSES, policy=first.policy, finished_at=LAPSES, replayed=7, changed=7)
    assert sweep_actions._save_once(late) == first


def test_a_killed_one_goes_on_where_it_stopped(led, monkeypatch):
    monkeypatch.setattr(sweep_actions, "CHUNK", 5)
    seen = []

    def killed(done, of):
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(as_of=LAPSES, at=LAPSES, step=killed)
    assert led.filter(ownership_state="orphan").count() == 10
    assert not Sweep.objects.filter(as_of=LAPSES).exists()
    assert sweep(as_of=LAPSES, at=LAPSES).replayed == 2
    assert led.filter(ownership_state="orphan").count() == 12


def test_missed_nights_are_caught_up_in_order(led):
    back = LAPSES + timedelta(days=2, hours=9, minutes=20)
    done = catch_up(at=back)
    nights = [day_start(TODAY + timedelta(days=days)) for days in range(1, 94)]
    assert [row.as_of for row in done] == [*nights, back.replace(minute=0)]
    assert [row.as_of for row in done if row.replayed] == [LAPSES]
    assert Notice.objects.get(account=led[0], kind="lost").at == LAPSES
    assert catch_up(at=back) == []


def test_a_policy_applies_from_its_day_also_where_nights_were_missed(led, cast):
    day = TODAY + timedelta(days=40)
    set_policy(by=cast.tunde, at=NOW, effective_from=day, orphan_after_months=12, lead_days=30, reason="Shorter leads")
    assert set(led.values_list("expires_at", flat=True)) == {LAPSES}
    done = catch_up(at=day_start(day) + timedelta(days=3))
    assert [(row.as_of, row.replayed) for row in done if row.replayed] == [(day_start(day), 12)]
    assert set(led.values_list("ownership_state", "owned_since")) == {("orphan", day_start(TODAY + timedelta(days=31)))}


@pytest.fixture
def longer(led, cast):
    """A policy of longer leads comes into force three days after the leads of today's would run out."""
    day = local_date(LAPSES) + 3 * NIGHT
    words = {"lead_days": 120, "reason": "Longer leads"}
    set_policy(by=cast.tunde, at=LAPSES - 9 * NIGHT, effective_from=day, orphan_after_months=12, **words)
    catch_up(at=LAPSES - NIGHT)  # and then nobody sweeps
    Notice.objects.all().delete()
    return day


def test_an_outage_across_a_policy_ends_in_what_the_policy_says(led, longer, cast):
    """Under the old policy the leads ran out while nobody swept, under the new one they didn't."""
    written = Account.history.count()
    back = day_start(longer) + timedelta(days=2, hours=9)
    done = catch_up(at=back)
    assert [row.as_of for row in done] == [*(day_start(longer + days * NIGHT) for days in range(3)), back]
    ends = day_start(TODAY + timedelta(days=121))
    assert set(led.values_list("owner", "ownership_state", "expires_at")) == {(cast.funke.pk, "led", ends)}
    assert audit(at=back).changed == 0
    assert Account.history.count() == written and not Notice.objects.exists()
    assert catch_up(at=back) == []


def test_what_changes_hands_in_an_outage_across_a_policy_is_told_once(led, longer, cast):
    """She left, which no policy undoes; one account was claimed in the outage and changed hands there and then."""
    depart(cast.funke, by=cast.chinedu, at=LAPSES - NIGHT, last_working_day=local_date(LAPSES))
    log_interaction(by=cast.emeka, at=LAPSES + 2 * NIGHT, account=led[0], channel="meeting")
    assert list(Notice.objects.values_list("to__username", "kind")) == [("funke", "lost")]
    back = day_start(longer) + timedelta(days=2, hours=9)
    catch_up(at=back)
    told = Notice.objects.filter(kind="lost").values_list("account", "to__username")
    assert sorted(told) == sorted((account.pk, "funke") for account in led)
    assert not Notice.objects.filter(kind="gained").exists()
    assert {(account.owner, account.ownership_state) for account in led[1:]} == {(None, "orphan")}
    assert led[0].owner == cast.emeka and audit(at=back).changed == 0


def test_missed_nights_tell_no_endings_that_are_over(led):
    catch_up(at=LAPSES + 2 * NIGHT)
    assert set(Notice.objects.values_list("kind", flat=True)) == {"lost"}


def test_what_a_late_sweep_changes_is_written_when_it_is_swept(led):
    """So it comes after what people changed meanwhile, though it is true from an earlier night on."""
    back = LAPSES + 2 * NIGHT
    catch_up(at=back)
    assert set(led.values_list("ownership_state", "owned_since")) == {("orphan", LAPSES)}
    swept = Account.history.filter(ownership_state="orphan", history_change_reason="By the rules of engagement")
    assert set(swept.filter(history_date__gte=LAPSES).values_list("history_date", flat=True)) == {back}


def test_an_import_open_across_a_policys_first_midnight_is_met_by_the_next_sweep(led, cast):
    """It replays what it brings as of when it began, under the policy of then, after the sweep of midnight."""
    day = TODAY + timedelta(days=5)
    set_policy(by=cast.tunde, at=NOW, effective_from=day, orphan_after_months=12, lead_days=30, reason="Shorter leads")
    midnight = day_start(day)
    assert sweep(as_of=midnight, at=midnight).replayed == 12
    began = midnight - timedelta(minutes=10)
    made = create_account(by=cast.tunde, at=began, values={"name": "Lafarge Africa"})
    log_interaction(by=cast.emeka, at=began, account=made, channel="meeting")
    replay_accounts([led[0].pk], at=began)
    late = Account.objects.filter(pk__in=[made.pk, led[0].pk])
    assert set(late.values_list("next_at", flat=True)) == {midnight}
    ends = {made.pk: day_start(day + 30 * NIGHT), led[0].pk: day_start(TODAY + 31 * NIGHT)}
    assert dict(late.values_list("pk", "expires_at")) != ends
    done = catch_up(at=midnight + timedelta(hours=1))
    assert [(row.as_of, row.replayed) for row in done] == [(midnight + timedelta(hours=1), 2)]
    assert dict(late.values_list("pk", "expires_at")) == ends
    assert audit(at=midnight + timedelta(hours=1)).changed == 0


def test_an_import_open_when_a_policy_is_set_for_the_same_day_is_met_too(led, cast):
    at = NOW + timedelta(hours=6)
    before = list(led.values_list("expires_at", "next_at"))
    words = {"lead_days": 30, "reason": "Shorter leads"}
    set_policy(by=cast.tunde, at=at, effective_from=TODAY, orphan_after_months=12, **words)
    catch_up(at=at)
    for account, (expires_at, next_at) in zip(led, before, strict=True):  # an import writes what it replayed before
        Account.objects.filter(pk=account.pk).update(expires_at=expires_at, next_at=next_at)
    assert [row.replayed for row in catch_up(at=at + timedelta(hours=1))] == [12]
    assert set(led.values_list("expires_at", flat=True)) == {day_start(TODAY + timedelta(days=31))}
    assert {row.replayed for row in catch_up(at=at + timedelta(days=2))} == {12, 0}


def test_an_audit_takes_what_was_replayed_before_the_next_policy_was_set(led, cast):
    set_policy(
        by=cast.tunde,
        at=CLAIMED,
        effective_from=TODAY + timedelta(days=5),
        orphan_after_months=12,
        lead_days=30,
        reason="Shorter leads",
    )
    replay_accounts([led[0].pk], at=CLAIMED)
    assert set(led.values_list("next_at", flat=True)) == {LAPSES, day_start(TODAY + timedelta(days=5))}
    assert audit(at=CLAIMED).changed == 0
    Account.objects.filter(pk=led[1].pk).update(next_at=CLAIMED + NIGHT)
    assert audit(at=CLAIMED + timedelta(seconds=1)).differences[0]["differs"] == ["next_at"]


def test_a_policy_met_late_takes_no_claim_back(led, cast):
    """The sweep of midnight replays all, a little after midnight: what was logged in between stands."""
    day = TODAY + timedelta(days=5)
    set_policy(by=cast.tunde, at=NOW, effective_from=day, orphan_after_months=12, lead_days=30, reason="Shorter leads")
    made = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    claimed = day_start(day) + timedelta(seconds=20)
    log_interaction(by=cast.emeka, at=claimed, account=made, channel="meeting")
    catch_up(at=day_start(day) + timedelta(minutes=1))
    made.refresh_from_db()
    assert (made.ownership_state, made.owner, made.owned_since) == ("led", cast.emeka, claimed)


def test_who_waited_for_an_account_takes_nothing_back(led, cast):
    """Somebody's instant is older than what another recorded while it waited for the account's row."""
    made = create_account(by=cast.tunde, at=NOW, values={"name": "Lafarge Africa"})
    log_interaction(by=cast.emeka, at=CLAIMED, account=made, channel="meeting")
    replay_accounts([made.pk], at=CLAIMED - timedelta(seconds=30))
    made.refresh_from_db()
    assert (made.ownership_state, made.owner) == ("led", cast.emeka)


def test_each_ending_is_told_once_with_fourteen_days_left(led):
    endings = Notice.objects.filter(kind="ending")
    catch_up(at=LAPSES - timedelta(days=16))
    assert not endings.exists()
    catch_up(at=LAPSES - timedelta(days=15))  # the last of them is the day before it lapses
    assert endings.count() == 12
    catch_up(at=LAPSES - timedelta(days=1))
    assert set(endings.values_list("to__username", "about_at", "at")) == {
        ("funke", LAPSES, LAPSES - timedelta(days=15))
    }
    assert endings.count() == 12


def test_the_hourly_one_tells_no_endings(led):
    sweep(as_of=LAPSES - timedelta(days=3, hours=5), at=LAPSES)
    assert not Notice.objects.filter(kind="ending").exists()


# --- the job and the command ---


def test_the_beat_asks_for_one_job_however_often_it_rings(db):
    from accounts.jobs.models import Job

    tasks.ask_for_sweep()
    tasks.ask_for_sweep()
    assert Job.objects.filter(kind=tasks.SWEEP_JOB).count() == 1


def run(*options):
    out = StringIO()
    call_command("sweep_ownership", *options, stdout=out)
    return out.getvalue()


def test_the_command_catches_up(cast):
    now = timezone.now()
    create_account(by=cast.funke, at=now - timedelta(days=2), values={"name": "Lafarge Africa"})
    midnight = day_start(local_date(now))
    Account.objects.update(next_at=midnight)
    sweep(as_of=midnight - timedelta(hours=2), at=now)
    Account.objects.update(next_at=midnight)
    assert run().splitlines()[0].endswith(": 1 replayed, 1 changed.")
    assert run() == ""


def test_the_command_takes_an_instant(db):
    assert run("--as-of", "2026-01-05T14:30:00+01:00") == "As of 2026-01-05 13:00 UTC: 0 replayed, 0 changed.\n"
    assert Sweep.objects.get().as_of.isoformat() == "2026-01-05T13:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("soon", "--as-of: "),
        ("2026-01-05", "--as-of: "),
        ("2026-01-05T10:00:00", "--as-of: "),
        ("2999-01-01T00:00:00Z", "the hub can't sweep the future"),
    ],
)
def test_the_command_refuses_a_bad_instant(db, given, said):
    with pytest.raises(CommandError, match=said) as refused:
        run("--as-of", given)
    assert refused.value.returncode == 2
    assert not Sweep.objects.exists()
