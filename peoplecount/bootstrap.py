"""The composition root: the one place that chooses implementations and connects them into a service."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask

from peoplecount.administering import administration_of
from peoplecount.alerting import Alerting
from peoplecount.attachment import Attachment, attached_database
from peoplecount.camera_administration import camera_pages
from peoplecount.configuration import audit_log_in, database, default_site
from peoplecount.data_home import data_home
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event_id import EventId
from peoplecount.domain.roster import Roster
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogError
from peoplecount.history_pages import history_desk
from peoplecount.installation import Installation
from peoplecount.leading import Leading
from peoplecount.people import (
    accounts_in,
    known_people,
    outside_sign_in,
    trusted_hosts,
    welcome_first_administrator,
    welcome_link,
)
from peoplecount.publishing import Publishing, mqtt_desk
from peoplecount.runtime import Runtime, this_runtime
from peoplecount.self_watch import SelfWatch
from peoplecount.services.board_clocks import own_clock_fields
from peoplecount.services.counts import Counts
from peoplecount.services.database_trouble import camera_list_trouble, trouble_of
from peoplecount.services.door_audit import DoorAudit
from peoplecount.services.leadership import Leadership
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.log_follower import LogFollower
from peoplecount.services.missed_counts import MissedCounts
from peoplecount.services.played_clock import PlayedClock, fetch_played_time
from peoplecount.services.poll_orders import PollOrders
from peoplecount.services.polling_session import PollingSession
from peoplecount.services.polling_watch import PollingWatch
from peoplecount.services.request_rates import RequestRates
from peoplecount.services.roster_keeper import RosterKeeper
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.today_chart import TodayChart
from peoplecount.services.usual_days import UsualDays
from peoplecount.settings import Settings
from peoplecount.sharing import Sharing
from peoplecount.storage.history import History
from peoplecount.storage.record_pages import RecordPages
from peoplecount.stream.hub import Hub
from peoplecount.streaming import Streaming
from peoplecount.watching import fleet_desk
from peoplecount.web.app import compile_templates, create_app
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.context import WebContext
from peoplecount.webhooks import machine_webhooks, subscriptions

logger = logging.getLogger(__name__)

COPY_SECONDS = 5.0
"""How often processes that do not read the list of cameras look whether the one that does has a new roster.

Where several machines share the cameras, whoever hands sites over may know of a change earlier than whoever takes them.
So long nobody polls those."""

RETRY_SECONDS = 5.0

LONGEST_JOIN = 2.0
"""Seconds. The last append is made well before; what hangs longer is a database."""


class Service:
    """Everything one process consists of, connected. ``start`` begins, ``stop`` ends; both may come twice."""

    def __init__(self, settings: Settings, runtime: Runtime | None = None) -> None:
        self._settings = settings
        self._runtime = runtime or this_runtime()
        self._clock = PlayedClock(fetch_played_time(settings.clock_url) if settings.clock_url else REAL_TIME)
        self._folder = data_home(settings, self._runtime.offload, self._runtime.native)
        self._database = database(settings, self._folder, self._runtime)
        self._theirs = attached_database(settings, self._folder, self._database, self._runtime)
        self._attachment = Attachment(settings, self._database, self._theirs, self._clock, self._runtime)
        self._rosters = RosterKeeper(
            self._read_roster,
            self._folder.store,
            self._folder.sealer,
            default_site(settings),
            self._runtime.offload,
            holds_on=settings.cameras_are_theirs,
        )
        self._installation = Installation(
            settings, self._folder, self._runtime, self._clock, self._database, self._attachment, self._rosters
        )
        self._history = History(self._database.hurried())
        self._hub = Hub()
        self._addresses = ClientAddresses(settings.trusted_proxies)
        # A thread of its own looks at passwords, one at a time: each takes a while, and much memory.
        self._accounts = accounts_in(self._folder, self._runtime.offload, self._runtime.database_thread())
        self._people = known_people(self._accounts, self._addresses, settings)
        self._streaming = Streaming(settings, self._folder, self._runtime, self._hub, self._people.of_holders)
        self._board = LiveBoard(self._sites, self._intervals, self._clock.speed)
        self._snapshots = Snapshots(self._board, self._clock)
        self._chart = TodayChart(self._history, self._board, self._clock)
        self._wake_follower = threading.Event()
        self._follower = LogFollower(
            self._folder.log,
            self._board,
            self._hub,
            self._snapshots,
            offload=self._runtime.offload,
            clock=self._clock,
            wake=self._wake_follower,
        )
        self._wake_writer = threading.Event()
        self._history_desk = history_desk(
            self._settings,
            self._folder,
            self._runtime,
            database=self._database.hurried(),
            rosters=self._rosters,
            snapshots=self._snapshots,
            clock=self._clock,
        )
        self._audit = DoorAudit(
            self._history,
            sites=lambda: self._rosters.current().sites,
            names=self._board.line_names,
            clock=self._clock,
            offload=self._runtime.offload,
        )
        self._alerting = Alerting(
            settings,
            self._folder,
            self._runtime,
            board=self._board,
            rosters=self._rosters,
            history=self._history_desk,
            audits=self._audit,
            clock=self._clock,
            log=audit_log_in(self._folder, self._runtime.offload),
        )
        self._publishing = Publishing(settings, self._folder, self._runtime.offload, self._known_board)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._sharing = Sharing(settings, self._folder, self._runtime, rosters=self._rosters, clock=self._clock)
        self._leading = Leading(
            self._installation,
            self._sharing,
            appended=self._wake_readers,
            wake_writer=self._wake_writer,
            more_workers=lambda coordinating, keeper: {
                **self._alerting.workers(keeper.report, lambda: self._database.outage, coordinating.writer_state),
                **self._publishing.workers(),
            },
        )
        self._leadership = Leadership(
            self._sharing.lock, self._leading.begin, self._clock, has_other_part=self._sharing.has_other_part
        )
        self._polling_watch = PollingWatch(
            self._board,
            self._clock,
            intervals=self._intervals,
            leads=lambda: self._leadership.session is not None,
            leaderless_for=self._leadership.leaderless_for,
        )
        self._self_watch = SelfWatch(
            settings,
            self._folder,
            self._runtime,
            hub=self._hub,
            streaming=self._streaming,
            taken_up=lambda: self._board.head,
            database=self._database,
            poll_durations=self._leading.poll_durations,
            leads=lambda: self._leadership.session is not None,
            reached=self._reached,
            letters=self._alerting.letters,
            publishes=lambda: self._publishing.is_connected() if self._leading.coordinates else None,
            troubles=self._troubles,
        )
        self.app: Flask = create_app(self._web_context())
        self.app.extensions["peoplecount"] = self

    def start(self) -> None:
        """Open what is kept and begin to follow, to poll and to serve. Raises what the data folder raises."""
        if self._threads:
            return
        compile_templates(self.app)
        self._folder.open()
        self.app.secret_key = self._accounts.signing_key()
        self._rosters.load_copy()
        self._spawn("log-follower", lambda: self._follower.run(self._stop))
        if self._settings.polling:
            self._spawn("leadership", lambda: self._leadership.run(self._stop))
        if self._settings.redis_url is not None:
            own = machine_webhooks(self._settings, self._folder, self._runtime.offload)
            self._spawn("webhooks", lambda: own.run(self._stop))
        self._spawn("roster-copy", self._follow_copy)
        self._spawn("today-chart", lambda: self._chart.keep_ready(self._stop))
        for name, work in self._self_watch.workers().items():
            self._spawn(name, partial(work, self._stop))
        self._spawn("stream-sweep", lambda: self._streaming.sweep(self._stop))
        self._spawn("stream-closing", lambda: self._streaming.closing.run(self._stop))
        self._spawn("stream-holders", lambda: self._streaming.holders.run(self._stop))
        if self._settings.clock_url:
            self._spawn("played-clock", lambda: self._clock.follow(self._settings.clock_url, self._stop))

    def welcome_first_administrator(self, start: str) -> None:
        """Show the way in where there is no administrator yet; ``start`` is the same in all workers of one."""
        welcome_first_administrator(self._accounts, self._settings, start)

    @property
    def session(self) -> PollingSession | None:
        """What this process does while it leads; ``None`` where it never did."""
        return self._leading.session

    def stop(self) -> None:
        """End streams first, then polling, then let go of everything."""
        if self._stop.is_set():
            return
        self._streaming.stop("the service is stopping")
        self._stop.set()
        self._wake_follower.set()
        for thread in self._threads:
            thread.join(timeout=LONGEST_JOIN)
        self._streaming.close()
        self._folder.close()
        # A database that hangs must not hold the end up.
        farewell = threading.Thread(target=self._disconnect, name="disconnect", daemon=True)
        farewell.start()
        farewell.join(timeout=1)

    def _known_board(self) -> Mapping[str, Any] | None:
        """How everything stands; ``None`` until the log has been read."""
        return self._snapshots().fields if self._board.head.epoch else None

    def _disconnect(self) -> None:
        self._database.disconnect()
        if self._theirs is not self._database:
            self._theirs.disconnect()

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
        backlog = LogBacklog(self._folder.log, self._runtime.offload)
        return WebContext(
            hub=self._hub,
            board=self._board,
            backlog=backlog,
            snapshots=self._snapshots,
            clock=self._clock,
            chart=self._chart,
            usual=UsualDays(self._history, self._sites, self._clock),
            counts=Counts(self._history, lambda: self._snapshots().fields, self._clock, backlog.appended_at),
            audit=self._audit,
            history=self._history_desk,
            alerts=self._alerting.desk,
            reports=self._alerting.reports,
            fleet=fleet_desk(
                self._settings,
                self._folder,
                self._runtime,
                database=self._database.hurried(),
                rosters=self._rosters,
                board=self._board,
                snapshots=self._snapshots,
                clock=self._clock,
            ),
            status=self._status,
            requests=self._self_watch.requests,
            workers=self._self_watch.notes,
            access_log=self._settings.access_log,
            database=self._database.figures,
            demo=self._settings.demo,
            records=MissedCounts(RecordPages(self._database.hurried()), self._history),
            streams=self._streaming.streams,
            stream_life=self._settings.stream_life,
            addresses=self._addresses,
            access=self._people,
            accounts=self._accounts,
            outside=outside_sign_in(
                self._accounts,
                self._addresses,
                self._settings,
                audit_log_in(self._folder, self._runtime.offload),
            ),
            administration=administration_of(
                self._settings,
                self._folder,
                self._runtime.offload,
                database=self._database.hurried(),
                roster=self._rosters.current,
                clock=self._clock,
                accounts=self._accounts,
                link_of=partial(welcome_link, self._settings),
            ),
            cameras=camera_pages(
                self._settings,
                self._folder,
                self._runtime.offload,
                own=self._database.hurried(),
                theirs=self._theirs.hurried(),
                access=self._leading.camera_access,
                clock=self._clock,
                snapshots=self._snapshots,
                accounts=self._accounts,
            ),
            webhooks=subscriptions(self._settings, self._folder, self._runtime.offload),
            mqtt=mqtt_desk(self._settings, self._folder, self._self_watch.notes, self._runtime.offload),
            public_url=self._settings.public_url,
            rates=RequestRates(
                self._settings.api_requests,
                self._clock.monotonic,
                self._folder.store,
                workers=self._settings.workers,
                offload=self._runtime.offload,
            ),
            poll_camera=PollOrders(self._folder.store, self._runtime.offload).order,
            tickets=self._streaming.tickets,
            close_streams=self._streaming.closing.order,
            allowed_origins=self._settings.allowed_origins,
            trusted_hosts=trusted_hosts(self._settings),
        )

    def _reached(self) -> Mapping[str, EventId | None]:
        """How far the consumers have come that work in one process; nothing where that is another one."""
        if not self._leading.coordinates:
            return {}
        return {**self._leading.reached(), **self._alerting.reached(), **self._publishing.reached()}

    def _wake_readers(self) -> None:
        self._wake_follower.set()
        self._wake_writer.set()

    def _read_roster(self) -> Roster:
        self._theirs.refresh_cameras()
        return self._theirs.cameras()

    def _follow_copy(self) -> None:
        while not self._stop.wait(COPY_SECONDS):
            self._polling_watch.look()
            if self._leadership.session is None or not self._sharing.share().coordinates:
                with suppress(LogError):  # whoever follows the log says so
                    self._runtime.offload(self._rosters.load_copy)

    def _sites(self) -> list[Site]:
        return list(self._rosters.current().sites.values())

    def _intervals(self) -> dict[str, float]:
        return {key: camera.poll_interval for key, camera in self._rosters.current().cameras.items()}

    def _status(self) -> Mapping[str, Any]:
        """What ``/health/ready`` says of this process. Only the one that polls knows how polling and writing go."""
        leads = self._leadership.session is not None
        status: dict[str, Any] = {
            "cameras": self._board.camera_states(),
            "clock": own_clock_fields(self._board.own_clock()),
            "database": {"circuit": self._database.circuit_state},
            "polls": leads,
        }
        in_database = trouble_of(self._database.outage, self._leading.writer_state() if leads else None)
        in_list = camera_list_trouble(self._theirs.camera_faults)
        degraded = [*([in_database] if in_database else []), *in_list, *self._attachment.troubles(self._rosters)]
        degraded += self._publishing.troubles() if leads and self._leading.coordinates else []
        if degraded:
            status["degraded"] = degraded
        trouble = self._polling_watch.trouble()
        if self._follower.is_failing:
            trouble = say("the event log cannot be read, so nothing new is shown; see the service's own log")
        if trouble:
            status |= {"ready": False, "reason": trouble}
        if leads:
            leading = dict(self._leading.status())
            status["database"] |= leading.pop("database", {})
            status |= leading
        return status

    def _troubles(self) -> list[str]:
        """What does not work, in sentences; a reason for which nobody should be sent here, too."""
        status = self._status()
        return [*([status["reason"]] if "reason" in status else []), *status.get("degraded", ())]


def build(settings: Settings) -> Service:
    """The service on these settings; nothing runs and nothing is opened before ``start``."""
    return Service(settings)
