"""Snapshots: the state at one point of the log, from which later events continue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.stream.encoder import object_frame
from peoplecount.stream.selection import NOWHERE, Selection, whereabouts

MAX_CACHED_BYTES = 4 << 20
"""Of frames that a snapshot keeps for those who choose the same."""


class Snapshot:
    """Sites, doors, cameras and lines as they stood at ``event_id``.

    Frames are made once for each choice of places and shared by all who connect meanwhile, as long as they are few.
    """

    def __init__(self, event_id: EventId, fields: Mapping[str, Any]) -> None:
        self.event_id = event_id
        self.fields = fields
        """JSON-ready: ``time``, and lists under ``sites``, ``doors``, ``cameras`` and ``lines``."""
        self._frames: dict[Selection, bytes] = {}
        self._cached_bytes = 0

    @property
    def time(self) -> str:
        """When it was taken; texts of two moments are ordered as the moments are."""
        return str(self.fields.get("time", ""))

    def frame(self, selection: Selection) -> bytes:
        """The ``snapshot`` event with what was chosen; kinds do not matter."""
        places = selection.of_places
        frame = self._frames.get(places)
        if frame is None:
            fields = only(self.fields, places) if places else self.fields
            frame = object_frame(EventKind.SNAPSHOT, {"id": str(self.event_id)} | dict(fields), self.event_id)
            if self._cached_bytes + len(frame) <= MAX_CACHED_BYTES:
                self._frames[places] = frame
                self._cached_bytes += len(frame)
        return frame


def only(fields: Mapping[str, Any], chosen: Selection) -> dict[str, Any]:
    """The part of a snapshot that was chosen: lines, the cameras that look at them, their doors and sites.

    The figures of a door or a site stay those of all its lines.
    """
    lines = [line for line in fields["lines"] if chosen.takes_place(line["cameraId"], line["doorId"], line["siteId"])]
    looking = whereabouts(fields["lines"], fields["cameras"])
    cameras = [
        camera
        for camera in fields["cameras"]
        if chosen.takes_camera(camera["cameraId"], looking.get(camera["cameraId"], NOWHERE))
    ]
    doors = {line["doorId"] for line in lines}
    sites = {place["siteId"] for place in (*lines, *cameras)} | (set() if chosen.cameras else chosen.sites)
    return dict(fields) | {
        "sites": [row for row in fields["sites"] if row["siteId"] in (sites & chosen.sites if chosen.sites else sites)],
        "doors": [row for row in fields["doors"] if row["doorId"] in doors],
        "cameras": cameras,
        "lines": lines,
    }
