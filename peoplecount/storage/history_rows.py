"""Rows of the history, as it answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from peoplecount.domain.event import QUALITIES, WORSE, Quality
from peoplecount.domain.figures import Figures


class QuarterHour(NamedTuple):
    """People in and out of a line, by the door and site it counted for, in 15 minutes."""

    line_id: str
    door_id: str
    site_id: str
    start: datetime
    """UTC."""

    in_count: int
    out_count: int
    quality: Quality
    """``MISSING``: nothing is known, and the counts, 0, mean nothing."""

    coverage: float | None = None
    """The share of the expected readings that came, 0 to 1; ``None``: not known yet."""


class HourCount(NamedTuple):
    """People in and out of a line, by the door and site it counted for, in an hour of its camera's wall clock."""

    line_id: str
    door_id: str
    site_id: str
    starts_at: datetime
    """UTC."""

    local_start: datetime
    """The camera's wall clock, without a zone; in autumn one hour comes twice."""

    figures: Figures | None
    """``None`` where nothing is known."""

    quality: Quality
    """``MISSING`` where ``figures`` is ``None``."""

    coverage: float | None
    """As above."""


class DayCount(NamedTuple):
    """People in and out of a line, by the door and site it counted for, on a day of its camera's wall clock."""

    line_id: str
    door_id: str
    site_id: str
    day: date
    figures: Figures | None
    """The sum of what is known; ``None`` where nothing is."""

    quality: Quality
    """The worst of its hours; ``MISSING`` where nothing is known of one of them."""

    coverage: float | None
    """The mean of its hours, as far as it is known of them."""

    hours: int
    """Hours of which something is known. A whole day has 24, but 23 or 25 where clocks change; an hour without a row is
    one that has not been closed, or that lies before the camera was entered."""

    rows: int
    """Hours that have a row; ``coverage`` is their mean."""


def quarter_of(row: Any) -> QuarterHour:  # noqa: ANN401
    """From a row of ``quarter_hours``."""
    line_id, starts_at, door_id, site_id, in_count, out_count, quality, coverage = row
    return QuarterHour(line_id, door_id, site_id, starts_at, in_count, out_count, QUALITIES[quality], coverage)


def day_of(row: Any) -> DayCount:  # noqa: ANN401
    """From a sum over the hours of a day; ``rank`` is a place in ``WORSE``."""
    line_id, door_id, site_id, day, entered, left, rank, coverage, rows, missing = row
    known = int(rows) - int(missing)
    return DayCount(
        line_id,
        door_id,
        site_id,
        _date_of(day),
        Figures(int(entered), int(left)) if known else None,
        WORSE[rank],
        None if coverage is None else float(coverage),
        known,
        int(rows),
    )


def _date_of(day: date | str) -> date:
    """A day, one as text (SQLite's), or a moment of it."""
    if isinstance(day, str):
        return date.fromisoformat(day)
    return day.date() if isinstance(day, datetime) else day


def hour_of(row: Any) -> HourCount:  # noqa: ANN401
    """From a row of ``hour_counts``."""
    line_id, starts_at, door_id, site_id, local_start, entered, left, said, coverage = row
    quality = QUALITIES[said]
    figures = None if quality is Quality.MISSING else Figures(entered, left)
    return HourCount(line_id, door_id, site_id, starts_at, local_start, figures, quality, coverage)
