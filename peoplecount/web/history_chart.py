"""The history's chart, drawn by the server: widths in per cent and heights in pixels, so that it fits every screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from peoplecount.domain.event import Quality
from peoplecount.domain.history_period import Grain
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.services.history_report import HistoryReport, HistoryRow
from peoplecount.services.history_sums import HOURS_A_WEEK, WeekHours
from peoplecount.web.formats import people
from peoplecount.web.history_words import row_words, tick_words

UP = 190
"""Pixels above the line where people come in."""

DOWN = 110
"""Pixels below it, at most, where they go out."""

TOP = 14
MOST_TICKS = 7
LEVELS = 9
"""Shades of the week's hours."""

_FILLS = {
    Quality.MEASURED: "measured",
    Quality.BACK_FILLED: "history",
    Quality.CORRECTED: "history",
    Quality.IMPORTED: "history",
    Quality.ESTIMATED: "estimated",
}


class Bar(NamedTuple):
    """One part of the period. Numbers are per cent across and pixels down."""

    x: float
    width: float
    slot_x: float
    slot_width: float
    """All of its room, where a gap is hatched and where it can be pointed at."""

    in_y: float
    in_height: float
    out_height: float
    before_in_y: float | None
    before_out_y: float | None
    fill: str
    """``measured``, ``history``, ``estimated``, ``unknown`` or ``ahead``."""

    words: str
    is_part: bool
    """Whether it is not whole: some lines or hours are not known, or it is not over."""


class Mark(NamedTuple):
    """A label beside an axis."""

    place: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything there is to draw."""

    bars: Sequence[Bar]
    rules: Sequence[Mark]
    """Lines across, by pixels from the top, with how many people that is."""

    ticks: Sequence[Mark]
    middle: float
    height: float
    fills: frozenset[str]
    """What the legend has to explain."""

    @property
    def has_before(self) -> bool:
        """Whether another period is drawn with it."""
        return any(bar.before_in_y is not None for bar in self.bars)


def chart_of(report: HistoryReport) -> Chart:
    """The chart of a period."""
    rows, grain = report.rows, report.query.grain
    everything = [one for row in rows for one in (row.total, row.before) if one is not None and one.figures is not None]
    most_in = max((one.entered for one in everything), default=0)
    most_out = max((one.left for one in everything), default=0)
    step = _step(max(most_in, most_out))
    scale = min(UP / max(step, _up_to(most_in, step)), DOWN / most_out if most_out else UP)
    middle = TOP + round(_up_to(most_in, step) * scale)
    down = math.ceil(most_out * scale) + 4
    bars = [_bar(row, place, len(rows), scale, middle, grain) for place, row in enumerate(rows)]
    rules = [
        Mark(round(middle - number * step * scale, 1), people(number * step))
        for number in range(1, _up_to(most_in, step) // step + 1)
    ]
    fills = frozenset(bar.fill for bar in bars) | (
        frozenset({"part"}) if any(bar.is_part for bar in bars) else frozenset()
    )
    return Chart(bars, rules, _ticks(rows, grain), middle, middle + max(down, 24), fills)


def _bar(row: HistoryRow, place: int, of: int, scale: float, middle: float, grain: Grain) -> Bar:
    room = 100 / of
    width = room * (0.72 if of <= 100 else 0.9)
    total = row.total
    figures = None if row.is_ahead else total.figures
    fill = "ahead" if row.is_ahead else "unknown" if figures is None else _FILLS[total.quality]
    entered, left = (figures.entered, figures.left) if figures else (0, 0)
    before = row.before if row.before is not None and row.before.figures is not None else None
    return Bar(
        _percent(place * room + (room - width) / 2),
        _percent(width),
        _percent(place * room),
        _percent(room),
        round(middle - entered * scale, 1),
        round(entered * scale, 1),
        round(left * scale, 1),
        None if before is None else round(middle - before.entered * scale, 1),
        None if before is None else round(middle + before.left * scale, 1),
        fill,
        row_words(row, grain),
        figures is not None and (row.is_running or not total.is_whole),
    )


def _percent(value: float) -> float:
    return round(value, 3)


def _ticks(rows: Sequence[HistoryRow], grain: Grain) -> list[Mark]:
    """Some of the parts' names, evenly; under hours the days, where there are several."""
    if not rows:
        return []
    places = list(range(len(rows)))
    if grain.length is not None and len({row.part.local.date() for row in rows}) > 2:
        places = [place for place, row in enumerate(rows) if (row.part.local.hour, row.part.local.minute) == (0, 0)]
    every = max(1, math.ceil(len(places) / MOST_TICKS))
    return [Mark(_percent(100 * place / len(rows)), tick_words(rows[place].part, grain)) for place in places[::every]]


def _step(most: int) -> int:
    """Between two lines: 1, 2 or 5 times a power of ten, so that two to four fit."""
    wanted = max(1.0, most / 4)
    power: int = 10 ** math.floor(math.log10(wanted))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)


def _up_to(most: int, step: int) -> int:
    return max(step, -(-most // step) * step)


class HeatCell(NamedTuple):
    """An hour of the week."""

    mean: float | None
    level: int
    """0 to ``LEVELS``; -1: not known."""

    digits: int
    """Behind the point; as many in all hours of a week."""

    @property
    def is_small(self) -> bool:
        """Whether it would be shown as nobody, though somebody came."""
        return self.mean is not None and 0 < self.mean < 0.5 * 10**-self.digits


def heat_of(week: WeekHours) -> list[list[HeatCell]]:
    """By weekday from Monday, and by hour."""
    means = [week.mean(place) for place in range(HOURS_A_WEEK)]
    most = max((one for one in means if one is not None), default=0.0)
    digits = 0 if most >= 10 else 1
    cells = [HeatCell(one, -1 if one is None else round(LEVELS * one / most) if most else 0, digits) for one in means]
    return [cells[day * 24 : day * 24 + 24] for day in range(7)]


def share_bar(total: PlaceSum, most: int) -> float:
    """How long a place's bar is, in per cent of the longest."""
    return round(100 * total.entered / most, 1) if most else 0.0
