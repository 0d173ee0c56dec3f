"""All that was seen of an installation at one moment, from beside its service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peoplecount.services.fleet_camera import FleetCamera
from peoplecount.services.worker_figures import WorkerFigures


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service says of itself at ``/health/ready``."""

    status: str
    """``ok``, ``degraded`` or ``not ready``; empty: nobody answered."""

    reason: str = ""
    """Why it is not ready, or why nobody answered."""

    degraded: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SharedLogSight:
    """The Redis in which several machines have their log."""

    place: str
    """Host and port."""

    trouble: str = ""
    """Why it cannot be used, in a sentence without its end; empty: it answers."""

    machines: int | None = None
    """How many share the cameras just now."""


@dataclass(frozen=True, slots=True)
class Sight:
    """All that was seen of an installation at one moment. What is ``None`` is not known."""

    at: datetime
    version: str
    address: str
    answer: Answer
    workers: Sequence[WorkerFigures] = ()
    """What each kept last, those that have ended among them."""

    cameras: Sequence[FleetCamera] = ()
    counted_at: datetime | None = None
    """When the newest count was made."""

    sites: Sequence[Mapping[str, Any]] = ()
    """As a snapshot has them."""

    log_events: int | None = None
    log_bytes: int | None = None
    log_budget: int = 0
    shared_log: SharedLogSight | None = None
    """``None`` also where the log is in the data folder."""

    database: str = ""
    """Where it is, without credentials."""

    disk_free: int | None = None
    certificate_end: datetime | None = None
    unread: Sequence[str] = field(default=())
    """Sentences: what could not be read, and is missing therefore."""
