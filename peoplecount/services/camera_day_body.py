"""How a day of the hour ledger is written: JSON, an hour in a short row, because it is written with every count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from peoplecount.domain.camera_day import Asked, CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.event import Quality, parse_utc, utc_text
from peoplecount.domain.event_body import write_body
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey

_SWAPPED, _BROKE, _SETTLED = 1, 2, 4


def write_camera_day(day: CameraDay) -> str:
    """The JSON of a day."""
    fields: dict[str, Any] = {
        "day": day.day.isoformat(),
        "clock": [_sight_row(sight) for sight in day.clock],
        "lines": {str(key): _line_fields(line) for key, line in day.lines.items()},
    }
    if day.asked:
        fields["asked"] = [day.asked.times, utc_text(day.asked.at), day.asked.note]
    if day.is_settled:
        fields["settled"] = True
    return write_body(fields)


def read_camera_day(body: str) -> CameraDay:
    """What ``write_camera_day`` wrote."""
    fields = json.loads(body)
    asked = fields.get("asked")
    return CameraDay(
        day=date.fromisoformat(fields["day"]),
        clock=tuple(_sight(row) for row in fields["clock"]),
        lines={LineKey.parse(key): _line(line) for key, line in fields["lines"].items()},
        asked=Asked(asked[0], parse_utc(asked[1]), asked[2]) if asked else None,
        is_settled=fields.get("settled", False),
    )


def _sight_row(sight: ClockSight) -> list[Any]:
    return [utc_text(sight.at), sight.ahead.total_seconds(), sight.offset.total_seconds()]


def _sight(row: Sequence[Any]) -> ClockSight:
    at, ahead, offset = row
    return ClockSight(parse_utc(at), timedelta(seconds=ahead), timedelta(seconds=offset))


def _line_fields(line: LineDay) -> dict[str, Any]:
    fields: dict[str, Any] = {"hours": {str(slot): _row(cell) for slot, cell in line.cells.items()}}
    if line.gaps:
        fields["gaps"] = [[utc_text(gap.begin), utc_text(gap.end)] for gap in line.gaps]
    if line.barred:
        fields["barred"] = line.barred
    if line.refusal:
        fields["refusal"] = line.refusal
    return fields


def _line(fields: Mapping[str, Any]) -> LineDay:
    return LineDay(
        cells={int(slot): _cell(row) for slot, row in fields["hours"].items()},
        gaps=tuple(Gap(parse_utc(begin), parse_utc(end)) for begin, end in fields.get("gaps", ())),
        barred=fields.get("barred", 0),
        refusal=fields.get("refusal", ""),
    )


def _row(cell: HourCell) -> tuple[object, ...]:
    told, shown, straddling = cell.told, cell.shown, cell.straddling
    return (
        *(told.entered, told.left, shown.entered, shown.left, straddling.entered, straddling.left),
        cell.quality.value,
        _SWAPPED * cell.swapped | _BROKE * cell.broke | _SETTLED * cell.settled,
    )


def _cell(row: Sequence[Any]) -> HourCell:
    *people, quality, flags = row
    told, shown, straddling = (Figures(*people[index : index + 2]) for index in (0, 2, 4))
    return HourCell(
        told=told,
        shown=shown,
        straddling=straddling,
        quality=Quality(quality),
        swapped=bool(flags & _SWAPPED),
        broke=bool(flags & _BROKE),
        settled=bool(flags & _SETTLED),
    )
