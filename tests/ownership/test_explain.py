"""Every rule, state and clock in words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from ownership.engine.rules import replay
from ownership.explain import (
    Case,
    Part,
    label_facts,
    next_change,
    policy_change,
    segment_sentences,
    sentence,
    what_would_have_to_be_true,
)
from tests.ownership.cases import ACCOUNT, NAMES, case
from tests.ownership.test_rules_properties import instants, known, logs, policies

CREATED = "2 May 2024 10:00, created C1 by Ada"
BY_NOBODY = "2 May 2024 10:00, created C1 by nobody"
SALE = "20 May 2024, sale S1 by Funke, NGN 42,500,000"
CLAIM = "3 Mar 2026 09:00, interaction I1 by Emeka, substantive"
LATER = "1 Jun 2024"


def why(as_of: str, *rows: str, **options) -> str:
    return sentence(case(as_of, *rows, **options)).text


def history(as_of: str, *rows: str, **options) -> list[str]:
    return [each.text for each in segment_sentences(case(as_of, *rows, **options))]


def ahead(as_of: str, *rows: str, **options) -> list[str]:
    return [each.text for each in next_change(case(as_of, *rows, **options))]


# --- owned -----------------------------------------------------------------------------------------------------------


def test_a_closed_deal():
    told = sentence(case(LATER, SALE, texts={"S1": "INV-20391"}))
    assert (
        str(told)
        == told.text
        == (
            "Funke Ade owns Zenith Bank PLC since 20 May 2024: closed INV-20391 (NGN 42,500,000). "
            "Lapses at the end of 20 May 2025 unless a deal closes."
        )
    )
    assert Part("INV-20391", fact="S1") in told.parts
    assert Part("Funke Ade", person="Funke") in told.parts
    assert told.facts == ("S1",)


def test_the_last_sale_sets_the_clock_whoever_made_it():
    again = "3 Dec 2024 15:00, sale S2 by nobody, NGN 1"
    told = sentence(case("1 Jan 2025", SALE, again))
    assert told.text.endswith("Last sale S2 on 3 Dec 2024: lapses at the end of 3 Dec 2025 unless a deal closes.")
    assert told.facts == ("S1", "S2")


@pytest.mark.parametrize(
    ("others", "deal"),
    [
        (
            ["20 May 2024 11:00, sale S2 by Funke, NGN 0.50"],
            "closed 2 deals that day for NGN 42,500,000.50 together (S1 and S2)",
        ),
        (
            [f"20 May 2024, sale S{n} by Funke, NGN 1" for n in (2, 3, 4, 5)],
            "closed 5 deals that day for NGN 42,500,004 together (S1, S2, S3 and 2 more)",
        ),
        (["20 May 2024, sale S2 by Ada, NGN 42,500,000"], (
            "closed S1 (NGN 42,500,000); Ada Obi sold as much, and the sale recorded first decides"
        )),
        (["20 May 2024, sale S2 by Ada, NGN 5", "1 May 2024, return R1 of Ada", "20 May 2024, sale S3 by Ada, NGN 1"],
         "closed S1 (NGN 42,500,000); more than Ada Obi sold that day"),
        (["20 May 2024, sale S2 by Ada, NGN 99,000,000", "1 May 2024, departure D1 of Ada"],
         "closed S1 (NGN 42,500,000)"),
        (["20 May 2024, sale S2 by nobody, NGN 99,000,000"], "closed S1 (NGN 42,500,000)"),
        (["21 May 2024, ruling R1 credits S1 to Funke"], "closed S1 (NGN 42,500,000, credited by a ruling)"),
        (
            ["20 May 2024, sale S2 by Ada, NGN 3", "21 May 2024, ruling R1 credits S2 to Funke"],
            "closed 2 deals that day for NGN 42,500,003 together (S1 and S2, 1 of them credited by a ruling)",
        ),
    ],
)  # fmt: skip
def test_several_sales_of_one_day(others, deal):
    assert f": {deal}. Lapses at the end of 20 May 2025" in why(LATER, SALE, *others)


def test_who_logged_a_new_account():
    told = sentence(case("3 May 2024", CREATED))
    assert told.text == (
        "Ada Obi owns Zenith Bank PLC since 2 May 2024: sourced it and logged it first. "
        "Lapses at the end of 2 May 2025 unless a deal closes."
    )
    assert told.facts == ("C1",)


def test_an_assignment():
    told = sentence(case("3 Jun 2024", BY_NOBODY, "1 Jun 2024, assignment G1 to Funke"))
    assert told.text.startswith(
        "Funke Ade owns Zenith Bank PLC since 1 Jun 2024: the division head assigned it while nobody held it. Lapses at"
    )
    assert told.facts == ("G1",)


def test_a_holder_who_is_about_to_leave():
    leaves = "1 Aug 2024, departure D1 of Funke"
    sells = "1 Jul 2024, sale S2 by nobody, NGN 5"
    assert why(LATER, SALE, sells, leaves).endswith("unless a deal closes. Funke Ade leaves on 31 Jul 2024.")
    assert "leaves" not in why(LATER, SALE, "1 Aug 2024, departure D1 of Ada")


# --- another policy that comes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "clocks", "told"),
    [
        ("1 May 2026", {"days": 70}, "leads run 70 days: then Emeka Nwosu leads it until 12 May 2026."),
        ("1 May 2026", {"days": 30}, "leads run 30 days: then it is an orphan."),
        ("1 Jul 2026", {"days": 180}, "leads run 180 days: then Emeka Nwosu leads it until 30 Aug 2026."),
        ("1 Jul 2026", {"days": 100}, None),  # over by then under either
        ("1 May 2026", {"days": 90}, None),
        (
            "1 May 2026",
            {"months": 36},
            "an account is an orphan after 36 months without a sale: then Funke Ade owns it until 20 May 2027.",
        ),
    ],
)
def test_what_a_coming_policy_changes(on, clocks, told):
    found = policy_change(case(on, SALE, CLAIM), case(on, SALE, CLAIM, **clocks))
    assert (found and found.text) == (told and f"From {on} on, {told}")


# --- led -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "left"),
    [
        ("3 Mar 2026 12:00", "90 days left"),
        ("21 May 2026", "11 days left"),
        ("31 May 2026", "1 day left"),
        ("1 Jun 2026 23:59", "Last day"),
    ],
)
def test_a_lead(as_of, left):
    assert why(as_of, SALE, CLAIM) == (
        "Emeka Nwosu leads Zenith Bank PLC since 3 Mar 2026: first substantive interaction while it was an orphan "
        f"(I1). {left}: the lead lapses at the end of 1 Jun 2026 unless a deal closes."
    )


def test_a_lead_by_a_ruling():
    logged = CLAIM.replace(", sub", ", not sub")
    told = why("21 May 2026", logged, "4 Mar 2026, ruling R1 reclassifies I1 as substantive")
    assert "while it was an orphan (I1, substantive by a ruling)." in told


# --- unassigned ------------------------------------------------------------------------------------------------------


def test_the_owner_left_a_young_sale():
    told = sentence(case("6 Jan 2025", "3 Dec 2024, sale S1 by Ada, NGN 1", "5 Jan 2025, departure D1 of Ada"))
    assert told.text == (
        "Nobody holds Zenith Bank PLC: Ada Obi left on 4 Jan 2025; its last sale of 3 Dec 2024 is younger than "
        "12 months, so the division head assigns it. From 4 Dec 2025 on anyone may claim it."
    )
    assert told.facts == ("D1", "S1")


def test_a_lead_ran_out_over_a_young_sale():
    young = "1 May 2026, sale S2 by nobody, NGN 5"
    assert why("3 Jun 2026", SALE, CLAIM, young).startswith(
        "Nobody holds Zenith Bank PLC: Emeka Nwosu closed no deal within 90 days of I1; its last sale of 1 May 2026 is "
    )


@pytest.mark.parametrize(
    ("sales", "said"),
    [
        (["20 May 2024, sale S1 by nobody, NGN 5"], "S1 of 20 May 2024 (NGN 5) names no active salesperson; that is"),
        (
            ["20 May 2024, sale S1 by nobody, NGN 5", "20 May 2024, sale S2 by nobody, NGN 6"],
            "S1 and S2 of 20 May 2024 (NGN 11) name no active salesperson; that is within the last 12 months, so",
        ),
        (
            ["20 May 2024, sale S1 by nobody, NGN 5", "22 May 2024, sale S2 by nobody, NGN 6"],
            "S1 of 20 May 2024 (NGN 5) names no active salesperson; its last sale of 22 May 2024 is younger than",
        ),
    ],
)
def test_a_sale_of_nobody(sales, said):
    assert f"Nobody holds Zenith Bank PLC: {said}" in why(LATER, *sales)


# --- orphan ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "rows", "said", "months"),
    [
        ("1 Jul 2025", [SALE], "21 May 2025: no sale for more than 12 months since S1 of 20 May 2024", 12),
        ("1 Jul 2025", [SALE], "21 Jun 2024: no sale for more than 1 month since S1 of 20 May 2024", 1),
        ("1 Jul 2025", [CREATED], "3 May 2025: no sale for more than 12 months since Ada Obi logged it", 12),
        (
            "3 Jun 2025",
            [BY_NOBODY, "1 Jun 2024, assignment G1 to Funke"],
            "2 Jun 2025: no sale for more than 12 months since Funke Ade was assigned it",
            12,
        ),
        ("3 Jun 2026", [SALE, CLAIM], "2 Jun 2026: Emeka Nwosu closed no deal within 90 days of I1", 12),
        (
            "4 May 2026",
            [SALE, CLAIM, "1 May 2026, departure D1 of Emeka"],
            "1 May 2026: Emeka Nwosu left on 30 Apr 2026, with no sale for more than 12 months",
            12,
        ),
        (
            "1 Jul 2025",
            [SALE, "1 Jun 2024, departure D1 of Funke"],
            "21 May 2025: nobody was assigned in time; no sale for more than 12 months since S1 of 20 May 2024",
            12,
        ),
        ("3 May 2024", [BY_NOBODY], "2 May 2024: no salesperson is known to have logged it first", 12),
        (
            "3 May 2024",
            ["2 May 2024, interaction I1 by Ada, not substantive"],
            "2 May 2024: its first interaction I1 claimed nothing",
            12,
        ),
        (
            "3 May 2024",
            ["1 May 2024, departure D1 of Ada", "2 May 2024, assignment G1 to Ada"],
            "2 May 2024: its assignment to Ada Obi had no effect",
            12,
        ),
    ],
)
def test_an_orphan(as_of, rows, said, months):
    told = why(as_of, *rows, months=months)
    assert told == f"Zenith Bank PLC is an orphan since {said}. The first substantive interaction claims it."


# --- no time line ----------------------------------------------------------------------------------------------------


def test_nothing():
    assert why(LATER) == "Nothing is recorded yet for Zenith Bank PLC."
    assert why(LATER, SALE.replace("42,500,000", "0")) == "Nothing that counts is recorded for Zenith Bank PLC."
    assert why("1 May 2024", CREATED) == (
        "Nothing counts yet for Zenith Bank PLC: its first entry takes effect on 2 May 2024."
    )
    assert history(LATER) == []
    assert ahead("1 May 2024", CREATED) == [
        "Its first logging by Ada Obi is recorded already for 2 May 2024.",
        "The first entry that is recorded for it begins its time line.",
    ]


# --- what is missing -------------------------------------------------------------------------------------------------


def bare(as_of: str, *rows: str) -> Case:
    """Only the current segment, without any names or labels, as a list may have it."""
    whole = case(as_of, *rows)
    last = replace(whole.timeline, segments=whole.timeline.segments[-1:])
    return Case(ACCOUNT, last, whole.as_of, {}, {}, whole.policy)


@pytest.mark.parametrize(
    ("as_of", "rows", "said"),
    [
        (LATER, [SALE], "Funke owns Zenith Bank PLC since 20 May 2024: closed S1. Lapses at the end of 20 May 2025"),
        (LATER, [SALE, SALE.replace("S1", "S2")], "closed 2 deals that day (S1 and S2). Lapses at"),
        ("1 Jul 2025", [SALE], "no sale for more than 12 months since S1. The first"),
        ("3 Jun 2026", [SALE, CLAIM], "somebody closed no deal within 90 days of I1."),
        ("3 May 2024", [BY_NOBODY], "no salesperson is known to have logged it first"),
        (LATER, ["20 May 2024, sale S1 by nobody, NGN 5"], "S1 names no active salesperson; its last sale is younger"),
        ("6 Jun 2024", [SALE, "5 Jun 2024, departure D1 of Funke"], "somebody left on 4 Jun 2024; its last sale is"),
    ],
)
def test_words_for_what_has_no_label(as_of, rows, said):
    assert said in sentence(bare(as_of, *rows)).text


@pytest.mark.parametrize(
    ("as_of", "rows", "said"),
    [
        ("6 Jun 2024", [SALE, "5 Jun 2024, departure D1 of Funke"], "Funke left on"),
        ("3 Jun 2026", [SALE, CLAIM], "Emeka closed no deal"),
    ],
)
def test_the_holder_before_is_who_is_meant_when_the_fact_is_not_there(as_of, rows, said):
    whole = case(as_of, *rows)
    assert said in sentence(replace(whole, facts={}, names={})).text


@pytest.mark.parametrize(
    ("as_of", "rows"),
    [(LATER, [SALE]), ("21 May 2026", [CLAIM]), (LATER, ["20 May 2024, sale S1 by nobody, NGN 5"])],
)
def test_a_clock_beyond_the_calendar_is_not_told(as_of, rows):
    endless = case(as_of, *rows, months=12 * 9000, days=9000 * 365)
    assert endless.timeline.expires_at is None
    every = " ".join(each.text for each in (sentence(endless), *next_change(endless)))
    for word in ("apses at", "left:", "From ", "Without", "until", " by "):
        assert word not in every


# --- the whole history -----------------------------------------------------------------------------------------------


def test_a_sentence_for_every_segment():
    rows = [
        CREATED,
        SALE,
        "20 May 2024, sale S2 by Funke, NGN 1",
        CLAIM,
        "5 Mar 2026, sale S3 by Emeka, NGN 2",
        "7 Mar 2026, departure D1 of Emeka",
    ]
    assert history("1 Jun 2026", *rows) == [
        "2 May 2024 to 19 May 2024: Ada Obi owned it (sourced it and logged it first).",
        "20 May 2024 to 20 May 2025: Funke Ade owned it (closed 2 deals that day for NGN 42,500,001 together, "
        "S1 and S2).",
        "21 May 2025 to 3 Mar 2026: it was an orphan (no sale for more than 12 months since S1 and S2 of 20 May 2024).",
        "3 Mar 2026 to 4 Mar 2026: Emeka Nwosu led it (first substantive interaction while it was an orphan, I1).",
        "5 Mar 2026 to 6 Mar 2026: Emeka Nwosu owned it (closed S3, NGN 2).",
        "Since 7 Mar 2026: nobody holds it (Emeka Nwosu left on 6 Mar 2026).",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["2 May 2024 11:30, interaction I1 by Ada, substantive"], "2 May 2024, 10:00 to 11:30: it was an orphan"),
        (["3 May 2024, assignment G1 to Ada"], "2 May 2024, from 10:00: it was an orphan"),
        (["2 May 2024, assignment G1 to Ada", "3 May 2024, departure D1 of Ada"], "2 May 2024: Ada Obi owned it"),
    ],
)
def test_a_segment_within_one_day(rows, told):
    assert history(LATER, BY_NOBODY, *rows)[0].startswith(told)


def test_segments_that_last():
    assert history(LATER, SALE) == ["Since 20 May 2024: Funke Ade owns it (closed S1, NGN 42,500,000)."]
    assert history("4 Mar 2026", CLAIM)[0].startswith("Since 3 Mar 2026: Emeka Nwosu leads it (")
    assert history(LATER, BY_NOBODY) == [
        "Since 2 May 2024: it is an orphan (no salesperson is known to have logged it first)."
    ]
    assert history("1 Jul 2025", "20 May 2024, sale S1 by nobody, NGN 5")[0] == (
        "20 May 2024 to 20 May 2025: nobody held it (S1 of 20 May 2024, NGN 5, names no active salesperson)."
    )


# --- what comes next -------------------------------------------------------------------------------------------------


def test_what_could_change_an_owner():
    leaves = "1 Aug 2024, departure D1 of Funke"
    assert ahead(LATER, SALE, leaves, "9 Aug 2024, sale S2 by nobody, NGN 5") == [
        "Funke Ade leaves on 31 Jul 2024: from the next day on nobody holds the account.",
        "The sale S2 for NGN 5 is recorded already for 9 Aug 2024.",
        "Without a sale by 20 May 2025 it becomes an orphan.",
        "A deal that somebody else closes makes that person the owner, and the division head is told.",
        "An interaction or an assignment changes nothing while Funke Ade owns it.",
    ]


def test_what_could_change_a_lead():
    assert ahead("21 May 2026", CLAIM) == [
        "A deal that Emeka Nwosu closes by 1 Jun 2026 makes Emeka Nwosu the owner; without one the lead ends.",
        "A deal that somebody else closes makes that person the owner.",
        "Further interactions do not extend the lead, and an assignment changes nothing while it runs.",
    ]


def test_what_could_change_an_unassigned_account():
    assert ahead(LATER, "20 May 2024, sale S1 by nobody, NGN 5") == [
        "The division head assigns it: the assignee becomes the owner.",
        "A deal makes its salesperson the owner.",
        "An interaction changes nothing until 20 May 2025; then the first substantive one claims it.",
    ]


def test_what_could_change_an_orphan():
    to_come = ["2 Jul 2024 09:00, interaction I2 by Ada, substantive", "3 Jul 2024, assignment G1 to Funke"]
    assert ahead(LATER, BY_NOBODY, *to_come, days=1) == [
        "The interaction I2 by Ada Obi is recorded already for 2 Jul 2024.",
        "An assignment to Funke Ade is recorded already for 3 Jul 2024.",
        "The first substantive interaction makes its salesperson the lead for 1 day.",
        "A deal makes its salesperson the owner.",
        "The division head may assign it: the assignee becomes the owner.",
    ]


@pytest.mark.parametrize(
    ("recorded", "rest"), [(6, "1 more entry for later days."), (7, "2 more entries for later days.")]
)
def test_much_that_is_recorded_for_later_days(recorded, rest):
    later = [f"{day} Jul 2024, sale S{day} by nobody, NGN 5" for day in range(1, recorded + 1)]
    told = ahead(LATER, BY_NOBODY, *later)
    assert told[4:6] == ["The sale S5 for NGN 5 is recorded already for 5 Jul 2024.", rest]


# --- any log ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), policies, instants, known)
def test_there_are_words_for_any_log(facts, policy, as_of, known_at):
    timeline = replay(facts, policy, as_of, known_at)
    told = Case(ACCOUNT, timeline, as_of, NAMES, label_facts(facts, {}, policy, known_at), policy)
    answer = what_would_have_to_be_true(
        facts, policy, as_of + timedelta(days=1), "ada", account=ACCOUNT, names={}, texts={}, most=20
    )
    every = [sentence(told), *segment_sentences(told), *next_change(told), answer.sentence]
    every += [proposal.sentence for proposal in answer.proposals]
    assert len(segment_sentences(told)) == len(timeline.segments)
    for each in every:
        assert each.text.endswith(".")
        assert "  " not in each.text and ".." not in each.text and "None" not in each.text
        assert set(each.facts) <= {fact.id for fact in facts}
