"""The roster: which cameras are polled, and the sites, doors and lines they count for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from peoplecount.domain.camera import Camera
from peoplecount.domain.door import Door
from peoplecount.domain.event_body import Place
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.site import DEFAULT_SITE_ID, Site


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """What differs between two rosters, as camera ids."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Roster:
    """Cameras, sites and doors by their ids.

    What is missing is filled in: a camera of an unknown site belongs to the default site, and a line nobody
    has given a door has one of its own, named as the camera names the line.
    """

    cameras: Mapping[str, Camera] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    doors: Mapping[str, Door] = field(default_factory=dict)
    paused: Mapping[str, Camera] = field(default_factory=dict)
    """Cameras that are not polled for now, and are not among ``cameras``."""

    def site_of(self, camera: Camera) -> Site:
        """The camera's site, or the default one. Raises ``KeyError`` if that is missing too."""
        return self.sites.get(camera.site_id) or self.sites[DEFAULT_SITE_ID]

    def place(self, camera: Camera) -> Place:
        """What events about the camera as a whole carry."""
        site = self.site_of(camera)
        return Place(site.site_id, site.name, camera.camera_id, camera.name)

    def place_of_line(self, camera: Camera, key: LineKey, reported_name: str) -> Place:
        """What events about one of the camera's lines carry; the line's site is that of its door."""
        line = _named(camera, key)
        name = (line.name if line else "") or reported_name or f"Line {key.index}"
        door = self.doors.get(line.door_id) if line else None
        if door is None:
            door = Door(str(key), camera.site_id, name)
        site = self.sites.get(door.site_id) or self.site_of(camera)
        return Place(site.site_id, site.name, camera.camera_id, camera.name, door.door_id, door.name, name)

    def is_swapped(self, key: LineKey, moment: datetime) -> bool:
        """Whether the line counts backwards at ``moment`` (UTC)."""
        camera = self.cameras.get(key.camera_id)
        line = _named(camera, key) if camera else None
        return line is not None and line.is_swapped(moment)

    def changes_to(self, later: Roster) -> RosterChanges:
        """What is different in ``later``; last counts do not matter."""
        return RosterChanges(
            added=tuple(key for key in later.cameras if key not in self.cameras),
            changed=tuple(
                key
                for key, camera in later.cameras.items()
                if key in self.cameras and not _same(self.cameras[key], camera)
            ),
            removed=tuple(key for key in self.cameras if key not in later.cameras),
        )


def _named(camera: Camera, key: LineKey) -> Line | None:
    return next((line for line in camera.lines if line.key == key), None)


def _same(one: Camera, other: Camera) -> bool:
    return one is other or all(getattr(one, name) == getattr(other, name) for name in _COMPARED)


_COMPARED = (
    *("name", "address", "username", "password", "site_id", "poll_interval", "protocol", "lines"),
    *("certificate", "nvr_channel", "inner_address"),
)
