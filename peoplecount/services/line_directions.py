"""Line directions: tells past hours anew where somebody says that a line is drawn backwards."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.roster import Roster
from peoplecount.services.day_settlement import Settlement

logger = logging.getLogger(__name__)

_Swaps = dict[LineKey, tuple[datetime, ...]]


class Ledger(Protocol):
    """What is needed of the count keeper."""

    def reorient(self, camera: Camera, now: datetime) -> Settlement:
        """Tell past hours the way the lines are drawn. Raises ``LogError``."""
        ...


class LineDirections:
    """Follows the roster. Only hours that are over are told anew, so the one under way comes later."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._followed: dict[str, _Swaps] = {}

    def follow(self, roster: Roster, now: datetime) -> None:
        """Tell the hours anew that are told otherwise than the roster has it. Raises ``LogError``."""
        for camera_id, camera in roster.cameras.items():
            swaps: _Swaps = {line.key: line.swaps for line in camera.lines if line.swaps}
            if not swaps and not self._followed.get(camera_id):
                continue
            told = self._ledger.reorient(camera, now)
            if told.corrected:
                logger.info("camera %s: %d hours are told anew, in and out exchanged", camera_id, told.corrected)
            self._followed[camera_id] = swaps
