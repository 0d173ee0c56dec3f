import threading
from datetime import timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LogUnavailable, StateChange
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.removed_cameras import KEPT, RemovedCameras
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

EAST, WEST = (Camera(name, name, "http://192.0.2.1", site_id="shop") for name in ("east", "west"))
HOUR = timedelta(hours=1)


class Town:
    """Two cameras, both polled once; then one of them is removed."""

    def __init__(self):
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()
        self.clock = FakeClock()
        self.cameras = [EAST, WEST]
        self.keeper = CountKeeper(
            self.log, DirectAppender(self.log, self.clock.now), term=self.term, roster=self.roster
        )
        self.removed = RemovedCameras(self.log, self.keeper, term=self.term, roster=self.roster, clock=self.clock)
        for camera in self.cameras:
            self.polls(camera, 5)
            self.log.append(self.term, [Append((), (StateChange(f"watch:{camera.camera_id}", 0, "{}"),))], self.now)
        self.cameras = [EAST]

    @property
    def now(self):
        return self.clock.now()

    def roster(self):
        return Roster({one.camera_id: one for one in self.cameras}, {"shop": Site("shop", "Shop", "UTC")})

    def polls(self, camera, total):
        line = LineReading(LineKey(camera.camera_id), "Line", Totals(total, 0))
        reading = Reading(camera.camera_id, self.now, self.now.replace(tzinfo=None), "serial", (line,))
        self.keeper.observe(camera, reading, expected_every=timedelta(seconds=10))
        self.keeper.flush_seen()

    def remembered(self):
        """Which cameras the states, the newest events and the times of readings are about."""
        states = {key.rsplit(":", 1)[1] for key in self.log.load_states().states if not key.startswith("site:")}
        latest = {entry.event.camera_id for entry in self.log.latest().entries}
        return states | latest | {line_id.partition("-")[0] for line_id in self.log.seen()}


@pytest.fixture
def town():
    return Town()


def test_a_removed_camera_is_forgotten_a_month_after_its_last_reading(town):
    town.clock.passes(KEPT.total_seconds())
    assert town.removed.forget() == []
    town.clock.passes(1)
    assert town.remembered() == {"east", "west"}
    assert town.removed.forget() == ["west"]
    assert town.remembered() == {"east"}
    assert town.removed.forget() == []


def test_a_camera_that_could_not_be_read_for_long_is_not_forgotten(town):
    town.cameras = [EAST, WEST]
    town.clock.passes(2 * KEPT.total_seconds())
    assert town.removed.forget() == []


def test_no_camera_at_all_is_more_likely_a_list_that_could_not_be_read(town):
    town.cameras = []
    town.clock.passes(2 * KEPT.total_seconds())
    assert town.removed.forget() == []


def test_a_camera_that_comes_back_is_counted_from_its_first_reading_on(town):
    town.clock.passes(2 * KEPT.total_seconds())
    town.removed.forget()
    town.cameras = [EAST, WEST]
    head = town.log.head().number
    town.polls(WEST, 900)
    town.clock.passes(10)
    town.polls(WEST, 902)
    bodies = [entry.event.body for entry in town.log.read(head, 10)]
    assert ['"in":0' in body or '"in":2' in body for body in bodies] == [True, True]


def test_what_was_cut_short_is_done_again(town):
    town.clock.passes(2 * KEPT.total_seconds())
    forget, town.log.forget = town.log.forget, _fails
    with pytest.raises(LogUnavailable):
        town.removed.forget()
    town.log.forget = forget
    assert town.removed.forget() == ["west"]
    assert town.remembered() == {"east"}


def test_a_camera_that_another_machine_has_counted_since_is_forgotten_at_the_first_try(town):
    elsewhere = CountKeeper(
        town.log,
        DirectAppender(town.log, town.clock.now),
        term=town.term,
        roster=lambda: Roster({"west": WEST}, {"shop": Site("shop", "Shop", "UTC")}),
    )
    here, town.keeper = town.keeper, elsewhere
    town.polls(WEST, 7)
    town.keeper = here
    town.clock.passes(2 * KEPT.total_seconds())
    assert town.removed.forget() == ["west"]
    assert town.remembered() == {"east"}


def _fails(*_arguments):
    raise LogUnavailable("the disk is gone")


def test_it_is_looked_for_now_and_then_and_outlives_a_log_that_is_away(town):
    town.clock.passes(2 * KEPT.total_seconds())
    stop, turns = threading.Event(), []
    forget = town.removed.forget

    def forget_or_fail():
        turns.append(1)
        if len(turns) == 1:
            raise LogUnavailable("the disk is gone")
        stop.set()
        return forget()

    town.removed.forget = forget_or_fail
    wait, stop.wait = stop.wait, lambda seconds=0: wait(0)
    town.removed.run(stop)
    assert len(turns) == 2
    assert town.remembered() == {"east"}
