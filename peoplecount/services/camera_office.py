"""The cameras' office: the desks at which cameras and their lines are changed."""

from __future__ import annotations

from dataclasses import dataclass

from peoplecount.services.camera_desk import CameraDesk
from peoplecount.services.camera_import import CameraImport
from peoplecount.services.line_desk import LineDesk


@dataclass(frozen=True)
class CameraOffice:
    """What pages and commands share."""

    desk: CameraDesk
    lines: LineDesk
    imports: CameraImport
    default_interval: float
    """Seconds between two polls of a camera of which nobody says."""
