"""Polling one camera."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.clock import Clock
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.durations import Durations
from peoplecount.domain.event_body import status_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.log_marks import CAMERA
from peoplecount.domain.reading import Reading
from peoplecount.domain.roster import Roster
from peoplecount.services.camera_health import CameraHealth, state_after
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.first_readings import FirstReadings, HistoryClient
from peoplecount.services.outages import Outages
from peoplecount.services.restarts import Restarts, StartingCamera
from peoplecount.sunapi.errors import CameraError

logger = logging.getLogger(__name__)


class CameraClient(HistoryClient, StartingCamera, Protocol):
    """What is needed of a camera's client."""

    def read(self) -> Reading:
        """Ask the camera for its totals. Raises ``CameraError``."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


@dataclass(slots=True)
class PollFigures:
    """How polling a camera has gone since it began."""

    polls: int = 0
    failures: int = 0
    overruns: int = 0
    """Slots missed because the poll before was still under way."""

    last_seconds: float = 0.0
    """Real time the last poll took."""

    seconds: float = 0.0
    """Real time that the polls took together that went well.

    ``FleetNotes`` looks at these once a minute, so that a poll costs one addition more and no call.
    """


class Companion(Protocol):
    """What goes on beside the polls of a camera."""

    def begin(self) -> None:
        """A poll went well; mostly not for the first time."""
        ...

    def close(self) -> None:
        """The camera is not polled any more."""
        ...


class Poller:
    """Polls one camera, counts what it says and keeps its health.

    A failed poll changes no count: the last values stay, and the next poll brings what it missed.
    """

    def __init__(
        self,
        camera: Camera,
        client: CameraClient,
        *,
        keeper: CountKeeper,
        health: CameraHealth,
        roster: Roster,
        clock: Clock,
        period: float,
        watch: Callable[[Camera, Reading], None] = lambda _camera, _reading: None,
        companion: Companion | None = None,
        durations: Durations | None = None,
    ) -> None:
        """``watch`` takes up every reading before it is counted; it may raise ``LogError``.

        ``durations`` are those of all polls of this process.
        """
        self.camera = camera
        self.figures = PollFigures()
        self._client = client
        self._keeper = keeper
        self._first_readings = FirstReadings(camera.camera_id, client)
        self._restarts = Restarts(camera.camera_id, client)
        self._health = health
        self._place = roster.place(camera)
        self._clock = clock
        self._period = period
        self._expected_every = timedelta(seconds=period * clock.speed)
        self._outages = Outages(
            camera, roster, keeper=keeper, restarts=self._restarts, longest=2 * self._expected_every
        )
        self._not_before = 0.0
        self._watch = watch
        self._companion = companion
        self._durations = durations if durations is not None else Durations()
        self._closed = False
        self.began_at = float("-inf")
        """When the last poll began, by the monotonic clock."""

    def poll(self) -> None:
        """Poll once, unless the camera asked to be left alone for a while. Raises ``LogError``."""
        started = self._clock.monotonic()
        if started < self._not_before:
            return
        self.began_at = started
        failed = False
        mark = CAMERA.set(self.camera.camera_id)
        try:
            self._read_and_count()
        except CameraError as error:
            failed = not self._closed
            if failed:
                self._failed(error)
        finally:  # all at once: who looks meanwhile finds no poll that neither failed nor went well
            self.figures.polls += 1
            self.figures.last_seconds = self._clock.monotonic() - started
            if failed:
                self.figures.failures += 1
            else:
                self.figures.seconds += self.figures.last_seconds
            self.figures.overruns += int(self.figures.last_seconds / self._period)
            self._durations.note(self.figures.last_seconds)
            CAMERA.reset(mark)

    def close(self) -> None:
        """Let go of the camera; a poll still under way changes nothing any more."""
        self._closed = True
        if self._companion is not None:
            self._companion.close()
        self._client.close()

    def _read_and_count(self) -> None:
        reading = self._client.read()
        if self._closed:
            return
        self._note(CameraState.UP, "")
        if self._companion is not None:
            self._companion.begin()
        self._watch(self.camera, reading)
        if not self._outages.is_open and self._keeper.passes(self.camera, reading, expected_every=self._expected_every):
            return
        unknown = self._keeper.unknown_lines(self.camera.camera_id, reading)
        if not unknown:
            self._count(reading, {})
            return
        asked_at = self._clock.monotonic()
        self._count(reading, self._first_readings.earlier(reading, unknown))
        if self._clock.monotonic() - asked_at > self._period and not self._closed:
            # A slot has gone by; its reading must not wait for the next one.
            self._count(self._client.read(), {})

    def _count(self, reading: Reading, earlier: Mapping[LineKey, DayHours]) -> None:
        if not self._closed:
            self._outages.look(reading)
            reading = self._restarts.told(reading, self._keeper.fallen_since(self.camera.camera_id))
            self._keeper.observe(self.camera, reading, expected_every=self._expected_every, earlier=earlier)
            self._outages.tell()

    def _failed(self, error: CameraError) -> None:
        self._not_before = self._clock.monotonic() + error.retry_after
        self._note(state_after(error), str(error))

    def _note(self, state: CameraState, reason: str) -> None:
        if self._health.is_as_known(self._place.camera_id, state, reason):  # nearly always
            return
        news = self._health.news(self._place, state, reason, self._clock.now())
        if news is not None:
            self._keeper.report([status_event(news)])
            self._health.take(news)
