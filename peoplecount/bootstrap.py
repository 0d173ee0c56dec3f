"""The composition root: the one place that chooses implementations and connects them into a service."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Flask

from peoplecount.camera_access import CameraAccess
from peoplecount.configuration import database, default_site, prepare_embedded
from peoplecount.domain.camera import Camera, CameraProtocol
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.interval import Step
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.rewind import discover_rewind
from peoplecount.reconciliation import Reconciliation, kept_days
from peoplecount.runtime import PlannedTrigger, Runtime, this_runtime
from peoplecount.services.board_clocks import own_clock_fields
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.camera_watch import CameraWatch
from peoplecount.services.collector import Collector
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.counts import Counts
from peoplecount.services.door_audit import DoorAudit
from peoplecount.services.event_watch import EventWatch
from peoplecount.services.leadership import Leadership
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.log_follower import LogFollower
from peoplecount.services.log_keeping import LogKeeping
from peoplecount.services.occupancy_desk import OccupancyDesk
from peoplecount.services.occupancy_teacher import OccupancyTeacher
from peoplecount.services.played_clock import PlayedClock, fetch_played_time
from peoplecount.services.polled_camera import PolledCamera
from peoplecount.services.poller import Poller
from peoplecount.services.polling_session import PollingSession
from peoplecount.services.projections import Projections
from peoplecount.services.record_retention import RecordRetention
from peoplecount.services.record_writer import RecordWriter
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.today_chart import TodayChart
from peoplecount.settings import Settings
from peoplecount.settings.database import DatabaseKind
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.history import History
from peoplecount.storage.site_hours import site_hours
from peoplecount.stream.hub import Hub
from peoplecount.web.app import create_app
from peoplecount.web.context import WebContext

logger = logging.getLogger(__name__)

COPY_SECONDS = 5.0
"""How often processes that do not poll look whether the one that does has a new roster."""

RETRY_SECONDS = 5.0

LONGEST_JOIN = 2.0
"""Seconds. The last append is made well before; what hangs longer is a database."""

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Service:
    """Everything one process consists of, connected. ``start`` begins, ``stop`` ends; both may come twice."""

    def __init__(self, settings: Settings, runtime: Runtime | None = None) -> None:
        self._settings = settings
        self._runtime = runtime or this_runtime()
        self._clock = PlayedClock(fetch_played_time(settings.clock_url) if settings.clock_url else REAL_TIME)
        self._folder = DataFolder.at(settings.data_dir)
        self._database = database(settings, self._folder, self._runtime)
        self._rosters = RosterKeeper(
            self._read_roster,
            self._folder.store,
            self._folder.sealer,
            default_site(settings),
            self._runtime.offload,
        )
        self._history = History(self._database)
        self._camera_access = CameraAccess(settings, self._folder.store, self._runtime)
        self._hub = Hub()
        self._board = LiveBoard(self._sites, self._intervals, self._clock.speed)
        self._snapshots = Snapshots(self._board, self._clock)
        self._wake_follower = threading.Event()
        self._wake_writer = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._leadership = Leadership(self._folder.leader_lock, self._begin)
        self._session: PollingSession | None = None
        self._writer: RecordWriter | None = None
        self._log_keeping: LogKeeping | None = None
        self._reconciliation: Reconciliation | None = None
        self.app: Flask = create_app(self._web_context())
        self.app.extensions["peoplecount"] = self

    def start(self) -> None:
        """Open what is kept and begin to follow, to poll and to serve. Raises what the data folder raises."""
        if self._threads:
            return
        self._folder.open()
        self._rosters.load_copy()
        follower = LogFollower(
            self._folder.log,
            self._board,
            self._hub,
            self._snapshots,
            offload=self._runtime.offload,
            clock=self._clock,
            wake=self._wake_follower,
        )
        self._spawn("log-follower", lambda: follower.run(self._stop))
        self._spawn("leadership", lambda: self._leadership.run(self._stop))
        self._spawn("roster-copy", self._follow_copy)
        if self._settings.clock_url:
            self._spawn("played-clock", lambda: self._clock.follow(self._settings.clock_url, self._stop))

    def stop(self) -> None:
        """End streams first, then polling, then let go of everything."""
        if self._stop.is_set():
            return
        self._hub.close("the service is stopping")
        self._stop.set()
        self._wake_follower.set()
        for thread in self._threads:
            thread.join(timeout=LONGEST_JOIN)
        self._folder.close()
        # A database that hangs must not hold the end up.
        farewell = threading.Thread(target=self._database.disconnect, name="disconnect", daemon=True)
        farewell.start()
        farewell.join(timeout=1)

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=lambda: self._keep_up(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_up(self, name: str, work: Callable[[], None]) -> None:
        """Do the work to its end; should it fail for an unforeseen reason, say so and do it again."""
        while not self._stop.is_set():
            try:
                work()
            except Exception:
                logger.exception("%s failed for an unforeseen reason and goes on in %g s", name, RETRY_SECONDS)
                self._stop.wait(RETRY_SECONDS)

    def _web_context(self) -> WebContext:
        return WebContext(
            hub=self._hub,
            board=self._board,
            backlog=LogBacklog(self._folder.log, self._runtime.offload),
            snapshots=self._snapshots,
            clock=self._clock,
            chart=TodayChart(self._history, self._board, self._clock),
            counts=Counts(self._history, lambda: self._snapshots().fields, self._clock),
            audit=DoorAudit(
                self._history,
                sites=lambda: self._rosters.current().sites,
                names=self._board.line_names,
                clock=self._clock,
                offload=self._runtime.offload,
            ),
            status=self._status,
            demo=self._settings.demo,
            trusted_hosts=self._settings.trusted_hosts or LOOPBACK_NAMES,
        )

    def _begin(self) -> PollingSession:
        """A polling session, for the process that has the lead."""
        offload, folder = self._runtime.offload, self._folder
        if self._settings.database.kind is DatabaseKind.SQLITE:
            self._runtime.offload_database(prepare_embedded, self._settings)
        term = offload(folder.log.raise_term)
        if offload(discover_rewind, folder.log, folder.store):
            logger.warning("the event log is older than it was: it was put back or lost; a new epoch begins")
        appender = GroupCommit(folder.log, offload, self._clock.now)
        keeper = CountKeeper(
            folder.log,
            appender,
            term=term,
            roster=self._rosters.current,
            offload=offload,
            appended=self._wake_readers,
            keep_days=kept_days(self._settings.back_fill_days),
        )
        health = CameraHealth()
        watch = CameraWatch(folder.log, keeper.report, roster=self._rosters.current, offload=offload)
        desk = self._occupancy_desk(keeper)
        projections = Projections(
            folder.log,
            appender,
            term=term,
            roster=self._rosters.current,
            coverage=keeper.coverage,
            steps=map(Step, self._settings.intervals),
            clock=self._clock,
            offload=offload,
            appended=self._wake_readers,
        )
        self._writer = RecordWriter(folder.log, self._database, offload=offload)
        self._log_keeping = self._log_keeping_of(self._writer, term)
        self._reconciliation = reconciliation = self._reconciliation_of(keeper)
        collector = Collector(
            self._runtime.make_scheduler(),
            lambda camera, roster, period: self._poller(
                camera, reconciliation.polled(camera), roster, period, keeper, health, watch, collector.poll_soon
            ),
            make_trigger=PlannedTrigger,
            clock=self._clock,
            clock_of=watch.local_clock,
        )
        self._session = PollingSession(
            log=folder.log,
            keep_mark=folder.store.save_mark,
            keeper=keeper,
            health=health,
            collector=collector,
            rosters=self._rosters,
            writer=self._writer,
            wake_writer=self._wake_writer,
            clock=self._clock,
            offload=offload,
            remove=desk.remove,
            workers={
                "log-keeping": self._log_keeping.run,
                "occupancy": desk.run,
                "projections": projections.run,
                "retention": self._retention(self._writer).run,
                **reconciliation.workers(),
            },
        )
        return self._session

    def _log_keeping_of(self, writer: RecordWriter, term: int) -> LogKeeping:
        return LogKeeping(
            self._folder.log,
            term=term,
            written_up_to=writer.written_up_to,
            keep=timedelta(days=self._settings.log_keep_days),
            budget=self._settings.log_disk_budget,
            clock=self._clock,
            offload=self._runtime.offload,
        )

    def _retention(self, writer: RecordWriter) -> RecordRetention:
        keep = timedelta(days=self._settings.records_keep_days)
        return RecordRetention(self._database, keep, self._clock, is_busy=lambda: writer.state.progress is not None)

    def _occupancy_desk(self, keeper: CountKeeper) -> OccupancyDesk:
        hand_counts = HandCountTable(self._database).since
        return OccupancyDesk(
            keeper,
            self._folder.log,
            OccupancyTeacher(
                lambda start, end: site_hours(self._database, start, end), hand_counts, self._runtime.offload
            ),
            sites=lambda: self._rosters.current().sites,
            hand_counts=hand_counts,
            clock=self._clock,
            offload=self._runtime.offload,
        )

    def _reconciliation_of(self, keeper: CountKeeper) -> Reconciliation:
        return Reconciliation(
            self._folder,
            keeper,
            self._history,
            lambda camera: self._camera_access.client(camera, self._clock),
            roster=self._rosters.current,
            clock=self._clock,
            offload=self._runtime.offload,
            back_fill_days=self._settings.back_fill_days,
            on_log_error=self._note_log_error,
        )

    def _note_log_error(self, error: LogError) -> None:
        if self._session is not None:
            self._session.note_log_error(error)

    def _poller(
        self,
        camera: Camera,
        client: PolledCamera,
        roster: Roster,
        period: float,
        keeper: CountKeeper,
        health: CameraHealth,
        watch: CameraWatch,
        poll_soon: Callable[[str], None],
    ) -> Poller:
        return Poller(
            camera,
            client,
            keeper=keeper,
            health=health,
            roster=roster,
            clock=self._clock,
            period=period,
            watch=watch.take,
            companion=self._event_watch(camera, client, poll_soon) if self._settings.event_streams else None,
        )

    def _event_watch(self, camera: Camera, client: PolledCamera, poll_soon: Callable[[str], None]) -> EventWatch:
        """Of a camera that is read itself: recorders pass on no streams (SUNAPI Bypass manual 2.6.3)."""
        return EventWatch(
            camera.camera_id,
            self._camera_access.event_stream(camera),
            wanted=lambda: client.protocol is CameraProtocol.WISEAI and camera.nvr_channel is None,
            poll_soon=lambda: poll_soon(camera.camera_id),
            clock=self._clock,
        )

    def _wake_readers(self) -> None:
        self._wake_follower.set()
        self._wake_writer.set()

    def _read_roster(self) -> Roster:
        self._database.refresh_cameras()
        return self._database.cameras()

    def _follow_copy(self) -> None:
        while not self._stop.wait(COPY_SECONDS):
            if self._leadership.session is None:
                self._runtime.offload(self._rosters.load_copy)

    def _sites(self) -> list[Site]:
        return list(self._rosters.current().sites.values())

    def _intervals(self) -> dict[str, float]:
        return {key: camera.poll_interval for key, camera in self._rosters.current().cameras.items()}

    def _status(self) -> Mapping[str, Any]:
        """What ``/health/ready`` says of this process. Only the one that polls knows how polling and writing go."""
        status: dict[str, Any] = {
            "cameras": self._board.camera_states(),
            "clock": own_clock_fields(self._board.own_clock()),
            "database": {"circuit": self._database.circuit_state},
            "polls": self._leadership.session is not None,
        }
        session, writer = self._session, self._writer
        if self._leadership.session is not None and session is not None and writer is not None:
            status["polling"] = session.polling_figures()
            status["history"] = self._history_status()
            status["log"] = self._log_status()
            state = writer.state
            # What exactly is wrong may name servers and logins: that is for the log.
            status["database"] |= {"writes": not state.error, **state.figures()}
        return status

    def _log_status(self) -> Mapping[str, Any]:
        """How large the event log is, and what is wrong with that."""
        state = self._log_keeping.state if self._log_keeping else None
        return state.figures() if state else {}

    def _history_status(self) -> Mapping[str, Any]:
        """How far asking cameras about their past has come, by camera."""
        reconciliation = self._reconciliation
        if reconciliation is None:
            return {}
        return {key: progress.figures() for key, progress in reconciliation.reconciler.progress().items()}


def build(settings: Settings) -> Service:
    """The service on these settings; nothing runs and nothing is opened before ``start``."""
    return Service(settings)
