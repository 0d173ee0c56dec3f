"""The web side on a log in memory: real pages and streams over real HTTP, without cameras."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from peoplecount.domain.camera import CameraState
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.counter import BreakKind
from peoplecount.domain.event import NewEvent, Quality, worst
from peoplecount.domain.event_body import Place, Standing, Status, break_event, count_event, status_event
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures as People
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import call_here
from peoplecount.domain.roll_up import QUARTER
from peoplecount.domain.site import Site
from peoplecount.domain.told import Told
from peoplecount.eventlog.log import Append
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.log_follower import LogFollower
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.today_chart import TodayChart
from peoplecount.services.usual_days import UsualDays
from peoplecount.storage.scope_sums import LineSpan, ScopeSum
from peoplecount.stream.hub import Hub
from peoplecount.web.app import create_app
from peoplecount.web.context import WebContext
from tests.support.everybody import Everybody
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until

AFTERNOON = datetime(2026, 5, 4, 14, 7, 20, tzinfo=ZoneInfo("Europe/Zurich")).astimezone(UTC)


@dataclass(frozen=True)
class Gate:
    """A line, with everything events say about it."""

    site: Site
    door: str
    camera: str
    index: int = 1
    name: str = ""

    @property
    def key(self) -> LineKey:
        return LineKey(self.camera, 0, 1, self.index)

    @property
    def place(self) -> Place:
        camera_name = self.camera.replace("-", " ").capitalize()
        door_id = f"{self.site.site_id}-{self.door}".lower().replace(" ", "-")
        return Place(
            self.site.site_id,
            self.site.name,
            self.camera,
            camera_name,
            door_id,
            self.door,
            self.name or self.door,
        )


@dataclass
class Figures:
    """A stored quarter of an hour."""

    line_id: str
    site_id: str
    start: datetime
    in_count: int
    out_count: int
    quality: Quality = Quality.MEASURED
    coverage: float | None = None


def _begin(moment: datetime, step: timedelta) -> datetime:
    """Of the quarter, or of the hour."""
    return moment if step == QUARTER else moment.replace(minute=0)


@dataclass
class FakeHistory:
    """A history that says what it was given, or fails."""

    rows: list[Figures] = field(default_factory=list)
    up_to: EventId | None = None
    error: Exception | None = None

    def as_of(self, read):
        if self.error:
            raise self.error
        return read(), self.up_to

    def stamps(self, start, end) -> dict[datetime, int]:
        """As rows are: another one where they are others."""
        quarters: dict[datetime, list[Figures]] = {}
        for row in self.rows:
            quarters.setdefault(row.start, []).append(row)
        return {begin: hash(repr(rows)) for begin, rows in quarters.items() if start <= begin < end}

    def sums(self, step, scope, start, end):
        assert scope is Scope.SITE
        if self.error:
            raise self.error
        places = {(_begin(row.start, step), row.site_id) for row in self.rows if start <= row.start < end}
        return [self._sum(step, *place) for place in sorted(places)]

    def _sum(self, step: timedelta, start: datetime, site_id: str) -> ScopeSum:
        rows = [row for row in self.rows if (_begin(row.start, step), row.site_id) == (start, site_id)]
        known = [row for row in rows if row.quality is not Quality.MISSING]
        covered = [row.coverage for row in rows if row.coverage is not None]
        return ScopeSum(
            site_id,
            site_id,
            start,
            len(rows),
            len(rows) - len(known),
            sum(row.in_count for row in known),
            sum(row.out_count for row in known),
            worst(*(row.quality for row in known)) if known else Quality.MISSING,
            sum(covered),
            len(covered),
        )

    def quarter_hours(self, start, end, *, line_ids) -> list[Figures]:
        return [row for row in self.rows if start <= row.start < end and row.line_id in line_ids]

    def spans(self, step, start, end, *, line_ids) -> list[LineSpan]:
        assert step == QUARTER
        starts: dict[str, set[datetime]] = {}
        for row in self.quarter_hours(start, end, line_ids=line_ids):
            starts.setdefault(row.line_id, set()).add(row.start)
        return [LineSpan(line, min(those), max(those), len(those)) for line, those in starts.items()]

    def unknown_quarters(self, start, end) -> set[tuple[str, datetime]]:
        there = [row for row in self.rows if start <= row.start < end]
        known = {(row.line_id, row.start) for row in there if row.quality is not Quality.MISSING}
        return {(row.line_id, row.start) for row in there} - known


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args) -> None:  # noqa: A002
        pass


class BoardService:
    """The web side of the service. Nothing happens in it but what a test lets happen."""

    def __init__(self, sites: Sequence[Site], now: datetime = AFTERNOON, *, demo: bool = False, max_frames: int = 1000):
        self.sites = list(sites)
        self.clock = FakeClock(now)
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()
        self.board = LiveBoard(lambda: self.sites)
        self.hub = Hub(max_frames)
        self.snapshots = Snapshots(self.board, self.clock)
        self.backlog = LogBacklog(self.log, call_here)
        self.history = FakeHistory()
        self.wake = threading.Event()
        self.follower = LogFollower(
            self.log,
            self.board,
            self.hub,
            self.snapshots,
            offload=call_here,
            clock=self.clock,
            wake=self.wake,
        )
        self.demo = demo
        self.app = create_app(self.context())
        self._totals: dict[LineKey, tuple[int, int]] = {}
        self._today: dict[LineKey, tuple[int, int]] = {}
        """As counted here, where that is not what the camera shows."""
        self._inside: dict[str, int] = {}

    def context(self, **changes) -> WebContext:
        parts = {
            "hub": self.hub,
            "board": self.board,
            "backlog": self.backlog,
            "snapshots": self.snapshots,
            "clock": self.clock,
            "chart": TodayChart(self.history, self.board, self.clock),
            "usual": UsualDays(self.history, lambda: self.sites, self.clock),
            "demo": self.demo,
            "access": Everybody(),
        }
        return WebContext(**parts | changes)

    def append(self, *events: NewEvent) -> EventId:
        head = self.log.append(self.term, [Append(events)], self.clock.now())
        self.wake.set()
        return head

    def count(self, gate: Gate, entered: int = 0, left: int = 0) -> EventId:
        """People cross a line."""
        now = self.clock.now()
        local = now.astimezone(ZoneInfo(gate.site.time_zone)).replace(tzinfo=None)
        before_in, before_out = self._totals.get(gate.key, (0, 0))
        self._totals[gate.key] = (before_in + entered, before_out + left)
        inside = self._inside[gate.site.site_id] = max(0, self._inside.get(gate.site.site_id, 0) + entered - left)
        generation = Generation(local.date())
        increment = Increment(
            gate.key,
            now - timedelta(seconds=10),
            now,
            local,
            Growth(generation, 0, before_in, before_in + entered),
            Growth(generation, 0, before_out, before_out + left),
        )
        today = self._today.get(gate.key, (before_in, before_out))
        self._today[gate.key] = (today[0] + entered, today[1] + left)
        standing = Standing(*self._today[gate.key], inside)
        return self.append(count_event(gate.place, increment, standing))

    def begin_day(self, *gates: Gate) -> None:
        """Cameras begin at 0 again, as they do at their midnight, and nobody is inside."""
        for gate in gates:
            self._totals.pop(gate.key, None)
            self._today.pop(gate.key, None)
            self._inside[gate.site.site_id] = 0

    def correct(self, gate: Gate, change: tuple[int, int], hours_ago: int = 2, quality: Quality = Quality.CORRECTED):
        """An hour of today is known better; so many more had come in it."""
        now, zone = self.clock.now(), ZoneInfo(gate.site.time_zone)
        start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
        before = self._today.get(gate.key, self._totals.get(gate.key, (0, 0)))
        self._today[gate.key] = (before[0] + change[0], before[1] + change[1])
        inside = self._inside[gate.site.site_id] = self._inside.get(gate.site.site_id, 0) + change[0] - change[1]
        correction = HourCorrection(
            gate.key,
            start,
            start + timedelta(hours=1),
            start.astimezone(zone).replace(tzinfo=None),
            old=People(10, 10),
            new=People(10 + change[0], 10 + change[1]),
            old_quality=Quality.ESTIMATED,
            quality=quality,
            coverage=0.5,
            reason=CorrectionReason.OUTAGE,
        )
        return self.append(correction_event(gate.place, correction, now, Standing(*self._today[gate.key], inside)))

    def breaks(self, gate: Gate, kind: BreakKind, reason: str, unknown: str = "") -> EventId:
        """A total of a line stops growing."""
        return self.append(break_event(gate.place, self.clock.now(), str(gate.key), kind.value, reason, unknown))

    def close(self, gate: Gate, quality: Quality, coverage: float) -> EventId:
        """A quarter of an hour of a line is over; of its day so far so much is known."""
        start = self.clock.now() - timedelta(minutes=15)
        local = start.astimezone(ZoneInfo(gate.site.time_zone)).replace(tzinfo=None)
        interval = ClosedInterval(
            Scope.LINE,
            str(gate.key),
            start,
            timedelta(minutes=15),
            local,
            People(0, 0),
            Quality.MEASURED,
            1.0,
            Told(None, quality, coverage),
        )
        return self.append(interval_event(gate.place, interval, self.clock.now()))

    def status(self, gate: Gate, state: CameraState, reason: str = "", minutes_ago: float = 0) -> EventId:
        """A camera is well, or not, or gone."""
        since = self.clock.now() - timedelta(minutes=minutes_ago)
        place = gate.place
        of_camera = Place(place.site_id, place.site_name, place.camera_id, place.camera_name)
        return self.append(status_event(Status(of_camera, state.value, since, reason)))

    def seen(self, *gates: Gate, seconds_ago: float = 0) -> None:
        """Cameras are read, and nothing has changed."""
        moment = self.clock.now() - timedelta(seconds=seconds_ago)
        self.log.note_seen(self.term, {str(gate.key): moment for gate in gates})
        self.wake.set()

    def catch_up(self) -> None:
        """Follow the log to its head, here and now."""
        while self.follower.step() or self.board.head != self.log.head():
            pass

    @contextmanager
    def following(self) -> Iterator[None]:
        """The log is followed in the background, as in the service."""
        stop = threading.Event()
        thread = threading.Thread(target=self.follower.run, args=(stop,))
        thread.start()
        try:
            wait_until(lambda: self.hub.ready)
            yield
        finally:
            stop.set()
            self.wake.set()
            thread.join(5)


class Server:
    """Serves an application on loopback; may go away and come back under the same address."""

    def __init__(self, app) -> None:
        self._app = app
        self.port = 0
        self._running: tuple[BaseWSGIServer, threading.Thread] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        server = make_server("127.0.0.1", self.port, self._answer, threaded=True, request_handler=QuietHandler)
        server.daemon_threads = True
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self._running = (server, thread)

    def _answer(self, environ, start_response) -> Iterator[bytes]:
        return _closed_at_last(self._app(environ, start_response))

    def stop(self) -> None:
        if self._running:
            server, thread = self._running
            self._running = None
            server.shutdown()
            thread.join(5)
            server.server_close()


def _closed_at_last(parts) -> Iterator[bytes]:
    """Also where the reader went before the end, whose answer Werkzeug's server may leave open."""
    with closing(parts):
        yield from parts


@contextmanager
def served(service: BoardService) -> Iterator[Server]:
    """The service followed and served; streams end with it."""
    server = Server(service.app)
    with service.following():
        server.start()
        try:
            yield server
        finally:
            service.hub.close("the test is over")
            wait_until(lambda: service.hub.open_streams == 0)
            server.stop()
