"""A recording played into a log: what the board, the stream and the chart make of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.event import EventKind, Quality
from peoplecount.domain.offload import call_here
from peoplecount.domain.recording import Recording
from peoplecount.domain.recording_file import read_recording
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.replay_clock import ReplayClock
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.services.replay_player import ReplayPlayer
from peoplecount.services.replayed_history import ReplayedHistory
from peoplecount.services.today_chart import TodayChart

HEAD = "from_utc,to_utc,time_zone,site,camera,line,in,out"
HALL = "Europe/Zurich,Hall"


def row(begin: str, end: str, line: str, entered: object, left: object, camera: str = "North") -> str:
    """On 3 March, by the clock of UTC."""
    return f"2026-03-03T{begin}Z,2026-03-03T{end}Z,{HALL},{camera},{line},{entered},{left}"


QUIET_MORNING = read_recording(
    [
        HEAD,
        row("09:00:00", "09:00:10", "East", 2, 0),
        row("09:00:10", "09:00:20", "West", 1, 1, "South"),
        row("09:10:00", "09:25:00", "East", 6, 3),
        row("09:25:00", "09:40:00", "East", "", ""),
        row("09:40:00", "09:55:00", "East", 1, 0),
    ]
)


class Played:
    """A recording on its reel; time passes when a test says so."""

    def __init__(self, recording: Recording = QUIET_MORNING) -> None:
        self.real = datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.clock = ReplayClock(recording.begin, recording.end, 60, lambda: self.real)
        self.log = MemoryEventLog()
        self.history = ReplayedHistory()
        self.turns = 0
        self.player = ReplayPlayer(
            recording,
            self.log,
            self.history,
            self.clock,
            offload=call_here,
            appended=lambda: None,
            turned=self._turn,
        )
        self.board = LiveBoard(lambda: list(recording.sites.values()), speed=60)
        self.player.begin()

    def _turn(self) -> None:
        self.turns += 1

    def until(self, minutes: float) -> dict:
        """The board so many minutes after nine."""
        moment = datetime(2026, 3, 3, 9, tzinfo=UTC) + timedelta(minutes=minutes)
        self.real += (moment - self.clock.now()) / self.clock.speed
        self.player.play()
        self.board.load(self.log.latest())
        self.board.note_seen(self.log.seen())
        return self.board.snapshot(self.clock.now())

    def events(self, kind: EventKind = EventKind.COUNT) -> list[dict]:
        return [json.loads(entry.json()) for entry in self.log.read(0, 1000) if entry.event.kind is kind]


@pytest.fixture
def played() -> Played:
    return Played()


def test_all_lines_are_there_from_the_beginning_with_nobody_counted(played):
    board = played.until(0)
    assert [(line["lineName"], line["inToday"], line["outToday"]) for line in board["lines"]] == [
        ("East", 0, 0),
        ("West", 0, 0),
    ]
    assert board["sites"][0]["occupancy"] == 0
    assert {camera["state"] for camera in board["cameras"]} == {"up"}


def test_people_are_counted_when_their_time_has_come_and_once(played):
    assert played.until(5)["sites"][0]["inToday"] == 3
    assert played.until(5)["sites"][0]["inToday"] == 3
    in_between = played.until(17.5)["sites"][0]["inToday"]
    assert 3 < in_between < 9
    board = played.until(25)
    assert (board["sites"][0]["inToday"], board["sites"][0]["outToday"]) == (9, 4)
    assert board["sites"][0]["occupancy"] == 5


def test_every_event_says_that_it_is_of_a_replay(played):
    played.until(60)
    told = [json.loads(entry.json()) for entry in played.log.read(0, 1000)]
    assert len(told) > 10
    assert all(event["replay"] is True for event in told)


def test_events_tell_the_same_people_as_the_recording_with_totals_that_agree(played):
    played.until(60)
    east = [event for event in played.events() if event["lineName"] == "East"]
    assert (sum(event["in"] for event in east), sum(event["out"] for event in east)) == (9, 3)
    assert (east[-1]["inToday"], east[-1]["outToday"]) == (9, 3)
    assert all(event["cameraInTotal"] == event["inToday"] for event in east)
    assert east[-1]["localTime"].startswith("2026-03-03T10:")


def test_a_gap_is_a_camera_that_does_not_answer_and_no_zero(played):
    (north,) = [one for one in played.until(30)["cameras"] if one["cameraName"] == "North"]
    assert north["state"] == "down"
    assert north["lastReadingAt"] < "2026-03-03T09:25:01"
    (north,) = [one for one in played.until(41)["cameras"] if one["cameraName"] == "North"]
    assert north["state"] == "up"


def test_the_chart_shows_what_was_played_and_leaves_open_what_is_not_known(played):
    chart = TodayChart(played.history, played.board, played.clock)
    played.until(58)
    (site,) = chart.read()["sites"]
    ten = (10 * 60) // 15
    assert site["in"][:ten] == [None] * ten, "before the recording begins nothing is known"
    assert sum(one or 0 for one in site["in"]) == 10
    assert site["quality"][ten] == Quality.MEASURED
    assert ten + 2 in site["partial"], "of one of both lines nothing is known then"
    assert chart.read()["asOf"] == str(played.log.head())


def test_a_day_begins_anew_at_midnight_with_nobody_inside():
    night = read_recording(
        [
            HEAD,
            f"2026-03-03T22:50:00Z,2026-03-03T22:50:10Z,{HALL},North,East,5,1",
            f"2026-03-03T23:10:00Z,2026-03-03T23:10:10Z,{HALL},North,East,2,0",
        ]
    )
    played = Played(night)
    played.until(14 * 60 + 30)
    last = played.events()[-1]
    assert (last["inToday"], last["occupancy"], last["localTime"][:10]) == (2, 2, "2026-03-04")


def test_the_clock_stands_at_the_end_and_whoever_shows_it_is_told(played):
    played.until(120)
    played.player.run(OneLook())
    assert played.clock.speed == 0
    assert played.clock.now() == QUIET_MORNING.end
    assert played.turns == 1


class OneLook:
    """A stop that lets one look at the clock happen."""

    def __init__(self) -> None:
        self._looks = 0

    def wait(self, seconds: float) -> bool:
        self._looks += 1
        return self._looks > 1


def test_a_replay_is_paused_goes_on_and_changes_its_speed(played):
    desk = ReplayDesk(played.clock, ZoneInfo("Europe/Zurich"), played._turn)
    desk.go(0)
    before = played.clock.now()
    played.real += timedelta(hours=1)
    assert played.clock.now() == before
    assert (desk.standing().stands, desk.standing().speed) == (True, 60)
    desk.go(None)
    played.real += timedelta(seconds=2)
    assert played.clock.now() == before + timedelta(minutes=2)
    desk.go(10)
    played.real += timedelta(seconds=2)
    assert played.clock.now() == before + timedelta(minutes=2, seconds=20)
    assert desk.standing().day.isoformat() == "2026-03-03"
    assert played.turns == 3


@pytest.mark.parametrize("speed", [-1, 3601, float("nan"), float("inf")])
def test_a_speed_that_there_is_not_is_refused_and_changes_nothing(played, speed):
    desk = ReplayDesk(played.clock, ZoneInfo("UTC"), played._turn)
    with pytest.raises(ValueError, match="to 3600 are possible"):
        desk.go(speed)
    assert (played.clock.speed, played.turns) == (60, 0)


def test_what_is_over_does_not_go_on(played):
    desk = ReplayDesk(played.clock, ZoneInfo("UTC"), played._turn)
    played.until(600)
    desk.go(None)
    assert desk.standing().is_over
    assert played.clock.speed == 0
