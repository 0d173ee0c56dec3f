"""Rosters where several machines share the cameras: one of them reads the database, and the others what it keeps."""

from __future__ import annotations

from collections.abc import Callable

from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.shards import Share
from peoplecount.services.roster_keeper import RosterKeeper


class SharedRosters:
    """The rosters of one polling session: the cameras that it polls, and all sites and doors."""

    def __init__(self, rosters: RosterKeeper, share: Share, offload: Offload = call_here) -> None:
        self._rosters = rosters
        self._share = share
        self._offload = offload
        self._before_more: Callable[[], None] = lambda: None
        self._known = self.current().cameras.keys()

    def current(self) -> Roster:
        """As last refreshed."""
        return self._share.of(self._rosters.current())

    def refresh(self) -> Roster:
        """The newest. Raises what the database raises, and ``LogError``."""
        if self._share.coordinates:
            self._rosters.refresh()
        else:
            self._offload(self._rosters.load_copy)
        roster = self.current()
        if not self._share.is_all and roster.cameras.keys() - self._known:
            self._before_more()
        self._known = roster.cameras.keys()
        return roster

    def call_before_more(self, prepare: Callable[[], None]) -> None:
        """Have it called before further cameras are polled here: others may have counted them meanwhile."""
        self._before_more = prepare
