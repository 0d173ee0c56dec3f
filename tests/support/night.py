"""Doors watched through a night: the real collector, pollers, keeper and watch before virtual cameras on real HTTP.

Time moves by hand, from one poll to the next, as the collector has placed them.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from random import Random

from peoplecount.domain.camera import Camera
from peoplecount.domain.event import EventKind
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.camera_watch import CameraWatch
from peoplecount.services.collector import Collector
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.poller import Poller
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import DayCrossings
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.firmware import AI, MANUAL_JSON
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock
from tests.support.virtual_cameras import ZURICH, plan, zurich

WITHOUT_SUMMER_TIME = "standard"
"""The camera of this name was never told of it."""


class BusyNight:
    """Somebody about every second, in and out, from 23:45 to 02:00."""

    def crossings(self, line_id: str, day: date) -> DayCrossings:
        chance = Random(f"{line_id} {day}")
        hours = (("00:00", "02:00"), ("23:45", "24:00"))
        return DayCrossings(*(array("d", self._instants(day, hours, chance)) for _ in range(2)))

    def _instants(self, day: date, hours, chance: Random) -> Iterator[float]:
        midnight = datetime.combine(day, time(), ZURICH).timestamp()
        for begin, end in hours:
            at, until = (midnight + 3600 * int(text[:2]) + 60 * int(text[3:]) for text in (begin, end))
            while (at := at + chance.uniform(0.2, 1.8)) < until:
                yield at


class HandScheduler:
    """Runs the job that is due first, and lets time pass up to it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.due = {}
        self.jobs = {}
        self.runs = 0

    def add_job(self, func, trigger, **options):
        self.jobs[options["id"]] = (func, options["args"], trigger)
        self.due[options["id"]] = trigger(None, self.clock.now())

    def modify_job(self, job_id, *, next_run_time):
        self.due[job_id] = next_run_time

    def start(self):
        pass

    def shutdown(self, wait=True):
        pass

    def run_until(self, end: datetime) -> None:
        while (moment := min(self.due.values())) < end:
            job_id = min(self.due, key=self.due.__getitem__)
            func, arguments, trigger = self.jobs[job_id]
            self.clock.passes(max(0.0, (moment - self.clock.now()).total_seconds()))
            self.due[job_id] = trigger(moment, self.clock.now())
            func(*arguments)
            self.runs += 1
        self.clock.passes((end - self.clock.now()).total_seconds())


class Night:
    """The doors, their cameras, and the service that watches them."""

    def __init__(self, begin: str, errors: dict[str, float], *, interval: float = 10.0) -> None:
        self.clock = FakeClock(zurich(begin).astimezone(UTC))
        names = list(errors)
        firmware = {name: AI if number % 2 else MANUAL_JSON for number, name in enumerate(names)}
        plans = [
            plan(name, firmware[name], serial=f"Z{number}", daylight_saving=name != WITHOUT_SUMMER_TIME)
            for number, name in enumerate(names)
        ]
        self.fleet = Fleet(tuple(plans), BusyNight())
        self.errors = errors
        self.interval = interval
        self.clients = {}

    @contextmanager
    def watched(self) -> Iterator[Night]:
        with SimulatorServer(self.fleet, PlayedClock(real_now=self.clock.now)) as self.simulator:
            for name, error in self.errors.items():
                if error:
                    self.befalls(name, "clock-step", seconds=error)
            self._service_starts()
            try:
                yield self
            finally:
                self.collector.stop()

    def _service_starts(self) -> None:
        cameras = {
            one.camera_id: Camera(
                one.camera_id,
                one.name,
                self.simulator.address(one.camera_id),
                one.username,
                one.password,
                poll_interval=self.interval,
            )
            for one in self.fleet.cameras
        }
        self.roster = Roster(cameras, {"default": Site("default", "Club", "Europe/Zurich")})
        self.log = MemoryEventLog()
        appender = DirectAppender(self.log, self.clock.now)
        self.keeper = CountKeeper(self.log, appender, term=self.log.raise_term(), roster=lambda: self.roster)
        self.watch = CameraWatch(self.log, self.keeper.report, roster=lambda: self.roster)
        self.health = CameraHealth()
        self.scheduler = HandScheduler(self.clock)
        self.collector = Collector(
            self.scheduler,
            self._poller,
            make_trigger=lambda next_time: next_time,
            clock=self.clock,
            clock_of=self.watch.local_clock,
            machine_time=self.clock.now,
        )
        self.collector.start(self._log_failed)
        self.collector.sync(self.roster)

    def _log_failed(self, error: Exception) -> None:
        raise AssertionError("a log in memory fails at nothing") from error

    def _poller(self, camera: Camera, roster: Roster, period: float) -> Poller:
        client = self.clients[camera.camera_id] = SunapiClient(camera, clock=self.clock, sleep=self.clock.passes)
        return Poller(
            camera,
            client,
            keeper=self.keeper,
            health=self.health,
            roster=roster,
            clock=self.clock,
            period=period,
            watch=self.watch.take,
        )

    def befalls(self, camera: str, fault: str, **details: object) -> None:
        """A fault begins at a camera."""
        self.simulator.simulation.inject(FaultOrder.parse({"camera": camera, "fault": fault, **details}))

    def goes_on_until(self, text: str) -> None:
        self.scheduler.run_until(zurich(text).astimezone(UTC))

    def is_read_once_more(self) -> None:
        """All cameras, at one moment."""
        moment = self.clock.now()
        for func, arguments, _ in self.scheduler.jobs.values():
            func(*arguments)
        assert self.clock.now() == moment

    def is_reconciled(self, day: date) -> None:
        """By the history of a day; then all are read again, for searching takes its time."""
        for name, client in self.clients.items():
            self.keeper.settle(self.roster.cameras[name], client.history(day), self.clock.now())
        self.is_read_once_more()

    def told(self, name: str) -> dict[date, Figures]:
        """What the service has counted, by the camera's days."""
        return {
            day: sum((cell.told for line in one.lines.values() for cell in line.cells.values()), NOBODY)
            for day, one in self.keeper.days(name).items()
        }

    def seen(self, name: str) -> dict[date, Figures]:
        """Whom the camera has seen, by its days."""
        [line] = [one for one in self.simulator.simulation.truth_by_hour() if one["cameraId"] == name]
        return {
            date.fromisoformat(day): Figures(sum(hours["in"]), sum(hours["out"])) for day, hours in line["seen"].items()
        }

    def people_missing(self, name: str) -> Figures:
        """Who was seen and not told, whenever."""
        return sum(self.seen(name).values(), NOBODY) - sum(self.told(name).values(), NOBODY)

    def events(self, kind: EventKind) -> list[dict]:
        return [json.loads(entry.event.body) for entry in self.log.read(0, 10**6) if entry.event.kind is kind]
