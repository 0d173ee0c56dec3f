"""What the live board is folded from: lines, cameras and sites as the log told of them last."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import read_clock
from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.event import EventKind, LogEntry, NewEvent, parse_utc
from peoplecount.domain.event_id import EventId
from peoplecount.services.board_clocks import own_clock
from peoplecount.services.board_lines import CameraNow, LineNow
from peoplecount.services.board_occupancy import SiteInside
from peoplecount.services.board_trust import LineTrust, concerns

Judges = Callable[[], Container[str] | None]
"""The ids of cameras that are polled by our clock; ``None``: all."""


class BoardState:
    """Everything in it is replaced and never changed, so that a ``copy`` stays as it is while this one goes on."""

    def __init__(self, head: EventId, judges: Judges = lambda: None) -> None:
        """``judges`` are the cameras by which our clock is judged."""
        self.head = head
        """The newest entry folded."""

        self._judges = judges

        self.lines: dict[str, LineNow] = {}
        self.cameras: dict[str, CameraNow] = {}
        self.inside: dict[str, SiteInside] = defaultdict(SiteInside)
        self.site_names: dict[str, str] = {}
        self._trust: dict[str, LineTrust] = {}
        self._own: OwnClock | None = None

    def copy(self) -> BoardState:
        """As it is now."""
        copied = BoardState(self.head, self._judges)
        copied.lines, copied.cameras, copied.inside = copy(self.lines), copy(self.cameras), copy(self.inside)
        copied.site_names, copied._trust, copied._own = copy(self.site_names), copy(self._trust), self._own
        return copied

    def fold(self, entry: LogEntry) -> None:
        """Take up the next entry of the log."""
        self._take(entry)
        self.head = entry.event_id

    def _take(self, entry: LogEntry) -> None:
        if entry.event.kind is EventKind.COUNT:
            self._fold_count(entry)
        elif entry.event.kind is EventKind.COUNT_CORRECTION:
            self._fold_correction(json.loads(entry.event.body))
        elif entry.event.kind is EventKind.INTERVAL_CLOSED and entry.event.subject:
            self._trust_in(entry.event.subject, lambda trust: trust.closed(json.loads(entry.event.body)))
        elif entry.event.kind is EventKind.COUNTER_BREAK:
            fields = json.loads(entry.event.body)
            self._trust_in(fields["lineId"] or fields["cameraId"], lambda trust: trust.broke(fields))
        elif entry.event.kind is EventKind.CAMERA_STATUS:
            self._fold_status(json.loads(entry.event.body))
        elif entry.event.kind is EventKind.CAMERA_CLOCK:
            self._fold_clock(entry.event)
        elif entry.event.kind is EventKind.OCCUPANCY_CHANGED:
            self.inside[entry.event.site_id] = self.inside[entry.event.site_id].after(json.loads(entry.event.body))

    def _fold_count(self, entry: LogEntry) -> None:
        line = LineNow.of(entry)
        fields = line.fields
        known = self.lines.get(fields["lineId"])
        self.lines[fields["lineId"]] = line.seen_at(known.seen) if known else line
        self._trust_in(fields["lineId"], lambda trust: trust.counted(fields, fields["localTime"]))
        inside = self.inside[fields["siteId"]]
        self.inside[fields["siteId"]] = inside.counted(line.counted_at, fields["occupancy"])
        self.site_names[fields["siteId"]] = fields["siteName"]
        camera = self._camera(fields).named(fields["cameraName"])
        self.cameras[camera.camera_id] = camera.seen_at(line.counted_at)

    def _fold_correction(self, fields: Mapping[str, Any]) -> None:
        """An hour is known better; where it is one of today, so is today."""
        line = self.lines.get(fields["lineId"])
        if line is None or "inToday" not in fields:
            return
        self.lines[fields["lineId"]] = line.corrected(fields)
        self._trust_in(fields["lineId"], lambda trust: trust.counted(fields, fields["localStart"]))
        inside = self.inside[fields["siteId"]]
        self.inside[fields["siteId"]] = inside.counted(parse_utc(fields["time"]), fields["occupancy"])

    def _trust_in(self, subject: str, change: Callable[[LineTrust], LineTrust]) -> None:
        self._trust[subject] = change(self.trust_of(subject))

    def trust_of(self, subject: str) -> LineTrust:
        """How far a line, or a camera, can be trusted."""
        return self._trust.get(subject, LineTrust())

    def _fold_status(self, fields: Mapping[str, Any]) -> None:
        camera_id = fields["cameraId"]
        self._own = None
        self.site_names[fields["siteId"]] = fields["siteName"]
        if fields["state"] == CameraState.REMOVED:
            self.cameras.pop(camera_id, None)
            self.lines = {key: line for key, line in self.lines.items() if line.camera_id != camera_id}
            self._trust = {key: trust for key, trust in self._trust.items() if not concerns(key, camera_id)}
        else:
            self.cameras[camera_id] = self._camera(fields).with_status(fields)

    def _fold_clock(self, event: NewEvent) -> None:
        camera = self._camera(json.loads(event.body))
        self.cameras[camera.camera_id] = camera.with_clock(read_clock(event))
        self._own = None

    def own_clock(self) -> OwnClock:
        """What the cameras say of our clock; asked again once one of them has told of its own."""
        judges = self._judges()
        if judges is not None:
            return own_clock(camera for camera_id, camera in self.cameras.items() if camera_id in judges)
        if self._own is None:
            self._own = own_clock(self.cameras.values())
        return self._own

    def _camera(self, fields: Mapping[str, Any]) -> CameraNow:
        return self.cameras.get(fields["cameraId"]) or CameraNow.of(fields)

    def note_seen(self, seen: Mapping[str, datetime]) -> None:
        """Take up when lines were last read; times never go back, lines nobody has heard of are left out."""
        for line_id, moment in seen.items():
            line = self.lines.get(line_id)
            if line is not None:
                self.lines[line_id] = line.seen_at(moment)
                self.cameras[line.camera_id] = self.cameras[line.camera_id].seen_at(moment)
