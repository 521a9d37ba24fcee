"""`manage.py replay_ownership`: what it prints, and how it refuses."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ownership.management.commands.replay_ownership import Command

ROOT = Path(__file__).resolve().parent.parent.parent
AS_OF = ("--as-of", "2025-01-01T00:00:00+01:00")
SALE = {
    "id": "S1", "account": "A001", "kind": "sale",
    "at": "2024-05-20T15:30:00+01:00", "by": "funke", "value": "42500000",
}  # fmt: skip
PRINTED = (
    '{"account": "A001", "segments": [{"state": "owned", "holder": "funke", "start": "2024-05-20T00:00:00+01:00", '
    '"end": null, "rule": "closed-deal", "evidence": ["S1"]}], "expires_at": "2025-05-21T00:00:00+01:00", '
    '"next_at": "2025-05-21T00:00:00+01:00", "flags": []}\n'
)
MEETING = {"id": "I1", "account": "A001", "kind": "interaction", "at": SALE["at"], "by": "ada", "substantive": True}
DEPARTURE = {"id": "D1", "account": None, "kind": "departure", "at": SALE["at"], "by": "ada"}
VOID = {"id": "V1", "account": "A001", "kind": "void", "at": SALE["at"], "target": "S1"}
CREDIT = VOID | {"id": "V2", "kind": "credit", "by": "ada"}
RECLASSIFY = VOID | {"id": "V3", "kind": "reclassify", "target": "I1", "substantive": False}


def log(*facts: dict | str | bytes) -> bytes:
    """Facts, or lines as they stand, as the bytes of a file."""
    lines = [fact if isinstance(fact, bytes) else fact.encode() if isinstance(fact, str) else json.dumps(fact).encode()
             for fact in facts]  # fmt: skip
    return b"".join(line + b"\n" for line in lines)


@pytest.fixture
def run(tmp_path, capsys):
    """The command on a log, as the shell sees it: exit code, standard output, standard error."""

    def run(content: bytes, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "facts.jsonl"
        path.write_bytes(content)
        code = 0
        try:
            Command().run_from_argv(["manage.py", "replay_ownership", "--facts", str(path), *(options or AS_OF)])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def refused(run):
    """The sentence with which the command refuses a log."""

    def refused(content: bytes, *options: str) -> str:
        code, out, err = run(content, *options)
        assert (code, out) == (2, "")
        assert "Traceback" not in err
        return err

    return refused


# --- what it prints ---


def test_it_prints_the_example_of_the_rules(run):
    assert run(log(SALE)) == (0, PRINTED, "")


def test_instants_are_lagos_s_with_fractions_only_where_there_are_any(run):
    whole = MEETING | {"at": "2024-05-20T09:30:00.000000Z"}
    fraction = MEETING | {"id": "I2", "account": "A002", "at": "2024-05-20T09:30:00.5-05:00"}
    starts = [json.loads(line)["segments"][0]["start"] for line in run(log(whole, fraction))[1].splitlines()]
    assert starts == ["2024-05-20T10:30:00+01:00", "2024-05-20T15:30:00.500000+01:00"]


def test_flags_are_printed_in_their_order_of_keys(run):
    second = SALE | {"id": "S2", "by": "emeka", "at": "2024-06-01T10:00:00+01:00"}
    ignored = MEETING | {"id": "A1", "kind": "assignment", "at": "2024-05-30T10:00:00+01:00"}
    flags = json.loads(run(log(SALE, second, ignored))[1])["flags"]
    assert json.dumps(flags) == (
        '[{"kind": "assignment-ignored", "at": "2024-05-30T10:00:00+01:00", "evidence": ["A1"]}, '
        '{"kind": "out-of-turn-sale", "at": "2024-06-01T00:00:00+01:00", "evidence": ["S2"]}]'
    )


def test_accounts_are_sorted_by_code_point_and_those_without_a_time_line_are_left_out(run):
    accounts = ["b", "A10", "A9", "é", "\U0001f600", "￮"]
    facts = [SALE | {"id": f"S{number}", "account": account} for number, account in enumerate(accounts)]
    to_come = SALE | {"id": "S9", "account": "later", "at": "2025-01-02T00:00:00+01:00"}
    out = run(log(*facts, to_come))[1]
    assert [json.loads(line)["account"] for line in out.splitlines()] == ["A10", "A9", "b", "é", "￮", "\U0001f600"]


def test_blank_lines_unknown_fields_and_a_byte_order_mark_are_passed_over(run):
    odd = SALE | {"note": {"by": [1e300]}, "recorded_at": None, "substantive": "?", "target": 7}
    line = json.dumps(odd).replace('"note"', '"huge": 1e99999999999999999999, "digits": 1' + "0" * 5000 + ', "note"')
    assert run(b"\xef\xbb\xbf" + log(line + "\r", "", " \t\r")) == (0, PRINTED, "")


def test_an_empty_log_prints_nothing(run):
    assert run(b"") == (0, "", "")


def test_people_s_facts_alone_print_nothing(run):
    assert run(log(DEPARTURE, VOID | {"account": None, "target": "D1"})) == (0, "", "")


def test_what_was_known_then_and_what_another_policy_says(run):
    late = log(SALE, MEETING | {"at": "2024-05-19T00:00:00+01:00"})
    [known] = json.loads(run(late, *AS_OF, "--known-at", "2024-05-20T14:30:00Z")[1])["segments"][1:]
    assert known["rule"] == "closed-deal"
    [known] = json.loads(run(late, *AS_OF, "--known-at", "2024-05-20T14:29:59Z")[1])["segments"][1:]
    assert known["rule"] == "lead-lapsed"
    led = json.loads(run(log(MEETING), "--as-of", SALE["at"], "--lead-days", "07")[1])
    assert led["expires_at"] == "2024-05-28T00:00:00+01:00"
    owned = json.loads(run(log(SALE), "--as-of", SALE["at"], "--orphan-after-months", "1")[1])
    assert owned["expires_at"] == "2024-06-21T00:00:00+01:00"


@pytest.mark.parametrize("option", ["--lead-days", "--orphan-after-months"])
def test_any_whole_number_will_do_even_one_longer_than_the_calendar(run, option):
    for days in ("100000000", "9" * 6000):
        code, out, _ = run(log(SALE, MEETING | {"account": "A2"}), *AS_OF, option, days)
        expires = [json.loads(line)["expires_at"] for line in out.splitlines()]
        assert code == 0
        assert expires[option == "--lead-days"] is None


@pytest.mark.parametrize("value", ["1e-400", "0.1", "999999999999999.99", "1E14", "+5", ".5", "5.", "-1e999999999"])
def test_a_value_may_be_any_finite_decimal_below_1e15(run, value):
    assert run(log(SALE | {"value": value}))[::2] == (0, "")


def test_a_log_may_come_by_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(log(SALE))))
    Command().run_from_argv(["manage.py", "replay_ownership", "--facts", "-", *AS_OF])
    assert capsys.readouterr().out == PRINTED


def test_lone_surrogates_are_names_like_any(run):
    code, out, _ = run(
        log('{"id": "\\ud800", "account": "\\udfff", "kind": "created", "at": "2024-05-20T00:00Z", "by": "\\ud83d"}')
    )
    assert code == 0
    assert json.loads(out)["account"] == "\udfff"


# --- how it refuses ---

MISSING = [
    (fact, field)
    for fact, fields in (
        (SALE, ("id", "account", "kind", "at", "by", "value")),
        (MEETING, ("by", "substantive")),
        (MEETING | {"kind": "created"}, ("by", "account")),
        (MEETING | {"kind": "assignment"}, ("by", "account")),
        (DEPARTURE, ("account", "by", "at")),
        (DEPARTURE | {"kind": "return"}, ("account", "by")),
        (VOID, ("account", "target")),
        (CREDIT, ("account", "target", "by")),
        (RECLASSIFY, ("account", "target", "substantive")),
    )
    for field in fields
]


@pytest.mark.parametrize(("fact", "field"), MISSING, ids=[f"{fact['kind']}-{field}" for fact, field in MISSING])
def test_a_missing_field(refused, fact, field):
    bad = {name: value for name, value in fact.items() if name != field}
    assert refused(log("", DEPARTURE | {"id": "D9"}, bad)).endswith(f"Line 3, {field}: it is missing\n")


BAD = [
    *((SALE, "id", bad) for bad in (None, "", 7, ["S1"])),
    *((SALE, "account", bad) for bad in (None, "", 7, {})),
    *((SALE, "kind", bad) for bad in (None, "", "Sale", "sale ", 7, "deal")),
    *((SALE, "at", bad) for bad in (None, "", 1716163200, "2024-05-20", "2024-05-20T10:00:00", "2024-02-30T00:00:00Z")),
    *((SALE, "at", bad) for bad in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\ud800")),
    *((SALE, "at", bad) for bad in ("0001-01-02T00:00:00Z", "9999-12-30T00:00:00Z", "２024-05-20T10:00:00Z")),
    *((SALE, "recorded_at", bad) for bad in ("", "soon", "2024-05-20T10:00:00", 0, False)),
    *((SALE, "by", bad) for bad in ("", 7, False, [])),
    *((MEETING | {"kind": "assignment"}, "by", bad) for bad in (None, "", 7)),
    *((DEPARTURE, "by", bad) for bad in (None, "")),
    *((DEPARTURE, "account", bad) for bad in ("A001", "")),
    *(
        (SALE, "value", bad)
        for bad in (None, True, "", "five", "NaN", "Infinity", "-inf", "1_000", "1,000", " 5", "0x1")
    ),
    *((SALE, "value", bad) for bad in ("١٢٣", "１２", "1e", ".", "5\n", "1e15", "1e999999", 10**15, 1e15, "9" * 5000)),
    *((SALE, "value", bad) for bad in ("1e99999999999999999999", "1e-99999999999999999999", "1e-999999", [], {})),
    *((MEETING, "substantive", bad) for bad in (None, "true", 1, 0)),
    *((RECLASSIFY, "substantive", bad) for bad in (None, "false")),
    *((VOID, "target", bad) for bad in (None, "", 7, "nothing")),
    *((CREDIT, "by", bad) for bad in ("", 7)),
]


@pytest.mark.parametrize(("fact", "field", "bad"), BAD)
def test_an_unreadable_field(refused, fact, field, bad):
    first = SALE | {"id": "first"}
    assert f"Line 2, {field}: " in refused(log(first, fact | {field: bad}))


@pytest.mark.parametrize(
    ("ruling", "field", "why"),
    [
        (VOID | {"target": "D1", "account": "A001"}, "account", "'D1' belongs to all accounts"),
        (VOID | {"account": None}, "account", "'S1' belongs to 'A001'"),
        (VOID | {"account": "A002"}, "account", "'S1' belongs to 'A001'"),
        (CREDIT | {"account": "A002"}, "account", "'S1' belongs to 'A001'"),
        (VOID | {"target": "S9"}, "target", "there is no fact 'S9'"),
        (VOID | {"target": "V9"}, "target", "there is no fact 'V9'"),
        (VOID | {"target": "V0"}, "target", "a void can't aim at 'V0': void"),
        (CREDIT | {"target": "I1"}, "target", "a credit can't aim at 'I1': interaction"),
        (RECLASSIFY | {"target": "S1"}, "target", "a reclassify can't aim at 'S1': sale"),
    ],
)
def test_a_ruling_that_aims_wrong(refused, ruling, field, why):
    facts = (SALE, MEETING, DEPARTURE, VOID | {"id": "V0"})
    assert refused(log(ruling, *facts)) == f"CommandError: Line 1, {field}: {why}\n"


def test_targets_are_looked_for_after_all_lines_are_read(refused):
    lost = VOID | {"target": "S9"}
    assert "Line 3, kind: " in refused(log(lost, SALE, MEETING | {"kind": "?"}))
    assert "Line 2, target: " in refused(log(SALE, lost, VOID | {"id": "V7", "account": "A002"}))


def test_a_ruling_may_come_before_its_target(run):
    assert run(log(VOID, CREDIT, SALE))[::2] == (0, "")


def test_an_id_that_was_used_before(refused):
    assert "Line 3, id: 'S1' was used on line 1 already" in refused(log(SALE, "", MEETING | {"id": "S1"}))


def test_the_first_bad_line_is_named(refused):
    assert "Line 2: " in refused(log(SALE, "{", MEETING | {"by": 7}))
    assert "Line 2, by: " in refused(log(SALE, MEETING | {"by": 7}, "{"))


@pytest.mark.parametrize(
    "line",
    [
        *("[]", '"sale"', "7", "null", "true", "{", "{} {}", "{'id': 1}", "S1;sale", "\x00"),
        *("[" * 100_000, '{"a":' * 100_000),
        *(json.dumps(SALE | {"value": value}) for value in (float("nan"), float("inf"), float("-inf"))),
        *(b'{"id": "\xff"}', b'{"id": "\xed\xa0\x80"}', "{}".encode("utf-16")),
    ],
    ids=range(18),
)  # fmt: skip
def test_a_line_that_is_no_json_object(refused, line):
    assert "Line 2: this is no JSON object" in refused(log(SALE, line))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--as-of", "2025-01-01"), "--as-of: '2025-01-01' has no offset"),
        (("--as-of", "today"), "--as-of: 'today' is no instant"),
        (("--as-of", "9999-12-31T00:00:00Z"), "--as-of: '9999-12-31T00:00:00Z' is outside the calendar"),
        ((*AS_OF, "--known-at", ""), "--known-at: '' is no instant"),
        (("--known-at", AS_OF[1]), "--as-of"),
        *(
            ((*AS_OF, "--lead-days", bad), "--lead-days: ")
            for bad in ("0", "-1", "1.5", "ninety", "", "٩", "+9", "1e2")
        ),
        ((*AS_OF, "--orphan-after-months", "0"), "--orphan-after-months: '0' should be a whole number, 1 or more"),
    ],
)
def test_a_bad_option(refused, options, named):
    assert named in refused(log(SALE), *options)


def test_a_file_that_isn_t_there(refused, tmp_path):
    assert "--facts: " in refused(log(), "--facts", str(tmp_path / "none"), *AS_OF)
    assert "--facts: " in refused(log(), "--facts", str(tmp_path), *AS_OF)


# --- as a process, without a database ---


@pytest.mark.parametrize(
    ("content", "code", "out"),
    [
        (log(SALE), 0, PRINTED),
        (log(SALE, '{"id": "\\ud800\x1b", "kind": "\\ud800"}'), 2, ""),
        (log(SALE, "[" * 200_000), 2, ""),
    ],
    ids=["good", "surrogates", "nested"],
)
def test_it_needs_no_database_and_ends_with_a_code(tmp_path, content, code, out):
    environ = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "HUB_VAR_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "replay_ownership", "--facts", "-", *AS_OF],
        cwd=ROOT, env=environ, input=content, capture_output=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout.decode()) == (code, out), done.stderr
    assert b"Traceback" not in done.stderr
    assert (b"Line 2" in done.stderr) == (code == 2)
