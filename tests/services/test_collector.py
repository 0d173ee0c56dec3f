from dataclasses import replace

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.domain.slot import phase
from peoplecount.eventlog.log import StaleTerm
from peoplecount.services.collector import Collector
from peoplecount.services.poller import PollFigures
from tests.support.fake_clock import FakeClock


class FakeScheduler:
    """Runs a camera's job when it is told to."""

    def __init__(self):
        self.jobs = {}
        self.running = False

    def add_job(self, func, trigger, **options):
        assert options["id"] not in self.jobs
        self.jobs[options["id"]] = (func, options)

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

    def poll(self):
        self.figures.polls += 1
        if self.error:
            raise self.error

    def close(self):
        self.closed = True


class Room:
    def __init__(self, speed=1.0):
        self.clock = FakeClock(speed=speed)
        self.scheduler = FakeScheduler()
        self.pollers = []
        self.log_errors = []
        self.collector = Collector(self.scheduler, self.make, clock=self.clock)
        self.collector.start(self.log_errors.append)

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
    options = {camera_id: options for camera_id, (_, options) in room.scheduler.jobs.items()}
    assert {camera_id: one["seconds"] for camera_id, one in options.items()} == {"east": 10.0, "west": 60.0}
    for camera_id, one in options.items():
        first = one["start_date"].timestamp()
        assert first % one["seconds"] == pytest.approx(phase(camera_id, one["seconds"]), abs=0.001)
        assert one["max_instances"] == 1


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


def test_a_poll_that_raises_stops_no_later_one(room, caplog):
    room.collector.sync(roster(EAST))
    room.pollers[0].error = ZeroDivisionError("a bug")
    room.scheduler.run("east")
    room.pollers[0].error = None
    room.scheduler.run("east")
    assert room.collector.figures()["east"].polls == 2
    assert "camera east" in caplog.text


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
