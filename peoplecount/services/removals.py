"""Removals: what is told once of cameras that are on the list no longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.event_body import Status
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import EventLog
from peoplecount.services.camera_health import CameraHealth

Remove = Callable[[Sequence[Status]], None]
"""Appends that cameras were removed. Raises ``LogError``."""


class Removals(Protocol):
    """Follows the roster of a polling session."""

    def follow(self, roster: Roster) -> None:
        """Tell of the cameras that are gone. Raises ``LogError``."""
        ...


class OwnRemovals:
    """Where one process polls all cameras: it knows them all."""

    def __init__(self, health: CameraHealth, remove: Remove, clock: Clock) -> None:
        self._health = health
        self._remove = remove
        self._clock = clock

    def follow(self, roster: Roster) -> None:
        """See ``Removals``."""
        gone = self._health.gone(roster.cameras, self._clock.now())
        if gone:
            self._remove(gone)
            for status in gone:
                self._health.take(status)


class NoRemovals:
    """Where another machine tells of them: what polls them then is not here any more."""

    def __init__(self, health: CameraHealth) -> None:
        self._health = health

    def follow(self, roster: Roster) -> None:
        """See ``Removals``."""
        self._health.keep(roster.cameras)


class SharedRemovals:
    """Where several machines poll, of which this one coordinates: it goes by what the log said last of each camera.

    It tells of a camera when it misses it for the second time, so that who has polled it knows by then, too.
    """

    def __init__(
        self,
        health: CameraHealth,
        remove: Remove,
        clock: Clock,
        *,
        log: EventLog,
        listed: Callable[[], Roster],
        offload: Offload = call_here,
    ) -> None:
        """``health`` is of the cameras that are polled here; ``listed`` is the roster of all."""
        self._own = NoRemovals(health)
        self._remove = remove
        self._clock = clock
        self._log = log
        self._listed = listed
        self._offload = offload
        self._looked_at: Roster | None = None
        self._missing: frozenset[str] = frozenset()

    def follow(self, roster: Roster) -> None:
        """See ``Removals``."""
        self._own.follow(roster)
        listed = self._listed()
        if listed is self._looked_at and not self._missing:
            return
        told = CameraHealth()
        told.load(self._offload(self._log.latest).entries)
        gone = told.gone(listed.cameras, self._clock.now())
        surely = [one for one in gone if one.place.camera_id in self._missing]
        if surely:
            self._remove(surely)
            for status in surely:
                told.take(status)
        self._missing = frozenset(one.place.camera_id for one in gone if one not in surely)
        self._looked_at = listed
