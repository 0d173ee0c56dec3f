"""Which events a client wants to hear of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from peoplecount.domain.event import EventKind, NewEvent

ALWAYS = frozenset({EventKind.SNAPSHOT, EventKind.GAP, EventKind.GOODBYE})
"""They belong to the stream itself and come whatever was chosen."""


class Tags(NamedTuple):
    """What of an event decides who hears of it."""

    kind: EventKind
    site_id: str
    camera_id: str
    """Empty where the event is of no single camera, as those of whole doors and sites are."""

    door_id: str
    """Empty where the event is of no single door."""

    @classmethod
    def of(cls, event: NewEvent) -> Tags:
        """The tags of an event of the log."""
        return cls(event.kind, event.site_id, event.camera_id, event.door_id)


class Whereabouts(NamedTuple):
    """Where a camera looks."""

    site_ids: frozenset[str]
    door_ids: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """Cameras, doors, sites and kinds; each empty for all of them.

    An event must be of one of the cameras *and* of one of the doors, and so on, as far as they are named.
    """

    cameras: frozenset[str] = frozenset()
    doors: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    kinds: frozenset[EventKind] = frozenset()
    _hash: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        # It is part of a key that is looked up with every delivery.
        object.__setattr__(self, "_hash", hash(self._parts))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Selection) and self._parts == other._parts)

    def __bool__(self) -> bool:
        """False where it is everything."""
        return any(self._parts)

    @property
    def _parts(self) -> tuple[frozenset[str], ...]:
        return self.cameras, self.doors, self.sites, self.kinds

    @property
    def of_places(self) -> Selection:
        """The same cameras, doors and sites, whatever the kind of event."""
        return Selection(self.cameras, self.doors, self.sites) if self.kinds else self

    def takes(self, tags: Tags) -> bool:
        """Whether an event of the log with these tags is wanted."""
        return self.takes_kind(tags.kind) and self.takes_place(tags.camera_id, tags.door_id, tags.site_id)

    def takes_kind(self, kind: EventKind) -> bool:
        """Whether events of this kind are wanted."""
        return not self.kinds or kind in self.kinds or kind in ALWAYS

    def takes_place(self, camera_id: str, door_id: str, site_id: str) -> bool:
        """Whether what is of this camera, door and site is wanted."""
        return (
            (not self.cameras or camera_id in self.cameras)
            and (not self.doors or door_id in self.doors)
            and (not self.sites or site_id in self.sites)
        )

    def takes_camera(self, camera_id: str, where: Whereabouts) -> bool:
        """Whether a camera is wanted as such: it is named, or looks at something that is."""
        return (
            (not self.cameras or camera_id in self.cameras)
            and (not self.doors or not self.doors.isdisjoint(where.door_ids))
            and (not self.sites or not self.sites.isdisjoint(where.site_ids))
        )

    def parameters(self) -> list[tuple[str, str]]:
        """Its places as they are asked for, by name: parameters of an address."""
        named = (("camera", self.cameras), ("door", self.doors), ("site", self.sites))
        return [(name, value) for name, values in named for value in sorted(values)]


EVERYTHING = Selection()

NOWHERE = Whereabouts(frozenset(), frozenset())


def whereabouts(lines: Iterable[Mapping[str, Any]], cameras: Iterable[Mapping[str, Any]]) -> dict[str, Whereabouts]:
    """Where each camera looks, from the rows of lines and of cameras as snapshots have them."""
    sites: dict[str, set[str]] = {}
    doors: dict[str, set[str]] = {}
    for camera in cameras:
        sites.setdefault(camera["cameraId"], set()).add(camera["siteId"])
    for line in lines:
        sites.setdefault(line["cameraId"], set()).add(line["siteId"])
        doors.setdefault(line["cameraId"], set()).add(line["doorId"])
    return {key: Whereabouts(frozenset(of), frozenset(doors.get(key, ()))) for key, of in sites.items()}
