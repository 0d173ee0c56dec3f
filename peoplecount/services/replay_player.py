"""Plays a recording into an event log: what is shown and streamed is read from there, as it always is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from peoplecount.domain.event import NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import NOBODY
from peoplecount.domain.offload import Offload
from peoplecount.domain.recording import Crossing, RecordedCount, Recording, Reel
from peoplecount.eventlog.log import Append, EventLog
from peoplecount.services.replay_clock import ReplayClock
from peoplecount.services.replay_events import ReplayEvents
from peoplecount.services.replayed_history import ReplayedHistory

TICK_SECONDS = 0.1
"""Real ones, from one look at the clock to the next."""


class ReplayPlayer:
    """The only one who appends to the log it is given, which must be empty."""

    def __init__(
        self,
        recording: Recording,
        log: EventLog,
        history: ReplayedHistory,
        clock: ReplayClock,
        *,
        offload: Offload,
        appended: Callable[[], None],
        turned: Callable[[], None],
    ) -> None:
        """``appended`` is called after each append, ``turned`` once the end is reached."""
        self._log = log
        self._history = history
        self._clock = clock
        self._offload = offload
        self._appended = appended
        self._turned = turned
        self._begin = recording.begin
        self._lines = recording.lines
        self._lines_of = Counter(key.camera_id for key in self._lines)
        self._reel = Reel(recording)
        self._events = ReplayEvents(recording.sites)
        self._silent: dict[str, RecordedCount] = {}
        self._term = 0

    def begin(self) -> None:
        """All lines are known, and nobody has crossed yet. Raises ``LogError``."""
        self._term = self._log.raise_term()
        for count in self._lines.values():
            self._history.leave_open(count, self._events.midnight(count, self._begin), self._begin)
        cameras = {count.key.camera_id: count for count in self._lines.values()}
        nobody = [Crossing(count, self._begin, self._begin, NOBODY) for count in self._lines.values()]
        events = [self._events.answer(count, self._begin) for count in cameras.values()]
        self._append([*events, *map(self._events.of, nobody)], ())
        self.play()

    def run(self, stop: threading.Event) -> None:
        """Play on until ``stop`` is set, or to the end. Raises ``LogError``."""
        while not stop.wait(TICK_SECONDS):
            self.play()
            if self._clock.is_over and self._clock.speed:
                self._clock.go(0)
                self._turned()

    def play(self) -> None:
        """Everything up to now. Raises ``LogError``."""
        now = self._clock.now()
        crossings = self._reel.until(now)
        passed = self._reel.gaps(now)
        gaps = [gap for gap in passed if gap.ended_at > now]
        events = [*self._statuses(gaps, now), *map(self._events.of, crossings)]
        if events:
            self._append(events, crossings)
        for gap in passed:
            self._history.leave_open(gap, gap.started_at, min(gap.ended_at, now))
        self._note_seen(gaps, now)

    def _append(self, events: Iterable[NewEvent], crossings: Iterable[Crossing]) -> None:
        def append() -> EventId:
            batch = [Append(tuple(events))]
            return self._offload(self._log.append, self._term, batch, self._clock.now())

        self._history.add(crossings, append)
        self._appended()

    def _statuses(self, gaps: Iterable[RecordedCount], now: datetime) -> list[NewEvent]:
        """A camera of none of whose lines anything is known does not answer, as far as one can see."""
        of_camera: dict[str, dict[object, RecordedCount]] = {}
        for gap in gaps:
            of_camera.setdefault(gap.key.camera_id, {})[gap.key] = gap
        silent = {
            camera: max(found.values(), key=lambda gap: gap.started_at)
            for camera, found in of_camera.items()
            if len(found) == self._lines_of[camera]
        }
        fell = [self._events.silence(gap, gap.started_at) for one, gap in silent.items() if one not in self._silent]
        back = [
            self._events.answer(gap, min(gap.ended_at, now)) for one, gap in self._silent.items() if one not in silent
        ]
        self._silent = silent
        return [*fell, *back]

    def _note_seen(self, gaps: Iterable[RecordedCount], now: datetime) -> None:
        unknown = {gap.key for gap in gaps}
        seen = {str(key): now for key in self._lines if key not in unknown}
        self._offload(self._log.note_seen, self._term, seen)
