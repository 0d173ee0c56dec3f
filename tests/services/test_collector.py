import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers import base
from apscheduler.schedulers.background import BackgroundScheduler

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.poll_times import LocalClock
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.domain.slot import phase
from peoplecount.eventlog.log import StaleTerm
from peoplecount.runtime import PlannedTrigger
from peoplecount.services.collector import Collector
from peoplecount.services.poller import PollFigures
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until


class FakeScheduler:
    """Runs a camera's job when it is told to."""

    def __init__(self):
        self.jobs = {}
        self.triggers = {}
        self.modified = {}
        self.running = False

    def add_job(self, func, trigger, **options):
        assert options["id"] not in self.jobs
        self.jobs[options["id"]] = (func, options)
        self.triggers[options["id"]] = trigger

    def modify_job(self, job_id, *, next_run_time):
        self.modified[job_id] = next_run_time

    def remove_job(self, job_id):
        del self.jobs[job_id]

    def start(self):
        self.running = True

    def shutdown(self, wait=True):
        self.running = False

    def run(self, job_id):
        func, options = self.jobs[job_id]
        func(*options["args"])


class FakePoller:
    def __init__(self, camera, period):
        self.camera, self.period = camera, period
        self.figures = PollFigures()
        self.error = None
        self.closed = False
        self.meanwhile = lambda: None

    def poll(self):
        self.figures.polls += 1
        self.meanwhile()
        if self.error:
            raise self.error

    def close(self):
        self.closed = True


class Room:
    def __init__(self, speed=1.0, **options):
        self.clock = FakeClock(speed=speed)
        self.set_by = 0.0
        self.scheduler = FakeScheduler()
        self.pollers = []
        self.log_errors = []
        self.clocks = {}
        self.collector = Collector(
            self.scheduler,
            self.make,
            make_trigger=lambda next_time: next_time,
            clock=self.clock,
            clock_of=self.clocks.get,
            machine_time=lambda: self.machine_time,
            **options,
        )
        self.collector.start(self.log_errors.append)

    @property
    def machine_time(self):
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(seconds=self.clock.monotonic() - 1000 + self.set_by)

    def polls(self, camera_id, hours):
        """When the camera is polled within so many hours from now on, by the machine's clock; time passes."""
        polls, end = [], self.machine_time + hours
        trigger = self.scheduler.triggers[camera_id]
        while (due := trigger(polls[-1] if polls else None, self.machine_time)) < end:
            polls.append(due)
            self.clock.passes((due - self.machine_time).total_seconds() + 0.0005)
        return polls

    def make(self, camera, roster, period):
        self.pollers.append(FakePoller(camera, period))
        return self.pollers[-1]


def roster(*cameras, site_name="Store"):
    return Roster({one.camera_id: one for one in cameras}, {"default": Site("default", site_name, "UTC")})


EAST, WEST = Camera("east", "East", "http://192.0.2.1"), Camera("west", "West", "http://192.0.2.2", poll_interval=60.0)


@pytest.fixture
def room():
    return Room()


def test_every_camera_has_a_job_of_its_own_in_its_own_slot(room):
    room.collector.sync(roster(EAST, WEST))
    assert all(options["max_instances"] == 1 for _, options in room.scheduler.jobs.values())
    for camera_id, period, number in (("east", 10.0, 360), ("west", 60.0, 60)):
        polls = room.polls(camera_id, timedelta(hours=1))
        assert len(polls) == number
        for poll in polls:
            assert poll.timestamp() % period == pytest.approx(phase(camera_id, period), abs=0.001)


def test_once_a_cameras_clock_is_known_it_is_polled_just_before_and_after_its_full_hours(room):
    room.collector.sync(roster(EAST))
    room.clocks["east"] = LocalClock(timedelta(hours=2, seconds=84))
    polls = room.polls("east", timedelta(days=1))
    assert 8640 <= len(polls) <= 8640 + 50
    past = [(poll + timedelta(seconds=84)).timestamp() % 3600 for poll in polls]
    assert sum(seconds < 1 for seconds in past) == 24
    assert sum(seconds > 3599 for seconds in past) == 24


def test_turning_polls_are_placed_in_played_time():
    room = Room(speed=60.0)
    room.collector.sync(roster(EAST))
    room.clocks["east"] = LocalClock(timedelta(hours=2))
    # The played clock stands at 12:00:00, so 13:00 by it comes in a minute; regular polls are 0.17 s apart.
    hour = room.machine_time + timedelta(seconds=60)
    nearest = min(abs(poll - hour).total_seconds() for poll in room.polls("east", timedelta(minutes=2)))
    assert nearest < 1.0 / 60


def test_a_roster_that_did_not_change_disturbs_nobody(room):
    room.collector.sync(roster(EAST, WEST))
    room.collector.sync(roster(EAST, WEST))
    assert len(room.pollers) == 2


def test_a_changed_camera_begins_anew_and_a_removed_one_stops(room):
    room.collector.sync(roster(EAST, WEST))
    room.collector.sync(roster(replace(EAST, address="http://192.0.2.9")))
    assert list(room.scheduler.jobs) == ["east"]
    assert [poller.closed for poller in room.pollers] == [True, True, False]


def test_a_renamed_site_reaches_the_pollers(room):
    room.collector.sync(roster(EAST))
    room.collector.sync(roster(EAST, WEST, site_name="Shop"))
    assert [poller.camera.camera_id for poller in room.pollers] == ["east", "east", "west"]


def test_cameras_at_which_nothing_changes_are_not_begun_anew_for_other_sites_and_doors(room):
    room.collector.sync(roster(EAST))
    other, door = Site("other", "Other", "UTC"), Door("d", "other", "Gate")
    before = roster(EAST)
    after = replace(before, sites={**before.sites, "other": other}, doors={"d": door})
    room.collector.sync(after)
    room.collector.sync(replace(after, sites={**after.sites, "default": replace(after.sites["default"], capacity=9)}))
    assert [poller.closed for poller in room.pollers] == [False]


def test_a_camera_that_changes_together_with_its_site_is_begun_anew_once(room):
    room.collector.sync(roster(EAST))
    room.collector.sync(roster(replace(EAST, name="Eastern", address="http://192.0.2.9"), site_name="Shop"))
    assert [poller.closed for poller in room.pollers] == [True, False]


def test_a_poll_that_raises_stops_no_later_one(room, caplog):
    room.collector.sync(roster(EAST))
    room.pollers[0].error = ZeroDivisionError("a bug")
    room.scheduler.run("east")
    room.pollers[0].error = None
    room.scheduler.run("east")
    assert room.collector.figures()["east"].polls == 2
    assert "camera east" in caplog.text


def test_only_so_many_cameras_are_asked_for_the_first_time_at_once():
    room = Room(most_first_polls=1)
    room.collector.sync(roster(EAST, WEST))
    east, west = room.pollers
    east.meanwhile = lambda: room.scheduler.run("west")

    room.scheduler.run("east")
    assert (east.figures.polls, west.figures.polls) == (1, 0)
    assert room.scheduler.modified == {"west": room.machine_time}

    room.scheduler.run("west")
    east.meanwhile, west.meanwhile = (lambda: None), (lambda: room.scheduler.run("east"))
    room.scheduler.run("west")
    assert (east.figures.polls, west.figures.polls) == (2, 2)


def test_an_append_that_failed_is_told_to_who_leads(room):
    room.collector.sync(roster(EAST))
    room.pollers[0].error = StaleTerm("over")
    room.scheduler.run("east")
    assert [type(error) for error in room.log_errors] == [StaleTerm]


def test_fast_played_time_polls_no_camera_more_than_twenty_times_a_second():
    room = Room(speed=1440.0)
    room.collector.sync(roster(EAST, WEST))
    assert [poller.period for poller in room.pollers] == [0.05, 0.05]
    assert room.collector.longest_interval() == 0.05


def test_progress_is_noted_with_every_poll(room):
    room.collector.sync(roster(EAST))
    room.clock.passes(50)
    room.scheduler.run("east")
    assert room.collector.last_progress == room.clock.monotonic()


def test_stopping_stops_the_scheduler_and_closes_every_camera_once(room):
    room.collector.sync(roster(EAST, WEST))
    room.collector.stop()
    room.collector.stop()
    assert not room.scheduler.running
    assert all(poller.closed for poller in room.pollers)


def test_polls_are_placed_anew_as_soon_as_the_cameras_clock_is_known_or_is_another(room):
    room.collector.sync(roster(EAST))
    poll = room.pollers[0].poll
    nearly = LocalClock(timedelta(minutes=59, seconds=57.5))

    def learns(clock):
        def polls():
            room.clocks["east"] = clock
            poll()

        room.pollers[0].poll = polls
        room.scheduler.modified.clear()
        room.scheduler.run("east")
        return [(moment - room.machine_time).total_seconds() for moment in room.scheduler.modified.values()]

    assert learns(nearly) == pytest.approx([1.7], abs=0.01)
    assert learns(nearly) == []
    assert learns(replace(nearly, ahead=timedelta(minutes=59, seconds=58))) == pytest.approx([1.2], abs=0.01)


def test_a_camera_that_was_removed_during_its_poll_is_not_placed_anew(room):
    room.collector.sync(roster(EAST))
    poller = room.pollers[0]

    def is_removed():
        room.clocks["east"] = LocalClock(timedelta(hours=1))
        room.collector.sync(roster())

    poller.poll = is_removed
    room.scheduler.run("east")
    assert room.scheduler.modified == {}


def test_a_machine_whose_clock_is_set_has_its_polls_placed_anew_and_says_so_once(room, caplog):
    room.collector.sync(roster(EAST))
    room.clock.passes(60)
    room.collector.keep_time()
    assert room.scheduler.modified == {}
    room.set_by = -600.0
    room.collector.keep_time()
    room.collector.keep_time()
    assert 0 < (room.scheduler.modified["east"] - room.machine_time).total_seconds() <= 10
    assert [record.getMessage() for record in caplog.records] == ["the clock of this machine was set by -600 s"]


class SetClock(datetime):
    """The scheduler's clock, set by so many seconds."""

    by = timedelta(0)

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.by


@pytest.mark.parametrize("step", [-600, 600])
def test_the_real_scheduler_polls_on_when_the_machines_clock_is_set(monkeypatch, step):
    monkeypatch.setattr(SetClock, "by", timedelta(0))
    monkeypatch.setattr(base, "datetime", SetClock)
    polled = threading.Event()
    collector = Collector(
        BackgroundScheduler(timezone=UTC),
        lambda camera, roster, period: TellingPoller(camera, period, polled),
        make_trigger=PlannedTrigger,
        clock=RealClock(),
        machine_time=lambda: SetClock.now(UTC),
    )
    collector.start(lambda error: None)
    try:
        collector.sync(roster(replace(EAST, poll_interval=0.1)))
        assert polled.wait(5)
        SetClock.by = timedelta(seconds=step)
        collector.keep_time()
        before = collector.figures()["east"].polls
        wait_until(lambda: collector.figures()["east"].polls > before + 3, seconds=5)
        assert collector.figures()["east"].polls < before + 100
    finally:
        collector.stop()


class RealClock:
    speed = 1.0

    def now(self):
        return SetClock.now(UTC)

    def monotonic(self):
        return time.monotonic()


class TellingPoller(FakePoller):
    def __init__(self, camera, period, polled):
        super().__init__(camera, period)
        self.polled = polled

    def poll(self):
        super().poll()
        self.polled.set()


class TestPollingSoon:
    @pytest.fixture
    def room(self):
        """A camera polled every 10 s, which is due in 8 s."""
        room = Room()
        room.collector.sync(roster(EAST))
        room.poller = room.pollers[0]
        room.collector._plans["east"].due = room.machine_time + timedelta(seconds=8)
        return room

    def in_seconds(self, room):
        """When the next poll is, as the scheduler was told."""
        moment = room.scheduler.modified.get("east")
        return None if moment is None else (moment - room.machine_time).total_seconds()

    def test_a_camera_that_was_not_polled_just_now_is_polled_at_once(self, room):
        room.poller.began_at = room.clock.monotonic() - 2
        room.collector.poll_soon("east")
        assert self.in_seconds(room) == 0

    def test_else_a_second_after_its_last_poll_began(self, room):
        room.poller.began_at = room.clock.monotonic() - 0.25
        room.collector.poll_soon("east")
        assert self.in_seconds(room) == pytest.approx(0.75)

    def test_who_comes_until_then_is_counted_together(self, room):
        room.poller.began_at = room.clock.monotonic()
        room.collector.poll_soon("east")
        first = room.scheduler.modified.pop("east")
        room.clock.passes(0.5)
        room.collector.poll_soon("east")
        assert room.scheduler.modified == {}
        assert room.collector._plans["east"].due == first

    def test_who_comes_during_a_poll_is_not_forgotten_though_it_takes_long_or_places_the_polls_anew(self, room):
        def poll_that_takes_long():
            room.poller.began_at = room.clock.monotonic()
            room.clock.passes(0.5)
            room.collector.poll_soon("east")
            room.clock.passes(2)
            room.clocks["east"] = LocalClock(timedelta(hours=2))

        room.poller.poll = poll_that_takes_long
        room.scheduler.run("east")
        assert self.in_seconds(room) == 0
        room.scheduler.modified.clear()
        room.poller.poll = lambda: setattr(room.poller, "began_at", room.clock.monotonic())
        room.scheduler.run("east")
        assert room.scheduler.modified == {}

    def test_a_turn_that_comes_sooner_stays(self, room):
        room.poller.began_at = room.clock.monotonic()
        room.collector._plans["east"].due = room.machine_time + timedelta(seconds=0.5)
        room.collector.poll_soon("east")
        assert room.scheduler.modified == {}

    def test_a_camera_that_is_gone_or_a_collector_that_has_stopped_does_nothing(self, room):
        room.collector.poll_soon("another")
        room.collector.stop()
        room.collector.poll_soon("east")
        assert room.scheduler.modified == {}

    def test_a_job_that_was_removed_just_now_does_no_harm(self, room, monkeypatch):
        def gone(job_id, *, next_run_time):
            raise base.JobLookupError(job_id)

        monkeypatch.setattr(room.scheduler, "modify_job", gone)
        room.poller.began_at = float("-inf")
        room.collector.poll_soon("east")


def test_a_real_scheduler_polls_soon_and_then_in_its_turn_again():
    clock = RealClock()
    polls = []

    class Quick(FakePoller):
        began_at = float("-inf")

        def poll(self):
            self.began_at = clock.monotonic()
            polls.append(self.began_at)

    scheduler = BackgroundScheduler(timezone=UTC)
    collector = Collector(
        scheduler, lambda camera, roster, period: Quick(camera, period), make_trigger=PlannedTrigger, clock=clock
    )
    collector.start(lambda error: None)
    try:
        collector.sync(roster(replace(EAST, poll_interval=30)))
        for number in (1, 2):
            collector.poll_soon("east")
            wait_until(lambda number=number: len(polls) == number)
        assert polls[1] - polls[0] >= 0.9
        assert collector._plans["east"].due > datetime.now(UTC) + timedelta(milliseconds=400)
    finally:
        collector.stop()
