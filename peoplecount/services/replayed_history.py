"""The history of a replay: what has been played so far, by the quarter of an hour, and nothing else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from peoplecount.domain.event import Quality, worst
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.interval import Scope
from peoplecount.domain.recording import Crossing, RecordedCount
from peoplecount.domain.roll_up import QUARTER
from peoplecount.domain.spread import stretch_of
from peoplecount.storage.scope_sums import LineSpan, ScopeSum

T = TypeVar("T")


class PlayedQuarter(NamedTuple):
    """A line in a quarter of an hour."""

    line_id: str
    site_id: str
    start: datetime
    people: Figures
    quality: Quality


@dataclass(slots=True)
class _Quarter:
    lines: dict[str, PlayedQuarter] = field(default_factory=dict)
    stamp: int = 0


class ReplayedHistory:
    """See ``ChartHistory``. Whoever plays adds to it; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._quarters: dict[datetime, _Quarter] = {}
        self._stamps = 0
        self._up_to: EventId | None = None

    def add(self, crossings: Iterable[Crossing], append: Callable[[], EventId]) -> None:
        """Take these up together with what ``append`` puts into the log, so that nobody sees one without the other."""
        with self._lock:
            self._up_to = append()
            for crossing in crossings:
                start = stretch_of(crossing.ended_at, QUARTER)
                self._put(crossing.of, start, crossing.people, crossing.of.quality)

    def leave_open(self, count: RecordedCount, begin: datetime, end: datetime) -> None:
        """Of the line nothing is known between these moments; quarters of which something is known stay as they are."""
        with self._lock:
            start = begin - (begin - begin.replace(hour=0, minute=0, second=0, microsecond=0)) % QUARTER
            while start < end:
                if str(count.key) not in self._quarters.setdefault(start, _Quarter()).lines:
                    self._put(count, start, NOBODY, Quality.MISSING)
                start += QUARTER

    def _put(self, count: RecordedCount, start: datetime, people: Figures, quality: Quality) -> None:
        quarter = self._quarters.setdefault(start, _Quarter())
        line_id = str(count.key)
        known = quarter.lines.get(line_id)
        if known is not None:
            people, quality = known.people + people, _together(known.quality, quality)
        quarter.lines[line_id] = PlayedQuarter(line_id, count.place.site_id, start, people, quality)
        self._stamps += 1
        quarter.stamp = self._stamps

    def as_of(self, read: Callable[[], T]) -> tuple[T, EventId | None]:
        """See ``ChartHistory``."""
        with self._lock:
            return read(), self._up_to

    def stamps(self, start: datetime, end: datetime) -> dict[datetime, int]:
        """See ``QuarterHistory``."""
        with self._lock:
            return {one: quarter.stamp for one, quarter in self._quarters.items() if start <= one < end}

    def sums(self, step: timedelta, scope: Scope, start: datetime, end: datetime) -> list[ScopeSum]:
        """See ``QuarterHistory``. Only of sites is anything known."""
        if scope is not Scope.SITE:
            raise ValueError(f"a replay sums up sites, not scope {scope}")
        groups: dict[tuple[datetime, str], list[PlayedQuarter]] = {}
        for row in self._rows(start, end):
            groups.setdefault((stretch_of(row.start + QUARTER, step), row.site_id), []).append(row)
        return [_sum(*key, groups[key]) for key in sorted(groups)]

    def unknown_quarters(self, start: datetime, end: datetime) -> set[tuple[str, datetime]]:
        """See ``QuarterHistory``."""
        return {(row.line_id, row.start) for row in self._rows(start, end) if row.quality is Quality.MISSING}

    def quarter_hours(
        self, start: datetime, end: datetime, *, line_ids: Collection[str] | None = None
    ) -> list[PlayedQuarter]:
        """See ``ChartHistory``."""
        return [row for row in self._rows(start, end) if line_ids is None or row.line_id in line_ids]

    def spans(
        self, step: timedelta, start: datetime, end: datetime, *, line_ids: Collection[str] | None = None
    ) -> list[LineSpan]:
        """See ``ChartHistory``."""
        starts: dict[str, set[datetime]] = {}
        for row in self.quarter_hours(start, end, line_ids=line_ids):
            starts.setdefault(row.line_id, set()).add(stretch_of(row.start + QUARTER, step))
        return [LineSpan(line, min(found), max(found), len(found)) for line, found in sorted(starts.items())]

    def _rows(self, start: datetime, end: datetime) -> Iterator[PlayedQuarter]:
        with self._lock:
            found = [row for one in sorted(self._quarters) if start <= one < end for row in self._rows_of(one)]
        return iter(found)

    def _rows_of(self, start: datetime) -> list[PlayedQuarter]:
        return list(self._quarters[start].lines.values())


def _together(one: Quality, other: Quality) -> Quality:
    """Of a quarter of which a part is not known, the rest is."""
    known = [quality for quality in (one, other) if quality is not Quality.MISSING]
    return worst(*known) if known else Quality.MISSING


def _sum(start: datetime, site_id: str, rows: Collection[PlayedQuarter]) -> ScopeSum:
    known = [row for row in rows if row.quality is not Quality.MISSING]
    of_quality = Counter(row.quality for row in known)
    return ScopeSum(
        site_id,
        site_id,
        start,
        len(rows),
        len(rows) - len(known),
        sum(row.people.entered for row in known),
        sum(row.people.left for row in known),
        worst(*of_quality) if known else Quality.MISSING,
        0.0,
        0,
    )
