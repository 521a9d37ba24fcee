"""The picture of a time line: everything inside its box, nothing on top of each other."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ownership.engine.rules import replay
from ownership.explain import Case, label_facts
from ownership.timeline.picture import EDGE, MARK, ROWS, draw_timeline
from tests.ownership.cases import case
from tests.ownership.test_rules_properties import instants, logs, policies

LOGGED = "19 Nov 2026 10:00, created C1 by nobody"
CLAIM = "20 Nov 2026 09:00, interaction I1 by Emeka, substantive"
TODAY = "22 Nov 2026 09:00"
SALE = "20 May 2024, sale S1 by Funke, NGN 42,500,000"


def labels(drawing):
    return [tick.label for tick in drawing.ticks]


def marks(as_of: str, *rows: str):
    return {mark.title: mark for mark in draw_timeline(case(as_of, *rows)).marks}


def test_no_time_line_no_picture():
    assert draw_timeline(case(TODAY)) is None


def test_three_days():
    drawing = draw_timeline(case(TODAY, LOGGED, CLAIM))
    assert labels(drawing) == ["20 Nov 2026", "21 Nov 2026", "22 Nov 2026", "23 Nov 2026"]
    orphan, led, ahead = drawing.bands
    assert [(band.state, band.label, band.segment, band.ahead) for band in drawing.bands] == [
        ("orphan", "Orphan", 0, False),
        ("led", "Emeka Nwosu, lead", 1, False),
        ("led", "", 1, True),
    ]
    assert orphan.x == EDGE and orphan.middle == round(EDGE + orphan.width / 2, 1)
    assert led.x == round(orphan.x + orphan.width, 1)
    assert ahead.x == drawing.today
    assert round(ahead.x + ahead.width, 1) == 960 - EDGE  # the lead ends long after: the picture doesn't wait for it


def test_fifteen_years():
    years = [f"{3 + year % 9} Feb {year}, sale S{year} by Funke, NGN 5" for year in range(2011, 2027)]
    assert labels(draw_timeline(case(TODAY, *years))) == [str(year) for year in range(2012, 2028)]
    assert labels(draw_timeline(case(TODAY, *years), 340)) == ["2015", "2020", "2025"]


@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("1 Nov 2026", "2 Nov 2026"),
        ("9 Oct 2026", "12 Oct 2026"),  # Mondays
        ("2 Mar 2026", "Apr 2026"),
        ("2 Aug 2023", "Jan 2024"),
        ("2 Aug 1890", "1900"),
        ("2 Aug 1204", "1250"),
    ],
)
def test_the_axis_takes_the_finest_steps_that_fit(since, first):
    drawing = draw_timeline(case(TODAY, f"{since}, interaction I1 by nobody, not substantive"))
    assert labels(drawing)[0] == first
    apart = [right.x - left.x for left, right in pairwise(drawing.ticks)]
    assert min(apart) > 50


def test_labels_at_the_ends_turn_inwards():
    since = "2 Nov 2026, interaction I1 by nobody, not substantive"
    wide, narrow = draw_timeline(case("30 Nov 2026 06:00", since)), draw_timeline(case("1 Dec 2026", since), 200)
    assert [tick.anchor for tick in wide.ticks] == ["start", "middle", "middle", "middle", "end"]
    assert [(tick.label, tick.anchor) for tick in narrow.ticks] == [("Dec 2026", "end")]


def test_a_label_gets_shorter_until_it_fits():
    led = case(TODAY, LOGGED, CLAIM)
    found = [draw_timeline(led, width).bands[1].label for width in (960, 340, 200, 150)]
    assert found == ["Emeka Nwosu, lead", "Emeka Nwosu, lead", "Emeka Nwosu", "Emeka"]
    assert draw_timeline(led, 120).bands[0].label == ""
    assert draw_timeline(replace(led, names={"Emeka": " "}), 340).bands[1].label == " , lead"
    owned = case("1 Jun 2024", "20 May 2024, sale S1 by Funke, NGN 5", "25 May 2024, departure D1 of Funke")
    assert [band.label for band in draw_timeline(owned).bands] == ["Funke Ade, owner", "Unassigned", ""]


def test_the_future_carries_the_name_where_the_piece_is_too_thin():
    owned = draw_timeline(case("21 May 2024", "20 Nov 2023, sale S0 by Ada, NGN 5", SALE, months=3), 400)
    assert [(band.label, band.ahead) for band in owned.bands][-2:] == [("", False), ("Funke Ade", True)]


def test_each_holder_has_one_colour():
    told = case("1 Jul 2024", SALE, "10 Jun 2024, departure D1 of Funke", "20 Jun 2024, assignment G1 to Ada")
    found = {band.label: band.tint for band in draw_timeline(told).bands if not band.ahead}
    assert found["Unassigned"] is None
    assert len({*found.values()}) == len(found) == 3
    other = draw_timeline(case("1 Jul 2024", "20 May 2024, sale S1 by Ada, NGN 5"))
    assert other.bands[0].tint == next(tint for label, tint in found.items() if label.startswith("Ada"))


def test_an_orphan_s_clock_does_not_run():
    drawing = draw_timeline(case(TODAY, LOGGED))
    assert [band.ahead for band in drawing.bands] == [False]
    assert drawing.today == 960 - EDGE


def test_what_a_mark_tells():
    rows = [
        "1 May 2024, created C1 by nobody",
        "5 May 2024, assignment G1 to Ada",
        SALE,
        "1 Jul 2024, sale S2 by Ada, NGN 0",
        "1 Aug 2024, interaction I1 by Ada, not substantive",
        "1 Sep 2024, interaction I2 by Ada, substantive",
        "1 Oct 2024, departure D1 of Funke",
        "1 Nov 2024, return R1 of Funke",
        "1 Nov 2024, departure D2 of Emeka",
        "1 Feb 1999, departure D3 of Funke",
        "2 Feb 1999, return R3 of Funke",
    ]
    assert {title: (mark.kind, mark.ignored) for title, mark in marks("1 Dec 2024", *rows).items()} == {
        "Logged first, 1 May 2024": ("created", False),
        "Assignment to Ada Obi, 5 May 2024": ("assignment", False),
        "Sale S1 by Funke Ade, NGN 42,500,000, 20 May 2024": ("sale", False),
        "Sale S2 by Ada Obi, NGN 0, 1 Jul 2024, does not count": ("sale", True),
        "Interaction, not substantive: I1 by Ada Obi, 1 Aug 2024": ("remark", False),
        "Interaction I2 by Ada Obi, 1 Sep 2024": ("interaction", False),
        "Departure of Funke Ade, 30 Sep 2024": ("departure", False),
        "Return of Funke Ade, 1 Nov 2024": ("return", False),
    }


def test_marks_that_collide_are_stacked_and_then_counted():
    rows = [f"20 May 2024 {hour}:00, interaction I{hour} by Ada, not substantive" for hour in (10, 11, 12, 13)]
    drawing = draw_timeline(case("20 May 2025", SALE, *rows, "21 May 2024, assignment G1 to Ada"))
    assert [(mark.row, mark.kind, mark.count) for mark in drawing.marks] == [
        (0, "sale", 1),
        (1, "remark", 3),  # with one of its own kind
        (2, "several", 2),  # the assignment finds none of its kind
    ]
    assert [mark.title for mark in drawing.marks[1:]] == ["3 facts, 20 May 2024", "2 facts, 20 May 2024 to 21 May 2024"]
    assert drawing.marks[1].facts == ("I10", "I12", "I13")
    assert drawing.band_y > drawing.marks[0].y > drawing.marks[1].y > drawing.marks[2].y > 0


def test_thousands_of_facts_stay_some_two_hundred_marks():
    rows = [
        f"{day} {month} {year} {hour}:00, interaction I{year}{month}{day}x{hour} by nobody, not substantive"
        for year in range(2012, 2026)
        for month in ("Jan", "Apr", "Jul", "Oct")
        for day in (1, 8, 15, 22)
        for hour in (10, 14)
    ]
    drawing = draw_timeline(case(TODAY, *rows))
    assert len(drawing.marks) <= ROWS * (960 // MARK) <= 210
    assert sum(mark.count for mark in drawing.marks) == len(rows)


def test_facts_without_labels_leave_the_band_alone():
    drawing = draw_timeline(replace(case(TODAY, LOGGED), facts={}))
    assert (drawing.marks, drawing.band_y) == ((), 4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), policies, instants, st.sampled_from([960, 340, 120]))
def test_nothing_leaves_the_box(facts, policy, as_of, width):
    timeline = replay(facts, policy, as_of)
    drawing = draw_timeline(Case("A", timeline, as_of, {}, label_facts(facts, {}, policy), policy), width)
    assert (drawing is None) == (not timeline.segments)
    if drawing is None:
        return
    for band in drawing.bands:
        assert EDGE <= band.x <= band.x + band.width <= width - EDGE + 0.1
        assert band.width >= 0
    for mark in drawing.marks:
        assert EDGE <= mark.x <= width - EDGE
        assert 0 < mark.y < drawing.band_y
    for tick in drawing.ticks:
        assert EDGE <= tick.x <= width - EDGE
    for row in range(ROWS):
        places = sorted(mark.x for mark in drawing.marks if mark.row == row)
        assert all(right - left >= MARK for left, right in pairwise(places))
    assert EDGE <= drawing.today <= width - EDGE


@pytest.mark.parametrize("day", ["4 Jan 0001", "20 Dec 9999"])
def test_the_calendar_s_ends(day):
    found = draw_timeline(case("27 Dec 9999", f"{day}, interaction I1 by nobody, not substantive"))
    assert found.bands and found.ticks
