"""Cameras that are entered twice: everybody who walks past them would be counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from peoplecount.domain.camera import Camera
from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Visitor

TWICE = say("everybody would be counted twice")


class CameraDoubles:
    """All cameras that are entered, whosoever they are, to find those that are the same."""

    def __init__(self, cameras: Iterable[Camera], serials: Mapping[str, str]) -> None:
        """``serials`` are the serial numbers that are known, by camera; also of cameras that are not entered."""
        self._cameras = {camera.camera_id: camera for camera in cameras}
        self._places = {place_of(camera): camera for camera in self._cameras.values()}
        self._devices = {serials[one]: camera for one, camera in self._cameras.items() if serials.get(one)}

    def has(self, camera_id: str) -> bool:
        """Whether an id is taken."""
        return camera_id in self._cameras

    def at_address(self, by: Visitor, camera: Camera) -> str:
        """That another camera is entered with the same address, as a sentence; empty where none is."""
        other = self._places.get(place_of(camera))
        if other is None or other.camera_id == camera.camera_id:
            return ""
        return say(
            "The camera at %(address)s is entered already%(named)s: %(twice)s.",
            address=camera.address,
            named=_as(by, other),
            twice=TWICE,
        )

    def of_device(self, by: Visitor, camera_id: str, serial: str) -> str:
        """That another camera is the same device, as a sentence; empty where none is."""
        other = self._devices.get(serial) if serial else None
        if other is None or other.camera_id == camera_id:
            return ""
        return say(
            "This device, serial %(serial)s, is entered already%(named)s: %(twice)s.",
            serial=serial,
            named=_as(by, other),
            twice=TWICE,
        )


def place_of(camera: Camera) -> tuple[str, int, str, int | None]:
    """Where it answers, however that is written: host, port, path and channel."""
    parts = urlsplit(camera.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (parts.hostname or "").rstrip("."), port, parts.path, camera.nvr_channel


def _as(by: Visitor, other: Camera) -> str:
    """By what name; of a camera at a site that is not theirs nothing is told but that it is there."""
    return say(", as %(camera_id)s", camera_id=other.camera_id) if by.may_see(other.site_id) else ""
