"""How a site's occupancy is written beside the log."""

from __future__ import annotations

import json
from datetime import date

from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.event_body import write_body
from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy import Occupancy


def write_occupancy(occupancy: Occupancy) -> str:
    """The JSON of a site's occupancy."""
    fields = {
        "day": occupancy.day.isoformat(),
        "start": occupancy.start,
        "in": occupancy.crossed.entered,
        "out": occupancy.crossed.left,
        "lowest": occupancy.lowest,
    }
    if occupancy.counted_at is not None:
        fields["countedAt"] = utc_text(occupancy.counted_at)
    return write_body(fields)


def read_occupancy(body: str) -> Occupancy:
    """What ``write_occupancy`` wrote, also before 0.2: then there is only the difference of in and out."""
    fields = json.loads(body)
    day = date.fromisoformat(fields["day"])
    if "net" in fields:
        return Occupancy(day, fields["net"])
    counted_at = parse_utc(fields["countedAt"]) if "countedAt" in fields else None
    return Occupancy(day, fields["start"], Figures(fields["in"], fields["out"]), counted_at, fields["lowest"])
