"""A camera of the fleet: everything that is known of how it is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.device_facts import DeviceFacts
from peoplecount.domain.poll_tally import PollTally, together
from peoplecount.domain.sign_in import NOTHING, SignInRecord
from peoplecount.domain.site import Site
from peoplecount.services.fleet_record import NOBODY_ASKED

PAUSED = "paused"
"""The state of a camera that is not asked for now."""

NO_FACTS = DeviceFacts()


class Level(StrEnum):
    """How urgently somebody should look; the worst first."""

    BAD = "bad"
    """It does not count."""

    ODD = "odd"
    """It counts, and somebody should know."""

    WAITING = "waiting"
    """Nothing can be said yet, or nobody wants it to count."""

    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be said of a camera: what is the matter, and what to do about it."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class FleetCamera:
    """One camera, as it stands at one moment."""

    camera_id: str
    name: str
    site: Site
    address: str = ""
    """Where it is asked; empty where this process does not know."""

    interval: float = 0.0
    """Seconds between two polls."""

    channel: int | None = None
    """Its channel on a recorder."""

    accepted: str = ""
    """The fingerprint of the certificate that was accepted for it; empty: authorities vouch."""

    state: str = CameraState.UNKNOWN.value
    reason: str = ""
    since: datetime | None = None
    """Since when it is in that state; ``None`` before it was first asked."""

    read_at: datetime | None = None
    """When it was last read; ``None`` where it never was."""

    is_stale: bool = False
    """Whether that is longer ago than it should be."""

    clock_error: float | None = None
    """Seconds its clock is ahead of ours; ``None`` where nothing is known."""

    clock_words: str = ""
    """How far its clock is off; empty where it is right enough."""

    utc_offset: str | None = None
    lines: tuple[Mapping[str, Any], ...] = ()
    """As the board's snapshot tells them; those at doors of sites that somebody may see."""

    counts: bool = False
    """Whether any line of it was ever read."""

    device: DeviceFacts = NO_FACTS
    day: tuple[PollTally, ...] = ()
    """How polling it went in each quarter of an hour of the last day, the oldest first."""

    ever: PollTally = NOBODY_ASKED
    """All polls since they are noted."""

    sign_ins: SignInRecord = NOTHING
    sign_ins_said: str = ""
    remarks: tuple[Remark, ...] = field(default=())
    """The most urgent first; never empty once it is told."""

    @property
    def total(self) -> PollTally:
        """The last day."""
        return together(self.day)

    @property
    def level(self) -> Level:
        """The most urgent of what is to be said."""
        return self.remarks[0].level if self.remarks else Level.FINE

    @property
    def sentence(self) -> str:
        """What is to be said first."""
        return self.remarks[0].sentence if self.remarks else ""
