import json
import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.event import EventKind
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.poller import Poller
from peoplecount.sunapi.errors import CameraUnreachable, CountingUnavailable, CredentialsRejected
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

CAMERA = Camera("7", "Entrance", "http://192.0.2.7", password="never-to-be-seen")
ROSTER = Roster({"7": CAMERA}, {"default": Site("default", "Store", "UTC")})


class FakeCamera:
    """Answers with its totals, or with an error; an answer may take a while."""

    def __init__(self, clock):
        self.clock = clock
        self.totals = Totals(40, 30)
        self.lines = (1,)
        self.error = None
        self.remembers = CountingUnavailable("7", "the camera has no history")
        self.search_takes = 0.5
        self.searches = []
        self.takes = 0.01
        self.requests_sent = 0
        self.started_at = None
        self.serial = "S"
        self.log_reads = 0
        self.closed = False

    def read(self):
        self.requests_sent += 1
        self.clock.passes(self.takes)
        if self.error:
            raise self.error
        now = self.clock.now()
        lines = tuple(LineReading(LineKey("7", index=index), "East", self.totals) for index in self.lines)
        return Reading("7", now, now.replace(tzinfo=None), self.serial, lines)

    def history(self, day, lines=None):
        """An error, or figures by hour and direction that hold for every line; ``None`` where there are none."""
        self.searches.append((day, tuple(line.index for line in lines)))
        self.clock.passes(self.search_takes)
        if isinstance(self.remembers, Exception):
            raise self.remembers
        if self.remembers is None:
            return DayHistory(day, {}, dict.fromkeys(lines, "the line has no name"))
        by_hour = [[side.get(hour, 0) for hour in range(24)] for side in self.remembers]
        hours = DayHours(day, tuple(by_hour[0]), tuple(by_hour[1]))
        return DayHistory(day, dict.fromkeys(lines, hours), {})

    def last_start(self):
        self.log_reads += 1
        if isinstance(self.started_at, Exception):
            raise self.started_at
        return self.started_at

    def close(self):
        self.closed = True


class Room:
    def __init__(self, now=datetime(2026, 5, 4, 15, 20, tzinfo=UTC)):
        self.clock = FakeClock(now)
        self.log = MemoryEventLog()
        self.camera = FakeCamera(self.clock)
        self.starts()

    def starts(self):
        """A new process takes the lead."""
        self.health = CameraHealth()
        self.health.load(self.log.latest().entries)
        self.appender = DirectAppender(self.log, self.clock.now)
        keeper = CountKeeper(self.log, self.appender, term=self.log.raise_term(), roster=lambda: ROSTER)
        self.poller = Poller(
            CAMERA, self.camera, keeper=keeper, health=self.health, roster=ROSTER, clock=self.clock, period=10.0
        )

    def counts(self):
        """In, out, in and out today of every count."""
        return [(one["in"], one["out"], one["inToday"], one["outToday"]) for one in self.bodies(EventKind.COUNT)]

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
    assert [record.getMessage() for record in caplog.records] == ["camera 7: down (no answer within 10 s)"]
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
    room.poller.poll()
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
    assert restarted.news(place, CameraState.UP, "", room.clock.now()) is None
    assert restarted.news(place, CameraState.DOWN, "gone", room.clock.now()) is not None


def test_cameras_that_left_the_roster_are_said_to_be_removed_once(room):
    room.poller.poll()
    later = room.clock.now() + timedelta(hours=1)
    gone = room.health.gone({}, later)
    assert [(status.place.camera_id, status.state, status.since) for status in gone] == [("7", "removed", later)]
    room.health.take(gone[0])
    assert room.health.gone({}, later) == []


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


def test_what_a_camera_counted_earlier_today_is_counted_with_its_first_reading(room):
    room.camera.remembers = ({8: 12, 14: 20}, {9: 30})
    room.poller.poll()
    assert room.counts() == [(12, 0, 12, 0), (0, 30, 12, 30), (20, 0, 32, 30), (8, 0, 40, 30)]
    assert {body["quality"] for body in room.bodies(EventKind.COUNT)} == {"back-filled"}
    assert room.camera.searches == [(date(2026, 5, 4), (1,))]

    room.camera.totals = Totals(43, 31)
    room.poller.poll()
    assert room.counts()[-1] == (3, 1, 43, 31)
    assert len(room.camera.searches) == 1


def test_a_restart_does_not_ask_again(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.poller.poll()
    room.starts()
    room.camera.totals = Totals(41, 30)
    room.poller.poll()
    assert room.counts()[-1] == (1, 0, 41, 30)
    assert len(room.camera.searches) == 1


def test_a_camera_without_history_is_counted_from_now_on_and_says_so_once(room, caplog):
    with caplog.at_level(logging.INFO):
        room.poller.poll()
        room.poller.poll()
    assert room.counts() == [(0, 0, 0, 0)]
    said = [record for record in caplog.records if "history" in record.getMessage()]
    assert [(record.levelname, record.getMessage()) for record in said] == [
        ("INFO", "camera 7: counting begins now; no history of today: the camera has no history")
    ]
    assert room.health.of("7").state == CameraState.UP
    assert room.poller.figures.failures == 0


def test_a_line_that_cannot_be_searched_for_is_counted_from_now_on_with_the_reason_told(room, caplog):
    room.camera.remembers = None
    with caplog.at_level(logging.INFO):
        room.poller.poll()
    assert room.counts() == [(0, 0, 0, 0)]
    assert "7-0-1-1: the line has no name" in caplog.text


def test_a_history_that_does_not_fit_is_left_with_the_reason_told(room, caplog):
    room.camera.remembers = ({8: 41}, {})
    with caplog.at_level(logging.INFO):
        room.poller.poll()
    assert room.counts() == [(0, 0, 0, 0)]
    assert "line 7-0-1-1: its history of today is not used: the history has 41 people in" in caplog.text


def test_only_a_line_that_is_new_is_asked_about(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.poller.poll()
    room.camera.lines = (1, 2)
    room.poller.poll()
    assert room.camera.searches == [(date(2026, 5, 4), (1,)), (date(2026, 5, 4), (2,))]
    assert room.counts()[-2:] == [(40, 30, 40, 30), (0, 0, 40, 30)]


def test_in_the_first_hour_of_the_day_nothing_is_asked():
    room = Room(datetime(2026, 5, 4, 0, 59, 50, tzinfo=UTC))
    room.poller.poll()
    assert room.camera.searches == []
    assert room.counts() == [(0, 0, 0, 0)]


def test_a_search_that_took_longer_than_a_slot_is_followed_by_a_fresh_reading(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.camera.search_takes = 25.0
    room.poller.poll()
    assert room.camera.requests_sent == 2
    readings = [(body["to"], body["quality"]) for body in room.bodies(EventKind.COUNT)]
    assert readings[-1] == ("2026-05-04T15:20:00.010Z", "back-filled")

    room.camera.totals = Totals(41, 30)
    room.poller.poll()
    last = room.bodies(EventKind.COUNT)[-1]
    assert (last["from"], last["in"], last["quality"]) == ("2026-05-04T15:20:25.020Z", 1, "measured")


def test_a_camera_that_goes_away_after_a_long_search_keeps_what_was_read(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.camera.search_takes = 25.0
    observe = room.poller._keeper.observe

    def goes_away(*arguments, **more):
        room.camera.error = CameraUnreachable("7", "no answer")
        return observe(*arguments, **more)

    room.poller._keeper.observe = goes_away
    room.poller.poll()
    assert room.counts()[-1] == (0, 0, 40, 30)
    assert room.health.of("7").state == CameraState.DOWN


def test_a_poll_whose_camera_was_dropped_during_the_search_changes_nothing(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.camera.search_takes = 25.0
    history = room.camera.history

    def dropped_meanwhile(*arguments):
        room.poller.close()
        return history(*arguments)

    room.camera.history = dropped_meanwhile
    room.poller.poll()
    assert room.counts() == []
    assert room.camera.requests_sent == 1


def test_a_log_that_is_away_does_not_make_the_camera_search_again_and_again(room):
    room.camera.remembers = ({8: 40}, {8: 30})
    room.appender.break_with(LogUnavailable("disk full"))
    room.health.take(room.health.news(ROSTER.place(CAMERA), CameraState.UP, "", room.clock.now()))
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            room.poller.poll()
    assert len(room.camera.searches) == 1
    room.clock.passes(3600)
    room.appender.break_with(None)
    room.poller.poll()
    assert len(room.camera.searches) == 2
    assert room.counts()[-1] == (0, 0, 40, 30)


def test_a_status_whose_append_failed_is_said_with_the_next_poll(room):
    room.poller.poll()
    room.camera.error = CameraUnreachable("7", "no answer")
    room.appender.break_with(LogUnavailable("disk full"))
    with pytest.raises(LogUnavailable):
        room.poller.poll()
    room.appender.break_with(None)
    room.poller.poll()
    assert [body["state"] for body in room.bodies(EventKind.CAMERA_STATUS)] == ["up", "down"]


@pytest.mark.parametrize(
    ("started", "kind"),
    [
        (timedelta(seconds=-12), "restart"),
        (timedelta(hours=-9), "reset"),
        (None, "reset"),
        (CountingUnavailable("7", "608 Feature Not Implemented"), "reset"),
    ],
)
def test_a_camera_whose_totals_fell_is_asked_once_whether_it_has_started_anew(room, started, kind):
    room.poller.poll()
    room.clock.passes(30)
    room.camera.started_at = room.clock.now() + started if isinstance(started, timedelta) else started
    room.camera.totals = Totals(0, 0)
    for _ in range(3):
        room.poller.poll()
        room.clock.passes(10)
    room.camera.totals = Totals(2, 1)
    room.poller.poll()
    assert [body["break"] for body in room.bodies(EventKind.COUNTER_BREAK)] == [kind, kind]
    assert room.camera.log_reads == 1
    room.poller.poll()
    assert room.camera.log_reads == 1


def lost_power(room, away=600, back=120):
    """The camera is away so long, and has started so long before it is read again; its totals are kept."""
    room.poller.poll()
    room.camera.error = CameraUnreachable("7", "no answer")
    room.clock.passes(away - 10)
    room.poller.poll()
    room.clock.passes(10)
    room.camera.error = None
    room.camera.started_at = room.clock.now() - timedelta(seconds=back)


def test_a_camera_that_was_off_and_kept_its_totals_says_once_that_it_saw_nobody(room, caplog):
    lost_power(room)
    for _ in range(3):
        room.poller.poll()
        room.clock.passes(10)
    [told] = room.bodies(EventKind.COUNTER_BREAK)
    assert (told["break"], told["cameraId"], told["lineId"]) == ("restart", "7", "")
    assert told["time"] == "2026-05-04T15:28:00.520Z"
    assert told["reason"] == "the camera's own log says that it started at 15:28; it was last read at 15:20"
    assert told["unknown"] == "who crossed while it was off, until 15:28"
    assert room.camera.log_reads == 1
    assert "camera 7: the camera's own log says that it started at 15:28" in caplog.text
    room.starts()  # without having noted what was read, as if it had been killed
    room.poller.poll()
    assert len(room.bodies(EventKind.COUNTER_BREAK)) == 1


@pytest.mark.parametrize("back", [601, 3600, -60])
def test_a_camera_that_was_only_out_of_reach_has_not_started_in_that_time(room, back):
    lost_power(room, back=back)
    room.poller.poll()
    room.poller.poll()
    assert room.bodies(EventKind.COUNTER_BREAK) == []
    assert room.camera.log_reads == 1


@pytest.mark.parametrize("says", [None, CountingUnavailable("7", "608 Feature Not Implemented")])
def test_a_camera_without_a_log_is_asked_once_after_an_outage(room, says):
    lost_power(room)
    room.camera.started_at = says
    for _ in range(3):
        room.poller.poll()
        room.clock.passes(10)
    assert room.bodies(EventKind.COUNTER_BREAK) == []
    assert room.camera.log_reads == 1


def test_a_single_poll_that_was_missed_is_no_outage(room):
    lost_power(room, away=19, back=5)
    room.poller.poll()
    assert room.camera.log_reads == 0


def test_a_camera_that_shows_zero_for_a_moment_after_it_was_off_says_so_too(room):
    lost_power(room)
    room.camera.totals = Totals(0, 0)
    room.poller.poll()
    room.clock.passes(10)
    assert room.bodies(EventKind.COUNTER_BREAK) == []
    room.camera.totals = Totals(40, 30)
    room.poller.poll()
    told = [(body["break"], body["lineId"]) for body in room.bodies(EventKind.COUNTER_BREAK)]
    assert told == [("glitch", "7-0-1-1"), ("glitch", "7-0-1-1"), ("restart", "")]


def test_a_camera_that_was_replaced_while_it_was_off_is_not_said_to_have_started(room):
    lost_power(room)
    room.camera.serial = "another"
    room.poller.poll()
    room.poller.poll()
    assert {body["break"] for body in room.bodies(EventKind.COUNTER_BREAK)} == {"camera replaced"}
    assert room.camera.log_reads == 0


def test_an_outage_that_could_not_be_told_is_told_with_the_next_poll(room):
    lost_power(room)
    room.poller._outages._report = _breaks_once(room, room.poller._outages._report)
    with pytest.raises(LogUnavailable):
        room.poller.poll()
    assert room.bodies(EventKind.COUNTER_BREAK) == []
    room.appender.break_with(None)
    room.clock.passes(10)
    room.poller.poll()
    assert [body["break"] for body in room.bodies(EventKind.COUNTER_BREAK)] == ["restart"]
    assert room.camera.log_reads == 1


def _breaks_once(room, report):
    def breaking(*arguments):
        room.poller._outages._report = report
        room.appender.break_with(LogUnavailable("disk full"))
        report(*arguments)

    return breaking


def test_at_midnight_a_camera_is_not_asked_whether_it_has_started_anew():
    room = Room(datetime(2026, 5, 4, 23, 59, 50, tzinfo=UTC))
    room.poller.poll()
    for total in (0, 1, 2):
        room.clock.passes(10)
        room.camera.totals = Totals(total, 0)
        room.poller.poll()
    assert "midnight reset" in {body["break"] for body in room.bodies(EventKind.COUNTER_BREAK)}
    assert room.camera.log_reads == 0


def test_the_time_of_polls_that_went_well_is_added_up_and_that_of_others_is_not(room):
    room.poller.poll()
    room.camera.takes = 0.25
    before = room.poller.figures.seconds
    room.poller.poll()
    room.camera.error, room.camera.takes = CameraUnreachable("7", "no answer"), 10.0
    room.poller.poll()
    figures = room.poller.figures
    assert (figures.polls, figures.failures) == (3, 1)
    assert figures.seconds - before == pytest.approx(0.25)


def test_who_looks_while_a_poll_is_under_way_finds_only_those_that_are_over(room):
    seen = []
    answer = room.camera.read
    room.camera.read = lambda: (seen.append(room.poller.figures.polls), answer())[1]
    room.poller.poll()
    room.poller.poll()
    assert seen == [0, 1]
    assert room.poller.figures.polls == 2
