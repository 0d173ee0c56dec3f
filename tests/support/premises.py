"""Virtual cameras watched over HTTP by the real keeper, pollers and reconciler, under a clock moved by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import Camera
from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.correction_body import read_correction
from peoplecount.domain.event import EventKind
from peoplecount.domain.event_body import read_increment
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_differences import told_hours
from peoplecount.domain.hour_slots import HourSlots
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import call_here
from peoplecount.domain.reading import Reading
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.camera_history import CameraHistory
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.database_doubts import DatabaseDoubts
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_requests import HistoryRequests
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.services.poller import Poller
from peoplecount.services.reconciler import LOOK_SECONDS, Reconciler
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.fault import FaultOrder
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.server import SimulatorServer
from peoplecount.sunapi.client import SunapiClient
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

ZURICH = ZoneInfo("Europe/Zurich")


class WellKeptDatabase:
    """Has whatever was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, date]] = []

    def reassert(self, camera_id: str, day: date) -> int:
        self.asked.append((camera_id, day))
        return 0


class Premises:
    """Cameras, and the service that watches them now and then."""

    def __init__(
        self, fleet: Fleet, folder: Path, start: str, *, back_fill_days: int = 0, waits_really: bool = False
    ) -> None:
        """``start`` is local time in Zürich; nobody watches yet. ``waits_really``: for a search, in real time."""
        self.clock = FakeClock(datetime.fromisoformat(start).replace(tzinfo=ZURICH).astimezone(UTC))
        self.log = MemoryEventLog()
        self.database = WellKeptDatabase()
        self.store = LocalStore(folder / "store.sqlite")
        self.every = timedelta(minutes=10)
        self._fleet = fleet
        self._back_fill_days = back_fill_days
        self._sleep = None if waits_really else self.clock.passes
        self._pollers: dict[str, Poller] = {}
        self._cameras: dict[str, PolledCamera] = {}

    @contextmanager
    def open(self) -> Iterator[Premises]:
        """The cameras count, and the service runs."""
        with SimulatorServer(self._fleet, PlayedClock(real_now=self.clock.now)) as self.simulator:
            self.service_starts()
            try:
                yield self
            finally:
                self.service_ends()
                self.store.close()

    def service_starts(self) -> None:
        site = Site("default", "Main site", "Europe/Zurich")
        cameras = {
            plan.camera_id: Camera(
                plan.camera_id,
                plan.name,
                self.simulator.address(plan.camera_id),
                plan.username,
                plan.password,
                poll_interval=self.every.total_seconds(),
            )
            for plan in self._fleet.cameras
        }
        self.roster = Roster(cameras, {"default": site})
        self.keeper = CountKeeper(
            self.log,
            DirectAppender(self.log, self.clock.now),
            term=self.log.raise_term(),
            roster=lambda: self.roster,
            keep_days=max(31, self._back_fill_days + 1),
        )
        self.notes = HistoryNotesKeeper(self.store, call_here)
        self.requests = HistoryRequests(self.store, call_here)
        for camera in cameras.values():
            self._take_up(camera)
        self.reconciler = Reconciler(
            lambda: self._cameras,
            self._history,
            kept_days=self.keeper.days,
            notes=self.notes,
            requests=self.requests,
            doubts=DatabaseDoubts(self.store),
            check=self.database,
            clock=self.clock,
            on_log_error=_raise,
        )

    def _take_up(self, camera: Camera) -> None:
        client = SunapiClient(camera, clock=self.clock, sleep=self._sleep)
        polled = PolledCamera(camera, client, lambda camera_id: self.notes.of(camera_id).clock)
        self._cameras[camera.camera_id] = polled
        self._pollers[camera.camera_id] = Poller(
            camera,
            polled,
            keeper=self.keeper,
            health=CameraHealth(),
            roster=self.roster,
            clock=self.clock,
            period=self.every.total_seconds(),
        )

    def _history(self, source: PolledCamera) -> CameraHistory:
        return CameraHistory(
            source,
            self.keeper,
            self.notes,
            clock=self.clock,
            zone=ZURICH,
            back_fill_days=self._back_fill_days,
        )

    def service_ends(self) -> None:
        self.keeper.flush_seen()
        for poller in self._pollers.values():
            poller.close()
        self._pollers, self._cameras = {}, {}

    def polls(self) -> None:
        for poller in self._pollers.values():
            poller.poll()

    def is_watched_until(self, moment: str) -> None:
        """Poll at full tens of minutes until then, and a second before and after full hours."""
        end = self.at(moment)
        while self.clock.now() < end:
            self._reaches(min(self._next_poll(), end))
            self.polls()

    def _next_poll(self) -> datetime:
        now = self.clock.now()
        slot = (
            datetime.min.replace(tzinfo=UTC) + ((now - datetime.min.replace(tzinfo=UTC)) // self.every + 1) * self.every
        )
        around = [slot + timedelta(seconds=shift) for shift in (-1, 1)] if slot.minute == 0 else [slot]
        return min(one for one in [now + self.every, *around] if one > now)

    def nobody_watches_until(self, moment: str) -> None:
        """The service is off."""
        self.service_ends()
        self._reaches(self.at(moment))
        self.service_starts()
        self.polls()

    def at(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment).replace(tzinfo=ZURICH).astimezone(UTC)

    def _reaches(self, moment: datetime) -> None:
        self.clock.passes((moment - self.clock.now()).total_seconds())

    def reconciles(self) -> None:
        """Until nothing is due any more."""
        self.clock.passes(LOOK_SECONDS + 1)
        while self.reconciler.work():
            pass

    def last_reading(self, camera_id: str) -> Reading:
        reading = self._cameras[camera_id].reading
        assert reading is not None
        return reading

    def inject(self, camera_id: str, fault: str, **details: object) -> None:
        self.simulator.simulation.inject(FaultOrder.parse({"camera": camera_id, "fault": fault, **details}))

    def searches(self, camera_id: str) -> int:
        """HTTP requests so far."""
        return int(self.simulator.simulation.requests()[camera_id]["requests"])

    def searches_kept(self, camera_id: str) -> int:
        """Searches that the camera has not forgotten: all that were begun and not taken back."""
        return len(self.simulator.simulation.fronts[camera_id]._desk._searches)

    def truth(self, camera_id: str, day: date) -> dict[LineKey, list[Figures]]:
        """What the camera remembers, by line and hour."""
        camera = self.simulator.simulation.fronts[camera_id].camera
        return {
            LineKey(camera_id, one.plan.channel, one.plan.rule, one.plan.index): [
                Figures(*pair) for pair in zip(*camera.hourly(one, day), strict=True)
            ]
            for one in camera.counters
        }

    def told(self, camera_id: str, day: date) -> dict[LineKey, dict[int, Figures]]:
        """What stands in the ledger, by line and hour; hours nobody knows of are left out."""
        days = self.keeper.days(camera_id)
        slots = HourSlots.of(days.values(), ZURICH).on(day)
        return {key: told_hours(line, slots) for key, line in days[day].lines.items()} if day in days else {}

    def sums(self, camera_id: str) -> dict[date, Figures]:
        """What counts and corrections in the log sum up to, by local day, of all lines of a camera."""
        total: dict[date, Figures] = defaultdict(Figures)
        for entry in self.log.read(0, 100_000):
            if entry.event.camera_id != camera_id:
                continue
            if entry.event.kind is EventKind.COUNT:
                increment = read_increment(entry.event)
                last = increment.local_time - timedelta(microseconds=1)
                total[last.date()] += increment.people
            elif entry.event.kind is EventKind.COUNT_CORRECTION:
                correction = read_correction(entry.event)
                total[correction.local_start.date()] += correction.change
        return total

    def corrections(self, camera_id: str) -> list[HourCorrection]:
        return [
            read_correction(entry.event)
            for entry in self.log.read(0, 100_000)
            if entry.event.kind is EventKind.COUNT_CORRECTION and entry.event.camera_id == camera_id
        ]


def people(hours: dict[LineKey, list[Figures]]) -> Figures:
    return sum((one for line in hours.values() for one in line), NOBODY)


def _raise(error: Exception) -> None:
    raise error
