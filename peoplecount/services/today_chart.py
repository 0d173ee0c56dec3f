"""Today's curves: people in and out per quarter of an hour, for each site."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import Quality, parse_utc, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.services.live_board import LiveBoard
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

QUARTER = timedelta(minutes=15)


class ChartUnavailable(Exception):
    """The history cannot be read just now; why stands in the log, because it may name servers and accounts."""


class QuarterFigures(Protocol):
    """People in and out of a line in one quarter of an hour."""

    @property
    def line_id(self) -> str:
        """The line."""
        ...

    @property
    def site_id(self) -> str:
        """The site it belonged to."""
        ...

    @property
    def start(self) -> datetime:
        """UTC."""
        ...

    @property
    def in_count(self) -> int:
        """People in."""
        ...

    @property
    def out_count(self) -> int:
        """People out."""
        ...

    @property
    def quality(self) -> str:
        """A ``Quality``; the least certain of what was summed."""
        ...


class ChartHistory(Protocol):
    """The part of the history that a chart needs. Raises ``DatabaseError``."""

    def quarter_hours_as_of(
        self, start: datetime, end: datetime, site_id: str | None = None
    ) -> tuple[Sequence[QuarterFigures], EventId | None]:
        """Quarters that start from ``start`` to before ``end`` and in which somebody crossed.

        With them the newest event that is in exactly these.
        """
        ...


class TodayChart:
    """Puts the history of the day in order for drawing."""

    def __init__(self, history: ChartHistory, board: LiveBoard, clock: Clock) -> None:
        self._history = history
        self._board = board
        self._clock = clock
        self._failing = False

    def read(self) -> dict[str, Any]:
        """Sites with their quarters of the local day, JSON-ready. Raises ``ChartUnavailable``.

        ``asOf`` is the newest event contained; who follows the stream adds what comes after it. ``None`` in ``in`` and
        ``out`` is a gap: no line of the site was read then, or the quarter lies ahead.
        """
        board = self._board.snapshot(self._clock.now())
        days = {site["siteId"]: _Day(site) for site in board["sites"]}
        rows, as_of = self._quarters(
            min((day.start for day in days.values()), default=datetime.now(UTC)),
            max((day.end for day in days.values()), default=datetime.now(UTC)),
        )
        return {
            "kind": "chart",
            "time": board["time"],
            "asOf": str(as_of) if as_of else None,
            "stepSeconds": int(QUARTER.total_seconds()),
            "sites": [
                day.curve(
                    [row for row in rows if row.site_id == site_id],
                    [line for line in board["lines"] if line["siteId"] == site_id],
                )
                for site_id, day in days.items()
            ],
        }

    def _quarters(self, start: datetime, end: datetime) -> tuple[Sequence[QuarterFigures], EventId | None]:
        """Rows and the event they reach to, from one look: what is written between two would be counted twice."""
        try:
            found = self._history.quarter_hours_as_of(start, end)
        except DatabaseError as error:
            if not self._failing:
                logger.warning("Today's curves cannot be shown, the history cannot be read: %s", error)
            self._failing = True
            raise ChartUnavailable("the history cannot be read just now") from error
        self._failing = False
        return found


class _Day:
    """The quarters of a site's local day; 92 to 100 of them where clocks change."""

    def __init__(self, site: Mapping[str, Any]) -> None:
        self._site = site
        zone = ZoneInfo(site["timeZone"])
        day = date.fromisoformat(site["date"])
        self.start = datetime.combine(day, time(), zone).astimezone(UTC)
        self.end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        self._resets_at = datetime.combine(day, time.fromisoformat(site["resetTime"]), zone)

    def curve(self, rows: Sequence[QuarterFigures], lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """One site of the chart."""
        known = [self._known_span(line, rows) for line in lines]
        starts = [self.start + QUARTER * index for index in range((self.end - self.start) // QUARTER)]
        sums = {start: [0, 0] for start in starts}
        for row in rows:
            sums[row.start][0] += row.in_count
            sums[row.start][1] += row.out_count
        heard = {start: sum(first < start + QUARTER and start <= last for first, last in known) for start in starts}
        counted = {row.start for row in rows}
        return {
            "siteId": self._site["siteId"],
            "siteName": self._site["siteName"],
            "timeZone": self._site["timeZone"],
            "date": self._site["date"],
            "start": utc_text(self.start),
            "occupancySince": utc_text(self._resets_at),
            "in": [sums[start][0] if heard[start] or start in counted else None for start in starts],
            "out": [sums[start][1] if heard[start] or start in counted else None for start in starts],
            "estimated": [starts.index(start) for start in sorted(_not_measured(rows))],
            "partial": [index for index, start in enumerate(starts) if 0 < heard[start] < len(known)],
        }

    def _known_span(self, line: Mapping[str, Any], rows: Sequence[QuarterFigures]) -> tuple[datetime, datetime]:
        """From when to when today's counts of a line are known, rows or not.

        A camera's totals run since its midnight. So where all of them were counted, the time before the first reading
        is known too: nobody crossed. Where the camera had counted before we first read it, it is not.
        """
        if line["inToday"] is None or line["lastReadingAt"] is None:
            return self.end, self.start
        last = parse_utc(line["lastReadingAt"])
        idle_today = line["localTime"][:10] < self._site["date"]
        whole = (line["inToday"], line["outToday"]) == (line["cameraInTotal"], line["cameraOutTotal"])
        if idle_today or whole:
            return self.start, last
        return min((row.start for row in rows if row.line_id == line["lineId"]), default=last), last


def _not_measured(rows: Iterable[QuarterFigures]) -> set[datetime]:
    return {row.start for row in rows if row.quality != Quality.MEASURED}
