"""Today's curves: people in and out per quarter of an hour, for each site."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import Quality, parse_utc, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.domain.roll_up import QUARTER
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.site_quarters import QuarterHistory, SiteQuarter, SiteQuarters
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.scope_sums import LineSpan, ScopeSum

logger = logging.getLogger(__name__)

SITES_AT_ONCE = 4
"""Whose lines are looked at in one go: some two milliseconds."""

SOON, AGAIN = 2.0, 60.0
"""Seconds until the day is read where nobody has asked for it, and from then to the next time."""

T = TypeVar("T")


class ChartUnavailable(Exception):
    """The history cannot be read just now; why stands in the log, because it may name servers and accounts."""


class QuarterRow(Protocol):
    """A line in a quarter of an hour, as far as it matters here."""

    @property
    def line_id(self) -> str:
        """The line."""
        ...

    @property
    def start(self) -> datetime:
        """UTC."""
        ...

    @property
    def quality(self) -> str:
        """A ``Quality``; ``missing``: nothing is known."""
        ...


class ChartHistory(QuarterHistory, Protocol):
    """The part of the history that a chart needs, see ``History``. Raises ``DatabaseError``."""

    def as_of(self, read: Callable[[], T]) -> tuple[T, EventId | None]:
        """What ``read`` reads, and the newest event that is in exactly that."""
        ...

    def quarter_hours(
        self, start: datetime, end: datetime, *, line_ids: Collection[str] | None = None
    ) -> Sequence[QuarterRow]:
        """Of some lines."""
        ...

    def spans(
        self, step: timedelta, start: datetime, end: datetime, *, line_ids: Collection[str] | None = None
    ) -> Sequence[LineSpan]:
        """From when to when some lines have rows."""
        ...


class TodayChart:
    """Puts the history of the day in order for drawing."""

    def __init__(self, history: ChartHistory, board: LiveBoard, clock: Clock) -> None:
        self._history = history
        self._quarters = SiteQuarters(history)
        self._board = board
        self._clock = clock
        self._failing = False

    def read(self) -> dict[str, Any]:
        """Sites with their quarters of the local day, JSON-ready. Raises ``ChartUnavailable``.

        ``asOf`` is the newest event contained; who follows the stream adds what comes after it. ``None`` in ``in`` and
        ``out`` is a gap: no line of the site was read then, or the quarter lies ahead. ``partial`` are the quarters of
        which nothing is known of some lines; ``quality`` is that of the figures shown. ``occupancy`` are the people
        inside at ``time``.
        """
        board = self._board.snapshot(self._clock.now())
        lines: dict[str, list[Mapping[str, Any]]] = {}
        for line in board["lines"]:
            lines.setdefault(line["siteId"], []).append(line)
        now = parse_utc(board["time"])
        patience = {one["cameraId"]: timedelta(seconds=one["staleAfter"]) for one in board["cameras"]}
        days = [
            _Day(site, lines.get(site["siteId"], ()), now, patience)
            for site in unhurried(board["sites"], Breath(SITES_AT_ONCE))
        ]
        told, as_of = self._told(days)
        return {
            "kind": "chart",
            "time": board["time"],
            "asOf": str(as_of) if as_of else None,
            "stepSeconds": int(QUARTER.total_seconds()),
            "sites": [day.curve(told) for day in unhurried(days, Breath(1))],
        }

    def keep_ready(self, stop: threading.Event) -> None:
        """Read now and then what was written: whoever opens a page waits for the news alone, and not for all day."""
        pause = SOON
        while not stop.wait(pause):
            with suppress(ChartUnavailable):
                self.read()
            pause = AGAIN

    def _told(self, days: Sequence[_Day]) -> tuple[_Told, EventId | None]:
        """What the history has, and the event it reaches to: what is written between two looks would count twice."""
        start = min((day.start for day in days), default=datetime.now(UTC))
        end = max((day.end for day in days), default=start)
        try:
            found = self._history.as_of(lambda: _Told.read(self._history, self._quarters, days, start, end))
        except DatabaseError as error:
            if not self._failing:
                logger.warning("Today's curves cannot be shown, the history cannot be read: %s", error)
            self._failing = True
            raise ChartUnavailable("the history cannot be read just now") from error
        self._failing = False
        return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What the history has of some time: sums, and what cannot be seen in them."""

    quarters: Mapping[datetime, SiteQuarter]
    """By start."""

    first: Mapping[str, datetime]
    """The first row of those lines of which it is not known that they were counted from the beginning of the day."""

    beyond: Collection[tuple[str, datetime]]
    """Lines and quarters of which something is known after the line's last reading."""

    @classmethod
    def read(
        cls, history: ChartHistory, kept: SiteQuarters, days: Sequence[_Day], start: datetime, end: datetime
    ) -> _Told:
        """Sums of all lines, and more only of those lines of which it is needed: most are read all day long."""
        quarters = kept.read(start, end)
        later = [line for day in days for line, span in day.spans.items() if span.begin != day.start]
        spans = history.spans(QUARTER, start, end, line_ids=later) if later else ()
        newest = max((one for one, quarter in quarters.items() if quarter.sums), default=start)
        return cls(quarters, {one.line_id: one.first for one in spans}, set(_beyond(history, days, newest, start, end)))

    def sum_of(self, site_id: str, start: datetime) -> ScopeSum | None:
        """What is known of a site in a quarter."""
        return self.quarters[start].sums.get(site_id)

    def is_unknown(self, line_id: str, start: datetime) -> bool:
        """Whether nothing is known of a line in a quarter."""
        return line_id in self.quarters[start].unknown


def _beyond(
    history: ChartHistory, days: Sequence[_Day], newest: datetime, start: datetime, end: datetime
) -> Iterator[tuple[str, datetime]]:
    """What is known of lines after their last reading; two kinds of lines, so that one that is off costs little."""
    last = {line: span.last for day in days for line, span in day.spans.items()}
    never = [line for line, moment in last.items() if moment is None]
    late = {line: moment for line, moment in last.items() if moment is not None and moment < newest}
    for lines, since in ((never, start), (list(late), min(late.values(), default=end))):
        for row in history.quarter_hours(max(since, start), end, line_ids=lines) if lines else ():
            moment = last[row.line_id]
            if row.quality != Quality.MISSING and (moment is None or row.start > moment):
                yield row.line_id, row.start


class _Span(NamedTuple):
    """From when to when today's counts of a line are known, rows or not."""

    begin: datetime | None
    """``None``: from its first row on, or from its last reading where there is none."""

    last: datetime | None
    """The last reading; ``None``: it was not read today, and what is known is what has a row."""

    until: datetime | None
    """To which moment it is known: now, as long as its next reading is not late; otherwise its last reading."""


class _Day:
    """The quarters of a site's local day; 92 to 100 of them where clocks change."""

    def __init__(
        self,
        site: Mapping[str, Any],
        lines: Iterable[Mapping[str, Any]],
        now: datetime,
        patience: Mapping[str, timedelta],
    ) -> None:
        """``patience``: by camera, for how long its last reading is not an old one."""
        self._site = site
        self._now = now
        self._patience = patience
        zone = ZoneInfo(site["timeZone"])
        day = date.fromisoformat(site["date"])
        self.start = datetime.combine(day, time(), zone).astimezone(UTC)
        self.end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        self._resets_at = datetime.combine(day, time.fromisoformat(site["resetTime"]), zone)
        self.spans = {line["lineId"]: self._span(line) for line in lines}

    def curve(self, told: _Told) -> dict[str, Any]:
        """One site of the chart."""
        starts = [self.start + QUARTER * index for index in range((self.end - self.start) // QUARTER)]
        sums = [told.sum_of(self._site["siteId"], start) for start in starts]
        heard = self._heard(starts, told)
        known = [one if one is not None and one.rows > one.missing else None for one in sums]
        # Nobody, where it was read and there is no row.
        is_told = [bool(count) or one is not None for count, one in zip(heard, known, strict=True)]
        return {
            "siteId": self._site["siteId"],
            "siteName": self._site["siteName"],
            "timeZone": self._site["timeZone"],
            "date": self._site["date"],
            "start": utc_text(self.start),
            "occupancy": self._site["occupancy"],
            "occupancySince": utc_text(self._resets_at),
            "countedByHandAt": self._site.get("countedByHandAt"),
            "in": [(one.entered if one else 0) if told_ else None for one, told_ in zip(known, is_told, strict=True)],
            "out": [(one.left if one else 0) if told_ else None for one, told_ in zip(known, is_told, strict=True)],
            "quality": [
                (one.quality if one else Quality.MEASURED).value if told_ else None
                for one, told_ in zip(known, is_told, strict=True)
            ],
            "coverage": [round(one.covered / one.coverages, 4) if one and one.coverages else None for one in sums],
            "estimated": [
                index for index, one in enumerate(known) if one is not None and one.quality is not Quality.MEASURED
            ],
            "partial": [index for index, count in enumerate(heard) if 0 < count < len(self.spans)],
        }

    def _heard(self, starts: Sequence[datetime], told: _Told) -> list[int]:
        """Of how many lines it is known who crossed: there is a row, or they were read then and there is none."""
        heard = [0] * len(starts)
        for line, span in self.spans.items():
            for index in self._read(line, span, told):
                heard[index] += not told.is_unknown(line, starts[index])
        for line, start in told.beyond:
            if line in self.spans and self.start <= start < self.end:
                heard[(start - self.start) // QUARTER] += 1
        return heard

    def _read(self, line: str, span: _Span, told: _Told) -> range:
        """The quarters in which it was read."""
        if span.last is None or span.until is None:
            return range(0)
        begin = span.begin or told.first.get(line, span.last)
        first = (begin - self.start) // QUARTER
        last = (span.until - self.start) // QUARTER
        return range(max(first, 0), min(last, (self.end - self.start) // QUARTER - 1) + 1)

    def _span(self, line: Mapping[str, Any]) -> _Span:
        """From when on today's counts of a line are known, rows or not.

        A camera's totals run since its midnight. So where all of them were counted, the time before the first reading
        is known too: nobody crossed. Where the camera had counted before we first read it, it is not.
        """
        if line["inToday"] is None or line["lastReadingAt"] is None:
            return _Span(None, None, None)
        last = parse_utc(line["lastReadingAt"])
        idle_today = line["localTime"][:10] < self._site["date"]
        whole = (line["inToday"], line["outToday"]) == (line["cameraInToday"], line["cameraOutToday"])
        is_fresh = self._now - last <= self._patience.get(line["cameraId"], timedelta())
        return _Span(self.start if idle_today or whole else None, last, self._now if is_fresh else last)
