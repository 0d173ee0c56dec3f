"""Entries of the event log as rows of a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peoplecount.domain.event import EventKind, LogEntry, NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.log import Choice, LogUnavailable

COLUMNS = "number, appended_at, kind, site_id, camera_id, door_id, subject, body"
MARKS = "?, ?, ?, ?, ?, ?, ?, ?"

Row = tuple[int, int, str, str, str, str, str, str]

_KINDS = {kind.value: kind for kind in EventKind}

_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def row_of(number: int, now: datetime, event: NewEvent) -> Row:
    """The row of an event that is appended."""
    place = (event.site_id, event.camera_id, event.door_id)
    return (number, microseconds(now), event.kind.value, *place, event.subject, event.body)


def entry_of(epoch: str, row: Row) -> LogEntry:
    """The entry that a row keeps. Raises ``LogUnavailable`` for a kind from a newer version."""
    number, appended_at, kind, site_id, camera_id, door_id, subject, body = row
    try:
        known_kind = _KINDS[kind]
    except KeyError as error:
        raise LogUnavailable(
            f"event {number} is of the kind {kind!r}, which this version of the program does not know; "
            "install the version that wrote it again"
        ) from error
    event = NewEvent(known_kind, site_id, camera_id, door_id, subject, body)
    return LogEntry(EventId(epoch, number), moment_of(appended_at), event)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exact both ways. A moment without a zone raises ``TypeError``."""
    return (moment - _1970) // timedelta(microseconds=1)


def moment_of(microseconds: int) -> datetime:
    """What ``microseconds`` was made of."""
    return _1970 + timedelta(microseconds=microseconds)


def condition_of(choice: Choice) -> tuple[str, list[str]]:
    """What a choice asks of a row, behind other conditions, and the values for it."""
    wanted = {
        "kind": [kind.value for kind in choice.kinds],
        "camera_id": choice.camera_ids,
        "door_id": choice.door_ids,
        "site_id": choice.site_ids,
    }
    named = {column: values for column, values in wanted.items() if values}
    condition = "".join(f" AND {column} IN ({', '.join('?' * len(values))})" for column, values in named.items())
    return condition, [value for values in named.values() for value in values]
