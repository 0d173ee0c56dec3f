"""Camera health: what the last polls say, written in one place."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_body import Place, Status, read_status
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraError,
    CertificateChanged,
    CertificateUnknown,
    CredentialsRejected,
)

logger = logging.getLogger(__name__)


_TOLD_ANEW = frozenset({CameraState.CERTIFICATE_UNKNOWN, CameraState.CERTIFICATE_CHANGED})
"""States whose reason is what somebody has to decide on, so that another reason is news."""


def state_after(error: CameraError) -> CameraState:
    """The state of a camera that could not be read for this reason."""
    if isinstance(error, CertificateChanged):
        return CameraState.CERTIFICATE_CHANGED
    if isinstance(error, CertificateUnknown):
        return CameraState.CERTIFICATE_UNKNOWN
    if isinstance(error, CredentialsRejected | AccountBlocked):
        return CameraState.CREDENTIALS_REJECTED
    return CameraState.DOWN


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

    def is_as_known(self, camera_id: str, state: CameraState, reason: str) -> bool:
        """Whether there is nothing to say of a poll's outcome."""
        known = self._known.get(camera_id)
        return known is not None and known.state == state and (state not in _TOLD_ANEW or known.reason == reason)

    def news(self, place: Place, state: CameraState, reason: str, now: datetime) -> Status | None:
        """What there is to say of a poll's outcome: the new health, or ``None`` where it is the old one."""
        is_known = self.is_as_known(place.camera_id, state, reason)
        return None if is_known else Status(place, state.value, now, reason)

    def keep(self, camera_ids: Container[str]) -> None:
        """Forget all others: they are looked after elsewhere."""
        self._known = {camera_id: status for camera_id, status in self._known.items() if camera_id in camera_ids}

    def gone(self, camera_ids: Container[str], now: datetime) -> list[Status]:
        """What there is to say of cameras that are not among these any more."""
        return [
            replace(status, state=CameraState.REMOVED.value, reason="", since=now)
            for camera_id, status in self._known.items()
            if camera_id not in camera_ids
        ]

    def take(self, status: Status) -> None:
        """Take up what was said, once the log has it; before, it would be lost with an append that fails."""
        camera_id = status.place.camera_id
        if status.state == CameraState.REMOVED:
            self._known.pop(camera_id, None)
            logger.info("camera %s is no longer polled", camera_id)
            return
        self._known[camera_id] = status
        level = logging.INFO if status.state == CameraState.UP else logging.WARNING
        logger.log(level, "camera %s: %s%s", camera_id, status.state, f" ({status.reason})" if status.reason else "")
