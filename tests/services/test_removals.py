import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.event_body import Status, status_event
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.log import Append, LogUnavailable
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.removals import NoRemovals, OwnRemovals, SharedRemovals
from tests.support.fake_clock import FakeClock

SITES = {DEFAULT_SITE_ID: Site(DEFAULT_SITE_ID, "Store", "UTC")}
EAST, WEST = (Camera(name, name, "http://192.0.2.1") for name in ("east", "west"))


def roster(*cameras):
    return Roster({one.camera_id: one for one in cameras}, SITES)


class Town:
    """Cameras that are up, as the log says; ``listed`` is who is on the list of all."""

    def __init__(self):
        self.clock, self.log, self.health = FakeClock(), MemoryEventLog(), CameraHealth()
        self.term = self.log.raise_term()
        self.told = []
        self.error = None
        self.listed = roster(EAST, WEST)
        for camera in (EAST, WEST):
            self.is_up(camera)
        self.health.load(self.log.latest().entries)

    def is_up(self, camera):
        status = Status(roster(camera).place(camera), "up", self.clock.now())
        self.log.append(self.term, [Append((status_event(status),))], self.clock.now())

    def remove(self, gone):
        if self.error:
            raise self.error
        self.told += [status.place.camera_id for status in gone]
        self.log.append(self.term, [Append(tuple(map(status_event, gone)))], self.clock.now())

    def shared(self):
        listed = lambda: self.listed  # noqa: E731
        return SharedRemovals(self.health, self.remove, self.clock, log=self.log, listed=listed)


@pytest.fixture
def town():
    return Town()


def test_who_polls_all_tells_at_once_and_once(town):
    removals = OwnRemovals(town.health, town.remove, town.clock)
    removals.follow(roster(EAST))
    removals.follow(roster(EAST))
    assert town.told == ["west"]


def test_who_does_not_coordinate_forgets_and_tells_nobody(town):
    NoRemovals(town.health).follow(roster(EAST))
    assert town.told == []
    assert town.health.of("west") is None
    assert town.health.of("east").state == "up"


def test_of_cameras_that_another_machine_polls_nothing_is_told(town):
    removals = town.shared()
    for _ in range(3):
        removals.follow(roster(EAST))
    assert town.told == []
    assert town.health.of("west") is None


def test_who_coordinates_tells_of_all_once_they_are_missed_twice(town):
    removals = town.shared()
    town.listed = roster(EAST)
    removals.follow(roster())
    assert town.told == []
    for _ in range(3):
        removals.follow(roster())
    assert town.told == ["west"]


def test_one_that_is_back_by_then_is_not_gone(town):
    removals = town.shared()
    town.listed = roster(EAST)
    removals.follow(roster(EAST))
    town.listed = roster(EAST, WEST)
    removals.follow(roster(EAST))
    removals.follow(roster(EAST))
    assert town.told == []


def test_what_could_not_be_told_is_told_later(town):
    removals = town.shared()
    town.listed = roster(EAST)
    removals.follow(roster(EAST))
    town.error = LogUnavailable("away")
    with pytest.raises(LogUnavailable):
        removals.follow(roster(EAST))
    town.error = None
    removals.follow(roster(EAST))
    assert town.told == ["west"]
