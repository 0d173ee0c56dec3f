from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.clock import Jumps
from tests.support.fake_clock import FakeClock


class SettableClock(FakeClock):
    """Somebody may set it."""

    by = timedelta(0)

    def now(self):
        return super().now() + self.by


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_a_clock_that_goes_its_way_has_not_jumped(speed):
    clock = SettableClock(speed=speed)
    jumps = Jumps(clock)
    for seconds in (0.0, 0.05, 900.0):
        clock.passes(seconds)
        assert jumps.seconds() == 0


@pytest.mark.parametrize("by", [-600, 600, 3])
def test_a_clock_that_was_set_has_jumped_once(by):
    clock = SettableClock()
    jumps = Jumps(clock)
    clock.passes(10)
    clock.by = timedelta(seconds=by)
    clock.passes(5)
    assert jumps.seconds() == pytest.approx(by)
    assert jumps.seconds() == 0


def test_a_clock_that_a_time_server_bends_has_not_jumped():
    clock = SettableClock()
    jumps = Jumps(clock)
    for number in range(100):
        clock.by = timedelta(seconds=number * 0.4)
        clock.passes(10)
        assert jumps.seconds() == 0


def test_played_time_that_has_ended_has_not_jumped():
    clock = FakeClock(datetime(2026, 5, 4, tzinfo=UTC))
    jumps = Jumps(clock)
    clock._monotonic += 1000
    assert jumps.seconds() == 0
