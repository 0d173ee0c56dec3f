"""Camera health: what the last polls say, written in one place."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind, LogEntry, parse_utc

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """How a camera is, since when, and why in words."""

    state: CameraState = CameraState.UNKNOWN
    since: datetime | None = None
    reason: str = ""


class CameraHealth:
    """The health of all cameras, and one log line where it changes."""

    def __init__(self) -> None:
        self._healths: dict[str, Health] = {}

    def load(self, entries: Iterable[LogEntry]) -> None:
        """Take up what the log says last, so that a restart changes nothing."""
        for entry in entries:
            if entry.event.kind is EventKind.CAMERA_STATUS:
                fields = json.loads(entry.event.body)
                if fields["state"] in set(CameraState):
                    health = Health(CameraState(fields["state"]), parse_utc(fields["since"]), fields["reason"])
                    self._healths[entry.event.camera_id] = health

    def of(self, camera_id: str) -> Health:
        """The camera's health; unknown before its first poll."""
        return self._healths.get(camera_id, Health())

    def note(self, camera_id: str, state: CameraState, reason: str, now: datetime) -> Health | None:
        """Note how a poll went; the new health if that is news, else ``None``."""
        known = self.of(camera_id)
        if known.state is state:
            return None
        health = self._healths[camera_id] = Health(state, now, reason)
        level = logging.INFO if state is CameraState.UP else logging.WARNING
        logger.log(level, "camera %s is %s%s", camera_id, state.value, f": {reason}" if reason else "")
        return health

    def forget(self, camera_id: str) -> None:
        """The camera is no longer polled."""
        self._healths.pop(camera_id, None)
