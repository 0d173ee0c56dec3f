"""Marks of days: another one means that something was written about that day since."""

from __future__ import annotations

import threading
import time
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.history_period import ONE_DAY, day_start
from peoplecount.services.unhurried import Breath, unhurried

SETTLED_FOR = timedelta(days=2)
"""What began earlier is rarely written any more: a sum is asked for, and the stamps only where that is another."""

AGAIN = timedelta(days=5)
"""When that has become too much to be read each time, more counts as settled."""

HELD = 5.0
"""Seconds that an answer holds."""

BLOCK = 90 * 86_400
"""Seconds whose stamps are read together, so that others have their turn in between."""

STAMPS_AT_ONCE, DAYS_AT_ONCE = 2_000, 100
"""After which others have their turn; they take 1 to 3 ms."""

_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)
_FUTURE = timedelta(days=2)


class Stamps(Protocol):
    """Where stamps come from. All raise ``DatabaseError``."""

    def stamps(self, start: datetime, end: datetime) -> Mapping[datetime, int]:
        """By quarter of an hour."""
        ...

    def stamp_check(self, before: datetime) -> tuple[int, int]:
        """Another answer means that there are other stamps on earlier quarters."""
        ...


class _Stamped(NamedTuple):
    """Stamps in order of time."""

    starts: array[int]
    stamps: array[int]

    def told(self, begin: int, end: int) -> tuple[int, int]:
        """How many there are in a time, and their sum."""
        first, last = bisect_left(self.starts, begin), bisect_left(self.starts, end)
        return last - first, sum(self.stamps[first:last])


class _Day(NamedTuple):
    """What is told of a day that is settled."""

    begin: int
    end: int
    stamps: int
    total: int

    def lies_in(self, blocks: Collection[int]) -> bool:
        """Whether it has something in common with one of them."""
        return any(number in blocks for number in _blocks(self.begin, self.end))


class StampBook:
    """What stamps there are, read anew where they have changed. Any thread may call it."""

    def __init__(
        self, stamps: Stamps, clock: Clock, of: str = "", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``of`` tells databases apart, in case another one is used some day."""
        self._stamps = stamps
        self._clock = clock
        self._monotonic = monotonic
        self._of = of
        self._lock = threading.Lock()
        self._good_until = float("-inf")
        self._settled_before = _BEGINNING
        self._check: tuple[int, int] | None = None
        self._old: dict[int, _Stamped] = {}
        self._new = _columns(())
        self._days: dict[tuple[str, date], _Day] = {}

    def look(self) -> None:
        """Bring it up to date. Raises ``DatabaseError``."""
        with self._lock:  # who comes meanwhile waits for what is being read
            if self._monotonic() >= self._good_until:
                self._look()
                self._good_until = self._monotonic() + HELD

    def _look(self) -> None:
        now, old, before, check = self._clock.now(), self._old, self._settled_before, self._check
        if now - before > AGAIN or self._stamps.stamp_check(before) != check:
            before = (now - SETTLED_FOR).replace(minute=0, second=0, microsecond=0)
            check = self._stamps.stamp_check(before)  # before the stamps: what is written in between is seen next time
            old = self._read_old(before)
        new = _columns(self._stamps.stamps(before, now + _FUTURE).items())
        changed = {number for number in old.keys() | self._old.keys() if old.get(number) != self._old.get(number)}
        self._old, self._settled_before, self._check, self._new = old, before, check, new
        if changed:  # last, so that who is just looking notes nothing in it that was so before
            self._days = {key: day for key, day in list(self._days.items()) if not day.lies_in(changed)}

    def _read_old(self, before: datetime) -> dict[int, _Stamped]:
        """All stamps before a moment; a block after the other, once it is known where they begin."""
        end = int(before.timestamp())
        low = min(self._old, default=end // BLOCK) * BLOCK
        edges = [*range(low, end, BLOCK), end]
        found: dict[int, list[tuple[datetime, int]]] = {}
        breath = Breath(STAMPS_AT_ONCE)
        for since, until in zip([int(_BEGINNING.timestamp()), *edges], edges, strict=False):
            part = self._stamps.stamps(*(datetime.fromtimestamp(one, UTC) for one in (since, until)))
            for start, stamp in unhurried(part.items(), breath):
                found.setdefault(int(start.timestamp()) // BLOCK, []).append((start, stamp))
        return {number: _columns(some) for number, some in unhurried(found.items(), Breath(1))}

    def mark(self, zone: ZoneInfo, day: date, sites: Collection[str]) -> str:
        """Of a day of some sites, as last looked at."""
        return self.marks(zone, [day], sites)[day]

    def marks(self, zone: ZoneInfo, days: Iterable[date], sites: Collection[str]) -> dict[date, str]:
        """Of days of some sites, as last looked at."""
        of = self._name_of(sites)
        found = {}
        for day in unhurried(days, Breath(DAYS_AT_ONCE)):
            count, total = self._told(zone, day)
            found[day] = f"{of}-{count}-{total:x}"
        return found

    def is_of(self, mark: str, sites: Collection[str]) -> bool:
        """Whether a mark is one of these sites and this database, whatever was written since; reads nothing."""
        return mark.startswith(f"{self._name_of(sites)}-")

    def _name_of(self, sites: Collection[str]) -> str:
        return f"{zlib.crc32(chr(0).join((self._of, *sorted(sites))).encode()):08x}"

    def _told(self, zone: ZoneInfo, day: date) -> tuple[int, int]:
        days = self._days
        known = days.get((zone.key, day))
        if known is not None:
            return known.stamps, known.total
        begin, end = (int(day_start(one, zone).timestamp()) for one in (day, day + ONE_DAY))
        parts = [self._old[number] for number in _blocks(begin, end) if number in self._old]
        count, total = (sum(one) for one in zip(*(part.told(begin, end) for part in (*parts, self._new)), strict=True))
        if end <= self._settled_before.timestamp():
            days[zone.key, day] = _Day(begin, end, count, total)
        return count, total


def _blocks(begin: int, end: int) -> Iterator[int]:
    yield from range(begin // BLOCK, -(-end // BLOCK))


def _columns(stamps: Iterable[tuple[datetime, int]]) -> _Stamped:
    in_order = sorted(stamps)
    return _Stamped(
        array("q", (int(start.timestamp()) for start, _ in in_order)), array("q", (stamp for _, stamp in in_order))
    )
