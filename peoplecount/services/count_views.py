"""Counts of earlier times seen otherwise: as they were known at a moment, or only what has changed since an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.event import WORSE, Quality, worst
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts_query import CountsQuery

LATE = timedelta(hours=2)
"""So long after its end an interval is closed at the latest while the service runs; rows that ended by then are told as
changed, whether they are or not."""

_MISSING = WORSE.index(Quality.MISSING)


class PastFigures(Protocol):
    """The part of the history that tells what changed. Raises ``DatabaseError``."""

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, site_id: str | None = None
    ) -> Sequence[PlaceStretch]:
        """What to add to hours for figures as they were known at a moment."""
        ...

    def changed_since(self, scope: Scope, since: EventId, at: datetime) -> Mapping[str, datetime]:
        """By subject the earliest moment of which something was told after an event."""
        ...


def as_known(rows: Iterable[CountRow], query: CountsQuery, history: PastFigures) -> list[CountRow]:
    """Rows with the figures they had at ``query.known``. Coverage is the one of now."""
    found = list(rows)
    if query.known is None or not found:
        return found
    begin, end = found[0].begin, max(row.end for row in found)
    by_subject: dict[str, list[PlaceStretch]] = {}
    for one in history.learned_later(query.scope, begin, end, query.known, query.site_id):
        by_subject.setdefault(one.subject, []).append(one)
    return [_taken_back(row, query, by_subject.get(row.subject, ())) for row in found]


def _taken_back(row: CountRow, query: CountsQuery, differences: Sequence[PlaceStretch]) -> CountRow:
    """The quality of a sum is the worst of now and then: of which of its parts it was is not kept."""
    mine = [one for one in differences if row.begin <= one.start < row.end]
    if not mine or row.figures is None:
        return row
    before = [quality for place, quality in enumerate(WORSE) if any(one.by_quality[place] > 0 for one in mine)]
    is_single = query.scope is Scope.LINE and query.step is Step.HOUR
    was_unknown = any(one.by_quality[_MISSING] > 0 for one in mine)
    figures = Figures(
        row.figures.entered + sum(one.entered for one in mine), row.figures.left + sum(one.left for one in mine)
    )
    qualities = before if is_single and before else [row.quality, *before]
    return row._replace(
        figures=None if is_single and was_unknown else figures,
        quality=worst(*qualities),
        is_complete=row.is_complete and not was_unknown,
    )


class Changed:
    """Which rows may be other ones than they were when an event had been written."""

    def __init__(self, by_subject: Mapping[str, datetime], at: datetime) -> None:
        """``at`` is when the event was appended."""
        self._by_subject = by_subject
        self._ended = at - LATE
        self.begin = min([*by_subject.values(), self._ended])
        """No row that ends before it has changed."""

    def takes(self, row: CountRow) -> bool:
        """Whether it may have."""
        changed = self._by_subject.get(row.subject)
        return row.end > self._ended or (changed is not None and row.end > changed)

    def of(self, rows: Iterable[CountRow]) -> Iterator[CountRow]:
        """Those that may have."""
        return filter(self.takes, rows)
