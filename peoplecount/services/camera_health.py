"""Camera health: what the last polls say, written in one place."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_body import Place, Status, read_status

logger = logging.getLogger(__name__)


class CameraHealth:
    """The health of all cameras, and one log line where it changes."""

    def __init__(self) -> None:
        self._known: dict[str, Status] = {}

    def load(self, entries: Iterable[LogEntry]) -> None:
        """Take up what the log said last, so that a restart is no news."""
        statuses = (read_status(entry.event) for entry in entries if entry.event.kind is EventKind.CAMERA_STATUS)
        self._known = {one.place.camera_id: one for one in statuses if one.state != CameraState.REMOVED}

    def of(self, camera_id: str) -> Status | None:
        """The camera's health; ``None`` before its first poll."""
        return self._known.get(camera_id)

    def note(self, place: Place, state: CameraState, reason: str, now: datetime) -> Status | None:
        """Note how a poll went; the new health if that is news, else ``None``."""
        known = self._known.get(place.camera_id)
        if known is not None and known.state == state:
            return None
        news = self._known[place.camera_id] = Status(place, state.value, now, reason)
        level = logging.INFO if state is CameraState.UP else logging.WARNING
        logger.log(level, "camera %s is %s%s", place.camera_id, state.value, f": {reason}" if reason else "")
        return news

    def forget_all_but(self, camera_ids: Container[str], now: datetime) -> list[Status]:
        """Forget cameras that are no longer polled; what is to be said of them."""
        gone = [status for camera_id, status in self._known.items() if camera_id not in camera_ids]
        for status in gone:
            del self._known[status.place.camera_id]
            logger.info("camera %s is no longer polled", status.place.camera_id)
        return [replace(status, state=CameraState.REMOVED.value, reason="", since=now) for status in gone]
