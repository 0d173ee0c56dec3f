"""Coordinating: what one process does for all cameras, whoever polls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Step
from peoplecount.domain.shards import Share
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.history_pages import sums_keeper
from peoplecount.installation import Installation
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.log_keeping import LogKeeping
from peoplecount.services.log_trimming import Cursors
from peoplecount.services.projections import Projections
from peoplecount.services.record_retention import RecordRetention
from peoplecount.services.record_writer import RecordWriter
from peoplecount.services.removed_cameras import RemovedCameras
from peoplecount.services.worker_threads import Worker
from peoplecount.services.writer_state import WriterState
from peoplecount.sharing import Coverage, Sharing
from peoplecount.storage.schema_gate import SchemaGate
from peoplecount.webhooks import webhook_sender

MoreWorkers = Callable[["Coordinating", CountKeeper], Mapping[str, Worker]]


class Coordinating:
    """Writes records, closes intervals, trims the log and sends webhooks, in one session."""

    def __init__(
        self,
        installation: Installation,
        sharing: Sharing,
        gate: SchemaGate,
        *,
        share: Share,
        term: int,
        keeper: CountKeeper,
        appender: GroupCommit,
        doubt_database: Callable[[], None],
        appended: Callable[[], None],
        followers: Callable[[], Cursors],
    ) -> None:
        """``term`` is that of the session, and ``share`` what else falls to it.

        ``followers`` tells how far those have come that follow the log and are not made here.
        ``doubt_database`` is called where the log does not reach back to what the database has.
        """
        self._installation = installation
        self._keeper = keeper
        self._term = term
        self._projections = self._projections_of(appender, sharing.coverage(share, keeper), appended)
        self.writer = RecordWriter(
            installation.folder.log,
            installation.database,
            offload=installation.runtime.offload,
            on_gap=doubt_database,
            grain=installation.settings.records_interval,
            demand_tables=gate.demand,
        )
        self._log_keeping = self._log_keeping_of(self.writer, followers)

    def workers(self, more: MoreWorkers) -> Mapping[str, Worker]:
        """What runs, and ``more`` beside it."""
        registros = self._installation.attachment.writer(self._installation.folder.log)
        return {
            "history-sums": sums_keeper(self._installation).run,
            "log-keeping": self._log_keeping.run,
            "projections": self._projections.run,
            "removed-cameras": self._removed_cameras().run,
            "retention": self._retention().run,
            **({"registros": registros.run} if registros else {}),
            **self._webhooks(),
            **more(self, self._keeper),
        }

    def writer_state(self) -> WriterState:
        """How writing goes, or went when this session ended."""
        return self.writer.state

    def reached(self) -> dict[str, EventId | None]:
        """How far each consumer of the log has come that works here; ``None``: not known yet."""
        return {
            "database": self.writer.state.cursor,
            "projections": self._projections.reached,
            **self._installation.attachment.reached(),
        }

    def log_status(self) -> Mapping[str, Any]:
        """How large the event log is, and what is wrong with that."""
        state = self._log_keeping.state
        return state.figures() if state else {}

    def missed(self) -> Mapping[str, int]:
        """By consumer that lost its place in the log: how many events it missed."""
        state = self._log_keeping.state
        return state.missed if state else {}

    def database_status(self) -> dict[str, Any]:
        """How writing goes, in figures. What exactly is wrong may name servers and logins: that is for the log."""
        return {"writes": not self.writer.state.error, **self.writer.state.figures()}

    def _projections_of(self, appender: GroupCommit, coverage: Coverage, appended: Callable[[], None]) -> Projections:
        installation = self._installation
        return Projections(
            installation.folder.log,
            appender,
            term=self._term,
            roster=installation.rosters.current,
            coverage=coverage,
            steps=map(Step, installation.settings.intervals),
            clock=installation.clock,
            offload=installation.runtime.offload,
            appended=appended,
        )

    def _log_keeping_of(self, writer: RecordWriter, followers: Callable[[], Cursors]) -> LogKeeping:
        installation = self._installation
        return LogKeeping(
            installation.folder.log,
            term=self._term,
            written_up_to=installation.attachment.slowest(writer.written_up_to),
            consumers=lambda: {"projections": self._projections.reached, **followers()},
            keep=timedelta(days=installation.settings.log_keep_days),
            budget=installation.settings.log_disk_budget,
            clock=installation.clock,
            offload=installation.runtime.offload,
        )

    def _removed_cameras(self) -> RemovedCameras:
        installation = self._installation
        return RemovedCameras(
            installation.folder.log,
            self._keeper,
            term=self._term,
            roster=installation.rosters.current,
            clock=installation.clock,
            offload=installation.runtime.offload,
        )

    def _retention(self) -> RecordRetention:
        """Not while the writer is far behind, or must not write."""
        writer = self.writer

        def is_busy() -> bool:
            return writer.state.progress is not None or bool(writer.state.error)

        installation = self._installation
        keep = timedelta(days=installation.settings.records_keep_days)
        return RecordRetention(installation.database, keep, installation.clock, is_busy=is_busy)

    def _webhooks(self) -> Mapping[str, Worker]:
        """Where several machines share the log, each sends those of its own book: see ``Service``."""
        installation = self._installation
        if installation.settings.redis_url is not None:
            return {}
        return {"webhooks": webhook_sender(installation).run}
