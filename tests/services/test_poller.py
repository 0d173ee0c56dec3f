import json
import logging
from datetime import timedelta

import pytest

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.event import EventKind
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.poller import Poller
from peoplecount.sunapi.errors import CameraUnreachable, CredentialsRejected
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

CAMERA = Camera("7", "Entrance", "http://192.0.2.7", password="never-to-be-seen")
ROSTER = Roster({"7": CAMERA}, {"default": Site("default", "Store", "UTC")})


class FakeCamera:
    """Answers with its totals, or with an error; an answer may take a while."""

    def __init__(self, clock):
        self.clock = clock
        self.totals = Totals(40, 30)
        self.error = None
        self.takes = 0.01
        self.requests_sent = 0
        self.closed = False

    def read(self):
        self.requests_sent += 1
        self.clock.passes(self.takes)
        if self.error:
            raise self.error
        now = self.clock.now()
        return Reading("7", now, now.replace(tzinfo=None), "S", (LineReading(LineKey("7"), "East", self.totals),))

    def close(self):
        self.closed = True


class Room:
    def __init__(self):
        self.clock = FakeClock()
        self.log = MemoryEventLog()
        self.camera = FakeCamera(self.clock)
        self.health = CameraHealth()
        keeper = CountKeeper(
            self.log, DirectAppender(self.log, self.clock.now), term=self.log.raise_term(), roster=lambda: ROSTER
        )
        self.poller = Poller(
            CAMERA, self.camera, keeper=keeper, health=self.health, roster=ROSTER, clock=self.clock, period=10.0
        )

    def bodies(self, kind):
        return [json.loads(entry.event.body) for entry in self.log.read(0, 100) if entry.event.kind is kind]


@pytest.fixture
def room():
    return Room()


def test_a_poll_counts_and_says_that_the_camera_is_up(room):
    room.poller.poll()
    room.camera.totals = Totals(43, 30)
    room.poller.poll()
    assert [body["in"] for body in room.bodies(EventKind.COUNT)] == [0, 3]
    assert [body["state"] for body in room.bodies(EventKind.CAMERA_STATUS)] == ["up"]


def test_a_poll_that_fails_keeps_the_last_value_and_says_why_once(room, caplog):
    room.poller.poll()
    room.camera.error = CameraUnreachable("7", "no answer within 10 s")
    with caplog.at_level(logging.INFO):
        room.poller.poll()
        room.poller.poll()
    assert [body["in"] for body in room.bodies(EventKind.COUNT)] == [0]
    assert [(body["state"], body["reason"]) for body in room.bodies(EventKind.CAMERA_STATUS)] == [
        ("up", ""),
        ("down", "no answer within 10 s"),
    ]
    assert [record.getMessage() for record in caplog.records] == ["camera 7 is down: no answer within 10 s"]
    assert room.poller.figures.failures == 2


def test_what_a_failed_poll_missed_comes_with_the_next_one(room):
    room.poller.poll()
    room.camera.error = CameraUnreachable("7", "no answer")
    room.camera.totals = Totals(45, 31)
    room.poller.poll()
    room.camera.error = None
    room.poller.poll()
    assert room.bodies(EventKind.COUNT)[-1]["in"] == 5


def test_rejected_credentials_are_not_tried_again_soon(room):
    room.camera.error = CredentialsRejected("7", "user name or password is wrong")
    room.poller.poll()
    room.clock.passes(CredentialsRejected.retry_after - 1)
    room.poller.poll()
    assert room.camera.requests_sent == 1
    room.clock.passes(1)
    room.poller.poll()
    assert room.camera.requests_sent == 2
    assert room.health.of("7").state == CameraState.CREDENTIALS_REJECTED


def test_slots_missed_because_a_poll_took_too_long_are_counted(room):
    room.camera.takes = 25.0
    room.poller.poll()
    assert room.poller.figures.overruns == 2
    assert room.poller.figures.last_seconds == pytest.approx(25.0)


def test_a_poll_that_ends_after_its_camera_was_dropped_changes_nothing(room):
    room.poller.close()
    room.poller.poll()
    assert room.log.head().number == 0
    assert room.camera.closed


def test_health_is_taken_up_from_the_log_so_that_a_restart_is_no_news(room):
    room.poller.poll()
    restarted = CameraHealth()
    restarted.load(room.log.latest().entries)
    place = ROSTER.place(CAMERA)
    assert restarted.note(place, CameraState.UP, "", room.clock.now()) is None
    assert restarted.note(place, CameraState.DOWN, "gone", room.clock.now()) is not None


def test_cameras_that_left_the_roster_are_said_to_be_removed_once(room):
    room.poller.poll()
    later = room.clock.now() + timedelta(hours=1)
    gone = room.health.forget_all_but({}, later)
    assert [(status.place.camera_id, status.state, status.since) for status in gone] == [("7", "removed", later)]
    assert room.health.forget_all_but({}, later) == []


def test_played_time_decides_what_counts_as_a_long_interval():
    room = Room()
    room.clock.speed = 60.0
    poller = Poller(
        CAMERA,
        room.camera,
        keeper=room.poller._keeper,
        health=room.health,
        roster=ROSTER,
        clock=room.clock,
        period=0.5,
    )
    poller.poll()
    room.camera.totals = Totals(41, 30)
    room.clock.passes(0.4)
    poller.poll()
    assert room.bodies(EventKind.COUNT)[-1]["quality"] == "measured"
    room.camera.totals = Totals(42, 30)
    room.clock.passes(1.2)
    poller.poll()
    assert room.bodies(EventKind.COUNT)[-1]["quality"] == "estimated"
