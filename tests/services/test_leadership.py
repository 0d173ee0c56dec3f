import threading

import pytest

from peoplecount.eventlog.log import LogUnavailable
from peoplecount.services.leadership import HELD_SECONDS, Leadership
from tests.support.fake_clock import FakeClock


class FakeLock:
    def __init__(self):
        self.holder = None
        self.deleted = False

    def try_acquire(self):
        if self.holder is None:
            self.holder = "us"
        return self.holder == "us"

    def still_holds(self):
        return self.holder == "us" and not self.deleted

    def release(self):
        if self.holder == "us":
            self.holder = None


class FakeSession:
    def __init__(self):
        self.alive = True
        self.said = []

    def start(self):
        self.said.append("start")

    def tick(self):
        self.said.append("tick")

    def is_alive(self):
        return self.alive

    def stop(self):
        self.said.append("stop")


class Room:
    def __init__(self):
        self.lock = FakeLock()
        self.sessions = []
        self.error = None
        self.clock = FakeClock()
        self.has_other_part = False
        self.leadership = Leadership(self.lock, self.begin, self.clock, has_other_part=lambda: self.has_other_part)

    def begin(self):
        if self.error:
            raise self.error
        self.sessions.append(FakeSession())
        return self.sessions[-1]

    def steps(self, times=1):
        """What ``run`` does in that many seconds, and then is told to stop."""
        for _ in range(times):
            self.leadership._step()
            self.clock.passes(1)


@pytest.fixture
def room():
    return Room()


def test_who_gets_the_lock_leads(room):
    room.steps(3)
    assert [session.said for session in room.sessions] == [["start", "tick", "tick"]]


def test_who_does_not_get_the_lock_waits_for_it(room):
    room.lock.holder = "them"
    room.steps(2)
    assert room.sessions == []
    room.lock.holder = None
    room.steps()
    assert len(room.sessions) == 1


def test_a_session_that_is_over_gives_the_lock_back_and_may_begin_again(room):
    room.steps(1)
    room.sessions[0].alive = False
    room.steps(1)
    assert room.sessions[0].said[-1] == "stop"
    assert room.lock.holder is None
    room.steps(1)
    assert len(room.sessions) == 2


def test_a_lock_deleted_by_somebody_ends_the_session(room):
    room.steps(1)
    room.lock.deleted = True
    room.steps(1)
    assert room.sessions[0].said[-1] == "stop"


def test_a_session_that_cannot_begin_leaves_the_lock_to_others(room, caplog):
    room.error = OSError("no log")
    room.steps(2)
    assert room.lock.holder is None
    assert caplog.text.count("OSError: no log") == 1
    room.error = None
    room.steps(1)
    assert room.leadership.session is room.sessions[0]


def test_a_lock_that_cannot_be_tried_is_tried_again(room, caplog):
    trying = room.lock.try_acquire
    room.lock.try_acquire = lambda: 1 / 0
    room.steps(1)
    room.lock.try_acquire = trying
    room.steps(1)
    assert room.leadership.session is room.sessions[0]


def test_being_told_to_stop_ends_the_session_in_order(room):
    stop = threading.Event()
    stop.set()
    room.steps(1)
    room.leadership.run(stop)
    assert room.sessions[0].said == ["start", "stop"]
    assert room.lock.holder is None


def test_a_session_that_fails_while_it_begins_is_ended_before_the_next_try(room):
    room.steps(0)
    failing = FakeSession()
    failing.start = lambda: failing.said.append("start") or 1 / 0
    room.begin = lambda: failing
    room.leadership._begin = room.begin
    room.steps(1)
    assert failing.said == ["start", "stop"]
    assert room.lock.holder is None
    assert room.leadership.session is None


def test_for_how_long_the_lead_could_not_be_taken_is_known(room):
    assert room.leadership.leaderless_for() == 0
    room.error = OSError("no log")
    room.steps(40)
    assert room.leadership.leaderless_for() == 40
    room.error = None
    room.steps(1)
    assert room.leadership.leaderless_for() == 0


def test_who_never_tried_in_vain_knows_of_no_trouble(room):
    room.lock.holder = "them"
    room.steps(100)
    assert room.leadership.leaderless_for() == 0


def test_another_that_tries_in_vain_too_is_no_leader_but_one_that_keeps_the_lock_is(room):
    room.error = OSError("no log")
    for holder in ("them", None) * 20:
        room.lock.holder = holder
        room.steps(1)
    assert room.leadership.leaderless_for() == 39
    room.lock.holder = "them"
    room.steps(int(HELD_SECONDS) + 1)
    assert room.leadership.leaderless_for() == 0


def test_another_part_of_the_work_is_a_session_of_its_own_under_the_same_lock(room):
    room.steps(2)
    room.has_other_part = True
    room.steps()
    room.has_other_part = False
    room.steps()
    assert [session.said for session in room.sessions] == [["start", "tick", "stop"], ["start", "tick"]]
    assert room.lock.holder == "us"


def test_who_keeps_the_lock_and_has_lost_its_part_begins_anew_at_once(room):
    room.steps()
    room.has_other_part, room.sessions[0].alive = True, False
    room.steps()
    assert [session.said for session in room.sessions] == [["start", "stop"], ["start"]]
    assert room.lock.holder == "us"


def test_who_has_lost_the_lock_takes_no_other_part(room):
    room.steps()
    room.has_other_part, room.lock.deleted = True, True
    room.steps()
    assert room.leadership.session is None


def test_another_part_that_cannot_be_begun_is_given_up(room):
    room.steps()
    room.has_other_part, room.error = True, LogUnavailable("away")
    room.steps()
    assert room.lock.holder is None
    assert room.leadership.session is None
