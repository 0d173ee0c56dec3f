"""A past for pages and questions: hours of lines, put straight into a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from peoplecount.domain.event import Quality
from peoplecount.storage.schema import corrections, hour_counts, quarter_hours
from tests.support.board_service import Gate

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


class Past:
    """What is put into it is there at once."""

    def __init__(self, db) -> None:
        self.db = db
        self._events = 0

    def counts(
        self,
        gate: Gate,
        begin: datetime,
        entered: int = 0,
        left: int = 0,
        *,
        hours: int = 1,
        quality: Quality = Quality.MEASURED,
        coverage: float | None = 1.0,
    ) -> None:
        """The same in each of so many hours. The four quarters of each have it in their first."""
        zone = ZoneInfo(gate.site.time_zone)
        rows, quarters = [], []
        for number in range(hours):
            start = begin + number * HOUR
            row = {
                "line_id": str(gate.key),
                "starts_at": start,
                "door_id": gate.place.door_id,
                "site_id": gate.site.site_id,
                "in_count": entered,
                "out_count": left,
                "quality": quality.value,
                "coverage": coverage,
            }
            rows.append(row | {"local_start": start.astimezone(zone).replace(tzinfo=None)})
            for place in range(4):
                share = {} if place == 0 else {"in_count": 0, "out_count": 0}
                quarters.append(row | share | {"starts_at": start + place * QUARTER})
        self.db.transaction(
            lambda transaction: (
                transaction.change_each(insert(hour_counts), rows),
                transaction.change_each(insert(quarter_hours), quarters),
            )
        )

    def learns(
        self,
        gate: Gate,
        begin: datetime,
        known: datetime,
        old: tuple[int, int] | None,
        new: tuple[int, int],
        old_quality: Quality = Quality.MEASURED,
        *,
        hours: int = 1,
    ) -> None:
        """A correction stands in the book; what it corrects was put there as it is now."""
        self._events += 1
        row = {
            "event_epoch": "3f9a61c2",
            "event_number": self._events,
            "line_id": str(gate.key),
            "door_id": gate.place.door_id,
            "site_id": gate.site.site_id,
            "starts_at": begin,
            "ends_at": begin + hours * HOUR,
            "local_start": begin.replace(tzinfo=None),
            "old_in": old[0] if old else None,
            "old_out": old[1] if old else None,
            "new_in": new[0],
            "new_out": new[1],
            "old_quality": (old_quality if old else Quality.MISSING).value,
            "quality": Quality.CORRECTED.value,
            "coverage": 1.0,
            "reason": "the camera's history has another figure",
            "known_at": known,
        }
        self.db.transaction(lambda transaction: transaction.change_each(insert(corrections), [row]))
