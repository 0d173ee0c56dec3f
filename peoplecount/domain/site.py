"""Sites: places with a time zone and a capacity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

DEFAULT_SITE_ID = "default"


@dataclass(frozen=True, slots=True)
class Site:
    """A place people enter and leave."""

    site_id: str
    name: str
    time_zone: str
    """An IANA name such as ``Europe/Zurich``."""

    capacity: int | None = None
    """People allowed inside; ``None`` where nobody has said."""

    reset_time: time = time(0, 0)
    """When, in the site's local time, occupancy starts again from zero each day."""

    opening_hours: str = ""
    """When it is open, as it was entered; empty: nobody has said."""
