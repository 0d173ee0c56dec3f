"""What was learned about hours since a moment: the corrections since then, laid over the hours as they are now.

A correction is about a line and a slot of its camera's history: an hour, or two where the clock was put back. The rows
of hours are by door and site, too, and stay where they are when a line is moved to another door.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, exists, func, select

from peoplecount.domain.apportion import apportion
from peoplecount.domain.event import WORSE, Quality
from peoplecount.domain.history_period import ONE_DAY
from peoplecount.domain.place_sum import PlaceStretch
from peoplecount.storage.connection import Rows
from peoplecount.storage.schema import corrections, hour_counts
from peoplecount.storage.where import Where

_IN_ORDER = attrgetter("correction_id", "starts_at", "door_id", "site_id")
_OF_CORRECTION = attrgetter("correction_id")
_PLACES = {quality.value: place for place, quality in enumerate(WORSE)}


def learned_later_question(start: datetime, end: datetime, known: datetime, where: Where) -> Select[Any]:
    """Slots of which something was learned since: the first correction since of each, and all rows of its hours.

    Of slots that have a row of such places; the others in it are needed to share out what had been known.
    """
    told, hours, other = corrections.c, hour_counts.c, hour_counts.alias("other")
    # A slot that began before may reach into the time; none is as long as a day.
    near = and_(told.known_at > known, told.starts_at > start - ONE_DAY, told.starts_at < end, told.ends_at > start)
    grouped = select(func.min(told.correction_id).label("first")).where(near)
    if where.line_id is not None:
        grouped = grouped.where(told.line_id == where.line_id)
    first = grouped.group_by(told.line_id, told.starts_at).subquery()
    in_slot = and_(hours.line_id == told.line_id, hours.starts_at >= told.starts_at, hours.starts_at < told.ends_at)
    in_same = and_(
        other.c.line_id == told.line_id, other.c.starts_at >= told.starts_at, other.c.starts_at < told.ends_at
    )
    return (
        select(
            told.correction_id,
            told.door_id.label("to_door"),
            told.site_id.label("to_site"),
            told.old_in,
            told.old_out,
            told.old_quality,
            hours.line_id,
            hours.starts_at,
            hours.door_id,
            hours.site_id,
            hours.in_count,
            hours.out_count,
            hours.quality,
        )
        .select_from(corrections.join(first, told.correction_id == first.c.first).join(hour_counts, in_slot))
        .where(exists().where(in_same, where.rows_of(other)))
    )


def differences(rows: Rows, subject: str, start: datetime, end: datetime, where: Where) -> Iterator[PlaceStretch]:
    """What to add to hours, for the answer to that question; ``subject`` is the column they are told by.

    Each row has had its share of what had been known; the shares of doors stay the same when an hour is corrected.
    """
    done: set[tuple[str, datetime, str, str]] = set()
    for _, found in groupby(sorted(rows, key=_IN_ORDER), _OF_CORRECTION):
        slot = list(found)
        entered = _shares(slot, slot[0].old_in, "in_count")
        left = _shares(slot, slot[0].old_out, "out_count")
        for row, was_in, was_out in zip(slot, entered, left, strict=True):
            key = (row.line_id, row.starts_at, row.door_id, row.site_id)
            if key in done:  # slots that overlap: an earlier correction knew it better
                continue
            done.add(key)
            if start <= row.starts_at < end and where.fits(row.site_id, row.door_id, row.line_id):
                figures = (was_in - int(row.in_count), was_out - int(row.out_count))
                yield PlaceStretch(getattr(row, subject), row.starts_at, *figures, _qualities(row), 0.0, 0)


def _shares(slot: Sequence[Any], people: int | None, column: str) -> list[int]:
    weights = [0 if row.quality == Quality.MISSING.value else int(getattr(row, column)) for row in slot]
    if not any(weights):
        weights = [int((row.door_id, row.site_id) == (row.to_door, row.to_site)) for row in slot]
    return apportion(int(people or 0), weights)


def _qualities(row: Any) -> tuple[int, ...]:  # noqa: ANN401
    by_quality = [0] * len(WORSE)
    by_quality[_PLACES[row.quality]] -= 1
    by_quality[_PLACES[row.old_quality]] += 1
    return tuple(by_quality)
