"""What stands inside ``IntervalClosed``."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from peoplecount.domain.event import EventKind, NewEvent, Quality, parse_utc, utc_text
from peoplecount.domain.event_body import Place, head, new_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope


def interval_event(place: Place, interval: ClosedInterval, known_at: datetime) -> NewEvent:
    """An ``IntervalClosed``; ``place`` is as far filled in as the scope goes (a site's names no door)."""
    figures = interval.figures
    fields = head(EventKind.INTERVAL_CLOSED, known_at, place) | {
        "doorId": place.door_id,
        "doorName": place.door_name,
        "scope": interval.scope.value,
        "subject": interval.subject,
        "from": utc_text(interval.started_at),
        "to": utc_text(interval.started_at + interval.length),
        "localStart": interval.local_start.isoformat(timespec="seconds"),
        "minutes": interval.length // timedelta(minutes=1),
        "in": figures.entered if figures else None,
        "out": figures.left if figures else None,
        "quality": interval.quality.value,
        "coverage": round(interval.coverage, 4),
    }
    return new_event(EventKind.INTERVAL_CLOSED, place, "", fields)


def read_interval(event: NewEvent) -> ClosedInterval:
    """The interval that ``interval_event`` wrote."""
    fields = json.loads(event.body)
    return ClosedInterval(
        scope=Scope(fields["scope"]),
        subject=fields["subject"],
        started_at=parse_utc(fields["from"]),
        length=timedelta(minutes=fields["minutes"]),
        local_start=datetime.fromisoformat(fields["localStart"]),
        figures=None if fields["in"] is None else Figures(fields["in"], fields["out"]),
        quality=Quality(fields["quality"]),
        coverage=fields["coverage"],
    )
