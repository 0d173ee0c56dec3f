"""Sites, doors and lines out of our tables, into which anybody with a database client can write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from functools import partial
from typing import Any

from sqlalchemy import select

from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import Site
from peoplecount.domain.threshold import Threshold
from peoplecount.storage.entries import capacity, identity, time_zone
from peoplecount.storage.row_faults import RowFaults, subject_of
from peoplecount.storage.schema import line_swaps

_LEFT_OUT = "it is left out"
_HIGHEST = 2**31 - 1


def read_sites(rows: Iterable[Any], faults: RowFaults, zone: str) -> dict[str, Site]:
    """Sites by id. One with an impossible time zone gets ``zone``, so that its doors and its name stay its own."""
    sites = (_site(row, faults, zone) for row in rows)
    return {site.site_id: site for site in sites if site}


def read_doors(rows: Iterable[Any], faults: RowFaults) -> dict[str, Door]:
    """Doors by id."""
    doors = (_door(row, faults) for row in rows)
    return {door.door_id: door for door in doors if door}


def read_lines(rows: Iterable[Any], swaps: Iterable[Any], faults: RowFaults) -> Mapping[str, tuple[Line, ...]]:
    """Lines by camera, in the order of the rows; those that are only in ``swaps`` (of ``ALL_SWAPS``) come last."""
    turned = _read_swaps(swaps, faults)
    found: dict[str, tuple[Line, ...]] = {}
    for row in rows:
        subject = subject_of("line", row.line_id)
        key = faults.attempt(subject, partial(_key, row), None, _LEFT_OUT)
        if key is not None:
            line = Line(key, faults.name(subject, row.name, ""), str(row.door_id or ""), turned.pop(key, ()))
            found[key.camera_id] = (*found.get(key.camera_id, ()), line)
    for key, moments in turned.items():
        found[key.camera_id] = (*found.get(key.camera_id, ()), Line(key, "", "", moments))
    return found


ALL_SWAPS = select(line_swaps).order_by(line_swaps.c.line_id, line_swaps.c.swapped_at)


def _read_swaps(rows: Iterable[Any], faults: RowFaults) -> dict[LineKey, tuple[datetime, ...]]:
    """Since when lines are turned round, by line, in order."""
    found: dict[LineKey, tuple[datetime, ...]] = {}
    for row in rows:
        subject = subject_of("swap of line", row.line_id)
        key = faults.attempt(subject, partial(LineKey.parse, row.line_id), None, _LEFT_OUT)
        if key is not None:
            found[key] = (*found.get(key, ()), row.swapped_at)
    return found


def _site(row: Any, faults: RowFaults, zone: str) -> Site | None:  # noqa: ANN401
    subject = subject_of("site", row.site_id)
    site_id = faults.attempt(subject, lambda: identity(row.site_id), None, _LEFT_OUT)
    if site_id is None:
        return None
    return Site(
        site_id,
        faults.name(subject, row.name, site_id),
        faults.attempt(subject, lambda: time_zone(str(row.time_zone)), zone, f"its days are those of {zone}"),
        faults.attempt(subject, lambda: _capacity(row.capacity), None, "its capacity is taken as unknown"),
        faults.attempt(subject, lambda: _reset_time(row.reset_time), time(0, 0), "its days begin at midnight"),
        str(getattr(row, "opening_hours", None) or ""),  # a database that waits for its upgrade has none
        _threshold(row, "busy_from", subject, faults),
        _threshold(row, "full_from", subject, faults),
    )


def _threshold(row: Any, name: str, subject: str, faults: RowFaults) -> Threshold | None:  # noqa: ANN401
    said = getattr(row, name, None)
    if said is None:
        return None
    return faults.attempt(subject, lambda: Threshold.parse(str(said)), None, "its threshold is as usual")


def _door(row: Any, faults: RowFaults) -> Door | None:  # noqa: ANN401
    subject = subject_of("door", row.door_id)
    door_id = faults.attempt(subject, lambda: identity(row.door_id), None, _LEFT_OUT)
    return Door(door_id, str(row.site_id), faults.name(subject, row.name, door_id)) if door_id is not None else None


def _key(row: Any) -> LineKey:  # noqa: ANN401
    return LineKey(identity(row.camera_id), _number(row.channel), _number(row.rule), _number(row.line_index))


def _number(value: Any) -> int:  # noqa: ANN401
    number = int(value)
    if number != float(value) or not 0 <= number <= _HIGHEST:
        raise ValueError(f"{str(value)[:40]!r} is no channel, rule or line; whole numbers from 0 are allowed")
    return number


def _capacity(value: Any) -> int | None:  # noqa: ANN401
    return None if value is None else capacity(int(value))


def _reset_time(value: Any) -> time:  # noqa: ANN401
    try:
        return time.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{str(value)[:40]!r} is no time at which a day begins; 04:30 is how it looks") from error
