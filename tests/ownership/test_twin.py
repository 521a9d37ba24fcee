"""The oracle itself, held to examples worked out by hand; and the logs that it is fed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ownership import twin
from tests.ownership.random_logs import broken_log, random_log

FOREVER = "2031-01-01T00:00:00+01:00"


def fact(kind: str, id: str, at: str, by: str | None = None, **fields) -> dict:
    """A fact of account A; `at` is a date (its local midnight), or a date and a time in Lagos."""
    at = at if "T" in at else f"{at}T00:00:00"
    account = None if kind in ("departure", "return") else "A"
    extra = {"sale": {"value": 1}, "interaction": {"substantive": True}}.get(kind, {})
    return {"id": id, "kind": kind, "account": account, "at": f"{at}+01:00", "by": by, **extra, **fields}


def replay(
    *facts: dict, as_of: str = FOREVER, known_at: str | None = None, lead_days: int = 90, months: int = 12
) -> dict:
    lines = [json.dumps(each) for each in facts]
    [line] = twin.replay_log(lines, as_of, known_at, lead_days, months)
    return json.loads(line)


def segments(told: dict) -> list[str]:
    """Each segment as `state holder start rule evidence`; a midnight by its date, another instant to the second."""

    def short(instant: str) -> str:
        return instant.removesuffix("+01:00").removesuffix("T00:00:00")

    return [
        f"{each['state']} {each['holder'] or '-'} {short(each['start'])} {each['rule']} {' '.join(each['evidence'])}"
        for each in told["segments"]
    ]


def test_the_example_of_the_page_word_for_word():
    line = (
        '{"id": "S1", "account": "A001", "kind": "sale", "at": "2024-05-20T15:00:00+01:00", "by": "funke", "value": 9}'
    )
    assert twin.replay_log([line], "2025-01-01T00:00:00+01:00", None, 90, 12) == [
        '{"account": "A001", "segments": [{"state": "owned", "holder": "funke", "start": "2024-05-20T00:00:00+01:00", '
        '"end": null, "rule": "closed-deal", "evidence": ["S1"]}], "expires_at": "2025-05-21T00:00:00+01:00", '
        '"next_at": "2025-05-21T00:00:00+01:00", "flags": []}'
    ]


def test_29_february_and_twelve_months_run_out_on_1_march():
    sale = fact("sale", "S1", "2024-02-29T23:59:59", "ada")
    before = replay(sale, as_of="2025-02-28T23:59:59.999999+01:00")
    assert (before["expires_at"], len(before["segments"])) == ("2025-03-01T00:00:00+01:00", 1)
    assert segments(replay(sale, as_of="2025-02-28T23:00:00Z")) == [
        "owned ada 2024-02-29 closed-deal S1",
        "orphan - 2025-03-01 owner-lapsed S1",
    ]


def test_a_lead_lasts_to_the_end_of_the_90th_day_and_may_claim_anew_at_that_instant():
    first = fact("interaction", "I1", "2025-01-01T17:00:00", "ada")
    assert replay(first, as_of="2025-02-01T00:00:00Z")["expires_at"] == "2025-04-02T00:00:00+01:00"
    anew = fact("interaction", "I2", "2025-04-02", "ada")
    assert segments(replay(first, anew, as_of="2025-05-01T00:00:00Z")) == [
        "led ada 2025-01-01T17:00:00 first-substantive I1",
        "led ada 2025-04-02 first-substantive I2",
    ]


def test_a_days_winner_is_by_total_and_a_tie_by_the_smallest_id():
    day = "2024-05-20"
    tie = [fact("sale", "S3", day, "bola", value="0.3"), fact("sale", "S2", f"{day}T18:00:00", "ada", value=0.1)]
    tie.append(fact("sale", "S9", f"{day}T09:00:00", "ada", value="2e-1"))
    assert segments(replay(*tie))[0] == "owned ada 2024-05-20 closed-deal S2 S9"
    hair = fact("sale", "S8", day, "bola", value="1e-40")
    assert segments(replay(*tie, hair))[0] == "owned bola 2024-05-20 closed-deal S3 S8"


def test_a_sale_that_is_nobodys_restarts_the_clock_and_moves_nothing():
    told = replay(
        fact("sale", "S1", "2024-01-10", "ada"),
        fact("departure", "D1", "2024-02-01", "ada"),
        fact("sale", "S2", "2024-03-05", "ada"),
        fact("interaction", "I1", "2024-03-06", "bola"),
    )
    assert segments(told) == [
        "owned ada 2024-01-10 closed-deal S1",
        "unassigned - 2024-02-01 departed D1",
        "orphan - 2025-03-06 sale-aged S2",
    ]


def test_the_owner_lapses_by_the_later_of_sale_and_beginning_and_says_which():
    sale = fact("sale", "S1", "2024-01-10")
    assigned = fact("assignment", "G1", "2024-01-12T12:00:00", "ada")
    assert segments(replay(sale, assigned))[1:] == [
        "owned ada 2024-01-12T12:00:00 assigned G1",
        "orphan - 2025-01-13 owner-lapsed G1",
    ]
    same_day = fact("sale", "S2", "2024-01-12T20:00:00")
    assert segments(replay(sale, assigned, same_day))[-1] == "orphan - 2025-01-13 owner-lapsed S2"


def test_new_means_nothing_logged_or_assigned_before_nor_sold_on_an_earlier_day():
    created = fact("created", "C1", "2024-01-10T12:00:00", "ada")
    owned = "owned ada 2024-01-10T12:00:00 new-account C1"
    assert owned in segments(replay(created, fact("sale", "S1", "2024-01-10T20:00:00")))
    assert owned not in segments(replay(created, fact("sale", "S1", "2024-01-09T20:00:00")))
    assert owned not in segments(replay(created, fact("created", "C0", "2024-01-10T12:00:00")))
    assert owned in segments(replay(created, fact("created", "C2", "2024-01-10T12:00:00", "bola")))
    assert owned in segments(replay(created, fact("interaction", "I1", "2024-01-09", None)))


def test_away_and_back_at_one_instant_loses_the_account_and_may_be_given_it_again():
    facts = [fact("sale", "S1", "2024-01-10", "ada"), fact("departure", "D1", "2024-02-01", "ada")]
    facts.append(fact("return", "A1", "2024-02-01", "ada"))
    assert segments(replay(*facts))[1] == "unassigned - 2024-02-01 departed D1"
    assert (
        segments(replay(*facts, fact("assignment", "G1", "2024-02-01", "ada")))[1] == "owned ada 2024-02-01 assigned G1"
    )


def test_flags_an_assignment_in_vain_and_a_sale_out_of_turn():
    told = replay(
        fact("interaction", "I1", "2024-01-10", "ada"),
        fact("assignment", "G1", "2024-01-11", "ada"),
        fact("sale", "S1", "2024-01-12", "ada"),
        fact("assignment", "G2", "2024-01-13", "ada"),
        fact("sale", "S2", "2024-01-14T08:00:00", "bola"),
    )
    assert told["flags"] == [
        {"kind": "assignment-ignored", "at": "2024-01-11T00:00:00+01:00", "evidence": ["G1"]},
        {"kind": "out-of-turn-sale", "at": "2024-01-14T00:00:00+01:00", "evidence": ["S2"]},
    ]


def test_the_last_ruling_holds_once_it_is_known():
    sale = fact("sale", "S1", "2024-01-10", "ada")
    void = fact("void", "R1", "2024-02-01", target="S1")
    credit = fact("credit", "R0", "2024-02-02", "bola", target="S1")
    first = fact("interaction", "I1", "2024-01-05", None)
    assert segments(replay(first, sale, void, credit))[1] == "owned bola 2024-01-10 closed-deal S1"
    known = "2024-02-01T00:00:00+01:00"
    assert segments(replay(first, sale, void, credit, known_at=known)) == ["orphan - 2024-01-05 no-claim I1"]
    assert segments(replay(first, sale, void, credit, known_at="2024-01-31T00:00:00+01:00"))[1].startswith("owned ada")


def test_what_is_still_to_come_says_when_to_look_again():
    told = replay(
        fact("sale", "S1", "2024-01-10", "ada"),
        fact("departure", "D1", "2024-06-01", "ada"),
        fact("departure", "D2", "2024-03-01", "bola"),
        fact("sale", "S2", "2024-07-01T18:00:00", "ada", value=0),
        fact("sale", "S3", "2024-07-01T18:00:00", "bola"),
        as_of="2024-02-01T00:00:00+01:00",
    )
    assert (told["expires_at"], told["next_at"]) == ("2025-01-11T00:00:00+01:00", "2024-06-01T00:00:00+01:00")


@pytest.mark.parametrize("seed", range(60))
def test_every_random_log_is_valid_and_its_time_lines_have_no_gaps(seed):
    lines, options = random_log(seed)
    as_of = twin.read_instant(options["as_of"])
    for told in map(json.loads, twin.replay_log(lines, **options)):
        starts = [each["start"] for each in told["segments"]]
        assert [each["end"] for each in told["segments"]] == [*starts[1:], None]
        instants = [twin.read_instant(each) for each in starts]
        assert instants == sorted(set(instants)) and instants[-1] <= as_of
        assert (told["expires_at"] is None) == (told["segments"][-1]["state"] == "orphan")
        assert told["next_at"] is None or twin.read_instant(told["next_at"]) > as_of


@pytest.mark.parametrize("seed", range(60))
def test_every_broken_log_has_its_one_fault_where_it_says(seed):
    lines, number, field = broken_log(seed)
    with pytest.raises(twin.BadLog) as bad:
        twin.replay_log(lines, FOREVER, None, 90, 12)
    assert (bad.value.line_number, bad.value.field) == (number, field)
    twin.read_log([*lines[: number - 1], *lines[number:]])  # without its bad line it can be read


def test_it_runs_on_a_file_as_the_command_does(tmp_path):
    log = tmp_path / "facts.jsonl"
    command = [sys.executable, str(Path(twin.__file__)), "--facts", str(log), "--as-of", FOREVER]
    log.write_text(json.dumps(fact("sale", "S1", "2024-01-10", "ada")) + "\n\n", encoding="utf-8")
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["account"] == "A"
    log.write_text("\n[]\n", encoding="utf-8")
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "") and "line 2" in ran.stderr
