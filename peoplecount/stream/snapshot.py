"""Snapshots: the state at one point of the log, from which later events continue."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.stream.encoder import object_frame


class Snapshot:
    """Sites, doors, cameras and lines as they stood at ``event_id``.

    Frames are made once for each choice of cameras and shared by all who connect meanwhile.
    """

    def __init__(self, event_id: EventId, fields: Mapping[str, Any]) -> None:
        self.event_id = event_id
        self.fields = fields
        """JSON-ready: ``time``, and lists under ``sites``, ``doors``, ``cameras`` and ``lines``."""
        self._frames: dict[frozenset[str], bytes] = {}

    def frame(self, cameras: frozenset[str]) -> bytes:
        """The ``snapshot`` event for these cameras; all of them where ``cameras`` is empty."""
        frame = self._frames.get(cameras)
        if frame is None:
            fields = only_cameras(self.fields, cameras) if cameras else self.fields
            frame = object_frame(EventKind.SNAPSHOT, {"id": str(self.event_id)} | dict(fields), self.event_id)
            self._frames[cameras] = frame
        return frame


def only_cameras(fields: Mapping[str, Any], cameras: Set[str]) -> dict[str, Any]:
    """The part of a snapshot that concerns some cameras: they, their lines, and whole the doors and sites these are at.

    The figures of a door or a site stay those of all its lines.
    """
    lines = [line for line in fields["lines"] if line["cameraId"] in cameras]
    kept = [camera for camera in fields["cameras"] if camera["cameraId"] in cameras]
    doors = {line["doorId"] for line in lines}
    sites = {place["siteId"] for place in (*lines, *kept)}
    return dict(fields) | {
        "sites": [site for site in fields["sites"] if site["siteId"] in sites],
        "doors": [door for door in fields["doors"] if door["doorId"] in doors],
        "cameras": kept,
        "lines": lines,
    }
