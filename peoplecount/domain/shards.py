"""Shards: sites that one machine polls, and which of several machines that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from math import ceil

from peoplecount.domain.camera import Camera
from peoplecount.domain.member import machine_of
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site

INSTALLATION = ""
"""The shard without a site: whoever has it does what is done once for all sites, such as writing to the database."""

_SLACK = 1.25
"""How much more than its even share of the cameras a machine may have before shards go elsewhere than by their hash: so
few of them move when a camera or a machine is added."""


def shards_of(roster: Roster) -> dict[str, str]:
    """The shard of each site, by id. It has the id of one of its sites: sites that share a camera are of one shard."""
    first = {site_id: site_id for site_id in roster.sites}

    def shard_of(site_id: str) -> str:
        while first[site_id] != site_id:
            site_id = first[site_id]
        return site_id

    for camera in roster.cameras.values():
        shards = sorted({shard_of(site_id) for site_id in _sites_of(camera, roster)})
        first.update(dict.fromkeys(shards, shards[0]))
    return {site_id: shard_of(site_id) for site_id in first}


def weights_of(roster: Roster) -> dict[str, int]:
    """Every shard there is to be had, and how many cameras it has."""
    shards = shards_of(roster)
    weights = {INSTALLATION: 0, **dict.fromkeys(shards.values(), 0)}
    for camera in roster.cameras.values():
        weights[shards[roster.site_of(camera).site_id]] += 1
    return weights


def share_out(weights: Mapping[str, int], members: Collection[str]) -> dict[str, str]:
    """Which member each shard falls to; the same for everybody who asks the same.

    Every shard goes by its own order of machines (rendezvous hashing) to the first that has room for its cameras, so
    that most stay where they are when a machine comes or goes, and it has them again when it is back.
    """
    if not members:
        return {}
    room = dict.fromkeys(members, ceil(_SLACK * sum(weights.values()) / len(members)))
    found = {}
    for shard in sorted(weights, key=lambda one: (-weights[one], one)):
        order = sorted(members, key=lambda one: (_rank(shard, machine_of(one)), one))
        fitting = (member for member in order if room[member] >= weights[shard])
        found[shard] = member = next(fitting, None) or max(order, key=lambda one: room[one])
        room[member] -= weights[shard]
    return found


def _rank(shard: str, machine: str) -> bytes:
    return sha256(f"{shard}\n{machine}".encode()).digest()


class Share:
    """The part of the work that one process does: the sites it polls, or everything."""

    def __init__(self, site_ids: Iterable[str] | None = None, *, coordinates: bool = True) -> None:
        """Without ``site_ids`` it is all there are and will be.

        Who ``coordinates`` does what is done once for all sites.
        """
        self.site_ids = None if site_ids is None else frozenset(site_ids)
        self.coordinates = coordinates
        self._of_roster = (Roster(), Roster())

    @classmethod
    def of_shards(cls, shards: Collection[str], roster: Roster) -> Share:
        """The sites of these shards, as they are in ``roster``."""
        sites = (site_id for site_id, shard in shards_of(roster).items() if shard in shards)
        return cls(sites, coordinates=INSTALLATION in shards)

    @property
    def is_all(self) -> bool:
        """Whether nobody else ever polls anything."""
        return self.site_ids is None

    def of(self, roster: Roster) -> Roster:
        """The same roster with no other cameras than those of this share."""
        if self.site_ids is None:
            return roster
        whole, part = self._of_roster
        if whole is not roster:
            cameras = roster.cameras.items()
            own = {key: one for key, one in cameras if roster.site_of(one).site_id in self.site_ids}
            part = replace(roster, cameras=own)
            self._of_roster = roster, part
        return part

    def has_all(self, roster: Roster) -> bool:
        """Whether all cameras of a roster are of this share."""
        return len(self.of(roster).cameras) == len(roster.cameras)

    def sites_of(self, roster: Roster) -> Mapping[str, Site]:
        """The sites of this share, by id."""
        if self.site_ids is None:
            return roster.sites
        return {site_id: site for site_id, site in roster.sites.items() if site_id in self.site_ids}


def _sites_of(camera: Camera, roster: Roster) -> set[str]:
    """Those it counts for: its own, and those of the doors that its lines are at."""
    at_doors = {roster.place_of_line(camera, line.key, "").site_id for line in camera.lines}
    return {roster.site_of(camera).site_id, *at_doors}
