"""Blank days: answers without anybody, about days of which nothing else is known.

A camera that keeps no figures so far back, that was cleared, or whose line was not drawn yet answers the same as one
before which nobody passed. So such an answer is held back until something proves that the camera remembers that time:
people on an earlier day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from peoplecount.domain.camera_day import CameraDay, LineDay, Slots, coverage
from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.line import LineKey

UNPROVEN = (
    "the camera has nobody on this day nor on any earlier one it was asked about: it may keep nothing so far back, or "
    "not have counted here yet"
)


_MOSTLY = 0.5
"""A day of which so much was read is known without the camera: nobody passed if nobody was counted."""


def watched_lines(known: CameraDay | None, slots: Slots) -> Collection[LineKey]:
    """The lines of which we know about a day ourselves: people were counted, or it was mostly read."""
    begin, end = slots.bounds[0], slots.bounds[-1]
    lines = known.lines if known else {}
    return {key for key, line in lines.items() if _had_people(line) or coverage(line, begin, end) >= _MOSTLY}


def had_people(known: CameraDay) -> bool:
    """Whether anybody was counted at any line."""
    return any(map(_had_people, known.lines.values()))


def _had_people(line: LineDay) -> bool:
    return any(cell.told for cell in line.cells.values())


@dataclass(frozen=True, slots=True)
class _Held:
    hours: DayHours
    was_known: bool
    """Whether the line had counted before this day, so that people at any of the camera's lines prove its answer."""


class BlankDays:
    """The answers of one camera that prove nothing yet."""

    def __init__(self) -> None:
        self._held: dict[tuple[date, LineKey], _Held] = {}

    @property
    def held(self) -> Collection[tuple[date, LineKey]]:
        """Of which days and lines they are."""
        return self._held.keys()

    def sift(self, history: DayHistory, *, watched: Collection[LineKey], older: Collection[LineKey]) -> DayHistory:
        """The history without what proves nothing, which is held.

        ``watched`` are lines of which we know about that day ourselves, ``older`` those that had counted before it.
        """
        believed = dict(history.hours)
        is_blank = not any(_people(hours) for hours in history.hours.values())
        for key, hours in history.hours.items():
            was_known = key in older
            if not _people(hours) and key not in watched and (is_blank or not was_known):
                self._held[history.day, key] = _Held(hours, was_known)
                del believed[key]
        return replace(history, hours=believed)

    def proven_by(self, history: DayHistory) -> list[DayHistory]:
        """The held answers that people in this history prove, newest first; they are held no longer."""
        seen = {key for key, hours in history.hours.items() if _people(hours)}
        proven = {
            place: held
            for place, held in self._held.items()
            if place[0] > history.day and (place[1] in seen or (held.was_known and seen))
        }
        self._held = {place: held for place, held in self._held.items() if place not in proven}
        return [
            DayHistory(day, {key: held.hours for (other, key), held in proven.items() if other == day}, {})
            for day in _newest_first(proven)
        ]

    def given_up(self) -> list[DayHistory]:
        """All that is still held, as lines without history; it is held no longer."""
        unproven, self._held = self._held, {}
        return [
            DayHistory(day, {}, {key: UNPROVEN for other, key in unproven if other == day})
            for day in _newest_first(unproven)
        ]


def _people(hours: DayHours) -> int:
    return sum(hours.entered) + sum(hours.left)


def _newest_first(held: Mapping[tuple[date, LineKey], object]) -> Iterable[date]:
    return sorted({day for day, _ in held}, reverse=True)
