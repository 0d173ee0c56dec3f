import logging
import threading

import pytest

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import Status, read_status, status_event
from peoplecount.domain.offload import call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogUnavailable, StaleTerm
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.polling_session import STALL_SECONDS, PollingSession
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

SITES = {"default": Site("default", "Store", "UTC")}
EAST, WEST = Camera("east", "East", "http://192.0.2.1"), Camera("west", "West", "http://192.0.2.2")


def roster(*cameras):
    return Roster({one.camera_id: one for one in cameras}, SITES)


class FakeCollector:
    def __init__(self, clock):
        self.last_progress = clock.monotonic()
        self.rosters = []
        self.synced = threading.Event()
        self.stopped = False

    def start(self, on_log_error):
        self.on_log_error = on_log_error

    def sync(self, cameras):
        self.rosters.append(cameras)
        if len(self.rosters) > 1:
            self.synced.set()

    def longest_interval(self):
        return 10.0

    def keep_time(self):
        pass

    def stop(self):
        self.stopped = True


class FakeRosters:
    def __init__(self, current, read):
        self._current, self.read = current, read
        self.error = None

    def current(self):
        return self._current

    def refresh(self):
        if self.error:
            raise self.error
        self._current = self.read
        return self.read


class FakeWriter:
    def __init__(self):
        self.ended = threading.Event()

    def run(self, stop, wake):
        stop.wait(10)
        self.ended.set()


class Room:
    def __init__(self, kept, read, **more):
        self.clock = FakeClock()
        self.log = MemoryEventLog()
        self.marks = []
        self.health = CameraHealth()
        self.collector = FakeCollector(self.clock)
        self.writer = FakeWriter()
        self.rosters = FakeRosters(kept, read)
        self.appender = DirectAppender(self.log, self.clock.now)
        self.term = self.log.raise_term()
        self.keeper = CountKeeper(self.log, self.appender, term=self.term, roster=self.rosters.current)
        self.session = PollingSession(
            log=self.log,
            keep_mark=self.marks.append,
            keeper=self.keeper,
            health=self.health,
            collector=self.collector,
            rosters=self.rosters,
            writer=self.writer,
            wake_writer=threading.Event(),
            clock=self.clock,
            offload=call_here,
            **more,
        )

    def statuses(self):
        entries = [one for one in self.log.read(0, 100) if one.event.kind is EventKind.CAMERA_STATUS]
        return [(read_status(one.event).place.camera_id, read_status(one.event).state) for one in entries]


@pytest.fixture
def room():
    one = Room(kept=roster(EAST), read=roster(EAST, WEST))
    yield one
    one.session.stop()


def test_polling_begins_with_the_roster_at_hand_and_goes_on_with_the_databases(room):
    room.session.start()
    assert room.collector.synced.wait(5)
    assert [sorted(one.cameras) for one in room.collector.rosters] == [["east"], ["east", "west"]]


def test_while_the_database_is_away_the_roster_at_hand_is_polled(room):
    room.rosters.error = OSError("away")
    room.session.start()
    assert room.collector.rosters == [roster(EAST)]
    assert room.session.is_alive()


def test_a_camera_that_left_the_roster_is_said_to_be_removed():
    room = Room(kept=roster(EAST, WEST), read=roster(EAST))
    for camera in (EAST, WEST):
        place = roster(EAST, WEST).place(camera)

        room.keeper.report([status_event(room.health.news(place, CameraState.UP, "", room.clock.now()))])
    room.session.start()
    assert room.collector.synced.wait(5)
    room.session.stop()
    assert room.statuses()[-1] == ("west", "removed")


def test_every_tick_keeps_the_mark_of_the_log(room):
    room.session.tick()
    assert room.marks == [room.log.head()]


def test_a_refused_append_ends_the_session_and_any_other_trouble_is_waited_out(room, caplog):
    with caplog.at_level(logging.ERROR):
        room.session.note_log_error(LogUnavailable("disk full"))
        room.session.note_log_error(LogUnavailable("disk full"))
    assert room.session.is_alive()
    assert caplog.text.count("disk full") == 1
    room.session.note_log_error(StaleTerm("over"))
    assert not room.session.is_alive()


def test_a_scheduler_without_progress_is_given_up(room):
    room.clock.passes(30 + STALL_SECONDS - 1)
    assert room.session.is_alive()
    room.clock.passes(2)
    assert not room.session.is_alive()


def test_without_cameras_there_is_no_progress_to_miss():
    room = Room(kept=roster(), read=roster())
    room.clock.passes(86_400)
    assert room.session.is_alive()


def test_stopping_stops_the_collector_and_the_writer(room):
    room.session.start()
    room.session.stop()
    assert room.collector.stopped
    assert room.writer.ended.is_set()


def test_cameras_that_cannot_be_read_for_an_unforeseen_reason_are_said_once(room, caplog):
    tries, stop = [], threading.Event()

    def refresh():
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise TypeError("a bug")

    room.rosters.refresh = refresh
    stop.wait = lambda seconds: None
    room.session._follow_roster(stop)
    assert len(tries) == 3
    assert caplog.text.count("TypeError: a bug") == 1


def test_workers_run_until_the_session_stops():
    started, ended = threading.Event(), threading.Event()

    def work(stop):
        started.set()
        stop.wait(10)
        ended.set()

    room = Room(kept=roster(EAST), read=roster(EAST), workers={"one more": work})
    room.session.start()
    assert started.wait(5)
    room.session.stop()
    assert ended.is_set()


class TellsNobody:
    def __init__(self):
        self.followed = threading.Event()

    def follow(self, roster):
        self.followed.set()


def test_another_may_tell_of_cameras_that_are_gone():
    removals = TellsNobody()
    room = Room(kept=roster(EAST, WEST), read=roster(EAST), removals=removals)
    place = room.rosters.current().place(WEST)
    room.keeper.report([status_event(Status(place, "up", room.clock.now()))])
    room.session.start()
    assert removals.followed.wait(5)
    room.session.stop()
    assert room.statuses() == [("west", "up")]
