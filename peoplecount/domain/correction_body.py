"""What stands inside ``CountCorrection``."""

from __future__ import annotations

import json
from datetime import datetime

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.event import EventKind, NewEvent, Quality, parse_utc, utc_text
from peoplecount.domain.event_body import Place, Standing, head, new_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey


def correction_event(
    place: Place, correction: HourCorrection, known_at: datetime, standing: Standing | None = None
) -> NewEvent:
    """A ``CountCorrection``. ``standing`` is given where the hour is one of today: where the line stands afterwards.

    ``in`` and ``out`` are differences, so that they sum up with those of ``PeopleCountingUpdate``; ``newIn`` and
    ``newOut`` are what the hour is now.
    """
    old = correction.old
    fields = head(EventKind.COUNT_CORRECTION, known_at, place) | {
        "doorId": place.door_id,
        "doorName": place.door_name,
        "lineId": str(correction.key),
        "lineName": place.line_name,
        "from": utc_text(correction.started_at),
        "to": utc_text(correction.ended_at),
        "localStart": correction.local_start.isoformat(timespec="seconds"),
        "in": correction.change.entered,
        "out": correction.change.left,
        "oldIn": None if old is None else old.entered,
        "oldOut": None if old is None else old.left,
        "newIn": correction.new.entered,
        "newOut": correction.new.left,
        "oldQuality": correction.old_quality.value,
        "quality": correction.quality.value,
        "coverage": round(correction.coverage, 4),
        "reason": correction.reason.value,
    }
    if standing is None:
        return new_event(EventKind.COUNT_CORRECTION, place, "", fields)
    fields |= {"inToday": standing.in_today, "outToday": standing.out_today, "occupancy": standing.occupancy}
    return new_event(EventKind.COUNT_CORRECTION, place, str(correction.key), fields)


def read_correction(event: NewEvent) -> HourCorrection:
    """The correction that ``correction_event`` wrote."""
    fields = json.loads(event.body)
    return HourCorrection(
        key=LineKey.parse(fields["lineId"]),
        started_at=parse_utc(fields["from"]),
        ended_at=parse_utc(fields["to"]),
        local_start=datetime.fromisoformat(fields["localStart"]),
        old=None if fields["oldIn"] is None else Figures(fields["oldIn"], fields["oldOut"]),
        new=Figures(fields["newIn"], fields["newOut"]),
        old_quality=Quality(fields["oldQuality"]),
        quality=Quality(fields["quality"]),
        coverage=fields["coverage"],
        reason=CorrectionReason(fields["reason"]),
    )
