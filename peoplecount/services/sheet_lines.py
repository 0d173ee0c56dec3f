"""Lines in a file of cameras: each has a column for its name, for its door, and for when its in became its out.

``line_2`` is the second line of a camera; ``line_3-1-2`` that of channel 3, rule 1, as newer ones have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from peoplecount.domain.door import Door
from peoplecount.domain.line import Line, LineKey
from peoplecount.storage.entries import display_name, swap_moment

Place: TypeAlias = tuple[int, int, int]
"""Channel, rule and index."""

COLUMNS = ("line_1", "door_1", "swapped_1", "line_2", "…")
"""For people, who are told what there may be."""

_COLUMN = re.compile(r"(line|door|swapped)_(?:(\d{1,4})-(\d{1,4})-)?(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LineCells:
    """What a row says of a line; empty: nothing."""

    name: str = ""
    door: str = ""
    """Its id or name."""

    swaps: tuple[datetime, ...] = ()


def is_column(name: str) -> bool:
    """Whether a column is one of a line."""
    return _COLUMN.fullmatch(name) is not None


def canonical(name: str) -> str:
    """The column in its one spelling; another one as it is."""
    found = _COLUMN.fullmatch(name)
    return _column(found[1], _place(found)) if found else name


def read_lines(texts: Mapping[str, str]) -> dict[Place, LineCells]:
    """What a row says of the camera's lines. Raises ``ValueError``."""
    cells: dict[Place, dict[str, str]] = {}
    for column, text in texts.items():
        found = _COLUMN.fullmatch(column)
        if found and text:
            cells.setdefault(_place(found), {})[found[1]] = text
    return {
        place: LineCells(
            display_name(said["line"]) if "line" in said else "",
            display_name(said["door"]) if "door" in said else "",
            _moments(said.get("swapped", "")),
        )
        for place, said in cells.items()
    }


def write_lines(lines: Iterable[Line], site_id: str, doors: Mapping[str, Door]) -> dict[str, str]:
    """The cells of a camera's lines, by column."""
    cells: dict[str, str] = {}
    for line in lines:
        place = (line.key.channel, line.key.rule, line.key.index)
        cells[_column("line", place)] = line.name
        cells[_column("door", place)] = _door(line.door_id, site_id, doors)
        cells[_column("swapped", place)] = " ".join(f"{moment:%Y-%m-%dT%H:%MZ}" for moment in line.swaps)
    return {column: text for column, text in cells.items() if text}


def in_order(columns: Iterable[str]) -> list[str]:
    """Columns of lines as people read them: line by line."""
    kinds = ("line", "door", "swapped")
    found = {name: match for name in columns if (match := _COLUMN.fullmatch(name))}
    return sorted(found, key=lambda name: (_place(found[name]), kinds.index(found[name][1])))


def key_of(camera_id: str, place: Place) -> LineKey:
    """The line at that place of a camera."""
    return LineKey(camera_id, *place)


def door_of(said: str, site_id: str, doors: Iterable[Door]) -> Door | None:
    """The door that a cell means: by its id, or by its name at the camera's site."""
    there = list(doors)
    by_id = next((door for door in there if door.door_id == said), None)
    named = (door for door in there if (door.site_id, door.name.casefold()) == (site_id, said.casefold()))
    return by_id or next(named, None)


def _door(door_id: str, site_id: str, doors: Mapping[str, Door]) -> str:
    """Its name, which people read; its id where the name would lead elsewhere."""
    door = doors.get(door_id)
    if door is None:
        return ""
    return door.name if door_of(door.name, site_id, doors.values()) == door else door_id


def _column(kind: str, place: Place) -> str:
    channel, rule, index = place
    return f"{kind}_{index}" if (channel, rule) == (0, 1) else f"{kind}_{channel}-{rule}-{index}"


def _place(found: re.Match[str]) -> Place:
    return int(found[2] or 0), int(found[3] or 1), int(found[4])


def _moments(text: str) -> tuple[datetime, ...]:
    try:
        # Without a zone it would be read in that of this machine: swap_moment refuses it.
        return tuple(sorted({swap_moment(datetime.fromisoformat(word)).astimezone(UTC) for word in text.split()}))
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text[:60]!r} does not say when in and out were exchanged: full hours such as 2026-05-04T14:00Z"
        ) from error
