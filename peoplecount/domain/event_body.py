"""What stands inside events: one JSON schema for log, stream, API, webhook and export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from peoplecount.domain.event import QUALITIES, EventKind, NewEvent, Quality, parse_utc, utc_text
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey


@dataclass(frozen=True, slots=True)
class Place:
    """The names that an event carries, so that its reader needs no look-up."""

    site_id: str
    site_name: str
    camera_id: str
    camera_name: str
    door_id: str = ""
    door_name: str = ""
    line_name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a line and its site stand after an increment."""

    in_today: int
    out_today: int
    occupancy: int


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_body(fields: Mapping[str, Any]) -> str:
    """One compact JSON object."""
    return _COMPACT.encode(fields)


def count_event(place: Place, increment: Increment, standing: Standing, known_at: datetime | None = None) -> NewEvent:
    """A ``PeopleCountingUpdate``; it became known when the increment ended unless ``known_at`` says later (UTC)."""
    fields = head(EventKind.COUNT, known_at or increment.ended_at, place) | {
        "doorId": place.door_id,
        "doorName": place.door_name,
        "lineId": str(increment.key),
        "lineName": place.line_name,
        "from": utc_text(increment.started_at),
        "to": utc_text(increment.ended_at),
        "localTime": increment.local_time.isoformat(timespec="seconds"),
        "utcOffset": increment.sight.offset // timedelta(minutes=1),
        "in": increment.people.entered,
        "out": increment.people.left,
        "cameraInTotal": increment.entered.after,
        "cameraOutTotal": increment.left.after,
        "inToday": standing.in_today,
        "outToday": standing.out_today,
        "occupancy": standing.occupancy,
        "quality": increment.quality.value,
        "swapped": increment.swapped,
        "inGeneration": str(increment.entered.generation),
        "inGenerationStart": increment.entered.start,
        "outGeneration": str(increment.left.generation),
        "outGenerationStart": increment.left.start,
    }
    return new_event(EventKind.COUNT, place, str(increment.key), fields)


def read_increment(event: NewEvent) -> Increment:
    """The increment that ``count_event`` wrote."""
    return increment_of(json.loads(event.body))


def increment_of(fields: Mapping[str, Any]) -> Increment:
    """The increment in the body of a count, taken apart by whoever is quickest at it.

    Raises ``ValueError``, ``KeyError`` and the like where it is none of ours.
    """
    swapped = fields.get("swapped", False)  # this and the offset are not in events of before 0.2
    return Increment(
        key=LineKey.parse(fields["lineId"]),
        started_at=parse_utc(fields["from"]),
        ended_at=parse_utc(fields["to"]),
        local_time=datetime.fromisoformat(fields["localTime"]),
        entered=_growth(
            fields["inGeneration"],
            fields["inGenerationStart"],
            fields["cameraInTotal"],
            fields["out" if swapped else "in"],
        ),
        left=_growth(
            fields["outGeneration"],
            fields["outGenerationStart"],
            fields["cameraOutTotal"],
            fields["in" if swapped else "out"],
        ),
        quality=QUALITIES.get(fields["quality"]) or Quality(fields["quality"]),
        swapped=swapped,
        utc_offset=_offset(fields["utcOffset"]) if "utcOffset" in fields else None,
    )


@lru_cache(maxsize=256)  # a few zones in a fleet, named in every event
def _offset(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


def place_of(fields: Mapping[str, Any]) -> Place:
    """Where a count was made, from its body as ``increment_of`` takes it. Raises ``KeyError``."""
    names = ("siteId", "siteName", "cameraId", "cameraName", "doorId", "doorName", "lineName")
    return Place(*(fields[name] for name in names))


def _growth(generation: str, start: int, after: int, people: int) -> Growth:
    return Growth(Generation.parse(generation), start, after - people, after)


def break_event(place: Place, moment: datetime, line_id: str, kind: str, reason: str, unknown: str) -> NewEvent:
    """A ``CounterBreak``: why a total stopped growing, and what cannot be known because of it."""
    fields = head(EventKind.COUNTER_BREAK, moment, place) | {
        "doorId": place.door_id,
        "doorName": place.door_name,
        "lineId": line_id,
        "lineName": place.line_name,
        "break": kind,
        "reason": reason,
        "unknown": unknown,
    }
    return new_event(EventKind.COUNTER_BREAK, place, line_id or place.camera_id, fields)


@dataclass(frozen=True, slots=True)
class Status:
    """How a camera is, since when, and why in words."""

    place: Place
    state: str
    """A ``CameraState``, or ``removed`` once it is no longer polled."""

    since: datetime
    reason: str = ""


def status_event(status: Status) -> NewEvent:
    """A ``CameraStatus``, as of the moment the state began."""
    fields = head(EventKind.CAMERA_STATUS, status.since, status.place) | {
        "state": status.state,
        "reason": status.reason,
        "since": utc_text(status.since),
    }
    return new_event(EventKind.CAMERA_STATUS, status.place, status.place.camera_id, fields)


def read_status(event: NewEvent) -> Status:
    """What ``status_event`` wrote."""
    fields = json.loads(event.body)
    place = Place(fields["siteId"], fields["siteName"], fields["cameraId"], fields["cameraName"])
    return Status(place, fields["state"], parse_utc(fields["since"]), fields["reason"])


def head(kind: EventKind, moment: datetime, place: Place) -> dict[str, Any]:
    """What every body begins with."""
    return {
        "kind": kind.value,
        "time": utc_text(moment),
        "siteId": place.site_id,
        "siteName": place.site_name,
        "cameraId": place.camera_id,
        "cameraName": place.camera_name,
    }


def new_event(kind: EventKind, place: Place, subject: str, fields: Mapping[str, Any]) -> NewEvent:
    """An event about ``place``; for ``subject`` see ``NewEvent``."""
    return NewEvent(kind, place.site_id, place.camera_id, place.door_id, subject, write_body(fields))
