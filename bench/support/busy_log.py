"""A log of a busy fleet: two lines a camera, somebody at each every ten seconds, and the quarters and hours closed."""

from __future__ import annotations

from datetime import timedelta

from peoplecount.domain.figures import Figures
from peoplecount.eventlog.log import Append, EventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from tests.support.counting_line import EIGHT, HOUR, CountingLine

QUARTER = timedelta(minutes=15)
STEPS_A_QUARTER = 90
CAMERAS_A_SITE = 10


class BusyFleet:
    """Counts into a log, quarter by quarter."""

    def __init__(self, log: SQLiteEventLog, cameras: int) -> None:
        self._log: EventLog = log
        self._term = log.raise_term()
        self._quarters = 0
        self._lines = [
            CountingLine(
                f"cam{number:04}",
                index,
                door_id=f"door{number:04}",
                site_id=f"site{number // CAMERAS_A_SITE:03}",
            )
            for number in range(cameras)
            for index in (1, 2)
        ]

    def count(self, quarters: int) -> None:
        """Go on for so many quarters of an hour."""
        for _ in range(quarters):
            for step in range(STEPS_A_QUARTER):
                self._append([line.count(1, step % 2) for line in self._lines])
            self._quarters += 1
            self._close(QUARTER, Figures(STEPS_A_QUARTER, STEPS_A_QUARTER // 2))
            if self._quarters % 4 == 0:
                self._close(HOUR, Figures(4 * STEPS_A_QUARTER, 2 * STEPS_A_QUARTER))

    def _close(self, length: timedelta, figures: Figures) -> None:
        begin = EIGHT + self._quarters * QUARTER - length
        self._append([line.close(begin, length, figures) for line in self._lines])

    def _append(self, events: list[object]) -> None:
        self._log.append(self._term, [Append(tuple(events))], EIGHT)  # type: ignore[arg-type]
