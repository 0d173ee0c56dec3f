"""What a camera has said of itself, as far as it was asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The device behind a camera's address. A text is empty, and a number 0, where it is not known."""

    model: str = ""
    serial: str = ""
    firmware: str = ""
    protocol: str = ""
    """The counting interface in use."""

    requests_per_poll: int = 0
    address: str = ""
    """Where it answers: the camera's address, or the HTTPS one it redirects to."""

    certificate: str = ""
    """SHA-256 fingerprint of the certificate it showed last; empty where it answers without encryption."""

    expires: str = ""
    """The day that certificate ends on: ``2031-05-04``."""
