"""Today's curves: people in and out per quarter of an hour, for each site."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import Quality, parse_utc, utc_text, worst
from peoplecount.domain.event_id import EventId
from peoplecount.services.live_board import LiveBoard
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

QUARTER = timedelta(minutes=15)
Key = TypeVar("Key")


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
        """A ``Quality``; the least certain of what was summed. ``missing``: the figures mean nothing."""
        ...

    @property
    def coverage(self) -> float | None:
        """The share of the expected readings that came; ``None``: not known yet."""
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
        ``out`` is a gap: no line of the site was read then, or the quarter lies ahead. ``partial`` are the quarters of
        which nothing is known of some lines; ``quality`` is that of the figures shown.
        """
        board = self._board.snapshot(self._clock.now())
        days = {site["siteId"]: _Day(site) for site in board["sites"]}
        rows, as_of = self._quarters(
            min((day.start for day in days.values()), default=datetime.now(UTC)),
            max((day.end for day in days.values()), default=datetime.now(UTC)),
        )
        of_site = _grouped(rows, lambda row: row.site_id)
        return {
            "kind": "chart",
            "time": board["time"],
            "asOf": str(as_of) if as_of else None,
            "stepSeconds": int(QUARTER.total_seconds()),
            "sites": [
                day.curve(
                    of_site.get(site_id, ()),
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
        starts = [self.start + QUARTER * index for index in range((self.end - self.start) // QUARTER)]
        at = _grouped(rows, lambda row: row.start)
        told = [_Told(start, at.get(start, ())) for start in starts]
        of_line = _grouped(rows, lambda row: row.line_id)
        spans = {line["lineId"]: self._known_span(line, of_line.get(line["lineId"], ())) for line in lines}
        heard = [one.heard(spans) for one in told]
        known = [bool(count or one.counted) for count, one in zip(heard, told, strict=True)]
        return {
            "siteId": self._site["siteId"],
            "siteName": self._site["siteName"],
            "timeZone": self._site["timeZone"],
            "date": self._site["date"],
            "start": utc_text(self.start),
            "occupancySince": utc_text(self._resets_at),
            "in": [one.entered if is_known else None for one, is_known in zip(told, known, strict=True)],
            "out": [one.left if is_known else None for one, is_known in zip(told, known, strict=True)],
            "quality": [one.quality if is_known else None for one, is_known in zip(told, known, strict=True)],
            "coverage": [one.coverage for one in told],
            "estimated": [index for index, one in enumerate(told) if one.counted and one.quality != Quality.MEASURED],
            "partial": [index for index, count in enumerate(heard) if 0 < count < len(spans)],
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
        whole = (line["inToday"], line["outToday"]) == (line["cameraInToday"], line["cameraOutToday"])
        if idle_today or whole:
            return self.start, last
        return min((row.start for row in rows), default=last), last


def _grouped(rows: Iterable[QuarterFigures], key: Callable[[QuarterFigures], Key]) -> dict[Key, list[QuarterFigures]]:
    """A day of a thousand lines has a hundred thousand rows: they are gone through a few times and not once a line."""
    groups: dict[Key, list[QuarterFigures]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


class _Told:
    """What the history has of a site in one quarter of an hour."""

    def __init__(self, start: datetime, rows: Sequence[QuarterFigures]) -> None:
        self._start = start
        self._known = [row for row in rows if row.quality != Quality.MISSING]
        self._missing = {row.line_id for row in rows} - {row.line_id for row in self._known}
        covered = [row.coverage for row in rows if row.coverage is not None]
        self.coverage = round(sum(covered) / len(covered), 4) if covered else None
        self.counted = bool(self._known)
        self.entered = sum(row.in_count for row in self._known)
        self.left = sum(row.out_count for row in self._known)

    @property
    def quality(self) -> str:
        """As good as the worst of what is known."""
        return worst(*(Quality(row.quality) for row in self._known)).value

    def heard(self, spans: Mapping[str, tuple[datetime, datetime]]) -> int:
        """Lines of which it is known who crossed: there is a row, or they were read then and there is none."""
        counted = {row.line_id for row in self._known}
        return sum(
            line in counted or (line not in self._missing and first < self._start + QUARTER and self._start <= last)
            for line, (first, last) in spans.items()
        )
