"""What the history still owes: times of lines whose cameras are still being asked about their own past."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY, Part, day_start
from peoplecount.domain.interval import Scope
from peoplecount.domain.owed_history import OwedDays, OwedSpan
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.domain.roll_up import HOUR
from peoplecount.eventlog.log import LogError
from peoplecount.services.history_sums import Wanted
from peoplecount.services.unhurried import Breath, unhurried

STEPS_AT_ONCE = 1_000

OwedSpans = Callable[[], Sequence[OwedSpan]]


def nothing_owed() -> Sequence[OwedSpan]:
    """Where cameras are not asked about their past."""
    return ()


class OwedHistory:
    """As the process that polls has noted it last."""

    def __init__(self, owed: Callable[[], Mapping[str, OwedDays]], board: Callable[[], Mapping[str, Any]]) -> None:
        """``owed`` are days by line, and may raise ``LogError``; ``board`` gives a snapshot of the live board."""
        self._owed = owed
        self._board = board
        self._known: Mapping[str, OwedDays] = {}

    def spans(self) -> Sequence[OwedSpan]:
        """Of the lines on the board. While it cannot be read, as it was read last."""
        with suppress(LogError):
            self._known = self._owed()
        if not self._known:
            return ()
        board = self._board()
        zones = {site["siteId"]: ZoneInfo(site["timeZone"]) for site in board["sites"]}
        return [
            _span(line, self._known[line["lineId"]], zones[line["siteId"]])
            for line in board["lines"]
            if line["lineId"] in self._known
        ]


def _span(line: Mapping[str, Any], days: OwedDays, zone: ZoneInfo) -> OwedSpan:
    begin, end = day_start(days.first, zone), day_start(days.last + ONE_DAY, zone)
    return OwedSpan(line["lineId"], line["doorId"], line["siteId"], begin, end)


def subject_of(span: OwedSpan, scope: Scope) -> str:
    """The id of the line, door or site."""
    if scope is Scope.LINE:
        return span.line_id
    return span.door_id if scope is Scope.DOOR else span.site_id


def note_owed(
    sums: Sequence[PlaceSum],
    parts: Sequence[Part],
    spans: Iterable[OwedSpan],
    step: timedelta,
    *,
    until: datetime,
    wanted: Wanted | None = None,
    zone: ZoneInfo,
) -> None:
    """Count as lacking what these lines owe of each part, up to ``until`` (UTC).

    What was found to lack otherwise may be the same: the more of the two counts. A row is an hour, or a quarter of one
    where ``step`` is.
    """
    row = min(step, HOUR)
    spans = list(spans)
    for into, part in zip(sums, parts, strict=True):
        owed = sum(_rows(span, part.start, min(part.end, until), row, zone, wanted) for span in spans)
        into.unseen = max(into.unseen, owed)


def _rows(
    span: OwedSpan, begin: datetime, end: datetime, row: timedelta, zone: ZoneInfo, wanted: Wanted | None
) -> float:
    """How many rows of a line are owed between two moments."""
    begin, end = max(begin, span.begin), min(end, span.end)
    if begin >= end:
        return 0.0
    if wanted is None:
        return (end - begin) / row
    steps = unhurried(range(-((begin - end) // row)), Breath(STEPS_AT_ONCE))
    return float(sum(wanted((begin + number * row).astimezone(zone)) for number in steps))


class OwedLines:
    """How many lines of a door or site owe something of a time.

    Of a line by itself there is a row, or there is none.
    """

    def __init__(self, spans: Iterable[OwedSpan], scope: Scope) -> None:
        self._spans: dict[str, list[OwedSpan]] = {}
        if scope is not Scope.LINE:
            for span in spans:
                self._spans.setdefault(subject_of(span, scope), []).append(span)

    def at(self, subject: str, begin: datetime, end: datetime) -> int:
        """So many of that subject's."""
        spans = self._spans.get(subject)
        return sum(span.begin < end and begin < span.end for span in spans) if spans else 0
