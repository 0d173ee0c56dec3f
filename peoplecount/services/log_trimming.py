"""Trimming the log: what all have read goes after some days, and of what is in the database more, in need."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import EventLog

logger = logging.getLogger(__name__)

Cursors = Mapping[str, EventId | None]
"""By consumer, the last event that it has read; ``None`` where that is not known yet, or it has read none."""

HELD_FOR = timedelta(days=7)
"""So much longer than the rest of the log is kept what a consumer has not read: one that is gone must not keep it."""

TRIM_SECONDS = 600.0

MARGIN = 0.8
"""Of the budget: once it is passed, room is made down to here, so that it is not passed again in a minute."""

SPARED = timedelta(hours=1)
"""The newest part stays as it is, also where there is no room: streams resume from it, and its hours are not over."""

TRIMMED_AT_LEAST = 500

_NO_ROOM = "the log has grown past its budget (LOG_DISK_BUDGET)"


class LogTrimming:
    """Drops what is in the database, the oldest first; as long as it can, only what every consumer has read.

    What the database lacks is never dropped. Use it from one thread.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        written_up_to: Callable[[], EventId | None],
        consumers: Callable[[], Cursors],
        keep: timedelta,
        budget: int,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``written_up_to`` is the last event in the database, ``None`` where nobody knows; ``budget`` is in bytes.

        ``consumers`` are all others that must not miss anything; it may raise ``LogError``.
        """
        self._log = log
        self._written_up_to = written_up_to
        self._consumers = consumers
        self._keep = keep
        self._budget = budget
        self._clock = clock
        self._offload = offload
        self._trimmed_at = float("-inf")
        self._missed: dict[str, int] = {}
        self._behind: set[str] = set()
        """Consumers that have lost their place and not found another one yet: that was said."""

    @property
    def missed(self) -> Mapping[str, int]:
        """By consumer, how many events went that it had not read; none where it missed none."""
        return dict(self._missed)

    def written(self) -> EventId | None:
        """The last event that is in the database; ``None`` also where its id is not one of this log."""
        written = self._written_up_to()
        return written if written and written.epoch == self._offload(self._log.head).epoch else None

    def trim_old(self) -> None:
        """Every ten minutes, drop what has been kept for long enough. Raises ``LogError``."""
        written, moment = self.written(), self._clock.monotonic()
        if written is None or moment - self._trimmed_at < TRIM_SECONDS:
            return
        self._trimmed_at = moment
        old, cursors = self._clock.now() - self._keep, self._consumers()
        self._offload(self._log.trim, self._read_by_all(written, cursors), old)
        older = old - HELD_FOR
        days = (self._keep + HELD_FOR).days
        why = f"they were older than {days} days (LOG_KEEP_DAYS, and {HELD_FOR.days} more for who has not read them)"
        self._without_them(written, cursors, why, lambda: self._offload(self._log.trim, written.number, older))

    def trim_to_fit(self) -> int:
        """Drop what the database has, the oldest first, until the log fits again; how many went. Raises ``LogError``.

        What some consumer has not read yet goes only where all others have read is not enough.
        """
        written = self.written()
        if written is None:
            return 0
        cursors = self._consumers()
        trimmed = self._trim_some(self._read_by_all(written, cursors))
        if self._size() > self._budget:
            trimmed += self._without_them(written, cursors, _NO_ROOM, lambda: self._trim_some(written.number))
        return trimmed

    def _trim_some(self, up_to: int) -> int:
        """Drop entries up to a number until the log is well within its budget; how many went."""
        young = self._clock.now() - SPARED
        number, trimmed = self._offload(self._log.beginning).number, 0
        while number < up_to and (size := self._size()) > MARGIN * self._budget:
            too_many = (up_to - number) * (1 - MARGIN * self._budget / size)
            number = min(number + max(int(too_many), TRIMMED_AT_LEAST), up_to)
            trimmed += self._offload(self._log.trim, number, young)
        return trimmed

    @staticmethod
    def _read_by_all(written: EventId, cursors: Cursors) -> int:
        """Up to which number; 0 where one has read nothing of this log, or nobody knows what."""
        known = [one.number if one and one.epoch == written.epoch else 0 for one in cursors.values()]
        return min([written.number, *known])

    def _without_them(self, written: EventId, cursors: Cursors, why: str, trim: Callable[[], int]) -> int:
        """Drop what not all have read; say, once, who loses their place by that; how many went."""
        before = self._offload(self._log.beginning).number
        trimmed = trim()
        beginning = self._offload(self._log.beginning).number
        here = {name: one.number for name, one in cursors.items() if one and one.epoch == written.epoch}
        self._behind = {name for name in self._behind if here.get(name, beginning) < before}
        for name, number in here.items():
            lost = min(trimmed, beginning - max(number, before))
            if lost > 0:
                self._note(name, lost, why)
        return trimmed

    def _note(self, name: str, lost: int, why: str) -> None:
        self._missed[name] = self._missed.get(name, 0) + lost
        if name not in self._behind:
            self._behind.add(name)
            logger.warning(
                "%s lost its place in the event log: %d events that it had not read were removed, because %s. What "
                "they counted is in the database",
                name,
                lost,
                why,
            )

    def _size(self) -> int:
        return self._offload(self._log.size)
