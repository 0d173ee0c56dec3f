"""Who has crossed into and out of a site since some moment, read from the log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from peoplecount.domain.event import EventKind, NewEvent, parse_utc
from peoplecount.domain.figures import Figures
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import EventLog

BATCH = 2000
"""Entries read at once."""

CLOCK_STEP = timedelta(minutes=10)
"""The log is read from that much earlier, lest a clock that was set back hide anything."""


class SiteFlow:
    """People in and out of a site after ``since``, as the log tells; ``total`` grows with every ``catch_up``.

    ``camera_id`` leaves only one camera's. What was counted over a time that ended after ``since`` is in it.
    """

    def __init__(
        self, log: EventLog, site_id: str, since: datetime, camera_id: str = "", offload: Offload = call_here
    ) -> None:
        self._log = log
        self._offload = offload
        self._site_id = site_id
        self._camera_id = camera_id
        self._since = since
        self._read_up_to: int | None = None
        self.total = Figures()

    def catch_up(self) -> Figures:
        """Read what the log has beyond what was read; the total now. Raises ``LogUnavailable``."""
        self._offload(self._catch_up)
        return self.total

    def _catch_up(self) -> None:
        if self._read_up_to is None:
            self._read_up_to = first_after(self._log, self._since - CLOCK_STEP)
        while batch := self._log.read(self._read_up_to, BATCH):
            for entry in batch:
                self.total += self._told(entry.event)
            self._read_up_to = batch[-1].event_id.number

    def _told(self, event: NewEvent) -> Figures:
        if event.site_id != self._site_id or (self._camera_id and event.camera_id != self._camera_id):
            return Figures()
        moment = _COUNTED_AT.get(event.kind)
        if moment is None:
            return Figures()
        fields = json.loads(event.body)
        counted_at = parse_utc(fields[moment])
        later = counted_at > self._since if event.kind is EventKind.COUNT else counted_at >= self._since
        return Figures(fields["in"], fields["out"]) if later else Figures()


_COUNTED_AT = {EventKind.COUNT: "to", EventKind.COUNT_CORRECTION: "from"}
"""A count belongs to when it was over, a correction of an hour to when that began (see ``Occupancy.corrected``)."""


def first_after(log: EventLog, moment: datetime) -> int:
    """The number after which the log's entries were appended later than ``moment``; found by halving."""
    low, high = log.beginning().number, log.head().number
    while low < high:
        middle = (low + high) // 2
        entries = log.read(middle, 1)
        if not entries or entries[0].appended_at > moment:
            high = middle
        else:
            low = max(entries[0].event_id.number, middle + 1)
    return low
