"""Today's quarters of an hour as rows of a table; ``static/js/day-rows.js`` has the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.sentence import say
from peoplecount.web.live.drawn_day import begun_quarters
from peoplecount.web.live.people_inside import inside_after
from peoplecount.web.trust import DOUBTS

UsualHour = Mapping[str, Sequence[float]]
"""``in`` and ``out``: a quarter, the half and three quarters of such days, as ``UsualDays`` gives them."""

Ends = tuple[float, float]

NOT_KNOWN = ("missing", say("not known"))
SOME_LINES = ("part", say("some lines not known"))


@dataclass(frozen=True, slots=True)
class DayRow:
    """A quarter of an hour; ``None`` is not known."""

    start: datetime
    """UTC."""

    entered: int | None
    left: int | None
    usual_in: Ends | None
    usual_out: Ends | None
    """Between what half of such quarters lay."""

    inside: int | None
    """People inside as it ended; of the one that runs, when it was read."""

    notes: tuple[tuple[str, str], ...]
    """What is to be said of the figures, each with the quality whose mark it has; none where they were measured."""


def day_rows(
    curve: Mapping[str, Any], now: datetime, read_at: datetime, usual: Sequence[UsualHour | None] | None = None
) -> tuple[DayRow, ...]:
    """The quarters that have begun by ``now`` of a site's curve, as ``TodayChart`` gave it at ``read_at``.

    ``usual`` are the hours of the wall clock on such a day.
    """
    start, zone = parse_utc(curve["start"]), ZoneInfo(curve["timeZone"])
    inside = inside_after(curve, read_at)

    def row(index: int) -> DayRow:
        begin = start + index * QUARTER
        hour = usual[begin.astimezone(zone).hour] if usual else None
        entered, left = curve["in"][index], curve["out"][index]
        notes = tuple(_notes(curve, index))
        return DayRow(begin, entered, left, _ends(hour, "in"), _ends(hour, "out"), inside[index], notes)

    return tuple(row(index) for index in range(begun_quarters(curve, now)))


def _ends(hour: UsualHour | None, way: str) -> Ends | None:
    """Hours are all that is told, so each of their quarters is as busy as the others."""
    if hour is None:
        return None
    few, _, many = hour[way]
    return few * (QUARTER / HOUR), many * (QUARTER / HOUR)


def _notes(curve: Mapping[str, Any], index: int) -> Iterator[tuple[str, str]]:
    if curve["in"][index] is None:
        yield NOT_KNOWN
        return
    quality = Quality(curve["quality"][index])
    if quality in DOUBTS:
        yield quality.value, DOUBTS[quality]
    if index in curve["partial"]:
        yield SOME_LINES
