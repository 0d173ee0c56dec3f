"""A roll-up in memory: people of lines by stretches of one length, each by the door and site it was counted for."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


class Stretch(NamedTuple):
    """What a row of a roll-up is about."""

    line_id: str
    starts_at: datetime
    door_id: str
    site_id: str


@dataclass(slots=True)
class Cell:
    """What is in a row of a roll-up."""

    entered: int = 0
    left: int = 0
    quality: Quality = Quality.MEASURED
    """``MISSING``: nothing is known, and the figures mean nothing."""

    coverage: float | None = None
    """The share of the expected readings that came, 0 to 1; ``None``: not known yet."""

    local_start: datetime | None = None
    """The camera's wall clock when it began; of hours only."""

    @property
    def figures(self) -> Figures:
        """In and out."""
        return Figures(self.entered, self.left)

    @property
    def is_missing(self) -> bool:
        """Whether nothing is known."""
        return self.quality is Quality.MISSING

    def add(self, entered: int, left: int, quality: Quality) -> None:
        """More people; the sum is as good as the worst of them. What was missing is known from now on."""
        if quality is not self.quality:
            self.quality = quality if self.is_missing else worst(self.quality, quality)
        self.entered += entered
        self.left += left

    def put(self, figures: Figures, quality: Quality) -> None:
        """Other people."""
        self.entered, self.left, self.quality = figures.entered, figures.left, quality


class RollUp:
    """Rows of one table. Starts lie on the quarter hours of UTC.

    There are dozens for each line of a fleet, so nothing is kept beside them but where a line was counted for.
    """

    def __init__(self, cells: Mapping[Stretch, Cell] | None = None) -> None:
        self._cells = dict(cells or {})
        self._places: dict[str, list[tuple[str, str]]] = {}
        for stretch in self._cells:
            self._note_place(stretch)

    def __getitem__(self, stretch: Stretch) -> Cell:
        return self._cells[stretch]

    def __iter__(self) -> Iterator[Stretch]:
        return iter(self._cells)

    def __contains__(self, stretch: Stretch) -> bool:
        return stretch in self._cells

    def cells(self) -> Iterable[Cell]:
        """All of them."""
        return self._cells.values()

    def between(self, line_id: str, start: datetime, end: datetime) -> list[Stretch]:
        """Rows of a line that begin from ``start`` to before ``end``, in order of time, door and site."""
        found: list[Stretch] = []
        moment = start
        while moment < end:
            found += self.at(line_id, moment)
            moment += QUARTER
        return found

    def at(self, line_id: str, start: datetime) -> list[Stretch]:
        """Rows of a line that begin just then, in order of door and site."""
        rows = (Stretch(line_id, start, *place) for place in self._places.get(line_id, ()))
        return [row for row in rows if row in self._cells]

    def open(self, stretch: Stretch, local_start: datetime | None = None) -> Cell:
        """The cell of a row that will be changed; made where there is none, with the coverage of its neighbours.

        A door's cell shares the line and the time with another door's, so they were read as often.
        """
        cell = self._cells.get(stretch)
        if cell is None:
            there = self.at(stretch.line_id, stretch.starts_at)
            coverage = self._cells[there[0]].coverage if there else None
            shared = stretch._replace(starts_at=_shared(stretch.starts_at))
            cell = self._cells[shared] = Cell(coverage=coverage, local_start=local_start)
            self._note_place(stretch)
        return cell

    def _note_place(self, stretch: Stretch) -> None:
        """A line is counted for one door, and for others where it was moved."""
        places = self._places.setdefault(stretch.line_id, [])
        place = (stretch.door_id, stretch.site_id)
        if place not in places:
            insort(places, place)


@lru_cache(maxsize=1024)
def _shared(moment: datetime) -> datetime:
    """The same object for all lines of a fleet: their rows begin on the same few hundred quarters."""
    return moment
