"""The polling watch: whether any process polls the cameras, as far as this one can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.services.live_board import LiveBoard

LONGEST_SILENCE = 30.0
"""Seconds without a sign of polling before it is said. A takeover takes a second or two."""

SLOTS = 3
"""So many polls of the camera that is polled most often must be missing, too."""


class PollingWatch:
    """Looks at the board every few seconds, in every process, and goes by whether readings move on.

    Cameras that answer are read again and again. Where none answers nothing is seen of polling; then it is told only
    that the lead cannot be taken.
    """

    def __init__(
        self,
        board: LiveBoard,
        clock: Clock,
        *,
        intervals: Callable[[], Mapping[str, float]],
        leads: Callable[[], bool],
        leaderless_for: Callable[[], float],
    ) -> None:
        """``intervals`` are those of the cameras, in played seconds."""
        self._board = board
        self._clock = clock
        self._intervals = intervals
        self._leads = leads
        self._leaderless_for = leaderless_for
        self._readings: Mapping[str, datetime] | None = None
        self._proven_at = self._looked_at = clock.monotonic()

    def look(self) -> None:
        """Take note of what has been read since the last look; to be called every few seconds."""
        self._looked_at = self._clock.monotonic()
        readings = self._board.last_readings()
        is_silent = readings == self._readings and self._can_tell(readings)
        self._readings = readings
        if self._leads() or not is_silent:
            self._proven_at = self._looked_at

    def trouble(self) -> str:
        """Why it must be thought that nobody polls; empty where somebody does."""
        if self._leads():
            return ""
        leaderless = self._leaderless_for()
        if leaderless > LONGEST_SILENCE:
            return say(
                "no process has been able to take the lead for %(leaderless)s s, so no camera is polled; see the log",
                leaderless=f"{leaderless:.0f}",
            )
        silence = self._looked_at - self._proven_at
        if silence > max(LONGEST_SILENCE, SLOTS * self._shortest_period()):
            return say("no process polls the cameras: none has been read for %(silence)s s", silence=f"{silence:.0f}")
        return ""

    def _can_tell(self, readings: Mapping[str, datetime]) -> bool:
        """Not where no camera answers, nor where our clock was set back: readings stand then until it has caught up."""
        is_answered = bool(self._board.camera_states().get(CameraState.UP))
        return is_answered and max(readings.values(), default=self._clock.now()) <= self._clock.now()

    def _shortest_period(self) -> float:
        return min(self._intervals().values(), default=0.0) / self._clock.speed
