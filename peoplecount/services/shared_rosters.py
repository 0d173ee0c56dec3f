"""Rosters where several machines share the cameras: one of them reads the database, and the others what it keeps."""

from __future__ import annotations

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

    def current(self) -> Roster:
        """As last refreshed."""
        return self._share.of(self._rosters.current())

    def refresh(self) -> Roster:
        """The newest. Raises what the database raises, and ``LogError``."""
        if self._share.coordinates:
            self._rosters.refresh()
        else:
            self._offload(self._rosters.load_copy)
        return self.current()
