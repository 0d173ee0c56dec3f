"""Watching the service itself: what each worker counts, connected, so that any of them tells of all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.durations import Durations
from peoplecount.domain.event_id import EventId
from peoplecount.domain.webhook import Stand
from peoplecount.eventlog.log import LogError
from peoplecount.installation import Installation
from peoplecount.own_certificate import OwnCertificate
from peoplecount.services.loop_watch import LoopWatch
from peoplecount.services.outbox import Posted
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.worker_figures import Number, WorkerNotes
from peoplecount.services.worker_threads import Worker
from peoplecount.services.writer_state import lag_of
from peoplecount.stream.hub import Hub
from peoplecount.streaming import Streaming
from peoplecount.web.request_figures import RequestFigures
from peoplecount.webhooks import webhook_cursors

MOST_WORKERS = 1_000
"""Of one machine; while it is started anew there are twice as many as are set."""


class SelfWatch:
    """What one process tells of itself and, where it leads, of what works there alone."""

    def __init__(
        self,
        installation: Installation,
        *,
        hub: Hub,
        streaming: Streaming,
        taken_up: Callable[[], EventId],
        poll_durations: Durations,
        leads: Callable[[], bool],
        reached: Callable[[], Mapping[str, EventId | None]],
        missed: Callable[[], Mapping[str, int]],
        letters: Callable[[], list[Posted] | None],
        publishes: Callable[[], bool | None],
        sharing: Callable[[], Mapping[str, int | None]],
        troubles: Callable[[], Iterable[str]],
    ) -> None:
        """``taken_up`` is the newest event of the log that is on the pages of this process.

        ``reached`` tells how far the consumers have come that work where this process leads, ``missed`` how many events
        went from the log that some consumer had not read, and ``letters`` which letters wait, ``None`` where nothing is
        mailed. ``publishes`` tells whether the MQTT broker takes what is
        published, ``None`` where nothing is. ``sharing`` tells how many machines there are, and how many sites fall
        to this one; nothing where it is alone.
        """
        self.requests = RequestFigures()
        self._settings = installation.settings
        self._folder = installation.folder
        self._offload = installation.runtime.offload
        self._hub = hub
        self._streaming = streaming
        self._taken_up = taken_up
        self._database = installation.database
        self._leads = leads
        self._reached = reached
        self._missed = missed
        self._webhook_cursors = webhook_cursors(installation)
        self._letters = letters
        self._publishes = publishes
        self._sharing = sharing
        self._loop = LoopWatch()
        self._number = 0
        self._clock = PlayedClock(REAL_TIME)
        self.notes = WorkerNotes(
            self._folder.store,
            number=self._own_number,
            leads=leads,
            numbers=self._numbers,
            durations={"poll": poll_durations, "request": self.requests.durations, "stall": self._loop.stalls},
            troubles=troubles,
            clock=self._clock,
            offload=self._offload,
        )

    def workers(self) -> dict[str, Worker]:
        """What runs for as long as the process does, by name."""
        return {"worker-figures": self.notes.run, "loop-watch": self._loop.run}

    def _own_number(self) -> int:
        """The lowest that no other worker of this machine has, for as long as this one lives."""
        if not self._number:
            slot = self._streaming.slots.take("worker", MOST_WORKERS)
            self._number = (MOST_WORKERS if slot is None else slot) + 1
        return self._number

    def _numbers(self) -> Iterator[Number]:
        """Raises ``LogError`` where what is kept in the data folder cannot be read."""
        taken_up = self._taken_up()
        head = self._head()  # afterwards: a lag is none of what came in between
        yield from self._streams()
        for part, status, count in self.requests.answers():
            yield "requests", (part, status), count
        yield from self._queries()
        yield from self._machine()
        yield from self._webhooks()
        if self._folder.shares_log:
            yield from self._shared(answers=head is not None)
        if head is not None:
            yield from self._of_log(taken_up, head)

    def _head(self) -> EventId | None:
        """``None`` while a Redis that holds the log is away: all else is told then, too. Raises ``LogError``."""
        try:
            return self._offload(self._folder.log.head)
        except LogError:
            if not self._folder.shares_log:
                raise
            return None

    def _of_log(self, taken_up: EventId, head: EventId) -> Iterator[Number]:
        if taken_up.epoch:
            yield "lag", (), lag_of(taken_up, head) or 0
        if self._leads():
            yield "log_head", (), head.number
            yield from self._lags(head)
            for consumer, count in self._missed().items():
                yield "log_missed", (consumer,), count
            yield from self._mail()
            yield from self._mqtt()

    def _shared(self, *, answers: bool) -> Iterator[Number]:
        yield "redis_answers", (), float(answers)
        sharing = self._sharing()
        for figure, told in (("machines", sharing.get("machines")), ("sites_here", sharing.get("sites"))):
            if told is not None:
                yield figure, (), told

    def _streams(self) -> Iterator[Number]:
        yield "streams_open", (), self._hub.open_streams
        yield "streams_opened", (), self._hub.opened
        yield "streams_refused", (), self._streaming.streams.refused
        yield "stream_deliveries", (), self._hub.delivered

    def _queries(self) -> Iterator[Number]:
        told = self._database.statistics
        yield "database_calls", (), told.calls
        yield "database_failures", (), told.failures
        yield "database_retries", (), told.retries
        yield "database_refused", (), told.refused_while_open
        yield "database_outages", (), told.outages
        yield "database_answers", (), float(self._database.circuit_state == "closed")
        for statement, times in told.queries.items():
            yield "queries", (statement,), times.count
            yield "query_seconds", (statement,), round(times.seconds, 6)

    def _lags(self, head: EventId) -> Iterator[Number]:
        for consumer, reached in self._consumers().items():
            lag = lag_of(reached, head)
            if lag is not None:
                yield "consumer_lag", (consumer,), lag

    def _consumers(self) -> dict[str, EventId | None]:
        return {**self._reached(), **self._webhook_cursors.own()}

    def _webhooks(self) -> Iterator[Number]:
        for one in self._offload(self._folder.webhooks.webhooks):
            label, condition = (one.webhook.key,), one.condition
            yield "webhook_active", label, float(condition.stand is Stand.ACTIVE)
            yield "webhook_waiting", label, one.waiting
            yield "webhook_failures", label, condition.failures
            yield "webhook_delivered", label, condition.delivered
            yield "webhook_dropped", label, condition.dropped

    def _mail(self) -> Iterator[Number]:
        waiting = self._offload(self._letters)
        if waiting is None:
            return
        yield "mail_waiting", (), len(waiting)
        if waiting:
            yield "mail_waiting_since", (), waiting[0].made.timestamp()

    def _mqtt(self) -> Iterator[Number]:
        publishes = self._publishes()
        if publishes is not None:
            yield "mqtt_connected", (), float(publishes)

    def _machine(self) -> Iterator[Number]:
        yield "disk_free", (), shutil.disk_usage(self._folder.path).free
        if self._settings.tls_cert:
            with suppress(OSError, ValueError):  # just being written
                yield "certificate_end", (), OwnCertificate(self._settings.tls_cert).end().timestamp()
