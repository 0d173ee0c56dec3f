"""The ends of a period: what lies before the first thing that is known of a place, and after the last."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY, Part, day_start
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum
from peoplecount.services.history_sums import Wanted
from peoplecount.services.unhurried import Breath, unhurried

STEPS_AT_ONCE = 1_000

NOT_OVER = timedelta(hours=2)
"""Just now nothing lacks yet: of hours without anybody it is told once they are over and all cameras were read."""


def note_ends(
    sums: Sequence[PlaceSum],
    parts: Sequence[Part],
    stretches: Sequence[PlaceStretch],
    step: timedelta,
    zone: ZoneInfo,
    *,
    until: datetime,
    wanted: Wanted | None = None,
) -> None:
    """Count as lacking what is not there before the first of these stretches and after the last, up to ``until`` (UTC).

    As many rows lack in each step as there are at that end: nobody counted then, which is not that nobody came. Where
    there is no stretch at all, nothing is added.
    """
    if not stretches or not parts:
        return
    first, last = min(one.start for one in stretches), max(one.start for one in stretches)
    over, end = _next(last, step, zone), min(until, parts[-1].end)
    gaps = [(parts[0].start, first, first)]
    if end - over > NOT_OVER:
        gaps.append((over, end, last))
    starts = [part.start for part in parts]
    for since, before, beside in gaps:
        rows = _rows_at(beside, stretches, step)
        for moment, following in unhurried(_steps(since, before, step, zone), Breath(STEPS_AT_ONCE)):
            place = bisect_right(starts, moment) - 1
            if place >= 0 and (wanted is None or wanted(moment.astimezone(zone))):
                sums[place].unseen += rows * ((min(following, before) - moment) / (following - moment))


def _rows_at(moment: datetime, stretches: Sequence[PlaceStretch], step: timedelta) -> int:
    """How many there are. A day on which counting began, or ended, has fewer than the one beside."""
    near = step if step < ONE_DAY else 2 * ONE_DAY
    rows: dict[datetime, int] = {}
    for one in stretches:
        if abs(one.start - moment) < near:
            rows[one.start] = rows.get(one.start, 0) + one.rows
    return max(rows.values())


def _steps(since: datetime, before: datetime, step: timedelta, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """When each begins and ends; the last one may end later."""
    while since < before:
        following = _next(since, step, zone)
        yield since, following
        since = following


def _next(moment: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    if step < ONE_DAY:
        return moment + step
    return day_start(moment.astimezone(zone).date() + ONE_DAY, zone)
