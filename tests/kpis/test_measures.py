from decimal import Decimal

import pytest

from kpis.metrics.measures import share


@pytest.mark.parametrize(
    ("expected", "seen", "shown", "on_track"),
    [
        ("abcde", "abcde", "100 %", True),
        ("abcde", "abcd", "80 %", False),  # exactly on the target is off track
        ("abcdefghijk", "abcdefghi", "81 %", True),
        ("abcde", "", "0 %", False),
        ("", "abc", "no data", None),
        ("ab", "az", "50 %", False),  # whoever isn't expected doesn't count
    ],
)
def test_a_share_is_above_its_target_or_off_track(expected, seen, shown, on_track):
    figure = share(expected, seen, target=Decimal(80))
    assert (figure.shown, figure.on_track) == (shown, on_track)


def test_the_figure_is_its_rows():
    figure = share("abcd", "bdz", target=Decimal(80))
    assert (figure.yes, figure.no, figure.count, figure.of) == (("b", "d"), ("a", "c"), 2, 4)


def test_a_figure_just_below_its_target_doesn_t_look_as_if_it_had_reached_it():
    figure = share(range(250), range(199), target=Decimal(80))
    assert (figure.shown, figure.on_track) == ("79 %", False)
