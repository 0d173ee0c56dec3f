"""A counting line: the smallest thing a camera counts at."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True, order=True)
class LineKey:
    """Where a line is found: camera, channel (from 0), rule and index (both from 1).

    Classic cameras have no rules; their lines are all of rule 1.
    """

    camera_id: str
    channel: int = 0
    rule: int = 1
    index: int = 1

    def __str__(self) -> str:
        """The line's id outside: ``CAMERA-CHANNEL-RULE-INDEX``."""
        return f"{self.camera_id}-{self.channel}-{self.rule}-{self.index}"

    @classmethod
    @lru_cache(maxsize=4096)  # lines are few, and named in every event
    def parse(cls, text: str) -> LineKey:
        """Read what ``str(key)`` wrote; a camera id may hold dashes. Raises ``ValueError``."""
        parts = text.rsplit("-", 3)
        if len(parts) != 4 or not parts[0]:
            raise ValueError(f"not a line id: {text!r} (CAMERA-CHANNEL-RULE-INDEX is expected)")
        camera_id, channel, rule, index = parts
        return cls(camera_id, int(channel), int(rule), int(index))


def camera_of(line_id: str) -> str:
    """The camera in a line's id; the whole text where it is none."""
    return line_id.rsplit("-", 3)[0]


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the administrator knows it: its name and the door it belongs to."""

    key: LineKey
    name: str
    door_id: str

    swaps: tuple[datetime, ...] = ()
    """UTC, in order: from each of these moments on, in is out, or in again. Full hours of the camera's clock."""

    def is_swapped(self, moment: datetime) -> bool:
        """Whether the camera's in is our out for what began at ``moment``."""
        return bisect_right(self.swaps, moment) % 2 == 1
