"""Events bring polls forward, and nothing else."""

import logging
import threading

import pytest

from peoplecount.services.event_watch import FIRST_PAUSE, LEFT_ALONE, LONGEST_PAUSE, EventWatch
from peoplecount.sunapi.errors import CameraUnreachable, CountingUnavailable, SignInsHeldBack, UnexpectedAnswer
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until


class FakeStream:
    """Each time it is followed it does what comes next, and then goes on until it is closed."""

    def __init__(self, *acts):
        self.acts = list(acts)
        self.all = len(acts)
        self.followed = 0
        self.closed = threading.Event()

    def follow(self, on_people):
        self.followed += 1
        if not self.acts:
            assert self.closed.wait(10)
            return
        act = self.acts.pop(0)
        if isinstance(act, Exception):
            raise act
        act(on_people)

    def close(self):
        self.closed.set()


class Pauses:
    """A stop that notes how long it is waited for, and lets no time pass."""

    def __init__(self):
        self.lengths = []
        self._set = False

    def wait(self, seconds):
        self.lengths.append(seconds)
        return self._set

    def set(self):
        self._set = True

    def is_set(self):
        return self._set


class Watched:
    def __init__(self, *acts, wanted=True):
        self.clock = FakeClock()
        self.stream = FakeStream(*acts)
        self.wanted = wanted
        self.polls = 0
        self.watch = EventWatch(
            "c", lambda: self.stream, wanted=lambda: self.wanted, poll_soon=self.poll_soon, clock=self.clock
        )
        self.pauses = self.watch._stop = Pauses()

    def poll_soon(self):
        self.polls += 1

    def to_its_last_act(self):
        """Begin, and wait until the stream has nothing left to do but to go on."""
        self.watch.begin()
        wait_until(lambda: self.stream.followed > self.stream.all)
        return self.pauses.lengths

    def end(self):
        self.watch.close()
        if self.watch._thread is not None:
            self.watch._thread.join(10)
            assert not self.watch._thread.is_alive()


@pytest.fixture
def watched():
    made = []

    def make(*acts, **more):
        made.append(Watched(*acts, **more))
        return made[-1]

    yield make
    for one in made:
        one.end()


def twice(on_people):
    on_people()
    on_people()


def test_people_bring_a_poll_forward(watched):
    camera = watched(twice)
    camera.to_its_last_act()
    assert camera.polls == 2


def test_it_begins_once_and_only_where_events_tell_of_people(watched):
    camera = watched(wanted=False)
    camera.watch.begin()
    assert camera.watch._thread is None
    camera.wanted = True
    for _ in range(3):
        camera.watch.begin()
    wait_until(lambda: camera.stream.followed == 1)


def test_streams_that_end_are_opened_again_after_ever_longer_pauses(watched):
    camera = watched(*[lambda _: None] * 8)
    assert camera.to_its_last_act() == [5, 10, 20, 40, 80, 160, 300, 300]
    assert (FIRST_PAUSE, LONGEST_PAUSE) == (5, 300)


def test_a_stream_that_lasted_is_opened_again_soon(watched):
    camera = watched(lambda _: None, lambda _: None, lambda _: camera.clock.passes(60), lambda _: None)
    assert camera.to_its_last_act() == [5, 10, 5, 10]


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (CameraUnreachable("c", "away"), FIRST_PAUSE),
        (CountingUnavailable("c", "no stream here"), LEFT_ALONE),
        (UnexpectedAnswer("c", "nonsense"), LEFT_ALONE),
        (SignInsHeldBack("c", "too many"), SignInsHeldBack.retry_after),
        (ZeroDivisionError("a bug"), LEFT_ALONE),
    ],
)
def test_a_camera_that_fails_is_left_alone_as_long_as_the_error_asks_for(watched, error, pause, caplog):
    camera = watched(error)
    with caplog.at_level(logging.INFO):
        assert camera.to_its_last_act() == [max(pause, FIRST_PAUSE)]


def test_the_same_trouble_is_told_once(watched, caplog):
    with caplog.at_level(logging.INFO):
        camera = watched(*[CameraUnreachable("c", "away")] * 3, lambda _: None, CameraUnreachable("c", "away"))
        camera.to_its_last_act()
    assert [record.getMessage() for record in caplog.records] == [
        "camera c is polled without following its events: away"
    ] * 2


def test_closing_before_the_beginning_and_twice_is_fine(watched):
    camera = watched()
    camera.watch.close()
    camera.watch.begin()
    camera.watch.close()
    assert (camera.stream.followed, camera.watch._thread) == (0, None)
