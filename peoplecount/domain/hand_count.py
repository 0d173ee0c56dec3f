"""Hand counts: what somebody who counted the people inside a site found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HandCount:
    """People inside a site at a moment, as somebody counted them. Occupancy goes on from it."""

    site_id: str
    counted_at: datetime
    """UTC."""

    people: int
    note: str = ""
