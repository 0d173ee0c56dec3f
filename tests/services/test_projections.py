"""The projections: every interval closes once, with what is known of it."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import EventKind, Quality
from peoplecount.domain.event_body import Place, Status, status_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_body import read_interval
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LogUnavailable, StaleTerm
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services import projections as projections_module
from peoplecount.services.projections import Projections
from tests.support.appending import DirectAppender
from tests.support.counting_line import EIGHT, CountingLine
from tests.support.fake_clock import FakeClock

SITES = {"site": Site("site", "Site", "Europe/Zurich")}
CAMERAS = {key: Camera(key, "Camera", "http://192.0.2.1", site_id="site") for key in ("cam", "other")}
STEPS = (Step.QUARTER, Step.HOUR, Step.DAY)


class Room:
    """A log with counting lines in front and the projections behind it."""

    def __init__(self, *lines, log=None, steps=STEPS):
        self.clock = FakeClock(EIGHT)
        self.log = log or MemoryEventLog()
        self.lines = lines or (CountingLine(),)
        self.steps = steps
        self.covered = {}
        self.takes_the_lead()

    def takes_the_lead(self):
        self.term = self.log.raise_term()
        self.appender = DirectAppender(self.log, self.clock.now)
        self.projections = Projections(
            self.log,
            self.appender,
            term=self.term,
            roster=lambda: Roster(CAMERAS, SITES),
            coverage=lambda key, begin, end: self.covered.get((str(key), begin, end), 1.0),
            steps=self.steps,
            clock=self.clock,
        )

    def at(self, hour, minute=0, second=0, *, day=4):
        """It is that time, UTC."""
        moment = datetime(2026, 5, day, hour, minute, second, tzinfo=UTC)
        self.clock.passes((moment - self.clock.now()).total_seconds())
        return moment

    def counts(self, line, entered, left=0):
        """A line is read now, and so many have crossed since its last count."""
        self.append(line.count(entered, left, after=self.clock.now() - line.read_at))
        self.read(line)

    def read(self, *lines):
        """Lines are read now, and nothing has changed."""
        self.log.note_seen(self.term, {str(line.key): self.clock.now() for line in lines or self.lines})

    def append(self, *events):
        self.log.append(self.term, [Append(events)], self.clock.now())

    def settle(self):
        """The projections go on until there is nothing to do."""
        closed = 0
        for _ in range(3):
            closed += self.projections.step()
        return closed

    def intervals(self, scope=None, step=None):
        entries = [entry for entry in self.log.read(0, 100_000) if entry.event.kind is EventKind.INTERVAL_CLOSED]
        found = [read_interval(entry.event) for entry in entries]
        return [one for one in found if scope in {None, one.scope} and step in {None, one.step}]

    def told(self, scope, step):
        """When each interval begins, and its figures."""
        return [(f"{one.started_at:%H:%M}", people(one)) for one in self.intervals(scope, step)]


def people(interval):
    return None if interval.figures is None else (interval.figures.entered, interval.figures.left)


@pytest.fixture
def line():
    return CountingLine()


@pytest.fixture
def room(line):
    room = Room(line)
    room.counts(line, 0)
    return room


def test_a_quarter_closes_once_its_line_was_read_after_it(room, line):
    room.at(8, 5)
    room.counts(line, 3, 1)
    room.at(8, 14, 59)
    room.read()
    assert room.settle() == 0
    room.at(8, 15, 4)
    assert room.settle() == 0
    room.read()
    assert room.settle() == 3
    assert [(one.scope, one.subject, people(one)) for one in room.intervals()] == [
        (Scope.LINE, "cam-0-1-1", (3, 1)),
        (Scope.DOOR, "door", (3, 1)),
        (Scope.SITE, "site", (3, 1)),
    ]
    (interval,) = room.intervals(Scope.LINE)
    assert (interval.started_at, interval.length) == (EIGHT, timedelta(minutes=15))
    assert interval.local_start == datetime(2026, 5, 4, 10, 0)
    assert (interval.quality, interval.coverage) == (Quality.ESTIMATED, 1.0) or interval.quality is Quality.MEASURED
    assert room.settle() == 0


def test_where_nobody_came_the_interval_says_zero_and_where_nobody_looked_that_it_is_not_known(room, line):
    room.at(8, 15, 2)
    room.read()
    room.settle()
    room.at(8, 31)
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (0, 0)), ("08:15", (0, 0))]
    room.at(8, 46)
    room.settle()
    missing = room.intervals(Scope.LINE, Step.QUARTER)[-1]
    assert (missing.figures, missing.quality, missing.coverage) == (None, Quality.MISSING, 0.0)


def test_a_line_that_is_not_read_is_waited_for_two_polls_and_half_a_minute(room):
    room.at(8, 10)
    room.read()
    room.at(8, 15, 49)
    assert room.settle() == 0
    room.at(8, 15, 50)
    assert room.settle() == 3
    (interval,) = room.intervals(Scope.LINE)
    assert (interval.figures, interval.quality) == (Figures(0, 0), Quality.MEASURED)
    assert interval.coverage == pytest.approx(10 / 15, abs=1e-4)


def test_a_door_and_a_site_close_when_all_their_lines_were_read():
    room = Room(CountingLine(), CountingLine("other", door_id="back"))
    first, second = room.lines
    room.counts(first, 0)
    room.counts(second, 0)
    room.at(8, 7)
    room.counts(first, 3)
    room.counts(second, 4)
    room.at(8, 15, 1)
    room.read(first)
    room.settle()
    assert room.told(Scope.DOOR, Step.QUARTER) == [("08:00", (3, 0))]
    assert room.intervals(Scope.SITE) == []
    room.at(8, 15, 9)
    room.read(second)
    room.settle()
    assert room.told(Scope.SITE, Step.QUARTER) == [("08:00", (7, 0))]
