"""Sharing, connected: what a polling session does otherwise where several machines share the cameras."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from peoplecount.domain.event_body import Status
from peoplecount.domain.line import LineKey
from peoplecount.domain.sentence import say
from peoplecount.domain.shards import Share
from peoplecount.eventlog.data_folder import LeadLock, Shared
from peoplecount.installation import Installation
from peoplecount.reconciliation import kept_days
from peoplecount.services.camera_health import CameraHealth
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.coverage import LoggedCoverage, Stretches
from peoplecount.services.occupancy_desk import OccupancyDesk
from peoplecount.services.removals import NoRemovals, OwnRemovals, Removals, SharedRemovals
from peoplecount.services.shard_lead import ShardLead

Coverage = Callable[[LineKey, Stretches], Sequence[float | None]]


class Sharing:
    """What falls to this process: everything, or with a shared log the shards that it has."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self._folder = installation.folder
        self._offload = installation.runtime.offload
        self._rosters = installation.rosters
        self._clock = installation.clock
        self._lead = self._shard_lead(self._folder.shared) if self._folder.shared else None

    @property
    def lock(self) -> LeadLock:
        """Who holds it polls."""
        return self._lead or self._folder.leader_lock

    def has_other_part(self) -> bool:
        """Whether something else falls to this process by now than what it has."""
        return self._lead is not None and self._lead.has_other_part()

    def share(self) -> Share:
        """What fell to this process last."""
        return self._lead.share if self._lead else Share()

    def polled_here(self) -> Container[str] | None:
        """The cameras that this process polls; ``None`` where there is nobody else who could."""
        if self._lead is None:
            return None
        return self._lead.share.of(self._rosters.current()).cameras if self._lead.still_holds() else ()

    def elsewhere(self) -> dict[str, str]:
        """The sites, by camera, of what other machines are to poll; nothing where there are none."""
        here, roster = self.polled_here(), self._rosters.current()
        if here is None:
            return {}
        return {key: roster.site_of(one).site_id for key, one in roster.cameras.items() if key not in here}

    def figures(self) -> dict[str, int | None]:
        """How many machines share the cameras, and how many sites this one has; nothing where it is alone.

        ``None`` is what this process does not know: while Redis is away, and of sites that another one has here.
        """
        return {} if self._lead is None else {"machines": self._lead.machines(), "sites": self._lead.sites()}

    def degraded(self) -> list[str]:
        """At most one sentence, on why this machine takes no part."""
        if self._lead is None or not self._lead.waits_for:
            return []
        return [
            say(
                "Machines with another version of the program share the cameras; this one polls none until they have "
                "ended."
            )
        ]

    def take(self) -> tuple[Share, int]:
        """What falls to this process, which holds the lock, and the term by which it appends. Raises ``LogError``."""
        if self._lead is None:
            return Share(), self._offload(self._folder.log.raise_term)
        return self._lead.share, self._lead.term

    def coverage(self, share: Share, keeper: CountKeeper) -> Coverage:
        """Of cameras that are polled here as it is at hand, of others as it is beside the log."""
        if self._folder.shared is None:
            return keeper.coverage
        elsewhere = LoggedCoverage(
            self._folder.shared.log,
            roster=self._rosters.current,
            keep_days=kept_days(self._settings.back_fill_days),
            offload=self._offload,
        )

        def coverage(key: LineKey, stretches: Stretches) -> Sequence[float | None]:
            is_here = key.camera_id in share.of(self._rosters.current()).cameras
            return (keeper if is_here else elsewhere).coverage(key, stretches)

        return coverage

    def removals(self, share: Share, keeper: CountKeeper, health: CameraHealth, desk: OccupancyDesk) -> Removals:
        """Who tells that cameras are gone; ``desk`` is one for all sites."""
        if share.is_all:
            return OwnRemovals(health, desk.remove, self._clock)
        if not share.coordinates:
            return NoRemovals(health)

        def remove(gone: Sequence[Status]) -> None:
            keeper.look_anew()  # others have counted at these sites
            desk.remove(gone)

        return SharedRemovals(
            health,
            remove,
            self._clock,
            log=self._folder.log,
            listed=self._rosters.current,
            offload=self._offload,
        )

    def _shard_lead(self, shared: Shared) -> ShardLead:
        return ShardLead(
            self._folder.leader_lock,
            shared.membership,
            shared.log,
            roster=self._rosters.current,
            lacks_cameras=lambda: self._rosters.lacks_cameras,
            offload=self._offload,
        )
