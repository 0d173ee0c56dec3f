"""Occupancies set right by what people counted, told with an estimate, once each."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import Status
from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.line import LineKey
from peoplecount.domain.occupancy_estimate import LEAST_DAYS
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogUnavailable, StaleState
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.occupancy_desk import RELEARN_SECONDS, OccupancyDesk
from peoplecount.services.occupancy_teacher import OccupancyTeacher
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.site_hours import SiteHour
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

CAMERAS = {key: Camera(key, f"Camera {key}", f"http://192.0.2.{key}", site_id="s1") for key in ("7", "8")}
SITE = Site("s1", "Store", "Europe/Zurich", capacity=100, reset_time=time(4, 0))
HOUR = timedelta(hours=1)


class Store:
    """A site with two cameras, its records and what people counted by hand."""

    def __init__(self):
        self.clock = FakeClock(datetime(2026, 5, 4, 8, 0, tzinfo=UTC))
        self.log = MemoryEventLog()
        self.site = SITE
        self.totals = {"7": [0, 0], "8": [0, 0]}
        self.hand_counts = []
        self.hours = []
        self.is_away = False
        self.learned = 0
        self.takes_the_lead()

    def takes_the_lead(self):
        self.term = self.log.raise_term()
        self.is_polled_anew()

    def is_polled_anew(self):
        """By another machine: whoever polled before does not know of what it counts, and may append as well."""
        self.appender = DirectAppender(self.log, self.clock.now)
        sites = {"s1": self.site}
        self.keeper = CountKeeper(self.log, self.appender, term=self.term, roster=lambda: Roster(CAMERAS, sites))
        self.desk = OccupancyDesk(
            self.keeper,
            self.log,
            OccupancyTeacher(self.read_hours, self.read_hand_counts),
            sites=lambda: sites,
            hand_counts=self.read_hand_counts,
            clock=self.clock,
        )

    def read_hours(self, start, end):
        if self.is_away:
            raise DatabaseUnavailable("the database is away")
        self.learned += 1
        return [hour for hour in self.hours if start <= hour.starts_at < end]

    def read_hand_counts(self, start):
        if self.is_away:
            raise DatabaseUnavailable("the database is away")
        return [count for count in self.hand_counts if count.counted_at >= start]

    def opens(self):
        for camera_id in CAMERAS:
            self.crosses(camera_id, 0, 0)

    def crosses(self, camera_id, entered, left, after=10):
        self.clock.passes(after)
        totals = self.totals[camera_id]
        totals[0] += entered
        totals[1] += left
        now = self.clock.now()
        line = LineReading(LineKey(camera_id), "Door", Totals(*totals))
        reading = Reading(camera_id, now, now.replace(tzinfo=None) + 2 * HOUR, f"SERIAL{camera_id}", (line,))
        self.keeper.observe(CAMERAS[camera_id], reading, expected_every=timedelta(seconds=10))

    def loses(self, camera_id, told=None):
        """A camera is removed, and a desk is told of it."""
        place = Roster(CAMERAS, {"s1": SITE}).place(CAMERAS[camera_id])
        (told or self.desk).remove([Status(place, "removed", self.clock.now())])

    def is_counted(self, people, ago=0):
        self.hand_counts.append(HandCount("s1", self.clock.now() - timedelta(seconds=ago), people))

    def inside(self):
        return self.keeper.occupancies()["s1"].inside

    def told(self):
        entries = self.log.read(0, 10_000)
        return [json.loads(one.event.body) for one in entries if one.event.kind is EventKind.OCCUPANCY_CHANGED]

    def last(self, *names):
        return tuple(self.told()[-1][name] for name in names)


@pytest.fixture
def store():
    one = Store()
    one.opens()
    return one


def test_what_the_doors_say_is_told_with_an_estimate_and_its_band(store):
    store.hours = drifting_days(30, 50, 50, unsteady=2)
    store.crosses("7", 90, 20)
    store.desk.tick()
    assert store.last("siteId", "occupancy", "capacity", "band", "clamped", "reason") == (
        ("s1", 70, 100, "calm", 0, "people crossed")
    )
    people, low, high = store.last("occupancyEstimate", "occupancyLow", "occupancyHigh")
    assert 65 <= people <= 75
    assert 40 < low < people < high < 100


@pytest.mark.parametrize(("days", "is_told"), [(0, False), (LEAST_DAYS - 1, False), (LEAST_DAYS, True)])
def test_before_enough_days_were_seen_no_estimate_is_told(store, days, is_told):
    store.hours = drifting_days(days, 50, 50)
    store.crosses("7", 3_000, 1_500)
    store.desk.tick()
    assert store.last("occupancy") == (1_500,)
    told = store.last("occupancyEstimate", "occupancyLow", "occupancyHigh")
    assert [figure is not None for figure in told] == 3 * [is_told]


def test_a_count_by_hand_alone_makes_no_estimate(store):
    store.is_counted(60)
    store.desk.tick()
    assert store.last("occupancy", "occupancyEstimate", "occupancyLow", "occupancyHigh") == (60, None, None, None)


def test_what_is_told_once_is_not_told_again_nor_after_a_takeover(store):
    store.crosses("7", 90, 20)
    store.desk.tick()
    told = len(store.told())
    store.desk.tick()
    store.takes_the_lead()
    store.desk.tick()
    assert len(store.told()) == told


def test_the_amount_that_the_floor_of_zero_hides_is_told_and_kept(store):
    store.crosses("7", 1, 6)
    store.desk.tick()
    assert store.last("occupancy", "clamped", "clampedToday") == (0, 5, 5)
    store.crosses("7", 8, 0)
    store.desk.tick()
    assert store.last("occupancy", "clamped", "clampedToday") == (3, 0, 5)


def test_occupancy_goes_on_from_a_count_by_hand(store):
    store.hours = drifting_days(30, 50, 50)
    store.crosses("7", 90, 20)
    store.desk.tick()
    store.is_counted(60)
    store.desk.tick()
    assert store.inside() == 60
    assert store.last("occupancy", "leftOver", "reason", "occupancyEstimate") == (60, 10, "counted by hand", 60)
    store.crosses("8", 0, 5)
    assert store.inside() == 55


def test_who_crossed_between_the_count_by_hand_and_its_being_taken_up_is_in(store):
    store.crosses("7", 90, 20)
    store.is_counted(60)
    store.crosses("7", 4, 0)
    store.crosses("8", 0, 1)
    store.desk.tick()
    assert store.inside() == 63


def test_a_count_by_hand_for_a_time_that_has_passed_is_brought_forward(store):
    store.crosses("7", 90, 20)
    store.crosses("7", 0, 30, after=3600)
    store.is_counted(65, ago=1800)
    store.desk.tick()
    assert store.inside() == 35


def test_a_count_by_hand_is_taken_up_once_also_over_a_takeover(store):
    store.crosses("7", 90, 20)
    store.is_counted(60)
    store.desk.tick()
    store.crosses("8", 10, 0)
    store.takes_the_lead()
    store.desk.tick()
    store.desk.tick()
    assert store.inside() == 70
    assert [one["reason"] for one in store.told()].count("counted by hand") == 1


def test_a_count_by_hand_that_is_put_right_counts_anew(store):
    store.is_counted(60)
    store.desk.tick()
    store.hand_counts[0] = HandCount("s1", store.hand_counts[0].counted_at, 50)
    store.crosses("7", 2, 0)
    store.desk.tick()
    assert store.inside() == 52


def test_a_count_by_hand_of_yesterday_or_tomorrow_changes_nothing(store):
    store.crosses("7", 5, 0)
    store.is_counted(60, ago=24 * 3600)
    store.is_counted(61, ago=-3600)
    store.desk.tick()
    assert store.inside() == 5


def test_a_count_by_hand_may_begin_a_day(store):
    store.crosses("7", 5, 0)
    store.clock.passes(24 * 3600)
    store.is_counted(12)
    store.desk.tick()
    assert store.inside() == 12
    assert store.last("leftOver") == (-12,)


def test_the_reset_is_told_once_with_what_was_left_over(store):
    store.crosses("7", 30, 12)
    store.desk.tick()
    store.clock.passes(20 * 3600)
    store.desk.tick()
    store.desk.tick()
    assert store.last("occupancy", "leftOver", "reason", "occupancyDay") == (0, 18, "daily reset", "2026-05-05")
    assert [one["reason"] for one in store.told()] == ["people crossed", "daily reset"]


def test_people_of_a_camera_that_is_removed_are_no_longer_inside(store):
    store.crosses("7", 30, 10)
    store.crosses("8", 9, 2)
    store.loses("8")
    assert store.inside() == 20
    assert store.last("occupancy", "reason") == (20, "a camera was removed")
    kinds = [entry.event.kind for entry in store.log.read(0, 10_000)]
    assert kinds[-2:] == [EventKind.CAMERA_STATUS, EventKind.OCCUPANCY_CHANGED]


def test_whoever_tells_of_a_removed_camera_tells_the_estimate_too(store):
    store.hours = drifting_days(30, 50, 50, unsteady=2)
    store.crosses("7", 90, 20)
    store.crosses("8", 9, 2)
    store.is_polled_anew()  # a desk that did not run, as where another machine polls the site
    place = Roster(CAMERAS, {"s1": SITE}).place(CAMERAS["8"])
    store.desk.remove([Status(place, "removed", store.clock.now())])
    assert store.last("reason", "occupancy") == ("a camera was removed", 70)
    assert None not in store.last("occupancyEstimate", "occupancyLow", "occupancyHigh")


def test_a_camera_is_removed_while_the_database_is_away(store):
    store.crosses("8", 9, 2)
    store.is_away = True
    place = Roster(CAMERAS, {"s1": SITE}).place(CAMERAS["8"])
    store.desk.remove([Status(place, "removed", store.clock.now())])
    assert store.last("occupancy", "occupancyEstimate") == (0, None)


def test_what_a_removed_camera_counted_before_a_count_by_hand_stays(store):
    store.crosses("8", 9, 2)
    store.is_counted(40)
    store.desk.tick()
    store.crosses("8", 3, 0)
    store.loses("8")
    assert store.inside() == 40


def test_a_camera_is_removed_while_people_cross_at_another_machine(store):
    store.crosses("7", 30, 10)
    store.crosses("8", 9, 2)
    elsewhere = store.desk
    store.is_polled_anew()
    store.crosses("7", 5, 0)
    store.loses("8", told=elsewhere)
    assert [one["occupancy"] for one in store.told()] == [25], "told once, however often it was tried"
    store.keeper.look_anew()
    assert store.inside() == 25


def test_a_camera_is_removed_while_another_machine_takes_up_a_count_by_hand(store):
    store.crosses("8", 9, 2)
    elsewhere = store.desk
    store.is_polled_anew()
    store.is_counted(40)
    store.desk.tick()
    store.loses("8", told=elsewhere)
    store.keeper.look_anew()
    assert store.inside() == 40


def test_a_site_that_others_count_at_all_the_time_is_tried_again_later(store):
    store.crosses("8", 9, 2)
    store.appender.break_with(StaleState("another one was there first"))
    with pytest.raises(StaleState):
        store.loses("8")
    store.appender.break_with(None)
    store.loses("8")
    assert store.inside() == 0


def test_a_removal_that_did_not_become_durable_changes_nothing(store):
    store.crosses("8", 9, 2)
    store.appender.break_with(LogUnavailable("the disk is full"))
    with pytest.raises(LogUnavailable):
        store.loses("8")
    store.appender.break_with(None)
    assert store.inside() == 7


def drifting_days(days, entered, left, unsteady=0):
    """Busy days of a shop that ``left`` people are seen to leave that ``entered``; on every other, more or fewer."""
    first = datetime(2026, 5, 4, 8, 0, tzinfo=UTC) - timedelta(days=days)
    return [
        SiteHour("s1", first + timedelta(days=day, hours=hour), entered + (-1) ** day * unsteady, left, is_known=True)
        for day in range(days)
        for hour in range(10)
    ]


def test_the_estimate_leaves_out_people_that_past_days_showed_not_to_be_there(store):
    store.hours = drifting_days(30, 55, 45)
    store.crosses("7", 550, 450)
    store.desk.tick()
    assert store.last("occupancy") == (100,)
    people, low, high = store.last("occupancyEstimate", "occupancyLow", "occupancyHigh")
    assert people <= 5
    assert low == 0
    assert high < 60


def test_with_the_database_away_there_is_no_estimate_until_it_is_back(store):
    store.hours = drifting_days(30, 55, 45)
    store.is_away = True
    store.crosses("7", 550, 450)
    store.desk.tick()
    assert store.last("occupancy", "occupancyEstimate") == (100, None)
    store.is_away = False
    store.desk.tick()
    assert store.last("occupancyEstimate")[0] <= 5


def test_records_that_cannot_be_read_are_not_asked_for_all_the_time(store):
    asked = []

    def read_hours(start, end):
        asked.append(start)
        raise DatabaseUnavailable("it takes too long")

    store.read_hours = read_hours
    store.takes_the_lead()
    for _ in range(3):
        store.desk.tick()
    assert len(asked) == 1
    store.clock.passes(RELEARN_SECONDS)
    store.desk.tick()
    assert len(asked) == 2


def test_a_day_that_is_over_is_learned_from_once(store):
    store.desk.tick()
    learned = store.learned
    store.clock.passes(3600)
    store.desk.tick()
    assert store.learned == learned
    store.clock.passes(24 * 3600)
    store.desk.tick()
    assert store.learned > learned


def test_a_site_that_does_not_empty_gets_no_estimate_until_somebody_counts(store):
    first = datetime(2026, 4, 20, tzinfo=UTC)
    store.hours = [SiteHour("s1", first + hour * HOUR, 20, 18, is_known=True) for hour in range(13 * 24)]
    for day in range(LEAST_DAYS + 1):
        store.is_counted(300, ago=(LEAST_DAYS + 2 - day) * 24 * 3600)
    store.crosses("7", 20, 5)
    store.desk.tick()
    assert store.last("occupancy", "occupancyEstimate", "occupancyLow") == (15, None, None)
    store.is_counted(300)
    store.desk.tick()
    assert store.last("occupancyEstimate", "occupancyLow", "occupancyHigh") == (300, 300, 300)


def test_opening_hours_tell_that_a_site_is_empty_at_its_reset(store):
    first = datetime(2026, 4, 20, tzinfo=UTC)
    store.hours = [SiteHour("s1", first + hour * HOUR, 20, 20, is_known=True) for hour in range(13 * 24)]
    store.site = Site("s1", "Store", "Europe/Zurich", 100, time(4, 0), "Mo-Su 08:00-20:00")
    store.takes_the_lead()
    store.crosses("7", 20, 5)
    store.desk.tick()
    assert store.last("occupancyEstimate") == (15,)
