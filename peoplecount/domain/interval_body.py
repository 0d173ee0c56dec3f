"""What stands inside ``IntervalClosed``."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.event import EventKind, NewEvent, Quality, parse_utc, utc_text
from peoplecount.domain.event_body import Place, head, new_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.told import Told


def interval_event(place: Place, interval: ClosedInterval, known_at: datetime) -> NewEvent:
    """An ``IntervalClosed``; ``place`` is as far filled in as the scope goes (a site's names no door).

    It is the newest state of its line where it tells of the day so far.
    """
    figures, today = interval.figures, interval.today
    is_line = interval.scope is Scope.LINE
    fields: dict[str, Any] = head(EventKind.INTERVAL_CLOSED, known_at, place) | {
        "cameraId": place.camera_id or None,
        "cameraName": place.camera_name or None,
        "doorId": place.door_id or None,
        "doorName": place.door_name or None,
        "lineId": interval.subject if is_line else None,
        "lineName": place.line_name if is_line else None,
        "scope": interval.scope.value,
        "subject": interval.subject,
        "step": interval.step.value,
        "from": utc_text(interval.started_at),
        "to": utc_text(interval.ended_at),
        "localStart": interval.local_start.isoformat(timespec="seconds"),
        "minutes": interval.length // timedelta(minutes=1),
        "in": None if figures is None else figures.entered,
        "out": None if figures is None else figures.left,
        "quality": interval.quality.value,
        "coverage": round(interval.coverage, 4),
    }
    if today is None:
        return new_event(EventKind.INTERVAL_CLOSED, place, "", fields)
    fields |= {"qualityToday": today.quality.value, "coverageToday": round(today.coverage, 4)}
    return new_event(EventKind.INTERVAL_CLOSED, place, interval.subject, fields)


def read_interval(event: NewEvent) -> ClosedInterval:
    """The interval that ``interval_event`` wrote; of the day so far only how far it can be trusted."""
    fields = json.loads(event.body)
    begin, end = parse_utc(fields["from"]), parse_utc(fields["to"])
    today = None
    if "qualityToday" in fields:
        today = Told(None, Quality(fields["qualityToday"]), fields["coverageToday"])
    return ClosedInterval(
        scope=Scope(fields["scope"]),
        subject=fields["subject"],
        started_at=begin,
        length=end - begin,
        local_start=datetime.fromisoformat(fields["localStart"]),
        figures=None if fields["in"] is None else Figures(fields["in"], fields["out"]),
        quality=Quality(fields["quality"]),
        coverage=fields["coverage"],
        today=today,
    )
