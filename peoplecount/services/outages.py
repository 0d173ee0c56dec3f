"""Outages: a camera that was off has not seen who crossed meanwhile, even though its totals go on afterwards."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.counting import CountState
from peoplecount.domain.event_body import break_event
from peoplecount.domain.increment import Generation
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Reading
from peoplecount.domain.roster import Roster
from peoplecount.services.break_words import outage_words
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.restarts import Restarts
from peoplecount.services.site_day import zone_of

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Outage:
    """A time in which the camera was not read."""

    since: datetime
    until: datetime
    before: CountState
    fell: bool = False
    """Whether a total was lower afterwards, on the same day."""


class Outages:
    """Says of one camera, once for every outage, that it started anew in it: a ``CounterBreak`` of the whole camera.

    Where its totals were lost as well, the breaks of its lines say so already.
    """

    def __init__(
        self, camera: Camera, roster: Roster, *, keeper: CountKeeper, restarts: Restarts, longest: timedelta
    ) -> None:
        """``longest`` is how far apart two readings may be without anybody asking why."""
        self._camera = camera
        self._place = roster.place(camera)
        self._zone = zone_of(roster.site_of(camera))
        self._keeper = keeper
        self._restarts = restarts
        self._longest = longest
        self._outage: _Outage | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to be said of one yet."""
        return self._outage is not None

    def look(self, reading: Reading) -> None:
        """Take up a reading that is not counted yet. Raises ``LogError``."""
        since = self._keeper.read_at(self._camera.camera_id)
        if since is None or reading.taken_at - since <= self._longest:
            return
        before = self._keeper.counting(self._camera.camera_id)
        if before.serial and reading.serial and before.serial != reading.serial:
            return  # another device; that is a break of its own
        self._outage = _Outage(since, reading.taken_at, before)

    def tell(self) -> None:
        """Say what came of an outage, once the totals after it are understood. Raises ``LogError``."""
        outage = self._outage
        if outage is None:
            return
        if self._keeper.fallen_since(self._camera.camera_id) is not None:
            outage.fell = True
            return
        started = self._restarts.last_start(outage.since)
        is_told = outage.fell and _generations(outage.before) != _generations(
            self._keeper.counting(self._camera.camera_id)
        )
        if started is not None and outage.since < started <= outage.until and not is_told:
            self._report(outage.since, started)
        self._outage = None
        self._keeper.flush_seen()  # a process that is killed now must not find the same outage again

    def _report(self, since: datetime, started: datetime) -> None:
        words = outage_words(since.astimezone(self._zone), started.astimezone(self._zone))
        self._keeper.report([break_event(self._place, started, "", *words)])
        logger.warning("camera %s: %s", self._camera.camera_id, words[1])


def _generations(state: CountState) -> dict[LineKey, tuple[Generation, Generation]]:
    return {key: (line.entered.generation, line.left.generation) for key, line in state.lines.items()}
