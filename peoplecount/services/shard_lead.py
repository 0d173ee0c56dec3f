"""The lead among several machines: on each of them one process takes part, and polls the shards that fall to it.

Like every lock it only makes takeover quick. That nothing is counted twice comes from the log, which refuses appends of
whoever has lost a shard.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress

from peoplecount.domain.member import machine_of, version_of
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.roster import Roster
from peoplecount.domain.shards import Share, share_out, weights_of
from peoplecount.eventlog.data_folder import Membership
from peoplecount.eventlog.log import LogError, SharedLog
from peoplecount.services.leadership import Lock

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 2.0
"""How long a newcomer waits before it takes anything: machines that start together would else hand it all around."""

ASIDE_SECONDS = 10.0
"""How long one that has given up, or has come in the place of a process that was lost, leaves the work to others, where
there are any: it may fail again. Twice as long each time that it gives up soon: whatever it takes is polled by nobody
for a moment."""

LONGEST_ASIDE = 600.0

SOON = 60.0
"""Seconds."""


class ShardLead:
    """A ``Lock`` on the shards that fall to this machine, held by one of its processes."""

    def __init__(
        self,
        machine: Lock,
        membership: Membership,
        log: SharedLog,
        *,
        roster: Callable[[], Roster],
        lacks_cameras: Callable[[], bool] = lambda: False,
        offload: Offload = call_here,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``machine`` is the lock among the processes of this machine; ``roster`` is that of all cameras.

        Where it ``lacks_cameras`` that cannot be read here, the work is left to others, as long as there are any.
        """
        self._machine = machine
        self._membership = membership
        self._log = log
        self._roster = roster
        self._lacks_cameras = lacks_cameras
        self._offload = offload
        self._monotonic = monotonic
        self._joined_at = self._left_at = float("-inf")
        self._aside = 0.0
        self._is_new = True
        self._may_hold = self._has_begun = False
        self._falls_to_us: tuple[Roster | None, tuple[str, ...], frozenset[str]] = (None, (), frozenset())
        self._held: frozenset[str] = frozenset()
        self._looked_at: Roster | None = None
        """The last roster in which these shards have the sites of the share."""

        self.term = 0
        self.share = Share((), coordinates=False)
        """What was taken last, and the term by which it is appended to the log."""

        self.waits_for: tuple[str, ...] = ()
        """Other versions of the program that share the cameras; as long as they do, this one polls none."""

        self._others: tuple[str, ...] | None = None
        """Who was there when this process last looked without being there itself; ``None``: not known."""

    def try_acquire(self) -> bool:
        """Take the shards that fall to this process, as far as they are free. Raises ``LogError``."""
        if not self._machine.try_acquire():
            with suppress(LogError):  # whoever has the lock says so
                self._look_at_others()
            return False
        if not self._has_settled():
            return False
        wanted, roster = self._wanted(), self._roster()
        if not wanted and not self._may_hold:
            return False
        self._has_begun = False
        tenure = self._offload(self._log.take, self._membership.name, sorted(wanted))
        self._held, self.term = tenure.shards, tenure.term
        self.share, self._looked_at = Share.of_shards(tenure.shards, roster), roster
        self._may_hold = self._has_begun = bool(tenure.shards)
        return self._has_begun

    def still_holds(self) -> bool:
        """Whether nobody else can have taken them yet."""
        is_rather_others = self._lacks_cameras() and len(self._membership.members()) > 1
        return self._machine.still_holds() and self._membership.is_there() and not is_rather_others

    def machines(self) -> int | None:
        """How many share the cameras, as was seen last; ``None`` where that cannot be known. Asks nobody."""
        if self._membership.is_there():
            return len(self._membership.members())
        return None if self._others is None else len(self._others)

    def sites(self) -> int | None:
        """How many sites this machine has; ``None`` where another process has them, or may have."""
        if self._membership.is_there():
            return len(self.share.site_ids or ())
        ours = machine_of(self._membership.name)
        return None if self._others is None or any(machine_of(one) == ours for one in self._others) else 0

    def has_other_part(self) -> bool:
        """Whether sites are to be handed over, or further ones can be had, or what was taken is lost.

        The last is asked for, because who polls no camera, as one that only coordinates, may not append for long.
        """
        wanted, held = self._wanted(), self._held
        if held - wanted or not self._has_the_same_sites():
            return True
        try:
            if not self._offload(self._log.leads, self.term):
                return True
            return wanted != held and bool(self._offload(self._log.free, sorted(wanted - held)))
        except LogError:  # whoever appends says so
            return False

    def release(self) -> None:
        """Let others have them; may be called twice.

        Who could not even take them, because the log was away, has not failed.
        """
        now = self._monotonic()
        if self._membership.is_there() and self._has_begun:
            is_soon = now - self._joined_at < SOON
            self._aside = min(LONGEST_ASIDE, max(ASIDE_SECONDS, 2 * self._aside)) if is_soon else ASIDE_SECONDS
            self._left_at = now
        self._membership.leave()
        self._machine.release()

    def _has_settled(self) -> bool:
        now = self._monotonic()
        if self._membership.is_there():
            return now - self._joined_at >= SETTLE_SECONDS
        if self._is_new and self._offload(self._membership.follows_one_that_was_lost):
            self._aside, self._left_at = ASIDE_SECONDS, now
        self._is_new = False
        others = self._look_at_others()
        self._note_versions(others)
        stays_away = self._lacks_cameras() or now - self._left_at < self._aside
        if others and (stays_away or self.waits_for):
            return False
        self._membership.join()
        self._joined_at, self._may_hold = now, True
        return False

    def _look_at_others(self) -> tuple[str, ...]:
        self._others = None
        self._others = self._offload(self._membership.others)
        return self._others

    def _note_versions(self, others: Collection[str]) -> None:
        found = tuple(sorted({version_of(one) for one in others} - {version_of(self._membership.name)}))
        if found and found != self.waits_for:
            logger.warning(
                "machines with another version of the program (%s) share the cameras; this one polls none until those "
                "have ended: see docs/several-machines.md",
                ", ".join(version or "earlier" for version in found),
            )
        self.waits_for = found

    def _has_the_same_sites(self) -> bool:
        """Whether the shards that were taken are still of the sites that they were then."""
        roster = self._roster()
        if roster is not self._looked_at:
            if Share.of_shards(self._held, roster).site_ids != self.share.site_ids:
                return False
            self._looked_at = roster
        return True

    def _wanted(self) -> frozenset[str]:
        roster, members = self._roster(), self._alike(self._membership.members())
        if self._falls_to_us[0] is not roster or self._falls_to_us[1] != members:
            owners = share_out(weights_of(roster), members)
            ours = frozenset(shard for shard, owner in owners.items() if owner == self._membership.name)
            self._falls_to_us = roster, members, ours
        return self._falls_to_us[2]

    def _alike(self, members: Collection[str]) -> tuple[str, ...]:
        """Those of the same version: others may share out otherwise. They wait, or they were given nothing."""
        return tuple(one for one in members if version_of(one) == version_of(self._membership.name))
