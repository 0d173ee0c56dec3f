"""People inside after each quarter of an hour, reckoned back from now."""

from peoplecount.web.live.people_inside import inside_after
from tests.support.shop import at


def curve(**changes):
    known = {"in": [4, 6, 3, 5, None], "out": [1, 2, 8, 0, None], "occupancy": 12}
    since = {"start": "2026-05-04T10:00:00Z", "occupancySince": "2026-05-04T10:00:00Z", "countedByHandAt": None}
    return known | since | changes


def test_each_quarter_ends_with_whom_it_found_and_who_came_less_who_left():
    assert inside_after(curve(), at(12, 50)) == [8, 12, 7, 12, None]


def test_a_quarter_of_which_nothing_is_known_hides_those_before_it_and_not_itself():
    gap = curve(**{"in": [4, None, 3, 5, None], "out": [1, None, 8, 0, None]})
    assert inside_after(gap, at(12, 50)) == [None, 12, 7, 12, None]


def test_before_the_reset_and_before_somebody_counted_by_hand_nobody_knows():
    reset = curve(occupancySince="2026-05-04T10:15:00Z")
    assert inside_after(reset, at(12, 50)) == [8, 12, 7, 12, None], "from the reset on"
    by_hand = curve(countedByHandAt="2026-05-04T10:20:00Z")
    assert inside_after(by_hand, at(12, 50)) == [None, 12, 7, 12, None]


def test_fewer_than_nobody_is_nobody_and_unknown_stays_unknown():
    assert inside_after(curve(occupancy=2), at(12, 50)) == [0, 2, 0, 2, None]
    assert inside_after(curve(occupancy=None), at(12, 50)) == [None] * 5
    assert inside_after(curve(), at(13, 50))[-1] == 12, "the day is over, and the last quarter is its last"


def test_before_the_day_begins_there_is_nothing_to_tell():
    assert inside_after(curve(), at(11)) == [None] * 5
