"""Doors: ways in and out of one site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Door:
    """A way in and out of one site; one or more lines count at it."""

    door_id: str
    site_id: str
    name: str
