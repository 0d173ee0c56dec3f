from datetime import UTC, datetime, timedelta, timezone

import pytest

from peoplecount.domain.poll_tally import QUARTERS_A_DAY, PollTally, quarter_of, quarters_of_day, together


def test_a_share_and_a_time_that_nobody_knows_are_unknown_and_not_nothing():
    assert PollTally().success is None
    assert PollTally().seconds is None
    assert PollTally(5, 5).success == 0
    assert PollTally(5, 5).seconds is None


def test_the_time_is_that_of_the_polls_that_went_well():
    tally = PollTally(10, 2, 400)
    assert tally.success == pytest.approx(0.8)
    assert tally.seconds == pytest.approx(0.05)


def test_tallies_are_added_up():
    assert together([PollTally(1, 0, 5), PollTally(2, 1, 7)]) == PollTally(3, 1, 12)
    assert not together([])


def test_a_quarter_has_the_same_number_in_every_zone():
    moment = datetime(2026, 10, 25, 0, 29, 59, tzinfo=UTC)
    assert quarter_of(moment) == quarter_of(moment.astimezone(timezone(timedelta(hours=5, minutes=45))))
    assert quarter_of(moment + timedelta(seconds=1)) == quarter_of(moment) + 1


def test_a_day_ends_with_the_quarter_that_is_under_way():
    moment = datetime(2026, 5, 4, 12, 7, tzinfo=UTC)
    day = quarters_of_day(moment)
    assert len(day) == QUARTERS_A_DAY
    assert day[-1] == quarter_of(moment)
    assert day[0] == quarter_of(moment - timedelta(hours=23, minutes=45))
