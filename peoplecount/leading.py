"""Leading: what the one process that polls consists of, besides what all of them do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from peoplecount.configuration import prepare_embedded
from peoplecount.coordinating import Coordinating, MoreWorkers
from peoplecount.domain.camera import Camera
from peoplecount.domain.event_id import EventId
from peoplecount.domain.roster import Roster
from peoplecount.domain.shards import Share
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.rewind import discover_rewind
from peoplecount.installation import Installation
from peoplecount.pollers import Pollers
from peoplecount.reconciliation import Reconciliation, kept_days
from peoplecount.runtime import PlannedTrigger
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.camera_watch import CameraWatch
from peoplecount.services.collector import Collector
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.fleet_notes import FleetNotes
from peoplecount.services.log_trimming import Cursors
from peoplecount.services.occupancy_desk import OccupancyDesk
from peoplecount.services.occupancy_teacher import OccupancyTeacher
from peoplecount.services.poll_orders import PollOrders
from peoplecount.services.poller import Poller
from peoplecount.services.polling_session import PollingSession
from peoplecount.services.reconciler import Reconciler
from peoplecount.services.shared_rosters import SharedRosters
from peoplecount.services.writer_state import WriterState
from peoplecount.settings.database import DatabaseKind
from peoplecount.sharing import Sharing
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.hand_count_table import HandCountTable
from peoplecount.storage.history import History
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.storage.site_hours import site_hours

logger = logging.getLogger(__name__)


class Leading:
    """Makes polling sessions, one for every time this process takes the lead."""

    def __init__(
        self,
        installation: Installation,
        sharing: Sharing,
        pollers: Pollers,
        *,
        appended: Callable[[], None],
        wake_writer: threading.Event,
        more_workers: MoreWorkers = lambda _coordinating, _keeper: {},
        followers: Callable[[], Cursors] = dict,
    ) -> None:
        """``appended`` is called after every append to the log; ``sharing`` tells what falls to this process.

        ``more_workers`` run beside those that are here in the one process that coordinates, and ``followers`` tells how
        far those have come that follow the log, here or at other machines.
        """
        self._installation = installation
        self._settings = installation.settings
        self._folder = installation.folder
        self._runtime = installation.runtime
        self._database = installation.database
        self._history = History(installation.database)
        self._rosters = installation.rosters
        self._clock = installation.clock
        self._sharing = sharing
        self._appended = appended
        self._wake_writer = wake_writer
        self._pollers = pollers
        self._more_workers = more_workers
        self._followers = followers
        self.session: PollingSession | None = None
        """The newest one."""

        self._coordinating: Coordinating | None = None
        self._reconciliation: Reconciliation | None = None

    def begin(self) -> PollingSession:
        """A polling session, for the process that has the lead."""
        offload, folder = self._runtime.offload, self._folder
        gate = self._schema_gate()
        share, term = self._sharing.take()
        if offload(discover_rewind, folder.log, folder.store, knows_epoch=share.coordinates):
            logger.warning("the event log is older than it was: it was put back or lost; a new epoch begins")
        rosters = SharedRosters(self._rosters, share, offload)
        appender = GroupCommit(folder.log, offload, self._clock.now)
        keeper = self._count_keeper(appender, rosters, term)
        health = CameraHealth()
        desk = self._occupancy_desk(keeper, share)
        desk_of_all = desk if share.is_all else self._occupancy_desk(keeper, Share())
        self._reconciliation = reconciliation = self._reconciliation_of(keeper, rosters)
        collector = self._collector(reconciliation, keeper, health, rosters)
        self._coordinating = coordinating = None  # what was done here before says nothing of now
        if share.coordinates:
            self._coordinating = coordinating = Coordinating(
                self._installation,
                self._sharing,
                gate,
                share=share,
                term=term,
                keeper=keeper,
                appender=appender,
                doubt_database=lambda: reconciliation.doubt_database(self._rosters.current().cameras),
                appended=self._appended,
                followers=self._followers,
            )
        self.session = PollingSession(
            log=folder.log,
            keep_mark=folder.store.save_mark,
            keeper=keeper,
            health=health,
            collector=collector,
            rosters=rosters,
            writer=coordinating.writer if coordinating else None,
            wake_writer=self._wake_writer,
            clock=self._clock,
            offload=offload,
            removals=self._sharing.removals(share, keeper, health, desk_of_all),
            workers={
                "fleet-notes": self._fleet_notes(collector, reconciliation.reconciler).run,
                "occupancy": desk.run,
                "poll-orders": PollOrders(folder.store, offload).worker(collector.poll_soon),
                **reconciliation.workers(),
                **(coordinating.workers(self._more_workers) if coordinating else {}),
            },
        )
        return self.session

    def _count_keeper(self, appender: GroupCommit, rosters: SharedRosters, term: int) -> CountKeeper:
        keeper = CountKeeper(
            self._folder.log,
            appender,
            term=term,
            roster=rosters.current,
            listed=lambda: self._rosters.current().cameras,
            offload=self._runtime.offload,
            appended=self._appended,
            keep_days=kept_days(self._settings.back_fill_days),
        )
        rosters.call_before_more(keeper.look_anew)
        return keeper

    def _collector(
        self, reconciliation: Reconciliation, keeper: CountKeeper, health: CameraHealth, rosters: SharedRosters
    ) -> Collector:
        watch = CameraWatch(self._folder.log, keeper.report, roster=rosters.current, offload=self._runtime.offload)

        def poller(camera: Camera, roster: Roster, period: float) -> Poller:
            client = reconciliation.polled(camera)
            return self._pollers.make(
                camera, client, roster, period, keeper=keeper, health=health, watch=watch, poll_soon=collector.poll_soon
            )

        collector = Collector(
            self._runtime.make_scheduler(),
            poller,
            make_trigger=PlannedTrigger,
            clock=self._clock,
            clock_of=watch.local_clock,
        )
        return collector

    def _fleet_notes(self, collector: Collector, reconciler: Reconciler) -> FleetNotes:
        """Keeps what other processes cannot know of polling, for the page of the fleet that any of them shows."""
        return FleetNotes(
            self._folder.store,
            figures=collector.figures,
            device=self._pollers.device,
            condition=self.condition,
            histories=reconciler.progress,
            listed=lambda: self._rosters.current().cameras,
            clock=self._clock,
            offload=self._runtime.offload,
        )

    def _schema_gate(self) -> SchemaGate:
        """The embedded tables are ours to make, at once; a server's are its administrator's."""

        def make() -> None:
            self._runtime.offload(prepare_embedded, self._settings)

        if self._settings.database.kind is not DatabaseKind.SQLITE:
            return SchemaGate(self._database)
        gate = SchemaGate(self._database, make=make)
        with suppress(DatabaseError):  # the writer waits at the gate then, and says what is wrong; nobody else does
            gate.demand()
        return gate

    def _occupancy_desk(self, keeper: CountKeeper, share: Share) -> OccupancyDesk:
        hand_counts = HandCountTable(self._database).since
        return OccupancyDesk(
            keeper,
            self._folder.log,
            OccupancyTeacher(
                lambda start, end: site_hours(self._database, start, end), hand_counts, self._runtime.offload
            ),
            sites=lambda: share.sites_of(self._rosters.current()),
            hand_counts=hand_counts,
            clock=self._clock,
            offload=self._runtime.offload,
        )

    def _reconciliation_of(self, keeper: CountKeeper, rosters: SharedRosters) -> Reconciliation:
        return Reconciliation(
            self._folder,
            keeper,
            self._history,
            self._pollers.client,
            roster=rosters.current,
            clock=self._clock,
            offload=self._runtime.offload,
            back_fill_days=self._settings.back_fill_days,
            on_log_error=self._note_log_error,
        )

    def _note_log_error(self, error: LogError) -> None:
        if self.session is not None:
            self.session.note_log_error(error)

    @property
    def coordinates(self) -> bool:
        """Whether what one process does for all cameras was last done here."""
        return self._coordinating is not None

    def writer_state(self) -> WriterState | None:
        """How writing goes, or went when this process last led; ``None`` where it never did."""
        return self._coordinating.writer_state() if self._coordinating else None

    def reached(self) -> dict[str, EventId | None]:
        """How far each consumer of the log has come that works where this process leads; ``None``: not known yet."""
        return self._coordinating.reached() if self._coordinating else {}

    def missed(self) -> Mapping[str, int]:
        """By consumer that lost its place in the log while this process trims it: how many events it missed."""
        return self._coordinating.missed() if self._coordinating else {}

    def status(self) -> Mapping[str, Any]:
        """What ``/health/ready`` says of polling and writing, by part."""
        if self.session is None:
            return {}
        polling = {"polling": self.session.polling_figures(), "history": self._history_status()}
        if not self._coordinating:
            return polling
        return {**polling, **self.condition(), **self._installation.attachment.status()}

    def condition(self) -> dict[str, Any]:
        """How polling, writing and the log go, in a few figures; empty where this process does not write."""
        session, coordinating = self.session, self._coordinating
        if session is None or coordinating is None:
            return {}
        return {
            "polling": session.polling_figures(),
            "log": coordinating.log_status(),
            "database": coordinating.database_status(),
        }

    def _history_status(self) -> Mapping[str, Any]:
        """How far asking cameras about their past has come, by camera."""
        reconciliation = self._reconciliation
        if reconciliation is None:
            return {}
        return {key: progress.figures() for key, progress in reconciliation.reconciler.progress().items()}
