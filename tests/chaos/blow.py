"""Blows: what is done to the service, its database and its cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Track(StrEnum):
    """What a blow is aimed at. Blows of one track come one after the other; those of different tracks overlap."""

    SERVICE = "service"
    DATABASE = "database"
    CAMERA = "camera"


class BlowKind(StrEnum):
    """All blows, as the table names them."""

    SERVICE_KILLED = "service killed"
    LEADER_KILLED = "leading worker killed"
    LEADER_STOPPED = "leading worker stopped and woken"
    SECOND_SERVICE = "second service on the same data"
    LOCK_DELETED = "lock file deleted"
    LOG_RESTORED = "log put back to an earlier copy"
    DISK_FULL = "disk full"
    CLOCK_STEPPED = "our own clock stepped"

    DATABASE_STOPPED = "PostgreSQL stopped and started"
    DATABASE_RESTORED = "database restored from an hour ago"
    COMMIT_ANSWER_CUT = "commit's answer cut"
    COMMIT_CUT = "connection cut before a commit"
    DATABASE_HANGS = "database answers nothing"

    CAMERA_FAULT = "camera fault"

    @property
    def track(self) -> Track:
        """What it is aimed at."""
        if self is BlowKind.CAMERA_FAULT:
            return Track.CAMERA
        return Track.DATABASE if self in _OF_THE_DATABASE else Track.SERVICE


_OF_THE_DATABASE = frozenset(
    {
        BlowKind.DATABASE_STOPPED,
        BlowKind.DATABASE_RESTORED,
        BlowKind.COMMIT_ANSWER_CUT,
        BlowKind.COMMIT_CUT,
        BlowKind.DATABASE_HANGS,
    }
)


@dataclass(frozen=True, slots=True)
class Blow:
    """One of them."""

    at: float
    """Real seconds after the round began, at the earliest: a track that is late catches up."""

    kind: BlowKind
    lasts: float = 0.0
    """Real seconds."""

    details: Mapping[str, Any] = field(default_factory=dict)
    """What the kind needs to know besides; a camera's fault as ``POST /control/faults`` takes it."""

    @property
    def name(self) -> str:
        """What the table counts it under."""
        return f"camera: {self.details['fault']}" if self.kind is BlowKind.CAMERA_FAULT else self.kind.value

    def __str__(self) -> str:
        how = ", ".join(f"{name} {value}" for name, value in self.details.items() if name != "fault")
        lasting = f" for {self.lasts:.1f} s" if self.lasts else ""
        return f"{self.at:6.1f} s  {self.name}{lasting}{f' ({how})' if how else ''}"
