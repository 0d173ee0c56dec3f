"""Restarts: whether a camera whose totals have fallen, or that was away, has started anew."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from peoplecount.domain.reading import Reading
from peoplecount.sunapi.errors import CameraError

logger = logging.getLogger(__name__)


class StartingCamera(Protocol):
    """What is needed of a camera's client."""

    def last_start(self) -> datetime | None:
        """When the camera last started, UTC by our clock; ``None`` where it does not say. Raises ``CameraError``."""
        ...


class Restarts:
    """Asks one camera, once for every fall of its totals and every outage, when it last started."""

    def __init__(self, camera_id: str, client: StartingCamera) -> None:
        self._camera_id = camera_id
        self._client = client
        self._asked_about: datetime | None = None
        self._started_at: datetime | None = None

    def told(self, reading: Reading, fallen_since: datetime | None) -> Reading:
        """The reading, with when the camera last started if its totals have fallen since ``fallen_since`` (UTC)."""
        if fallen_since is None:
            return reading
        return replace(reading, restarted_at=self.last_start(fallen_since))

    def last_start(self, since: datetime) -> datetime | None:
        """When the camera last started (UTC), asked once about what has happened to it ``since`` then."""
        if since != self._asked_about:
            self._asked_about, self._started_at = since, self._ask()
        return self._started_at

    def _ask(self) -> datetime | None:
        try:
            return self._client.last_start()
        except CameraError as error:
            logger.info("camera %s does not tell whether it has started anew: %s", self._camera_id, error)
            return None
