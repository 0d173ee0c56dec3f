"""A plan looks for turning polls only where one is near, and misses none for that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peoplecount.domain.camera import Camera
from peoplecount.domain.poll_times import LocalClock, ResetWindow, TurningPolls, next_turning_poll
from peoplecount.services.poll_plan import LEAST_GAP, PollPlan
from tests.support.fake_clock import FakeClock

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Plan:
    """A camera's plan, and the time that passes; its clock goes as those who plan believe."""

    def __init__(self, interval=10.0, speed=1.0, local=None, apart=timedelta(0)):
        self.clock = FakeClock(NOON, speed=speed)
        self.begun = self.clock.monotonic()
        self.local = local
        self.apart = apart
        camera = Camera("east", "East", "http://192.0.2.1", poll_interval=interval)
        self.plan = PollPlan(camera, self.clock, clock_of=lambda _: self.local, apart=lambda _: self.apart)

    @property
    def machine_time(self):
        return NOON + timedelta(seconds=self.clock.monotonic() - self.begun)

    def polls(self, real):
        """Those of so much real time from now on, each planned when the one before is due."""
        found, end, previous = [], self.machine_time + real, None
        while (previous := self.plan.next(previous, self.machine_time)) < end:
            found.append(previous)
            self.clock.passes((previous - self.machine_time).total_seconds() + 0.0005)
        return found

    def turning_polls(self, real):
        """When they must be within so much real time from now on, by the machine's clock."""
        found, moment, speed = [], self.clock.now(), self.clock.speed
        begin, end = moment, moment + real * speed
        while (moment := next_turning_poll(self.local, moment, self.apart)) < end:
            found.append(self.machine_time + (moment - begin) / speed)
        return found


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))
wrong_by = st.floats(-3600, 3600).map(lambda seconds: timedelta(seconds=seconds))
resets = st.floats(-7200, 7200).map(lambda middle: ResetWindow(*(timedelta(seconds=middle + one) for one in (-1, 1))))


def misses(found, wanted):
    """Turning polls without a poll near them; a regular slot within the gap may stand for one."""
    near = timedelta(seconds=LEAST_GAP + 0.01)
    return [one for one in wanted if min(abs(poll - one) for poll in found) > near]


@given(
    offset=offsets,
    wrong=wrong_by,
    reset=resets,
    interval=st.sampled_from([7.0, 10.0, 47.0, 300.0]),
    apart=st.floats(0, 2).map(lambda seconds: timedelta(seconds=seconds)),
)
@settings(max_examples=40, deadline=None)
def test_no_turning_poll_is_missed(offset, wrong, reset, interval, apart):
    room = Plan(interval, local=LocalClock(offset + wrong, reset=reset), apart=apart)
    wanted = room.turning_polls(timedelta(hours=2))
    found = room.polls(timedelta(hours=2))
    assert misses(found, [one for one in wanted if one > found[0]]) == []


def test_nor_where_time_is_played_fast():
    room = Plan(60.0, 60.0, LocalClock(timedelta(hours=1)))
    wanted = room.turning_polls(timedelta(minutes=30))
    assert len(wanted) > 50
    assert misses(room.polls(timedelta(minutes=31)), wanted) == []


@pytest.fixture
def asked(monkeypatch):
    """How often turning polls were looked for."""
    asked, after = [], TurningPolls.after
    monkeypatch.setattr(TurningPolls, "after", lambda *some: asked.append(some) or after(*some))
    return asked


def test_they_are_looked_for_only_where_one_is_near(asked):
    polls = Plan(local=LocalClock(timedelta(0))).polls(timedelta(hours=6))
    assert len(polls) > 2000
    assert len(asked) < 100


def test_a_clock_that_is_found_to_go_otherwise_is_heard_at_once():
    room = Plan(local=LocalClock(timedelta(0)))
    room.polls(timedelta(minutes=5))
    room.local = LocalClock(timedelta(minutes=54))
    wanted = room.turning_polls(timedelta(minutes=10))
    assert len(wanted) == 2
    assert misses(room.polls(timedelta(minutes=10)), wanted) == []


def test_once_the_machines_clock_was_set_they_are_looked_for_anew(asked):
    room = Plan(local=LocalClock(timedelta(0)))
    room.polls(timedelta(minutes=5))
    asked.clear()
    room.plan.next(None, room.machine_time)
    assert asked == []
    room.plan.begin_anew()
    room.plan.next(None, room.machine_time)
    assert len(asked) == 1
