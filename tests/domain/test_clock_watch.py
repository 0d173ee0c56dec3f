from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera_facts import ClockMeasurement
from peoplecount.domain.clock_watch import WatchedClock, watch
from peoplecount.domain.counter import BreakKind

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUARTER = 900.0


class Camera:
    """A camera whose clock is measured every quarter of an hour, and ours, which may be set too."""

    def __init__(self, error=0.0, offset=120):
        self.error, self.offset = error, offset
        self.passed = 0.0
        self.ours = 0.0
        self.pace = 0.0
        self.watched = None
        self.changes = []

    def measured(self, phase=0.37, restarted=False):
        """Whole seconds are told: ``phase`` of one is cut off."""
        error = self.error + self.pace * self.passed - self.ours
        least = timedelta(seconds=error - phase)
        return ClockMeasurement(
            NOON + timedelta(seconds=self.passed + self.ours),
            None if restarted else 50_000.0 + self.passed,
            timedelta(minutes=self.offset),
            least,
            least + timedelta(seconds=1),
        )

    def is_watched(self, times=1, **how):
        for number in range(times):
            measured = self.measured(**{"phase": (0.37 + 0.61803 * number) % 1} | how)
            if self.watched is None:
                self.watched = WatchedClock.first(measured)
            else:
                self.watched, changes = watch(self.watched, measured)
                self.changes += changes
            self.passed += QUARTER
        return self

    def kinds(self):
        return [(change.kind, change.by.total_seconds()) for change in self.changes]


def test_measurements_to_the_second_narrow_each_other():
    camera = Camera(error=84.2).is_watched()
    assert camera.watched.slack == timedelta(seconds=0.5)
    camera.is_watched(8)
    assert camera.watched.slack < timedelta(seconds=0.35)
    assert abs(camera.watched.ahead - timedelta(seconds=84.2)) <= camera.watched.slack
    assert camera.changes == []


@pytest.mark.parametrize("by", [-84.0, -3.5, 3.5, 7200.0])
def test_a_clock_that_is_set_is_a_step_and_is_measured_afresh(by):
    camera = Camera(error=84.0).is_watched(5)
    camera.error += by
    camera.is_watched(3)
    [(kind, told)] = camera.kinds()
    assert kind is BreakKind.CLOCK_STEP
    assert told == pytest.approx(by, abs=1)
    assert abs(camera.watched.ahead.total_seconds() - 84.0 - by) < 0.6
    step = camera.changes[0]
    assert (step.until - step.since) == timedelta(seconds=QUARTER)


@pytest.mark.parametrize("by", [-1.5, 1.5])
def test_a_clock_that_a_time_server_moves_a_little_is_followed_in_silence(by):
    camera = Camera(error=2.0).is_watched(5)
    camera.error += by
    camera.is_watched(4)
    assert camera.changes == []
    assert abs(camera.watched.ahead.total_seconds() - 2.0 - by) < 0.6


@pytest.mark.parametrize(
    ("minutes", "kind"), [(60, "daylight-saving shift"), (-60, "daylight-saving shift"), (330, "time zone changed")]
)
def test_a_zone_that_moves_is_told_as_what_it_is(minutes, kind):
    camera = Camera(error=12.0).is_watched(3)
    camera.offset += minutes
    camera.is_watched(2)
    assert camera.kinds() == [(kind, minutes * 60.0)]
    assert camera.changes[0].offset_before == timedelta(minutes=120)
    assert abs(camera.watched.ahead.total_seconds() - 12.0) < 0.6


def test_zone_and_clock_set_at_once_are_two_changes():
    camera = Camera().is_watched(3)
    camera.offset, camera.error = 60, 3600.0
    camera.is_watched()
    assert [kind for kind, _ in camera.kinds()] == ["daylight-saving shift", "clock step"]


@pytest.mark.parametrize("by", [-600.0, 600.0, -5.0])
def test_our_own_clock_being_set_is_no_step_of_the_cameras(by):
    camera = Camera(error=3.0).is_watched(3)
    camera.ours = by
    camera.is_watched(3)
    assert camera.changes == []
    assert abs(camera.watched.ahead.total_seconds() - 3.0 + by) < 0.6


def test_after_a_restart_of_the_service_only_the_clocks_themselves_can_tell():
    camera = Camera(error=3.0).is_watched(3)
    camera.ours = -600.0
    camera.is_watched(restarted=True)
    assert [kind for kind, _ in camera.kinds()] == ["clock step"]


def test_the_pace_of_a_clock_is_told_once_it_can_be():
    camera = Camera(error=1.0)
    camera.pace = 3.0 / 86400
    camera.is_watched(20)
    assert camera.watched.trend is None
    camera.is_watched(76)
    assert camera.watched.trend == pytest.approx(3.0, abs=0.7)
    assert camera.changes == []


def test_clocks_that_may_agree_are_said_to_agree():
    assert Camera(error=0.2).measured().error == timedelta(0)
    assert Camera(error=5.0).measured(phase=0.5).error == timedelta(seconds=5)
