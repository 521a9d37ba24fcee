"""The sweep: what is due and nothing else, night by night, whatever killed it and however often it runs."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.actions import create_account
from accounts.models import Account, Division
from interactions.actions import log_interaction
from mikano_cx.kit.timing import day_start, local_date
from ownership import tasks
from ownership.actions import catch_up, set_policy, sweep, sweeping
from ownership.actions.replaying import replay_accounts
from ownership.models import Notice, Sweep, Tenure
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
    assert sweeping._record(late) == first


def test_a_killed_one_goes_on_where_it_stopped(led, monkeypatch):
    monkeypatch.setattr(sweeping, "CHUNK", 5)
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


def test_each_ending_is_told_once_fourteen_days_before(led):
    endings = Notice.objects.filter(kind="ending")
    catch_up(at=LAPSES - timedelta(days=15))
    assert not endings.exists()
    catch_up(at=LAPSES - timedelta(days=14))
    assert endings.count() == 12
    catch_up(at=LAPSES - timedelta(days=1))
    assert set(endings.values_list("to__username", "about_at", "at")) == {
        ("funke", LAPSES, LAPSES - timedelta(days=14))
    }
    assert endings.count() == 12


def test_the_hourly_one_tells_no_endings(led):
    sweep(as_of=LAPSES - timedelta(days=3, hours=5), at=LAPSES)
    assert not Notice.objects.filter(kind="ending").exists()


# --- the job and the command ---


def test_the_beat_asks_for_one_job_however_often_it_rings(db):
    from accounts.models import Job

    tasks.ask_for_sweep()
    tasks.ask_for_sweep()
    assert Job.objects.filter(kind=tasks.SWEEP).count() == 1


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
