"""Coverage: the share of a stretch of time in which a line was read often enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import SharedLog
from peoplecount.services.count_memory import CountMemory, counting_keys
from peoplecount.services.site_day import zone_of

Stretches = Sequence[tuple[datetime, datetime]]
"""Begin and end, UTC."""

_DAY = timedelta(days=1)


def coverage_in(
    memory: CountMemory, roster: Roster, key: LineKey, stretches: Stretches, keep_days: int
) -> Sequence[float | None]:
    """The share of each stretch in which a line was read; ``None`` before it was known.

    Time after its last reading counts as unread.
    """
    read_at = memory.counts.last_read(key)
    camera = roster.cameras.get(key.camera_id)
    if read_at is None or camera is None:
        return [None] * len(stretches)
    ledger = memory.ledger(camera.camera_id, zone_of(roster.site_of(camera)), keep_days)
    shares = ledger.coverage(key, [(begin, min(end, read_at)) for begin, end in stretches])
    return [
        0.0 if read_at <= begin else share and share * ((min(end, read_at) - begin) / (end - begin))
        for share, (begin, end) in zip(shares, stretches, strict=True)
    ]


class LoggedCoverage:
    """The same of lines that another machine reads, as it stands beside the log."""

    def __init__(
        self, log: SharedLog, *, roster: Callable[[], Roster], keep_days: int, offload: Offload = call_here
    ) -> None:
        """``keep_days`` is how many days of a camera's hours are remembered."""
        self._log = log
        self._roster = roster
        self._keep_days = keep_days
        self._offload = offload

    def coverage(self, key: LineKey, stretches: Stretches) -> Sequence[float | None]:
        """See ``coverage_in``. Raises ``LogError``."""
        if not stretches:
            return []
        first = min(begin for begin, _ in stretches).date() - _DAY  # in no zone it is another day than one beside
        last = max(end for _, end in stretches).date() + _DAY
        days = [first + number * _DAY for number in range((last - first).days + 1)]
        loaded, seen = self._offload(self._log.states_of, counting_keys(key.camera_id, days), [str(key)])
        return coverage_in(CountMemory(loaded, seen), self._roster(), key, stretches, self._keep_days)
