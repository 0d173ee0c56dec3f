"""The polling watch: whether any process polls the cameras, as far as this one can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say, say_number
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
        elsewhere: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """``intervals`` are those of the cameras, in played seconds.

        ``elsewhere`` are the sites, by camera, of cameras that other machines poll beside this one.
        """
        self._board = board
        self._clock = clock
        self._intervals = intervals
        self._leads = leads
        self._leaderless_for = leaderless_for
        self._elsewhere = elsewhere
        self._moved: dict[str, tuple[datetime, float]] = {}
        """Readings of cameras that are polled elsewhere, and when each of them was new here."""

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
        self._follow_elsewhere()

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
        if silence > self._patience(min(self._intervals().values(), default=0.0)):
            return say("no process polls the cameras: none has been read for %(silence)s s", silence=f"{silence:.0f}")
        return ""

    def degraded(self) -> list[str]:
        """At most one sentence, on sites that another machine should poll and does not."""
        elsewhere, intervals = self._elsewhere(), self._intervals()
        silent: dict[str, bool] = {}
        for camera_id, (_, moved_at) in self._moved.items():
            if camera_id in elsewhere:
                is_silent = self._looked_at - moved_at > self._patience(intervals.get(camera_id, 0.0))
                silent[elsewhere[camera_id]] = silent.get(elsewhere[camera_id], True) and is_silent
        sites = sum(silent.values())
        if not sites or self.trouble():
            return []
        return [
            say_number(
                "Nobody polls the cameras of a site that another machine should poll; see the logs of all machines.",
                "Nobody polls the cameras of %(num)s sites that other machines should poll; see the logs of all "
                "machines.",
                sites,
            )
        ]

    def _follow_elsewhere(self) -> None:
        """Take note of which cameras answer there, and which of them have been read again."""
        elsewhere, before = self._elsewhere(), self._moved
        answering = self._board.answering() if elsewhere else {}
        now = self._looked_at
        self._moved = {
            camera_id: before[camera_id] if camera_id in before and before[camera_id][0] == at else (at, now)
            for camera_id, at in answering.items()
            if camera_id in elsewhere
        }

    def _can_tell(self, readings: Mapping[str, datetime]) -> bool:
        """Not where no camera answers, nor where our clock was set back: readings stand then until it has caught up."""
        is_answered = bool(self._board.camera_states().get(CameraState.UP))
        return is_answered and max(readings.values(), default=self._clock.now()) <= self._clock.now()

    def _patience(self, period: float) -> float:
        """Seconds of silence that nothing is thought of; ``period`` is in played seconds."""
        return max(LONGEST_SILENCE, SLOTS * period / self._clock.speed)
