"""The device behind a camera's address: what it is and what an installer wants to see of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.camera import CameraProtocol
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import Totals
from peoplecount.sunapi.answers import MalformedAnswer, clean, decode, extent_of, member, objects, parse_answer

_MAX_CHANNEL = re.compile(r"<attribute\b[^<>]*\bname\s*=\s*\"MaxChannel\"[^<>]*>", re.IGNORECASE)
_VALUE = re.compile(r"\bvalue\s*=\s*\"\s*(\d{1,3})\s*\"", re.ASCII | re.IGNORECASE)

_LONGEST_XML = 65_536
"""One attribute is a few hundred bytes."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What ``deviceinfo`` says (SUNAPI System manual 2.6.2); a text is empty where the device gives none."""

    model: str = ""
    serial_number: str = ""
    mac_address: str = ""
    firmware: str = ""
    device_type: str = ""
    """``NWC`` is a camera, ``NVR`` and ``DVR`` are recorders."""

    device_name: str = ""
    sunapi_version: str = ""

    @property
    def identity(self) -> str:
        """What tells this device from another one put in its place: serial number, else MAC address."""
        return self.serial_number or self.mac_address


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A counting line as ``examine`` found it."""

    key: LineKey
    name: str
    enabled: bool
    mode: str
    totals: Totals | None
    """Since the camera's midnight; ``None`` where it gave none, as for disabled lines."""


@dataclass(frozen=True, slots=True)
class DeviceChannel:
    """A channel (one image sensor) and its lines."""

    channel: int
    enabled: bool
    lines: tuple[DeviceLine, ...]


@dataclass(frozen=True, slots=True)
class Device:
    """Everything an installer wants to see of a camera."""

    camera_id: str
    address: str
    """Where it answers: the camera's address, or the HTTPS one it redirects to."""

    info: DeviceInfo
    protocol: CameraProtocol
    channels: tuple[DeviceChannel, ...]
    utc_offset: timedelta
    clock_error: float
    """Seconds the camera's clock is ahead of ours; 0 where no difference can be told."""

    local_time: datetime
    """The camera's wall clock when it was examined, without a zone."""

    requests_per_poll: int
    problems: tuple[str, ...]
    """What stands in the way of good counts, in words; empty when all is well."""


def parse_device_info(body: bytes) -> DeviceInfo:
    """Read ``deviceinfo``; values may be blank or padded. Raises ``Refusal`` and ``MalformedAnswer``."""
    answer = parse_answer(body)
    fields = dict(reversed(answer)) if isinstance(answer, tuple) else answer
    info = DeviceInfo(
        model=clean(member(fields, "Model")),
        serial_number=clean(member(fields, "SerialNumber")),
        mac_address=clean(member(fields, "ConnectedMACAddress")),
        firmware=clean(member(fields, "FirmwareVersion")),
        device_type=clean(member(fields, "DeviceType")),
        device_name=clean(member(fields, "DeviceName")),
        sunapi_version=clean(member(fields, "CGIVersion")),
    )
    if not (info.model or info.identity or info.firmware):
        raise MalformedAnswer("device information was expected, but it has no Model, SerialNumber or FirmwareVersion")
    return info


def parse_wiseai_running(body: bytes) -> bool:
    """Whether WiseAI is among the installed applications and running (SUNAPI Open SDK manual 2.6.2, ``apps``).

    Raises ``Refusal`` and ``MalformedAnswer``.
    """
    answer = parse_answer(body)
    if isinstance(answer, tuple):
        return ("wiseai.status", "running") in {(key.lower(), value.lower()) for key, value in answer}
    return any(
        clean(member(app, "AppID")) == "WiseAI" and clean(member(app, "Status")).lower() == "running"
        for app in objects(member(answer, "Apps"))
    )


def parse_channel_limit(body: bytes) -> int:
    """The number of channels from ``attributes.cgi``, which answers XML only (SUNAPI Attributes manual 2.6.2).

    Raises ``Refusal`` and ``MalformedAnswer``.
    """
    text = decode(body[:_LONGEST_XML])
    element = _MAX_CHANNEL.search(text)
    value = _VALUE.search(element[0]) if element else None
    if value is not None:
        return int(value[1])
    parse_answer(body)
    raise MalformedAnswer(f"an attribute MaxChannel was expected: {extent_of(text)}")
