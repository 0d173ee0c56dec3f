"""A keeper on a log in memory, and what its log says."""

import json
from collections import Counter
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.count_keeper import CountKeeper
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

EVERY = timedelta(minutes=3)


class Keeping:
    """Keeps count of one camera, poll by poll."""

    def __init__(self, *, zone="UTC", lines=()):
        self.camera = Camera("7", "Camera 7", "http://192.0.2.7", site_id="s1", lines=lines)
        self.site = Site("s1", "Store", zone)
        self.log = MemoryEventLog()
        self.clock = FakeClock()
        self.restarts()

    @property
    def roster(self):
        return Roster({"7": self.camera}, {"s1": self.site})

    def restarts(self):
        appender = DirectAppender(self.log, self.clock.now)
        self.keeper = CountKeeper(self.log, appender, term=self.log.raise_term(), roster=lambda: self.roster)

    def polls(self, camera, moment, *, every=EVERY):
        return self.takes(camera.reads(moment), every=every)

    def takes(self, reading, *, every=EVERY):
        return self.keeper.observe(self.camera, reading, expected_every=every)

    def settles(self, camera, day, now):
        return self.keeper.settle(self.camera, camera.history(day, now), now)

    def entries(self, kind):
        return [entry.event for entry in self.log.read(0, 10**6) if entry.event.kind is kind]

    def corrections(self):
        return [read_correction(event) for event in self.entries(EventKind.COUNT_CORRECTION)]

    def told(self):
        """People in and out by the camera's day, as the hour ledger has them."""
        days = Counter()
        for day in self.keeper.days("7").values():
            for line in day.lines.values():
                for cell in line.cells.values():
                    people = cell.told.swapped(cell.swapped)
                    days[day.day, "in"] += people.entered
                    days[day.day, "out"] += people.left
        return days

    def summed(self):
        """People in and out of all count events and corrections."""
        bodies = [
            json.loads(event.body)
            for kind in (EventKind.COUNT, EventKind.COUNT_CORRECTION)
            for event in self.entries(kind)
        ]
        return sum(body["in"] for body in bodies), sum(body["out"] for body in bodies)


def at(text):
    """A moment in UTC."""
    return datetime.fromisoformat(text + "+00:00")
