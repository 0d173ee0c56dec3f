from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from peoplecount.domain.poll_times import (
    LocalClock,
    ResetWindow,
    TurningPolls,
    next_poll,
    next_turning_poll,
    spread,
)
from peoplecount.domain.slot import phase

EVENING = datetime(2026, 5, 4, 21, 30, tzinfo=UTC)


def seconds(number):
    return timedelta(seconds=number)


def turning_polls(clock, begin=EVENING, hours=3.0, apart=timedelta(0)):
    """All turning polls of some hours, by the camera's clock."""
    polls, moment = [], begin
    while (moment := next_turning_poll(clock, moment, apart)) < begin + timedelta(hours=hours):
        polls.append((moment + clock.ahead).replace(tzinfo=None))
    return polls


def around(*texts, margin=0.8):
    """Moments just before and just after these."""
    moments = [datetime.fromisoformat(text) for text in texts]
    return [moment + seconds(side * margin) for moment in moments for side in (-1, 1)]


def test_every_full_hour_of_the_cameras_clock_has_a_poll_just_before_and_one_just_after():
    zurich = LocalClock(timedelta(hours=2))
    assert turning_polls(zurich) == around("2026-05-05T00:00", "2026-05-05T01:00", "2026-05-05T02:00")


@pytest.mark.parametrize("error", [-90, -0.4, 7, 90])
@pytest.mark.parametrize("offset", [-570, 0, 345, 825])
def test_the_hours_are_the_cameras_own_however_wrong_its_clock_and_wherever_it_stands(error, offset):
    clock = LocalClock(timedelta(minutes=offset, seconds=error))
    polls = turning_polls(clock)
    assert len(polls) in {5, 6, 7}
    for poll in polls:
        past = timedelta(minutes=poll.minute, seconds=poll.second, microseconds=poll.microsecond)
        assert min(past, timedelta(hours=1) - past) == seconds(0.8)


def test_a_clock_that_is_known_less_well_is_given_more_room_up_to_a_point():
    vague = LocalClock(timedelta(0), slack=seconds(1.5))
    assert turning_polls(vague, hours=1) == around("2026-05-04T22:00", margin=2.0)
    lost = LocalClock(timedelta(0), slack=seconds(60))
    assert turning_polls(lost, hours=1) == around("2026-05-04T22:00", margin=2.5)


def test_a_reset_that_was_learned_takes_the_place_of_midnight():
    learned = LocalClock(timedelta(hours=2), reset=ResetWindow(seconds(0.8), seconds(1.2)))
    midnight = datetime.fromisoformat("2026-05-05T00:00")
    assert turning_polls(learned, hours=1) == [midnight + seconds(0.5), midnight + seconds(1.5)]


def test_a_camera_that_resets_at_one_has_its_polls_there_and_at_midnight_too():
    late = LocalClock(timedelta(hours=2), reset=ResetWindow(seconds(3599.4), seconds(3600.4)))
    one = datetime.fromisoformat("2026-05-05T01:00")
    polls = turning_polls(late, hours=2)
    assert polls == [*around("2026-05-05T00:00"), one - seconds(0.9), one + seconds(0.7)]


def test_a_reset_off_the_hours_has_two_polls_of_its_own_and_no_day_more_than_fifty():
    odd = LocalClock(timedelta(hours=2), reset=ResetWindow(seconds(-90.5), seconds(-89.5)))
    polls = turning_polls(odd, hours=24)
    assert datetime.fromisoformat("2026-05-04T23:58:29.2") in polls
    assert datetime.fromisoformat("2026-05-04T23:58:30.8") in polls
    assert len(polls) == 50


def test_the_more_cameras_there_are_the_wider_their_polls_are_spread():
    alone = [spread(str(number), 1) for number in range(50)]
    assert max(alone) <= seconds(0.004)
    many = [spread(str(number), 5000) for number in range(500)]
    assert seconds(1.9) < max(many) <= seconds(2)
    busiest = max(sum(start <= one < start + seconds(0.1) for one in many) for start in many)
    assert busiest < 60
    clock = LocalClock(timedelta(hours=2))
    assert turning_polls(clock, hours=1, apart=seconds(1.2)) == around("2026-05-05T00:00", margin=2.0)


NOON = datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp()


def planned(turning_points, *, period=10.0, gap=0.5, begin=NOON, until=NOON + 60, previous=None):
    """The polls of a minute, each planned when the one before is due."""

    def turning(after):
        return min((point for point in turning_points if point > after), default=float("inf"))

    polls, now = [], begin
    while (now := next_poll("7", period, now=now, previous=previous, gap=gap, turning=turning)) < until:
        previous = now
        polls.append(now)
    return polls


def slots(period=10.0, begin=NOON, until=NOON + 60):
    first = begin - begin % period - period + phase("7", period)
    every = [first + number * period for number in range(int((until - begin) / period) + 3)]
    return [slot for slot in every if begin < slot < until]


def test_without_turning_points_polls_are_in_their_slots_and_nowhere_else():
    assert planned([]) == pytest.approx(slots())


def test_turning_polls_come_beside_the_regular_ones():
    between = slots()[2] + 3.0
    assert planned([between]) == pytest.approx(sorted([*slots(), between]))


@pytest.mark.parametrize("away", [-0.4, 0.0, 0.4])
def test_a_slot_beside_a_turning_point_gives_way_to_it(away):
    point = slots()[2] + away
    polls = planned([point])
    assert len(polls) == len(slots())
    assert polls[2] == pytest.approx(point)
    assert all(later - earlier > 0.49 for earlier, later in pairwise(polls))


def test_in_fast_played_time_no_poll_comes_sooner_after_another_than_allowed():
    points = [NOON + 0.013 * number for number in range(400)]
    polls = planned(points, period=0.05, gap=0.05, until=NOON + 2)
    assert all(later - earlier >= 0.0489 for earlier, later in pairwise(polls))
    assert len(polls) > 30


def test_polls_whose_moment_has_passed_are_made_up_for_by_one():
    late = NOON + 601
    assert next_poll("7", 10.0, now=late, previous=NOON, gap=0.5) == pytest.approx(
        slots(begin=late, until=late + 20)[0]
    )


def test_a_poll_that_was_planned_before_the_clock_was_set_back_holds_up_none():
    assert next_poll("7", 10.0, now=NOON, previous=NOON + 600, gap=0.5) == pytest.approx(slots()[0])


class TestTurningPolls:
    def test_are_those_that_would_be_found_each_time(self) -> None:
        polls, moment = TurningPolls(), datetime(2026, 3, 3, 22, 58, tzinfo=UTC)
        clocks = LocalClock(timedelta(hours=1)), LocalClock(timedelta(hours=1, minutes=10), timedelta(seconds=1))
        for number in range(3000):
            clock, apart = clocks[number // 1500], timedelta(seconds=number // 1000)
            assert polls.after(clock, moment, apart) == next_turning_poll(clock, moment, apart)
            moment += timedelta(seconds=1.7)

    def test_are_looked_for_anew_where_time_goes_back(self) -> None:
        polls, clock, moment = TurningPolls(), LocalClock(timedelta(0)), datetime(2026, 3, 3, 22, 58, tzinfo=UTC)
        polls.after(clock, moment, timedelta(0))
        earlier = moment - timedelta(hours=2)

        assert polls.after(clock, earlier, timedelta(0)) == next_turning_poll(clock, earlier, timedelta(0))
