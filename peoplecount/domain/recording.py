"""Recordings: what was counted on a day, to be played once more."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.domain.site import Site

AS_POLLED = timedelta(seconds=10)
"""People of a longer time are played as polls of this distance would have seen them."""

PLAYED_WHOLE = timedelta(minutes=1)
"""What took no longer than this is played as it was recorded, at its end."""


@dataclass(frozen=True, slots=True)
class RecordedCount:
    """People of a line in a stretch of time."""

    place: Place
    key: LineKey
    started_at: datetime
    """UTC."""

    ended_at: datetime
    """UTC; not before ``started_at``."""

    people: Figures | None
    """``None``: it is not known who crossed."""

    quality: Quality = Quality.MEASURED


class Crossing(NamedTuple):
    """People of a line that are counted at one moment, ``ended_at``, as a poll would have told of them."""

    of: RecordedCount
    started_at: datetime
    ended_at: datetime
    people: Figures


def crossings(count: RecordedCount) -> Iterator[Crossing]:
    """What was recorded as one figure, taken apart where it took long: evenly, for more is not known.

    People stay whole, and as many as they were. Nobody at all brings nothing.
    """
    if not count.people:
        return
    if count.ended_at - count.started_at <= PLAYED_WHOLE:
        yield Crossing(count, count.started_at, count.ended_at, count.people)
        return
    steps: dict[int, Figures] = {}
    for number, one in ((count.people.entered, Figures(1, 0)), (count.people.left, Figures(0, 1))):
        for step in _spread_evenly(number, count.ended_at - count.started_at):
            steps[step] = steps.get(step, Figures()) + one
    for step, people in sorted(steps.items()):
        begin = count.started_at + step * AS_POLLED
        yield Crossing(count, begin, min(begin + AS_POLLED, count.ended_at), people)


def _spread_evenly(people: int, length: timedelta) -> Iterator[int]:
    """In the how manieth step each of them comes: in the middles of as many parts of the time as they are."""
    for number in range(people):
        yield (length * (2 * number + 1) // (2 * people)) // AS_POLLED


@dataclass(frozen=True, slots=True)
class Recording:
    """Counts in the order of their beginnings, and the sites that they are of."""

    counts: Sequence[RecordedCount]
    sites: Mapping[str, Site] = field(default_factory=dict)

    @property
    def begin(self) -> datetime:
        """UTC. Raises ``ValueError`` where nothing was recorded."""
        return min(count.started_at for count in self.counts)

    @property
    def end(self) -> datetime:
        """UTC. Raises ``ValueError`` where nothing was recorded."""
        return max(count.ended_at for count in self.counts)

    @property
    def lines(self) -> dict[LineKey, RecordedCount]:
        """All lines, with the first that was recorded of each."""
        found: dict[LineKey, RecordedCount] = {}
        for count in self.counts:
            found.setdefault(count.key, count)
        return found

    def of_site(self, site_id: str) -> Recording:
        """What was recorded of one site. Raises ``ValueError`` where there is nothing."""
        kept = [count for count in self.counts if count.place.site_id == site_id]
        if not kept:
            known = ", ".join(sorted(self.sites)) or "none"
            raise ValueError(f"nothing was recorded of a site {site_id!r}; there are: {known}")
        return replace(self, counts=kept, sites={site_id: self.sites[site_id]})


class Reel:
    """Takes a recording in the order in which it is played, each thing once."""

    def __init__(self, recording: Recording) -> None:
        self._counts = sorted(recording.counts, key=lambda count: count.started_at)
        self._next = 0
        self._waiting: list[tuple[datetime, int, Crossing]] = []
        self._gaps: list[RecordedCount] = []
        self._number = 0

    def until(self, now: datetime) -> list[Crossing]:
        """The crossings up to this moment that have not been taken yet, by when they ended."""
        while self._next < len(self._counts) and self._counts[self._next].started_at <= now:
            self._take_up(self._counts[self._next])
            self._next += 1
        due = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(heapq.heappop(self._waiting)[2])
        return due

    def gaps(self, now: datetime) -> list[RecordedCount]:
        """Of what nothing was known at any time since the last call; never asked about less than ``until`` was."""
        found = self._gaps
        self._gaps = [gap for gap in found if gap.ended_at > now]
        return found

    def _take_up(self, count: RecordedCount) -> None:
        if count.people is None:
            self._gaps.append(count)
        for crossing in crossings(count):
            self._number += 1  # of those that end together, who was recorded first comes first
            heapq.heappush(self._waiting, (crossing.ended_at, self._number, crossing))
