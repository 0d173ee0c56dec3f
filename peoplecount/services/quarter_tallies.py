"""Quick counts added up by the quarter of an hour, so that roll-ups are touched once a quarter and not once a count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.count_book import CountBook, Crossings, Share
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.figures import Figures
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.domain.spread import stretch_of
from peoplecount.storage.records import Record


class Bucket(NamedTuple):
    """Where the people of a quick count belong: all of them into one quarter of an hour."""

    line_id: str
    door_id: str
    site_id: str
    quarter: datetime
    """When it began by the camera's clock, in UTC."""

    offset: timedelta
    """The camera's wall clock less UTC, to the quarter hour."""

    @property
    def hour(self) -> datetime:
        """When its hour of the camera's wall clock began, UTC."""
        return stretch_of(self.quarter + QUARTER, HOUR, -self.offset)


def bucket_of(record: Record) -> Bucket | None:
    """Where a record's people belong; ``None`` where it took so long that they are spread."""
    if record.ended_at - record.started_at > QUARTER:
        return None
    offset = record.utc_offset
    if offset is None:
        offset = ClockSight.of(record.ended_at, record.local_time).offset
    by_camera = (record.local_time - offset).replace(tzinfo=UTC)
    return Bucket(str(record.key), record.door_id, record.site_id, stretch_of(by_camera, QUARTER), offset)


class QuarterTallies:
    """What quick counts add to a book; the same as adding them one by one, as long as nothing else comes between."""

    def __init__(self) -> None:
        self._tallies: dict[Bucket, tuple[int, int, Quality]] = {}

    def add(self, bucket: Bucket, record: Record) -> None:
        """People were counted."""
        there = self._tallies.get(bucket)
        if there is None:
            self._tallies[bucket] = record.entered, record.left, record.quality
            return
        entered, left, quality = there
        if quality is not record.quality:
            quality = worst(quality, record.quality)
        self._tallies[bucket] = entered + record.entered, left + record.left, quality

    def pour(self, book: CountBook) -> None:
        """Add everything to ``book``, and begin anew."""
        for bucket, (entered, left, quality) in self._tallies.items():
            people = Figures(entered, left)
            shares = (Share(bucket.hour, people, {bucket.quarter: people}),)
            book.add(Crossings(*bucket[:3], QUARTER, bucket.offset, quality, shares))
        self._tallies.clear()
