"""The composition root: the one place that chooses implementations and connects them into a service."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from flask import Flask

from peoplecount.administering import administration_of
from peoplecount.alerting import Alerting
from peoplecount.camera_administration import camera_pages
from peoplecount.coordinating import Coordinating
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.log import LogError
from peoplecount.following import Following
from peoplecount.history_pages import history_pages
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
from peoplecount.pollers import Pollers
from peoplecount.publishing import Publishing, mqtt_desk
from peoplecount.readiness import Readiness
from peoplecount.runtime import Runtime, this_runtime
from peoplecount.self_watch import SelfWatch
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.counts import Counts
from peoplecount.services.door_audit import DoorAudit
from peoplecount.services.leadership import Leadership
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.missed_counts import MissedCounts
from peoplecount.services.poll_orders import PollOrders
from peoplecount.services.polling_session import PollingSession
from peoplecount.services.polling_watch import PollingWatch
from peoplecount.services.request_rates import RequestRates
from peoplecount.services.usual_days import UsualDays
from peoplecount.services.worker_threads import Worker, WorkerThreads
from peoplecount.settings import Settings
from peoplecount.sharing import Sharing
from peoplecount.storage.history import History
from peoplecount.storage.record_pages import RecordPages
from peoplecount.streaming import Streaming
from peoplecount.watching import fleet_desk
from peoplecount.web.app import compile_templates, create_app
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.context import WebContext
from peoplecount.webhooks import machine_webhooks, subscriptions, webhook_cursors

COPY_SECONDS = 5.0
"""How often processes that do not read the list of cameras look whether the one that does has a new roster.

Where several machines share the cameras, whoever hands sites over may know of a change earlier than whoever takes them.
So long nobody polls those."""

LONGEST_JOIN = 2.0
"""Seconds. The last append is made well before; what hangs longer is a database."""


class Service:
    """Everything one process consists of, connected. ``start`` begins, ``stop`` ends; both may come twice."""

    def __init__(self, settings: Settings, runtime: Runtime | None = None) -> None:
        self._settings = settings
        self._runtime = runtime or this_runtime()
        self._installation = installation = Installation.of(settings, self._runtime)
        self._folder = installation.folder
        self._history = History(installation.database.hurried())
        self._sharing = Sharing(installation)
        self._following = following = Following(installation, self._history, judges=self._sharing.polled_here)
        self._addresses = ClientAddresses(settings.trusted_proxies)
        # A thread of its own looks at passwords, one at a time: each takes a while, and much memory.
        self._accounts = accounts_in(self._folder, self._runtime.offload, self._runtime.database_thread())
        self._people = known_people(self._accounts, self._addresses, settings)
        self._streaming = Streaming(installation, following.hub, self._people.of_holders)
        self._history_pages = history_pages(installation, following.snapshots)
        self._audit = DoorAudit(
            self._history,
            sites=lambda: installation.rosters.current().sites,
            names=following.board.line_names,
            clock=installation.clock,
            offload=self._runtime.offload,
        )
        self._alerting = Alerting(
            installation, board=following.board, history=self._history_pages.desk, audits=self._audit
        )
        self._publishing = Publishing(installation, following.known)
        self._webhook_cursors = webhook_cursors(installation)
        self._pollers = Pollers(installation)
        self._wake_writer = threading.Event()
        self._leading = Leading(
            installation,
            self._sharing,
            self._pollers,
            appended=self._wake_readers,
            wake_writer=self._wake_writer,
            more_workers=self._coordinating_workers,
            followers=self._followers,
        )
        self._leadership = Leadership(
            self._sharing.lock, self._leading.begin, installation.clock, has_other_part=self._sharing.has_other_part
        )
        self._polling_watch = PollingWatch(
            following.board,
            installation.clock,
            intervals=installation.intervals,
            leads=self._leadership.leads,
            leaderless_for=self._leadership.leaderless_for,
            elsewhere=self._sharing.elsewhere,
        )
        self._readiness = Readiness(
            installation,
            following,
            self._sharing,
            self._leadership,
            self._leading,
            self._publishing,
            self._polling_watch,
        )
        self._self_watch = SelfWatch(
            installation,
            hub=following.hub,
            streaming=self._streaming,
            taken_up=lambda: following.board.head,
            poll_durations=self._pollers.durations,
            leads=self._leadership.leads,
            reached=self._reached,
            missed=self._leading.missed,
            letters=self._alerting.letters,
            publishes=lambda: self._publishing.is_connected() if self._leading.coordinates else None,
            sharing=self._sharing.figures,
            troubles=self._readiness.troubles,
        )
        self._threads = WorkerThreads(tireless=True)
        self.app: Flask = create_app(self._web_context())
        self.app.extensions["peoplecount"] = self

    def start(self) -> None:
        """Open what is kept and begin to follow, to poll and to serve. Raises what the data folder raises."""
        if self._threads.are_started:
            return
        compile_templates(self.app)
        self._folder.open()
        self.app.secret_key = self._accounts.signing_key()
        self._installation.rosters.load_copy()
        self._threads.start(self._workers())

    def welcome_first_administrator(self, start: str) -> None:
        """Show the way in where there is no administrator yet; ``start`` is the same in all workers of one."""
        welcome_first_administrator(self._accounts, self._settings, start)

    @property
    def session(self) -> PollingSession | None:
        """What this process does while it leads; ``None`` where it never did."""
        return self._leading.session

    def stop(self) -> None:
        """End streams first, then polling, then let go of everything."""
        if self._threads.stopping.is_set():
            return
        self._streaming.stop("the service is stopping")
        self._threads.stop()
        self._following.wake()
        self._threads.join(LONGEST_JOIN)
        self._streaming.close()
        self._folder.close()
        # A database that hangs must not hold the end up.
        farewell = threading.Thread(target=self._installation.disconnect, name="disconnect", daemon=True)
        farewell.start()
        farewell.join(timeout=1)

    def _workers(self) -> dict[str, Worker]:
        """What runs for as long as the process does, by name."""
        settings = self._settings
        workers = {
            **self._following.workers(),
            "history-pages": self._history_pages.keep_ready,
            "roster-copy": self._follow_copy,
            **self._self_watch.workers(),
            **self._streaming.workers(),
        }
        if settings.polling:
            workers["leadership"] = self._leadership.run
        if settings.redis_url is not None:
            workers["webhooks"] = machine_webhooks(self._installation).run
        if settings.clock_url:
            workers["played-clock"] = partial(self._installation.clock.follow, settings.clock_url)
        return workers

    def _coordinating_workers(self, coordinating: Coordinating, keeper: CountKeeper) -> dict[str, Worker]:
        """What runs besides in the one process that coordinates."""
        database = self._installation.database
        return {
            **self._alerting.workers(keeper.report, lambda: database.outage, coordinating.writer_state),
            **self._publishing.workers(),
        }

    def _web_context(self) -> WebContext:
        settings, installation, following = self._settings, self._installation, self._following
        offload, clock = self._runtime.offload, installation.clock
        backlog = LogBacklog(self._folder.log, offload)
        return WebContext(
            hub=following.hub,
            board=following.board,
            backlog=backlog,
            snapshots=following.snapshots,
            clock=clock,
            chart=following.chart,
            usual=UsualDays(self._history, installation.sites, clock),
            counts=Counts(
                self._history,
                lambda: following.snapshots().fields,
                clock,
                backlog.appended_at,
                self._history_pages.owed,
            ),
            audit=self._audit,
            history=self._history_pages.desk,
            alerts=self._alerting.desk,
            reports=self._alerting.reports,
            fleet=fleet_desk(installation, following),
            status=self._readiness.status,
            requests=self._self_watch.requests,
            workers=self._self_watch.notes,
            access_log=settings.access_log,
            database=installation.database.figures,
            demo=settings.demo,
            records=MissedCounts(RecordPages(installation.database.hurried()), self._history),
            streams=self._streaming.streams,
            stream_life=settings.stream_life,
            addresses=self._addresses,
            access=self._people,
            accounts=self._accounts,
            outside=outside_sign_in(self._accounts, self._addresses, settings, installation.audit_log()),
            administration=administration_of(installation, self._accounts, partial(welcome_link, settings)),
            cameras=camera_pages(installation, self._pollers.access, following.snapshots, self._accounts),
            webhooks=subscriptions(settings, self._folder, offload),
            mqtt=mqtt_desk(installation, self._self_watch.notes),
            public_url=settings.public_url,
            rates=RequestRates(
                settings.api_requests, clock.monotonic, self._folder.store, workers=settings.workers, offload=offload
            ),
            poll_camera=PollOrders(self._folder.store, offload).order,
            tickets=self._streaming.tickets,
            close_streams=self._streaming.closing.order,
            hsts_max_age=settings.hsts_max_age,
            allowed_origins=settings.allowed_origins,
            trusted_hosts=trusted_hosts(settings),
        )

    def _reached(self) -> Mapping[str, EventId | None]:
        """How far the consumers have come that work in one process; nothing where that is another one."""
        if not self._leading.coordinates:
            return {}
        return {**self._leading.reached(), **self._alerting.reached(), **self._publishing.reached()}

    def _followers(self) -> Mapping[str, EventId | None]:
        """How far those have come that follow the log beside those that ``Leading`` makes, at all machines."""
        return {**self._alerting.reached(), **self._publishing.reached(), **self._webhook_cursors.all()}

    def _wake_readers(self) -> None:
        self._following.wake()
        self._wake_writer.set()

    def _follow_copy(self, stop: threading.Event) -> None:
        while not stop.wait(COPY_SECONDS):
            self._polling_watch.look()
            if not (self._leadership.leads() and self._sharing.share().coordinates):
                with suppress(LogError):  # whoever follows the log says so
                    self._runtime.offload(self._installation.rosters.load_copy)


def build(settings: Settings) -> Service:
    """The service on these settings; nothing runs and nothing is opened before ``start``."""
    return Service(settings)
