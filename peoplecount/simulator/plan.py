"""Plans: which cameras there are, where they hang, and which lines they count at."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from peoplecount.simulator.crossings import Traffic
from peoplecount.simulator.firmware import Firmware
from peoplecount.simulator.weekly_profile import STORE, WeeklyProfile

MASTER_NAME = "PeopleCount-Master"
"""The name under which history is searched; fixed, says the Application Programmer's Guide 2.6.2."""


LEFT_TO_RIGHT, RIGHT_TO_LEFT = "LeftToRightIn", "RightToLeftIn"
"""The two modes of a line (SUNAPI event manual 2.6.2)."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A place with a time zone, a capacity and opening hours."""

    name: str
    time_zone: str
    capacity: int
    profile: WeeklyProfile = STORE
    opening_hours: str = ""
    """As they are written for a site; empty where nobody says."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class LinePlan:
    """One counting line. Channels count from 0, rules and indexes from 1."""

    index: int
    name: str
    door: str
    channel: int = 0
    rule: int = 1
    people_a_day: int = 500
    """Who comes in on an ordinary weekday, where a weekly profile is played."""

    enabled: bool = True
    mode: str = LEFT_TO_RIGHT
    """Which crossing is in."""

    moved: int = 0
    """How often it was drawn anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPlan:
    """One virtual camera as it leaves the box."""

    camera_id: str
    name: str
    site: SitePlan
    firmware: Firmware
    lines: tuple[LinePlan, ...]
    channels: int = 1
    username: str = "admin"
    password: str = field(default="visitor-1", repr=False)
    serial: str = "ZSIM0000000001X"
    mac: str = "00:00:5E:00:53:01"
    """From the range that RFC 7042 keeps for documentation."""

    daylight_saving: bool = True
    """False: its local time never shifts."""

    nonce_uses: int = 1000
    """A nonce is refused after so many requests."""

    def line_id(self, line: LinePlan) -> str:
        """``CAMERA-CHANNEL-RULE-INDEX``."""
        return f"{self.camera_id}-{line.channel}-{line.rule}-{line.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderPlan:
    """A recorder (NVR) that cameras are registered at; they stay reachable themselves."""

    recorder_id: str
    channels: tuple[str | None, ...]
    """By channel, the id of the camera there; ``None`` where there is none."""

    username: str = "admin"
    password: str = field(default="keeper-of-7", repr=False)
    mac: str = "00:00:5E:00:53:FE"


@dataclass(frozen=True, slots=True)
class Fleet:
    """Cameras, and the people who walk past them."""

    cameras: tuple[CameraPlan, ...]
    traffic: Traffic
    recorders: tuple[RecorderPlan, ...] = ()
