"""The hour ledger: what has been told of a camera's lines, by the hours of its own wall clock, one day at a time.

It is what the camera's history is held against, and it remembers of every hour how far it can be trusted. Figures are
in the camera's own sense of in and out; whether an hour was told the other way round is remembered beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.day_history import HOURS_A_DAY
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.line import LineKey

HOUR = timedelta(hours=1)

MOST_GAPS = 288
"""Gaps kept of a line and day, one in five minutes. Beyond that the two that lie closest become one."""

_DOUBTFUL = (Quality.ESTIMATED, Quality.MISSING)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time, longer than two polls, in which a line was not read. UTC."""

    begin: datetime
    end: datetime

    def overlap(self, begin: datetime, end: datetime) -> timedelta:
        """How much of a stretch lies in it."""
        return max(min(end, self.end) - max(begin, self.begin), timedelta(0))


@dataclass(frozen=True, slots=True)
class HourCell:
    """One hour slot of a line."""

    told: Figures = NOBODY
    """What was told of it so far, corrections included."""

    shown: Figures = NOBODY
    """What the camera's totals have shown of people up to readings in this hour, whenever in the day they came. The
    history cannot have fewer people than were shown by then."""

    straddling: Figures = NOBODY
    """People of readings across the end of the hour: they may belong to this hour or to the next one."""

    quality: Quality = Quality.MEASURED
    swapped: bool = False
    """Whether it was told with in and out exchanged."""

    broke: bool = False
    """Whether a total was reset in it, so that there may be people whom no reading ever showed."""

    settled: bool = False
    """Whether it agrees with the camera's history, which was asked after the hour was over."""


@dataclass(frozen=True, slots=True)
class LineDay:
    """A line on one of its camera's days."""

    cells: Mapping[int, HourCell] = field(default_factory=dict)
    """By hour slot, 0 to 23; a slot that is missing is one of which nothing was told."""

    gaps: tuple[Gap, ...] = ()
    """In order."""

    barred: int = 0
    """So many hours from midnight are none of the history's business: another device counted in them."""

    refusal: str = ""
    """Why the camera's history was not believed or could not be had, when it was last asked; empty where it was."""

    def cell(self, slot: int) -> HourCell:
        """What is known of an hour; an empty cell where nothing was told."""
        return self.cells.get(slot) or _EMPTY


_EMPTY = HourCell()


@dataclass(frozen=True, slots=True)
class Asked:
    """How often a day's history was asked for."""

    times: int
    at: datetime
    """UTC, the last time."""

    note: str = ""
    """What came of it, in words; empty where it was answered."""


@dataclass(frozen=True, slots=True)
class CameraDay:
    """A camera's lines on one of its days."""

    day: date
    clock: tuple[ClockSight, ...] = ()
    """The first and the last sight of its clock that day; empty where it was not read."""

    lines: Mapping[LineKey, LineDay] = field(default_factory=dict)
    asked: Asked | None = None
    is_settled: bool = False
    """Whether the camera's history was held against the whole day after it was over."""


@dataclass(frozen=True, slots=True)
class Slots:
    """The hours of a day as stretches of time."""

    day: date
    bounds: tuple[datetime, ...]
    """UTC, 25 of them: slot ``n`` lasts from ``bounds[n]`` to ``bounds[n + 1]``. Where the clock is put forward a slot
    has no length; where it is put back one has two hours."""

    def begin(self, slot: int) -> datetime:
        """When the slot begins."""
        return self.bounds[slot]

    def end(self, slot: int) -> datetime:
        """When it ends."""
        return self.bounds[slot + 1]

    def within(self, begin: datetime, end: datetime) -> Iterator[int]:
        """The slots that a stretch touches."""
        return (slot for slot in range(HOURS_A_DAY) if self.bounds[slot] < end and begin < self.bounds[slot + 1])


def coverage(line: LineDay, begin: datetime, end: datetime) -> float:
    """The share of a stretch in which the line was read as often as it should be."""
    if end <= begin:
        return 1.0
    unread = sum((gap.overlap(begin, end) for gap in line.gaps), timedelta(0))
    return 1.0 - min(unread / (end - begin), 1.0)


def is_open(line: LineDay, slot: int, slots: Slots) -> bool:
    """Whether the camera's history may know better: the hour is estimated, unread or holds a break, and not settled."""
    cell = line.cell(slot)
    if cell.settled or slot < line.barred or slots.begin(slot) >= slots.end(slot):
        return False
    return cell.quality in _DOUBTFUL or cell.broke or _is_unread(line, slot, slots)


def open_slots(line: LineDay, through: int, slots: Slots) -> tuple[int, ...]:
    """The hours before ``through`` that the camera's history may know better."""
    return tuple(slot for slot in range(through) if is_open(line, slot, slots))


def _is_unread(line: LineDay, slot: int, slots: Slots) -> bool:
    """Whether a gap reaches across one of the hour's ends: what came in it has no certain hour.

    A gap within the hour leaves its figure certain, for the readings before and after it are of the same hour.
    """
    begin, end = slots.begin(slot), slots.end(slot)
    return any(gap.overlap(begin, end) and not (begin < gap.begin and gap.end < end) for gap in line.gaps)


def was_told(line: LineDay, slot: int, slots: Slots) -> bool:
    """Whether there is a figure for the hour: people, the camera's history, or readings between which nobody came.

    That a total broke in an hour, or what it showed by then, is none.
    """
    cell = line.cell(slot)
    return bool(cell.told) or cell.settled or coverage(line, slots.begin(slot), slots.end(slot)) > 0


def with_gap(line: LineDay, gap: Gap) -> LineDay:
    """The line with one more gap; it follows those that are known."""
    gaps = [*line.gaps, gap]
    if len(gaps) > MOST_GAPS:
        closest = min(range(len(gaps) - 1), key=lambda index: gaps[index + 1].begin - gaps[index].end)
        gaps[closest : closest + 2] = [Gap(gaps[closest].begin, gaps[closest + 1].end)]
    return LineDay(line.cells, tuple(gaps), line.barred, line.refusal)
