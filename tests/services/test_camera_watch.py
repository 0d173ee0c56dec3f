import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_facts import CameraFacts, ClockMeasurement, LineSetup
from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.event import EventKind
from peoplecount.domain.line import LineKey
from peoplecount.domain.poll_times import AT_MIDNIGHT
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LogUnavailable, StateChange
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services import camera_watch
from peoplecount.services.camera_watch import CameraWatch
from peoplecount.services.count_keeper import CountKeeper
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

CAMERAS = {name: Camera(name, name.title(), f"http://192.0.2.{number}") for number, name in enumerate("abcd", start=1)}
EAST = LineSetup("East", True, "LeftToRightIn")
ROSTER = Roster(CAMERAS, {"default": Site("default", "Store", "Europe/Zurich")})


class Room:
    """Some cameras, whose clocks may be wrong, and the watch over them."""

    def __init__(self, now=datetime(2026, 5, 4, 12, tzinfo=UTC)):
        self.clock = FakeClock(now)
        self.log = MemoryEventLog()
        self.errors = {}
        self.offsets = {}
        self.setups = {}
        self.serials = {}
        self.facts = {}
        self.starts()

    def starts(self):
        """A new process takes the lead."""
        self.appender = DirectAppender(self.log, self.clock.now)
        keeper = CountKeeper(self.log, self.appender, term=self.log.raise_term(), roster=lambda: ROSTER)
        self.watch = CameraWatch(self.log, keeper.report, roster=lambda: ROSTER)

    def asks_anew(self, *names):
        """The clocks and lines of cameras are read again."""
        for name in names or CAMERAS:
            error = timedelta(seconds=self.errors.get(name, 0.0))
            measured = ClockMeasurement(
                self.clock.now(),
                self.clock.monotonic(),
                timedelta(hours=self.offsets.get(name, 2)),
                error - timedelta(seconds=0.5),
                error + timedelta(seconds=0.5),
                is_synced=True,
            )
            line = self.setups.get(name, EAST)
            lines = ((LineKey(name), line),) if line else ()
            self.facts[name] = CameraFacts(measured, lines)

    def polls(self, name="a", entered=10, left=10):
        now = self.clock.now()
        if name not in self.facts:
            self.asks_anew(name)
        lines = (LineReading(LineKey(name), "East", Totals(entered, left)),)
        serial = self.serials.get(name, "S1")
        self.watch.take(CAMERAS[name], Reading(name, now, now.replace(tzinfo=None), serial, lines, self.facts[name]))

    def quarter_passes(self, *names):
        """And the cameras are asked anew and polled."""
        self.clock.passes(900)
        self.asks_anew(*names)
        for name in names or CAMERAS:
            self.polls(name)

    def said(self, kind=EventKind.COUNTER_BREAK):
        return [json.loads(entry.event.body) for entry in self.log.read(0, 1000) if entry.event.kind is kind]

    def breaks(self):
        return [(body["break"], body["cameraId"], body["lineId"]) for body in self.said()]


@pytest.fixture
def room():
    return Room()


def test_a_camera_seen_for_the_first_time_tells_its_clock_and_breaks_nothing(room):
    room.errors["a"] = 84.0
    room.polls("a")
    room.polls("a")
    [told] = room.said(EventKind.CAMERA_CLOCK)
    assert (told["cameraId"], told["clockError"], told["utcOffset"], told["synced"]) == ("a", 84.0, "+02:00", True)
    assert room.breaks() == []


def test_a_clock_that_is_set_and_a_zone_that_moves_are_breaks_of_the_whole_camera(room, caplog):
    room.quarter_passes("a")
    room.errors["a"] = -84.0
    room.quarter_passes("a")
    room.offsets["a"] = 1
    room.quarter_passes("a")
    assert room.breaks() == [("clock step", "a", ""), ("daylight-saving shift", "a", "")]
    step, shift = room.said()
    assert step["reason"] == "the camera's clock was set back by 84 s; its day and its hours go by the new time"
    assert "from UTC+02:00 to UTC+01:00" in shift["reason"]
    assert step["unknown"] == ""
    assert [body["clockError"] for body in room.said(EventKind.CAMERA_CLOCK)] == [0.0, -84.0, -84.0]
    assert "camera a: the camera's clock was set back by 84 s" in caplog.text


def test_a_clock_that_goes_as_it_did_is_no_news(room):
    room.errors["a"] = 4.0
    for _ in range(20):
        room.quarter_passes("a")
        room.errors["a"] += 0.05
    assert len(room.said(EventKind.CAMERA_CLOCK)) == 1
    assert room.breaks() == []


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (LineSetup("West", True, "LeftToRightIn"), "its name on the camera went from 'East' to 'West'"),
        (LineSetup("East", False, "LeftToRightIn"), "the line was switched off on the camera"),
        (LineSetup("East", True, "RightToLeftIn"), "what the camera calls in was out before"),
    ],
)
def test_a_line_that_is_set_up_otherwise_is_a_break_of_that_line(room, after, reason):
    room.polls("a")
    room.setups["a"] = after
    room.quarter_passes("a")
    room.quarter_passes("a")
    assert room.breaks() == [("line changed", "a", "a-0-1-1")]
    assert reason in room.said()[0]["reason"]


def test_a_camera_that_lists_no_lines_has_changed_none(room):
    room.polls("a")
    room.setups["a"] = None
    room.quarter_passes("a")
    room.setups["a"] = EAST
    room.quarter_passes("a")
    assert room.breaks() == []


def test_another_camera_in_the_same_place_is_not_compared_with_the_one_before(room):
    room.polls("a")
    room.serials["a"], room.errors["a"], room.setups["a"] = "S2", 3600.0, LineSetup("Gate", True)
    room.quarter_passes("a")
    assert room.breaks() == []
    assert room.said(EventKind.CAMERA_CLOCK)[-1]["clockError"] == 3600.0


def test_what_is_known_outlives_the_process(room):
    room.errors["a"] = 84.0
    room.polls("a")
    room.starts()
    room.errors["a"], room.setups["a"] = 0.0, LineSetup("West", True, "LeftToRightIn")
    room.quarter_passes("a")
    assert [kind for kind, *_ in room.breaks()] == ["clock step", "line changed"]
    room.starts()
    room.quarter_passes("a")
    assert len(room.breaks()) == 2


def test_one_camera_whose_memory_cannot_be_read_begins_anew_and_keeps_no_other_back(room, caplog):
    room.quarter_passes("a", "b")
    state = room.log.load_states().states["watch:a"]
    damaged = StateChange("watch:a", state.version, state.body[:-9])
    room.appender.submit(room.log.raise_term(), Append((), (damaged,))).wait()
    room.starts()
    room.errors["a"] = room.errors["b"] = 84.0
    room.quarter_passes("a", "b")
    assert "what was remembered of camera a cannot be read" in caplog.text
    assert room.breaks() == [("clock step", "b", "")]
    room.errors["a"] = 0.0
    room.quarter_passes("a")
    room.starts()
    room.quarter_passes("a")
    assert room.breaks()[1:] == [("clock step", "a", "")]


def test_what_could_not_be_appended_is_said_with_the_next_reading(room):
    room.polls("a")
    room.errors["a"] = 84.0
    room.appender.break_with(LogUnavailable("disk full"))
    with pytest.raises(LogUnavailable):
        room.quarter_passes("a")
    room.appender.break_with(None)
    room.polls("a")
    assert [kind for kind, *_ in room.breaks()] == ["clock step"]


def test_the_moment_of_the_reset_is_learned_from_the_totals_and_kept():
    room = Room(datetime(2026, 5, 4, 21, 59, 58, tzinfo=UTC))
    for night in range(3):
        room.asks_anew("a")
        room.polls("a", entered=400 + night)
        room.clock.passes(1.5)
        room.polls("a", entered=400 + night)
        room.clock.passes(1.5 + 0.2 * night)
        room.polls("a", entered=0, left=1)
        room.clock.passes(86400 - 3.0 - 0.2 * night)
    reset = room.watch.local_clock("a").reset
    assert (reset.earliest.total_seconds(), reset.latest.total_seconds()) == pytest.approx((-0.5, 1.0))
    room.starts()
    room.polls("b")
    assert room.watch.local_clock("a").reset == reset
    assert room.watch.local_clock("b").reset == AT_MIDNIGHT


def test_cameras_are_placed_by_their_own_clocks(room):
    assert room.watch.local_clock("a") is None
    room.errors["a"] = 90.0
    room.polls("a")
    clock = room.watch.local_clock("a")
    assert clock.ahead == timedelta(hours=2, seconds=90)
    assert clock.slack == timedelta(seconds=0.5)


def test_most_cameras_together_name_our_clock_once_and_say_when_it_is_right(room, caplog):
    caplog.set_level(logging.INFO)
    room.errors = {"a": 0.0, "b": 84.3, "c": 83.8, "d": 84.0}
    for _ in range(3):
        room.quarter_passes()
    [said] = [record.getMessage() for record in caplog.records if "clock of this machine" in record.getMessage()]
    assert said.startswith("The clock of this machine is 84 s behind: 3 of 4 cameras agree")
    room.errors = {}
    room.quarter_passes()
    room.clock.passes(10)
    room.polls()
    assert "the clock of this machine agrees with the cameras again" in caplog.text


def test_however_many_clocks_are_asked_anew_at_once_there_is_one_vote_and_one_more_for_those_that_came_later(
    room, monkeypatch
):
    asked = []
    monkeypatch.setattr(camera_watch, "vote", lambda votes: asked.append(len(votes)) or OwnClock())
    room.quarter_passes()
    assert asked == [1]
    room.clock.passes(9)
    room.polls("b")
    assert asked == [1]
    room.clock.passes(1)
    room.polls("b")
    room.polls("c")
    assert asked == [1, len(CAMERAS)]
    room.clock.passes(60)
    room.polls("b")
    assert asked == [1, len(CAMERAS)], "nothing is new"


def test_our_own_clock_being_set_is_no_break_of_any_camera(room):
    room.quarter_passes()
    room.clock._now += timedelta(minutes=10)
    room.errors = dict.fromkeys(CAMERAS, -600.0)
    room.quarter_passes()
    assert room.breaks() == []
