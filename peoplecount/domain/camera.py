"""Cameras: the devices that are polled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from peoplecount.domain.line import Line
from peoplecount.domain.reading import Totals
from peoplecount.domain.site import DEFAULT_SITE_ID


class CameraProtocol(StrEnum):
    """The two counting interfaces of Hanwha devices."""

    CLASSIC = "classic"
    """``/stw-cgi/eventsources.cgi?msubmenu=peoplecount``."""

    WISEAI = "wiseai"
    """``/opensdk/WiseAI/search/objectcounting``."""


class CameraState(StrEnum):
    """What the last polls say about a camera."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"
    CREDENTIALS_REJECTED = "credentials rejected"
    CERTIFICATE_UNKNOWN = "certificate not trusted"
    """Nobody vouches for it; credentials are held back until it is accepted."""

    CERTIFICATE_CHANGED = "certificate changed"
    """It is not the accepted one; credentials are held back until it is accepted, or the old one is back."""
    REMOVED = "removed"
    """No longer polled; the last thing that is said of a camera."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One Hanwha device: who it is, where it answers, its lines and their last counts."""

    camera_id: str
    name: str
    address: str
    """Base address without credentials: ``http://192.0.2.7``, with port and path where needed."""

    username: str = ""
    password: str = field(default="", repr=False)
    site_id: str = DEFAULT_SITE_ID
    poll_interval: float = 10.0
    """Seconds between two polls."""

    protocol: CameraProtocol | None = None
    """``None``: ask the camera."""

    lines: tuple[Line, ...] = ()
    """The lines somebody has named or given a door; others get both from the camera."""

    last_counts: Mapping[int, Totals] = field(default_factory=dict)
    """Last counts by rule, as the view ``API_camaras`` shows them: 1 is ``in1, out1``, 2 is ``in2, out2``."""

    certificate: str = ""
    """SHA-256 fingerprint of the certificate it must show, in hexadecimal; empty: none was pinned."""

    nvr_channel: int | None = None
    """Its channel, from 0, on the recorder (NVR) at ``address`` it is read through; ``None``: it is read itself."""

    inner_address: str = ""
    """Where the recorder finds the camera; empty: as the recorder says."""
