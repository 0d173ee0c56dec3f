"""Marks of days: another one means that something was written about that day since."""

from __future__ import annotations

import time
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.history_period import ONE_DAY, day_start

SETTLED_FOR = timedelta(days=2)
"""What began earlier is rarely written any more: a sum is asked for, and the stamps only where that is another."""

AGAIN = timedelta(days=5)
"""When that has become too much to be read each time, more counts as settled."""

HELD = 5.0
"""Seconds that an answer holds."""

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


class StampBook:
    """What stamps there are, read anew where they have changed."""

    def __init__(
        self, stamps: Stamps, clock: Clock, of: str = "", monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """``of`` tells databases apart, in case another one is used some day."""
        self._stamps = stamps
        self._clock = clock
        self._monotonic = monotonic
        self._of = of
        self._good_until = float("-inf")
        self._settled_before = _BEGINNING
        self._check: tuple[int, int] | None = None
        self._old: tuple[array[int], array[int]] = (array("q"), array("q"))
        self._new: tuple[array[int], array[int]] = (array("q"), array("q"))

    def look(self) -> None:
        """Bring it up to date. Raises ``DatabaseError``."""
        if self._monotonic() < self._good_until:
            return
        now = self._clock.now()
        if now - self._settled_before > AGAIN or self._stamps.stamp_check(self._settled_before) != self._check:
            before = (now - SETTLED_FOR).replace(minute=0, second=0, microsecond=0)
            check = self._stamps.stamp_check(before)  # before the stamps: what is written in between is seen next time
            self._old = _columns(self._stamps.stamps(_BEGINNING, before))
            self._settled_before, self._check = before, check
        self._new = _columns(self._stamps.stamps(self._settled_before, now + _FUTURE))
        self._good_until = self._monotonic() + HELD

    def mark(self, zone: ZoneInfo, day: date, sites: Collection[str]) -> str:
        """Of a day of some sites, as last looked at."""
        begin, end = (int(day_start(one, zone).timestamp()) for one in (day, day + ONE_DAY))
        told = [_told(part, begin, end) for part in (self._old, self._new)]
        count, total = (sum(one) for one in zip(*told, strict=True))
        return f"{zlib.crc32(chr(0).join((self._of, *sorted(sites))).encode()):08x}-{count}-{total:x}"


def _columns(stamps: Mapping[datetime, int]) -> tuple[array[int], array[int]]:
    in_order = sorted(stamps.items())
    return array("q", (int(start.timestamp()) for start, _ in in_order)), array("q", (stamp for _, stamp in in_order))


def _told(part: tuple[array[int], array[int]], begin: int, end: int) -> tuple[int, int]:
    starts, stamps = part
    first, last = bisect_left(starts, begin), bisect_left(starts, end)
    return last - first, sum(stamps[first:last])
