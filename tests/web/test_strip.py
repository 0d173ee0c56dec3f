import re

import pytest

from peoplecount.domain.poll_tally import PollTally
from peoplecount.web.strip import BAND, BARS, HEIGHT, day_words, duration, percent, strip

QUICK, SLOW = PollTally(90, 0, 9000), PollTally(90, 0, 180_000)
LOST, AWAY, IDLE = PollTally(90, 9, 8100), PollTally(90, 90), PollTally()


def boxes(outline):
    """x, y, width and height of each."""
    return [tuple(map(int, one)) for one in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z", outline)]


def test_equal_quarters_beside_each_other_are_drawn_as_one():
    outlines = strip([QUICK] * 96).outlines
    assert boxes(outlines["well"]) == [(0, HEIGHT - BAND, 96, BAND)]
    assert len(boxes(outlines["time"])) == 1


def test_each_quarter_has_its_colour_and_one_in_which_nobody_asked_has_none():
    outlines = strip([QUICK, LOST, AWAY, IDLE, SLOW]).outlines
    assert [x for x, *_ in boxes(outlines["well"])] == [0, 4]
    assert [x for x, *_ in boxes(outlines["some"])] == [1]
    assert [x for x, *_ in boxes(outlines["none"])] == [2]
    assert [x for x, *_ in boxes(outlines["slow"])] == [4]
    assert all(x != 3 for outline in outlines.values() for x, *_ in boxes(outline))


@pytest.mark.parametrize("milliseconds", [0, 1, 50, 5000, 10**9])
def test_bars_stay_in_their_part(milliseconds):
    ((_, y, _, height),) = [box for kind in ("time", "slow") for box in boxes(strip_of(milliseconds).get(kind, ""))]
    assert 1 <= height <= BARS
    assert y + height == BARS


def strip_of(milliseconds):
    return strip([PollTally(1, 0, milliseconds)]).outlines


def test_longer_times_have_higher_bars():
    heights = [boxes(strip_of(ms)["time"])[0][3] for ms in (20, 80, 320, 900)]
    assert heights == sorted(set(heights))


def test_the_same_is_said_in_words():
    assert day_words([QUICK, LOST, IDLE]) == "95.0% of 180 polls in the last day answered, on average in 100 ms"
    assert day_words([AWAY]) == "0% of 90 polls in the last day answered"
    assert day_words([PollTally(1, 0, 2500)]) == "100% of 1 poll in the last day answered, on average in 2.5 s"
    assert day_words([IDLE]) == "not asked in the last day"


def test_a_share_is_never_rounded_to_all_or_none():
    assert [percent(share) for share in (None, 0.0, 0.00001, 0.5, 0.99999, 1.0)] == [
        "\N{EN DASH}",
        "0%",
        "0.1%",
        "50.0%",
        "99.9%",
        "100%",
    ]
    assert duration(None) == "\N{EN DASH}"
