import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.event import EventKind
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LogUnavailable, StaleTerm, StateChange
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.count_keeper import CountKeeper
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

EVERY = timedelta(seconds=10)
CAMERAS = {key: Camera(key, f"Camera {key}", f"http://192.0.2.{key}", site_id="s1") for key in ("7", "8")}
ROSTER = Roster(CAMERAS, {"s1": Site("s1", "Store", "Europe/Zurich", reset_time=time(4, 0))})


class Shop:
    """Two cameras of one site, read by a keeper on a log in memory."""

    def __init__(self):
        self.clock = FakeClock()
        self.log = MemoryEventLog()
        self.takes_the_lead()

    def takes_the_lead(self, *, roster=ROSTER):
        self.appender = DirectAppender(self.log, self.clock.now)
        term = self.log.raise_term()
        self.keeper = CountKeeper(
            self.log, self.appender, term=term, roster=lambda: roster, listed=lambda: ROSTER.cameras
        )

    def reads(self, camera_id, *totals, after=10, earlier=None, serial=""):
        self.clock.passes(after)
        now = self.clock.now()
        lines = tuple(
            LineReading(LineKey(camera_id, index=index), f"Line {index}", Totals(*pair))
            for index, pair in enumerate(totals, 1)
        )
        reading = Reading(camera_id, now, now.replace(tzinfo=None), serial or f"SERIAL{camera_id}", lines)
        self.unknown = self.keeper.unknown_lines(camera_id, reading)
        return self.keeper.observe(CAMERAS[camera_id], reading, expected_every=EVERY, earlier=earlier)

    def bodies(self):
        return [json.loads(entry.event.body) for entry in self.log.read(0, 1000) if entry.event.kind is EventKind.COUNT]

    def counts(self):
        return [(body["lineId"], body["in"], body["out"], body["occupancy"]) for body in self.bodies()]


@pytest.fixture
def shop():
    return Shop()


def test_what_a_reading_brings_is_in_the_log_when_observe_returns(shop):
    shop.reads("7", (40, 30))
    assert shop.reads("7", (43, 31)) == 1
    assert shop.counts()[-1] == ("7-0-1-1", 3, 1, 2)


def test_occupancy_sums_all_cameras_of_the_site_in_the_order_of_the_log(shop):
    shop.reads("7", (0, 0))
    shop.reads("8", (0, 0))
    shop.reads("7", (5, 0))
    shop.reads("8", (0, 2))
    shop.reads("7", (6, 0))
    assert [count[3] for count in shop.counts()] == [0, 0, 5, 3, 4]


def test_occupancy_starts_again_at_the_sites_reset_time(shop):
    shop.reads("7", (0, 0))
    shop.reads("7", (5, 0))
    night = datetime(2026, 5, 5, 2, 0, 30, tzinfo=UTC)  # 04:00:30 in Zurich
    shop.reads("7", (5, 0), after=(night - shop.clock.now()).total_seconds() - 60)
    shop.reads("7", (6, 0), after=60)
    assert shop.counts()[-1][3] == 1


def test_a_reading_without_change_appends_nothing_but_is_noted(shop):
    shop.reads("7", (4, 4))
    head = shop.log.head()
    assert shop.reads("7", (4, 4)) == 0
    assert shop.log.head() == head
    assert shop.log.seen() == {}
    shop.keeper.flush_seen()
    assert shop.log.seen() == {"7-0-1-1": shop.clock.now()}


def test_the_next_leader_counts_on_from_what_the_log_holds(shop):
    shop.reads("7", (40, 30))
    shop.reads("7", (43, 31))
    shop.takes_the_lead()
    shop.reads("7", (45, 31))
    assert [count[1:3] for count in shop.counts()] == [(0, 0), (3, 1), (2, 0)]


def test_a_quiet_line_is_not_estimated_after_a_restart(shop):
    shop.reads("7", (40, 30))
    shop.reads("7", (40, 30), after=3600)
    shop.keeper.flush_seen()
    shop.takes_the_lead()
    shop.reads("7", (41, 30))
    assert json.loads(shop.log.read(0, 10)[-1].event.body)["quality"] == "measured"


def test_people_of_an_append_that_failed_come_with_the_next_reading(shop):
    shop.reads("7", (40, 30))
    shop.appender.break_with(LogUnavailable("disk full"))
    with pytest.raises(LogUnavailable):
        shop.reads("7", (43, 31))
    shop.appender.break_with(None)
    shop.reads("7", (44, 31))
    assert shop.counts()[-1][1:] == (4, 1, 3)


def test_a_keeper_whose_term_is_over_can_append_nothing(shop):
    shop.reads("7", (40, 30))
    left_behind = shop.keeper
    shop.takes_the_lead()
    shop.keeper, current = left_behind, shop.keeper
    with pytest.raises(StaleTerm):
        shop.reads("7", (43, 31))
    shop.keeper = current
    shop.reads("7", (43, 31))
    assert [count[1:3] for count in shop.counts()] == [(0, 0), (3, 1)]


def test_a_reset_is_told_in_words_before_its_counts(shop):
    shop.reads("7", (40, 30))
    shop.reads("7", (1, 31))
    shop.reads("7", (2, 31))
    kinds = [entry.event.kind for entry in shop.log.read(0, 10)]
    assert kinds[-2:] == [EventKind.COUNTER_BREAK, EventKind.COUNT]
    broke = json.loads(shop.log.read(0, 10)[-2].event.body)
    assert broke["break"] == "reset"
    assert "from 40 to 2" in broke["reason"]
    assert broke["unknown"]


def test_a_fall_survives_a_restart_while_nobody_knows_what_it_is(shop):
    shop.reads("7", (40, 30), (9, 9))
    shop.reads("7", (0, 30), (10, 9))
    shop.takes_the_lead()
    shop.reads("7", (42, 30), (10, 9))
    assert shop.counts()[-1][:3] == ("7-0-1-1", 2, 0)


def by_hour(entered, left):
    """Figures of 4 May by hour."""
    return DayHours(date(2026, 5, 4), *(tuple(side.get(hour, 0) for hour in range(24)) for side in (entered, left)))


@pytest.fixture
def afternoon(shop):
    """Three o'clock, and what the two lines of camera 7 counted before."""
    shop.clock.passes(3 * 3600)
    return {
        LineKey("7", index=1): by_hour({2: 9, 8: 20, 14: 5}, {9: 4}),
        LineKey("7", index=2): by_hour({2: 5, 10: 3}, {11: 2}),
    }


def test_a_line_first_seen_at_three_has_the_cameras_totals_as_todays_counts(shop, afternoon):
    shop.reads("7", (40, 6), (8, 2), earlier=afternoon)
    told = [(body["lineId"][-1], body["in"], body["out"], body["inToday"], body["outToday"]) for body in shop.bodies()]
    assert told == [
        ("1", 9, 0, 9, 0),
        ("1", 20, 0, 29, 0),
        ("1", 0, 4, 29, 4),
        ("1", 5, 0, 34, 4),
        ("1", 6, 2, 40, 6),
        ("2", 5, 0, 5, 0),
        ("2", 3, 0, 8, 0),
        ("2", 0, 2, 8, 2),
        ("2", 0, 0, 8, 2),
    ]
    assert [body["cameraInTotal"] for body in shop.bodies()][-5:] == [40, 5, 8, 8, 8]
    assert {body["inGenerationStart"] for body in shop.bodies()} == {0}
    assert {body["time"] for body in shop.bodies()} == {shop.bodies()[-1]["to"]}


def test_a_camera_of_the_same_recorder_that_another_machine_polls_is_not_gone(shop, afternoon):
    shop.reads("8", (40, 6), (8, 2), serial="RECORDER")
    shop.takes_the_lead(roster=replace(ROSTER, cameras={"7": CAMERAS["7"]}))
    shop.reads("7", (40, 6), (8, 2), earlier=afternoon, serial="RECORDER")
    assert sum(entered for line_id, entered, *_ in shop.counts() if line_id == "7-0-1-1") == 40


def test_occupancy_holds_who_came_since_the_reset_time_and_runs_in_the_order_of_the_log(shop, afternoon):
    shop.reads("7", (40, 6), (8, 2), earlier=afternoon)
    # By the site's clock, two hours ahead of this camera's, its hour 2 is after the reset at four.
    assert [count[3] for count in shop.counts()] == [9, 29, 25, 30, 34, 39, 42, 40, 40]


def test_the_next_reading_adds_on_and_a_restart_knows_the_lines(shop, afternoon):
    shop.reads("7", (40, 6), (8, 2), earlier=afternoon)
    assert [key.index for key in shop.unknown] == [1, 2]
    shop.takes_the_lead()
    shop.reads("7", (42, 6), (8, 2), earlier=afternoon)
    assert shop.unknown == ()
    last = shop.bodies()[-1]
    assert (last["in"], last["inToday"], last["cameraInTotal"], last["quality"]) == (2, 42, 42, "measured")


def test_people_of_an_earlier_occupancy_day_are_not_inside(shop):
    night = datetime(2026, 5, 5, 2, 30, tzinfo=UTC)  # 04:30 in Zurich, where the count starts again at 04:00
    shop.clock.passes((night - shop.clock.now()).total_seconds() - 10)
    hours = DayHours(date(2026, 5, 5), (6, 3), (0, 0))
    shop.reads("7", (10, 0), earlier={LineKey("7"): hours})
    assert [(body["in"], body["inToday"], body["occupancy"]) for body in shop.bodies()] == [
        (6, 6, 6),
        (3, 9, 9),
        (1, 10, 1),
    ]


def test_a_line_missing_from_readings_is_not_noted_as_read(shop):
    shop.reads("7", (40, 30), (9, 9))
    first = shop.clock.now()
    shop.reads("7", (41, 30), after=3600)
    shop.keeper.flush_seen()
    assert shop.log.seen() == {"7-0-1-1": shop.clock.now(), "7-0-1-2": first}
    shop.takes_the_lead()
    shop.reads("7", (41, 30), (10, 9))
    assert json.loads(shop.log.read(0, 20)[-1].event.body)["quality"] == "estimated"


def test_a_reading_that_could_not_be_made_into_events_leaves_its_people_to_the_next(shop, monkeypatch):
    shop.reads("7", (0, 0))
    monkeypatch.setattr("peoplecount.services.count_events.count_event", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        shop.reads("7", (100, 0))
    monkeypatch.undo()
    shop.reads("7", (101, 0))
    assert shop.counts()[-1][1:] == (101, 0, 101)


def test_a_site_in_an_unknown_time_zone_is_counted_in_utc(shop, monkeypatch):
    nowhere = replace(ROSTER, sites={"s1": replace(ROSTER.sites["s1"], time_zone="Europe")})
    shop.keeper._roster = lambda: nowhere
    shop.reads("7", (0, 0))
    shop.reads("7", (5, 0))
    assert shop.counts()[-1][1:] == (5, 0, 5)


def test_a_camera_that_left_the_roster_during_its_poll_is_not_counted(shop):
    shop.reads("7", (0, 0))
    head = shop.log.head()
    shop.keeper._roster = lambda: replace(ROSTER, cameras={})
    assert shop.reads("7", (5, 0)) == 0
    assert shop.log.head() == head


@pytest.mark.parametrize("damage", ["{", "[]", '{"lines":{"x":1}}', "null"])
@pytest.mark.parametrize("kind", ["camera:7", "site:s1", "hours:2026-05-04:7"])
def test_a_damaged_state_stops_no_other_camera_and_is_named(shop, caplog, kind, damage):
    shop.reads("7", (5, 1))
    shop.reads("8", (3, 1))
    state = shop.log.load_states().states[kind]
    shop.log.append(shop.log.raise_term(), [Append((), (StateChange(kind, state.version, damage),))], shop.clock.now())
    shop.takes_the_lead()
    for camera_id, totals in (("8", (4, 1)), ("7", (6, 1)), ("8", (5, 1)), ("7", (7, 1))):
        shop.reads(camera_id, totals)
    told = [(line, people) for line, *people in shop.counts()[2:]]
    assert ("8-0-1-1", [1, 0]) in [(line, people[:2]) for line, people in told]
    assert ("7-0-1-1", [1, 0]) in [(line, people[:2]) for line, people in told]
    assert "damaged" in caplog.text
    assert kind in caplog.text or "2026-05-04" in caplog.text
