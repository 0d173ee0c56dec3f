"""Making a recording of a day from what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind, LogEntry, Quality, parse_utc
from peoplecount.domain.event_body import Place, increment_of, place_of
from peoplecount.domain.line import LineKey
from peoplecount.domain.recording import RecordedCount, Recording
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Choice, EventLog
from peoplecount.services.count_rows import CountRow
from peoplecount.services.site_day import zone_of

ENTRIES_AT_ONCE = 500

TOLD_LATE = timedelta(hours=6)
"""How long after its end the log is searched for what a day still brought: cameras that had been out of reach."""

_KINDS = (EventKind.COUNT, EventKind.CAMERA_STATUS)

_Status = tuple[str, datetime, bool]
"""A camera, since when, and whether it answers."""


class NotRecorded(ValueError):
    """Nothing is kept of the day; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day at each of some sites, by the sites' own calendars."""

    day: date
    sites: Mapping[str, Site]

    def bounds(self, site_id: str) -> tuple[datetime, datetime]:
        """Of one of them, UTC."""
        zone = zone_of(self.sites[site_id])
        begin, end = (datetime.combine(one, time(), zone) for one in (self.day, self.day + timedelta(days=1)))
        return begin.astimezone(UTC), end.astimezone(UTC)

    @property
    def begin(self) -> datetime:
        """Of the one where it begins first, UTC."""
        return min(self.bounds(site_id)[0] for site_id in self.sites)

    @property
    def end(self) -> datetime:
        """Of the one where it ends last, UTC."""
        return max(self.bounds(site_id)[1] for site_id in self.sites)

    def holds(self, count: RecordedCount) -> bool:
        """Whether a count is of this day."""
        if count.place.site_id not in self.sites:
            return False
        begin, end = self.bounds(count.place.site_id)
        return begin < count.ended_at <= end

    def cut(self, count: RecordedCount) -> RecordedCount:
        """Without what lies before the day: of the first reading it is not told when people came."""
        begin = self.bounds(count.place.site_id)[0]
        return count if count.started_at >= begin else replace(count, started_at=begin)


def recorded_in_log(log: EventLog, day: Day) -> Recording | None:
    """What the log told of the day, poll by poll. ``None`` where it has not all of it any more. Raises ``LogError``."""
    begin = log.before(day.begin)
    incomplete_until = log.incomplete_until()  # asked afterwards: the log may be trimmed at any moment
    if incomplete_until is not None and day.begin <= incomplete_until:
        return None
    counts: list[RecordedCount] = []
    statuses = _statuses_before(log, begin.number)
    for entry in _entries(log, begin.number, day.end + TOLD_LATE):
        if entry.event.kind is EventKind.COUNT:
            counts.append(_count(json.loads(entry.event.body)))
        else:
            statuses.append(_status(entry))
    kept = [day.cut(count) for count in counts if day.holds(count)]
    if not kept:
        return None
    return _recording([*kept, *_gaps(kept, statuses, day)], day.sites)


def recorded_in_rows(rows: Iterable[CountRow], roster: Roster, day: Day) -> Recording:
    """What the database has of the day, by the quarter of an hour. Raises ``NotRecorded`` where that is nothing."""
    counts = [count for count in (_of_row(row, roster) for row in rows) if day.holds(count)]
    if not any(count.people is not None for count in counts):
        raise NotRecorded(f"nothing is kept of {day.day.isoformat()}")
    return _recording(counts, day.sites)


def _recording(counts: Iterable[RecordedCount], sites: Mapping[str, Site]) -> Recording:
    ordered = sorted(counts, key=lambda count: (count.started_at, count.ended_at, count.key))
    used = {count.place.site_id for count in ordered}
    return Recording(ordered, {site_id: site for site_id, site in sites.items() if site_id in used})


def _entries(log: EventLog, after: int, until: datetime) -> Iterator[LogEntry]:
    head = log.head().number
    while after < head:
        chosen = log.choose(after, ENTRIES_AT_ONCE, Choice(kinds=_KINDS))
        for entry in chosen.entries:
            if entry.appended_at > until:
                return
            yield entry
        after = chosen.examined


def _statuses_before(log: EventLog, number: int) -> list[_Status]:
    """The last one of each camera up to a number: who was silent as the day began is silent until told otherwise."""
    found: dict[str, _Status] = {}
    after = log.oldest().number
    while after < number:
        chosen = log.choose(after, ENTRIES_AT_ONCE, Choice(kinds=(EventKind.CAMERA_STATUS,)))
        for entry in chosen.entries:
            if entry.event_id.number <= number:
                status = _status(entry)
                found[status[0]] = status
        after = chosen.examined
    return list(found.values())


def _status(entry: LogEntry) -> _Status:
    fields = json.loads(entry.event.body)
    return fields["cameraId"], parse_utc(fields["since"]), fields["state"] == CameraState.UP


def _count(fields: Mapping[str, object]) -> RecordedCount:
    increment = increment_of(fields)
    return RecordedCount(
        place_of(fields),
        increment.key,
        increment.started_at,
        increment.ended_at,
        increment.people,
        increment.quality,
    )


def _gaps(counts: Iterable[RecordedCount], statuses: Iterable[_Status], day: Day) -> Iterator[RecordedCount]:
    """When cameras did not answer and nothing of the time became known later."""
    lines = {count.key: count for count in counts}
    by_camera: dict[str, list[tuple[datetime, bool]]] = {}
    for camera_id, since, is_up in statuses:
        by_camera.setdefault(camera_id, []).append((since, is_up))
    for key, count in lines.items():
        begin, end = day.bounds(count.place.site_id)
        known = [one for one in counts if one.key == key]
        for start, stop in _silences(by_camera.get(key.camera_id, ()), begin, end):
            told = [one.started_at for one in known if one.started_at < stop and start < one.ended_at and one.people]
            until = min(told, default=stop)
            if start < until:
                yield RecordedCount(count.place, key, start, until, None, Quality.MISSING)


def _silences(
    states: Iterable[tuple[datetime, bool]], begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """From when to when a camera was not up, as far as that lies in a day."""
    for (since, is_up), (until, _) in pairwise([*sorted(states), (end, True)]):
        start, stop = max(since, begin), min(until, end)
        if not is_up and start < stop:
            yield start, stop


def _of_row(row: CountRow, roster: Roster) -> RecordedCount:
    key = LineKey.parse(str(row.line_id))
    camera = roster.cameras.get(key.camera_id)
    place = Place(
        row.site_id,
        row.site_name,
        key.camera_id,
        camera.name if camera else key.camera_id,
        row.door_id or "",
        row.door_name or "",
        row.line_name or "",
    )
    return RecordedCount(place, key, row.begin, row.end, row.figures, row.quality)
