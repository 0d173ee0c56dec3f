"""The collector: one scheduled job per camera."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import LEAST_REAL_PERIOD, Clock
from peoplecount.domain.roster import Roster
from peoplecount.domain.slot import next_slot
from peoplecount.eventlog.log import LogError
from peoplecount.services.poller import Poller, PollFigures

logger = logging.getLogger(__name__)

LONGEST_LAST_POLL = 1.5
"""Seconds a running poll is waited for at the end. A lost one costs nothing: the next carries what it brought."""


class Scheduler(Protocol):
    """What is needed of APScheduler."""

    def add_job(self, func: Callable[..., None], trigger: str, **options: Any) -> object:  # noqa: ANN401 - APScheduler's own
        """Run ``func`` whenever the trigger says."""
        ...

    def remove_job(self, job_id: str) -> None:
        """Stop running it."""
        ...

    def start(self) -> None:
        """Begin."""
        ...

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - APScheduler's signature
        """Stop; with ``wait``, after the running jobs."""
        ...


class Collector:
    """Polls every camera of the roster in its own slot; a camera that fails delays no other."""

    def __init__(
        self,
        scheduler: Scheduler,
        make_poller: Callable[[Camera, Roster, float], Poller],
        *,
        clock: Clock,
    ) -> None:
        self._scheduler = scheduler
        self._make_poller = make_poller
        self._clock = clock
        self._on_log_error: Callable[[LogError], None] = _ignore
        self._pollers: dict[str, Poller] = {}
        self._roster = Roster()
        self._stopped = threading.Event()
        self._running = 0
        self._idle = threading.Condition()
        self.last_progress = clock.monotonic()
        """When any poll last began or ended, by the monotonic clock."""

    def start(self, on_log_error: Callable[[LogError], None]) -> None:
        """Begin to poll; ``on_log_error`` hears of every append that failed."""
        self._on_log_error = on_log_error
        self._scheduler.start()

    def sync(self, roster: Roster) -> None:
        """Poll the cameras of this roster from now on; those that did not change are left undisturbed."""
        changes = self._roster.changes_to(roster)
        renamed = self._roster.sites != roster.sites or self._roster.doors != roster.doors
        for camera_id in (*changes.removed, *changes.changed):
            self._drop(camera_id)
        self._roster = roster
        self.last_progress = self._clock.monotonic()
        for camera_id in roster.cameras if renamed else (*changes.added, *changes.changed):
            if renamed:
                self._drop(camera_id)
            self._add(roster.cameras[camera_id])

    def figures(self) -> Mapping[str, PollFigures]:
        """How each camera's polling goes."""
        return {camera_id: poller.figures for camera_id, poller in self._pollers.items()}

    def longest_interval(self) -> float:
        """Real seconds between two polls of the slowest camera; 0 without cameras."""
        return max((self._period(poller.camera) for poller in self._pollers.values()), default=0.0)

    def stop(self) -> None:
        """Stop polling. Waits a moment for the polls that run; what comes later of them is dropped."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        # APScheduler's gevent executor does not wait for what runs.
        self._scheduler.shutdown(wait=False)
        with self._idle:
            self._idle.wait_for(lambda: not self._running, LONGEST_LAST_POLL)
        for poller in self._pollers.values():
            poller.close()

    def _period(self, camera: Camera) -> float:
        return max(LEAST_REAL_PERIOD.total_seconds(), camera.poll_interval / self._clock.speed)

    def _add(self, camera: Camera) -> None:
        period = self._period(camera)
        poller = self._pollers[camera.camera_id] = self._make_poller(camera, self._roster, period)
        first = next_slot(camera.camera_id, period, datetime.now(UTC).timestamp())
        self._scheduler.add_job(
            self._run,
            "interval",
            args=[poller],
            id=camera.camera_id,
            seconds=period,
            start_date=datetime.fromtimestamp(first, UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,  # late rather than never: the reading is of now in any case
        )

    def _drop(self, camera_id: str) -> None:
        poller = self._pollers.pop(camera_id, None)
        if poller is not None:
            self._scheduler.remove_job(camera_id)
            poller.close()

    def _run(self, poller: Poller) -> None:
        with self._attendance():
            try:
                poller.poll()
            except LogError as error:
                self._on_log_error(error)
            except Exception:
                camera_id = poller.camera.camera_id
                logger.exception("polling camera %s failed for an unforeseen reason", camera_id)

    @contextmanager
    def _attendance(self) -> Iterator[None]:
        self.last_progress = self._clock.monotonic()
        with self._idle:
            self._running += 1
        try:
            yield
        finally:
            self.last_progress = self._clock.monotonic()
            with self._idle:
                self._running -= 1
                self._idle.notify_all()


def _ignore(error: LogError) -> None:
    """Before the start nobody appends."""
