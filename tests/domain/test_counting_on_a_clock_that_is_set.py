"""Our own clock is set while people walk: nobody is lost or doubled, and no stretch of time runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.counter import LONGEST_HOLD, BreakKind
from peoplecount.domain.counting import CountState, count
from peoplecount.domain.event import Quality
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals

KEY = LineKey("7")
TEN = timedelta(seconds=10)
START = datetime(2026, 5, 4, 21, 30, tzinfo=UTC)


class Camera:
    """Counts people by its own clock, which is right and shows UTC; ours may be anywhere."""

    def __init__(self):
        self.now = START
        self.ours = timedelta(0)
        self.total = 100
        self.state = CountState()
        self.increments = []
        self.breaks = []

    def polls(self, total=None, restarted_at=None):
        self.total = self.total if total is None else total
        self.now += TEN
        lines = (LineReading(KEY, "East", Totals(self.total, 7)),)
        local = self.now.replace(tzinfo=None)
        reading = Reading("7", self.now + self.ours, local, "S", lines, restarted_at=restarted_at)
        counted = count(self.state, reading, expected_every=TEN)
        self.state = counted.state
        for line in counted.lines:
            self.increments += line.increments
            self.breaks += [broke.kind for broke in line.breaks]

    def people(self):
        return sum(increment.entered.people for increment in self.increments)


def test_who_comes_while_the_clock_is_set_back_is_counted_once_and_marked_estimated():
    camera = Camera()
    camera.polls()
    camera.ours = timedelta(minutes=-10)
    camera.polls(104)
    camera.polls(105)
    over, after = camera.increments[-2:]
    assert (over.entered.people, over.quality) == (4, Quality.ESTIMATED)
    assert over.started_at == over.ended_at
    assert (after.entered.people, after.quality) == (1, Quality.MEASURED)
    assert after.ended_at - after.started_at == TEN


def test_a_clock_set_forward_is_a_long_stretch_and_marked_estimated():
    camera = Camera()
    camera.polls()
    camera.ours = timedelta(minutes=10)
    camera.polls(104)
    assert (camera.increments[-1].entered.people, camera.increments[-1].quality) == (4, Quality.ESTIMATED)


def test_a_fall_is_not_held_longer_because_the_clock_was_set_back():
    camera = Camera()
    camera.polls()
    camera.polls(0)
    camera.ours = -timedelta(days=3)
    for _ in range(LONGEST_HOLD // TEN + 1):
        camera.polls(0)
    assert camera.breaks == [BreakKind.RESET]


def test_midnight_is_the_cameras_whatever_our_clock_shows():
    camera = Camera()
    camera.polls()
    camera.now = datetime(2026, 5, 4, 23, 59, 45, tzinfo=UTC)
    camera.polls(110)
    camera.ours = timedelta(minutes=-10)
    for total in (0, 1, 2):
        camera.polls(total)
    assert camera.breaks == [BreakKind.MIDNIGHT]
    assert camera.people() == 12


@pytest.mark.parametrize(("ago", "kind"), [(25, BreakKind.RESTART), (3600, BreakKind.RESET)])
def test_a_reset_is_a_restart_only_where_the_camera_started_anew_just_then(ago, kind):
    camera = Camera()
    camera.polls()
    camera.polls(0)
    camera.polls(1, restarted_at=camera.now - timedelta(seconds=ago))
    assert camera.breaks == [kind]
    assert camera.increments[-1].quality is Quality.ESTIMATED


step = st.sampled_from([-90_000, -600, -15, 0, 0, 0, 0, 15, 600, 90_000])


@given(st.lists(st.tuples(st.integers(0, 5), step), min_size=1, max_size=40))
def test_however_often_the_clock_is_set_everybody_is_counted_once_and_no_time_runs_backwards(walks):
    camera = Camera()
    camera.polls()
    for entered, seconds in walks:
        camera.ours += timedelta(seconds=seconds)
        camera.polls(camera.total + entered)
    assert camera.people() == sum(entered for entered, _ in walks)
    assert camera.breaks == []
    assert all(increment.started_at <= increment.ended_at for increment in camera.increments)
