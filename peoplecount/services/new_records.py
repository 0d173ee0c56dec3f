"""From count events to records: what of them is not in the history yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson

from peoplecount.domain.event import LogEntry, Quality
from peoplecount.domain.event_body import increment_of
from peoplecount.domain.event_id import EventId
from peoplecount.domain.increment import Increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Accepted, accept
from peoplecount.storage.positions import LinePosition
from peoplecount.storage.records import Record


class CountEntry(NamedTuple):
    """A count event of the log, read."""

    event_id: EventId
    increment: Increment
    door_id: str
    site_id: str

    @classmethod
    def read(cls, entry: LogEntry) -> CountEntry:
        """Take ``entry`` apart. Raises ``ValueError`` or ``KeyError`` where it is not a count event of ours."""
        event = entry.event
        return cls(entry.event_id, increment_of(orjson.loads(event.body)), event.door_id, event.site_id)


@dataclass(frozen=True, slots=True)
class NewRecords:
    """What count events add to a history."""

    records: Mapping[EventId, Record]
    """By the event they come from, in its order."""

    after: Mapping[LineKey, LinePosition]
    """How far the history reaches then."""

    ignored: Set[LineKey]
    """Lines that were counted on in a generation before the one that is written, and from before all that is written
    until after it: the log was lost or put back, and began again below it. Who came in that time is left out."""

    @classmethod
    def of(cls, before: Mapping[LineKey, LinePosition], counts: Iterable[CountEntry]) -> NewRecords:
        """What ``counts`` add to a history that reaches ``before``.

        An increment in which nobody came moves the position and makes no record.
        """
        after = dict(before)
        records: dict[EventId, Record] = {}
        ignored: set[LineKey] = set()
        names: dict[LineKey, str] = {}
        for count in counts:
            increment = count.increment
            key, ended_at = increment.key, increment.ended_at
            line = after.get(key)
            is_later = line is not None and increment.started_at >= line.ended_at
            if line and not is_later and _is_of_an_older_generation(line, increment):
                ignored.add(key)
            accepted = accept(line.position if line else None, increment, is_later=is_later)
            if accepted is None:
                continue
            if accepted.entered or accepted.left:
                line_id = names.get(key) or names.setdefault(key, str(key))
                records[count.event_id] = _record(count, line_id, accepted, line)
            if line is not None and line.ended_at > ended_at:
                ended_at = line.ended_at
            after[key] = LinePosition(accepted.position, ended_at)
        return cls(records, after, ignored)


def _is_of_an_older_generation(line: LinePosition, increment: Increment) -> bool:
    if increment.ended_at <= line.ended_at:  # an event that comes again
        return False
    entered, left = increment.entered, increment.left
    return bool(
        (entered.generation < line.position.entered.generation and entered.people)
        or (left.generation < line.position.left.generation and left.people)
    )


def _record(count: CountEntry, line_id: str, accepted: Accepted, line: LinePosition | None) -> Record:
    event_id, increment, door_id, site_id = count
    entered, left, position, bridged = accepted
    if increment.swapped:
        entered, left = left, entered
    return Record(  # by their places, which is twice as quick
        event_id,
        increment.key,
        line_id,
        door_id,
        site_id,
        _started_at(increment, accepted, line),
        increment.ended_at,
        increment.local_time,
        entered,
        left,
        position,
        Quality.ESTIMATED if bridged else increment.quality,
        increment.utc_offset,
    )


def _started_at(increment: Increment, accepted: Accepted, line: LinePosition | None) -> datetime:
    """Since when the new people came: where earlier ones were lost or some are written, since what is written."""
    whole = (accepted.entered, accepted.left) == (increment.entered.people, increment.left.people)
    if line is None or line.ended_at > increment.ended_at or (whole and not accepted.bridged):
        return increment.started_at
    if accepted.bridged:
        return min(line.ended_at, increment.started_at)
    return max(line.ended_at, increment.started_at)
