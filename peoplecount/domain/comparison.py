"""Comparing a line's day in three places: in its camera's memory, in the log and in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from peoplecount.domain.camera_day import LineDay, Slots
from peoplecount.domain.day_history import DayHours
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_differences import differing_hours, told_hours
from peoplecount.domain.line import Line, LineKey


class Verdict(Enum):
    """What a comparison comes to."""

    SAME = "same"
    DIFFERENT = "different"
    BARRED = "barred"
    """Another device counted then, of which the camera knows nothing."""

    UNKNOWN = "unknown"
    """Something could not be compared."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line on one day, in our sense of in and out."""

    key: LineKey
    day: date
    remembered: Figures | None
    """By the camera; ``None`` where it gives none."""

    told: Figures | None
    """By the log, as far as its hours are known."""

    kept: Figures | None
    """By the database."""

    verdict: Verdict
    words: str
    """What differs, or why it cannot be compared."""


def compare(
    line: Line,
    day: date,
    *,
    slots: Slots,
    remembered: DayHours | str,
    known: LineDay,
    kept: Mapping[int, Figures] | str,
) -> Comparison:
    """Compare a day that is over. A text says why there are no figures.

    The camera and the log are compared by the day, because a reading across the end of an hour may put people in
    either; the log and the database by the hour.
    """
    told = told_hours(known, slots)
    by_camera = None if isinstance(remembered, str) else _day(remembered, line, slots)
    by_log = _sum(told)
    by_database = None if isinstance(kept, str) else _sum(kept)
    against_camera = _against_camera(by_camera, by_log, remembered, known, len(told), slots)
    verdicts = [_BARRED if known.barred else against_camera, _against_database(by_log, told, kept)]
    verdict = max((one for one, _ in verdicts), key=_RANK.index)
    words = "; ".join(said for one, said in verdicts if one is not Verdict.SAME)
    return Comparison(line.key, day, by_camera, by_log, by_database, verdict, words)


_BARRED = (
    Verdict.BARRED,
    "not compared with the camera: another device, or an earlier version of Peoplecount, counted that day",
)
_RANK = (Verdict.SAME, Verdict.BARRED, Verdict.UNKNOWN, Verdict.DIFFERENT)


def _day(hours: DayHours, line: Line, slots: Slots) -> Figures:
    people = zip(hours.entered, hours.left, strict=True)
    return sum((Figures(*pair).swapped(line.is_swapped(slots.begin(slot))) for slot, pair in enumerate(people)), NOBODY)


def _sum(hours: Mapping[int, Figures]) -> Figures | None:
    return sum(hours.values(), NOBODY) if hours else None


def _against_camera(
    by_camera: Figures | None,
    by_log: Figures | None,
    remembered: DayHours | str,
    known: LineDay,
    hours: int,
    slots: Slots,
) -> tuple[Verdict, str]:
    if isinstance(remembered, str):
        return Verdict.UNKNOWN, _said_of("the camera", remembered)
    if known.refusal:
        return Verdict.UNKNOWN, f"the camera is not believed: {known.refusal}"
    if by_log is None:
        return Verdict.DIFFERENT, "the log has nothing of this day"
    if by_log != by_camera:
        return Verdict.DIFFERENT, "the camera has other figures"
    unknown = sum(slots.begin(slot) < slots.end(slot) for slot in range(24)) - hours
    if unknown:
        return Verdict.DIFFERENT, f"the log does not know of {unknown} of its hours"
    return Verdict.SAME, ""


def _against_database(
    by_log: Figures | None, told: Mapping[int, Figures], kept: Mapping[int, Figures] | str
) -> tuple[Verdict, str]:
    if isinstance(kept, str):
        return Verdict.UNKNOWN, _said_of("the database", kept)
    differing = differing_hours(told, kept)
    if differing and by_log is not None:
        hours = ", ".join(f"{slot:02}:00" for slot in differing[:4])
        more = f" and {len(differing) - 4} more" if len(differing) > 4 else ""
        return Verdict.DIFFERENT, f"the database has {hours}{more} otherwise"
    return Verdict.SAME, ""


def _said_of(whom: str, reason: str) -> str:
    """A reason with whom it is about, unless it begins with that."""
    return reason if reason.lower().startswith(f"{whom} ") else f"{whom}: {reason}"
