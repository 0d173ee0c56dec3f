"""How the states beside the log are written: JSON of what counting must remember."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from peoplecount.domain.counter import Counter, Fall
from peoplecount.domain.counting import CountState, LineState
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.event_body import write_body
from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey


def write_count_state(state: CountState) -> str:
    """The JSON of what is remembered of a camera."""
    lines = {str(key): _line_fields(line, state.serial) for key, line in state.lines.items()}
    return write_body({"serial": state.serial, "lines": lines})


def read_count_state(body: str) -> CountState:
    """What ``write_count_state`` wrote."""
    fields = json.loads(body)
    serial = fields["serial"]
    lines = {LineKey.parse(key): _line(line, serial) for key, line in fields["lines"].items()}
    return CountState(serial, lines)


def _line_fields(line: LineState, serial: str) -> dict[str, Any]:
    """``serial`` is the camera's; a line's own is written where it is another one."""
    own = {"serial": line.serial} if line.serial != serial else {}
    return {
        "name": line.name,
        "in": _counter_fields(line.entered),
        "out": _counter_fields(line.left),
        "day": line.day.isoformat(),
        "inToday": line.in_today,
        "outToday": line.out_today,
        **own,
    }


def _line(fields: dict[str, Any], serial: str) -> LineState:
    return LineState(
        name=fields["name"],
        entered=_counter(fields["in"]),
        left=_counter(fields["out"]),
        day=date.fromisoformat(fields["day"]),
        in_today=fields["inToday"],
        out_today=fields["outToday"],
        serial=fields.get("serial", serial),
    )


def _counter_fields(counter: Counter) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "generation": str(counter.generation),
        "start": counter.start,
        "total": counter.total,
        "readAt": utc_text(counter.read_at),
        "readDay": counter.read_day.isoformat(),
    }
    if counter.lost_total is not None:
        fields["lostTotal"] = counter.lost_total
    if counter.fall is not None:
        fields["fall"] = {
            "total": counter.fall.total,
            "day": counter.fall.day.isoformat(),
            "early": counter.fall.is_early,
            "firstSeen": utc_text(counter.fall.first_seen),
            "lastSeen": utc_text(counter.fall.last_seen),
        }
    return fields


def _counter(fields: dict[str, Any]) -> Counter:
    return Counter(
        generation=Generation.parse(fields["generation"]),
        start=fields["start"],
        total=fields["total"],
        read_at=parse_utc(fields["readAt"]),
        read_day=date.fromisoformat(fields["readDay"]),
        fall=_fall(fields["fall"]) if "fall" in fields else None,
        lost_total=fields.get("lostTotal"),
    )


def _fall(fields: dict[str, Any]) -> Fall:
    return Fall(
        total=fields["total"],
        day=date.fromisoformat(fields["day"]),
        is_early=fields["early"],
        first_seen=parse_utc(fields["firstSeen"]),
        last_seen=parse_utc(fields["lastSeen"]),
    )
