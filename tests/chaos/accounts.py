"""Accounts: what everybody says of a line's day, side by side. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Pair = tuple[int, int]
"""People in and out."""

Mark = tuple[str, str]
"""A line id and a camera-local day (YYYY-MM-DD)."""

Days = Mapping[Mark, Pair]

Key = TypeVar("Key")


class Source(StrEnum):
    """Who was asked."""

    CAMERA = "seen"
    """What the camera truly saw, whatever it showed and remembered of it: nobody can know more."""

    HISTORY = "history"
    LOG = "log"
    DATABASE = "database"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Difference:
    """A line's day of which not all say the same."""

    line: str
    day: str
    said: Mapping[Source, Pair]
    unmarked: tuple[Source, ...] = ()
    """Who gives another figure than was seen and does not say that something is unknown; empty: all of them do."""


def differences(
    said: Mapping[Source, Days],
    marks: Mapping[Source, Collection[Mark]],
    slack: Mapping[Mark, Pair] | None = None,
    forgotten: Mapping[Mark, Pair] | None = None,
) -> list[Difference]:
    """The lines' days of which somebody says other than what the camera saw, by more people than the ``slack`` it has.

    ``forgotten`` is what a camera knows of a day after it has forgotten people whom nobody had heard of: as right.

    ``marks`` holds of which a source says that something is unknown. Who is not in ``said`` for a day was not asked or
    cannot say; log and database can always say, and say nobody where they have nothing.
    """
    found = []
    for line, day in sorted(said[Source.CAMERA]):
        figures = {source: days[line, day] for source, days in said.items() if (line, day) in days}
        figures = {Source.LOG: (0, 0), Source.DATABASE: (0, 0)} | figures
        seen = figures[Source.CAMERA]
        room = (slack or {}).get((line, day), (0, 0))
        right = {seen, (forgotten or {}).get((line, day), seen)}
        said_by = {source: figures.get(source, seen) for source in Source}
        wrong = [source for source, people in said_by.items() if not any(_is_near(people, one, room) for one in right)]
        if wrong:
            unmarked = tuple(source for source in wrong if (line, day) not in marks.get(source, ()))
            found.append(Difference(line, day, figures, unmarked))
    return found


def _is_near(said: Pair, seen: Pair, room: Pair) -> bool:
    return all(abs(ours - theirs) <= most for ours, theirs, most in zip(said, seen, room, strict=True))


def differing(one: str, ours: Mapping[Key, Pair], other: str, theirs: Mapping[Key, Pair]) -> list[str]:
    """In words, where two accounts that must be the same are not."""
    return [
        f"{_name(key)}: {one} {_people(ours.get(key))}, {other} {_people(theirs.get(key))}"
        for key in sorted(ours.keys() | theirs.keys(), key=str)
        if ours.get(key, (0, 0)) != theirs.get(key, (0, 0))
    ]


def add(*pairs: Pair) -> Pair:
    """The sum of all."""
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def table(found: Iterable[Difference]) -> list[str]:
    """The differences, one a line: people in and out by who says so."""
    rows = [["line", "day", *Source, ""]]
    for one in found:
        figures = [_people(one.said.get(source)) for source in Source]
        remark = f"not marked: {', '.join(one.unmarked)}" if one.unmarked else "marked as unknown"
        rows.append([one.line, one.day, *figures, remark])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _people(people: Pair | None) -> str:
    return "-" if people is None else f"{people[0]}/{people[1]}"


def _name(key: object) -> str:
    return " ".join(str(part).removesuffix("+00:00") for part in key) if isinstance(key, tuple) else str(key)
