"""Quick counts added up by the quarter of an hour, so that roll-ups are touched once a quarter and not once a count."""

from __future__ import annotations

from collections.abc import Iterable
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


class QuarterTally:
    """What quick counts added to a bucket since it was last poured out."""

    __slots__ = ("bucket", "entered", "left", "local_begin", "local_end", "quality")

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.local_begin = (bucket.quarter + bucket.offset).replace(tzinfo=None)
        self.local_end = self.local_begin + QUARTER
        self.entered = self.left = 0
        self.quality: Quality | None = None
        """``None``: nothing was added."""

    def holds(self, record: Record) -> bool:
        """Whether a quick count of the line belongs here, too; seen without the way round by UTC."""
        bucket = self.bucket
        return (
            self.local_begin < record.local_time <= self.local_end
            and record.utc_offset == bucket.offset
            and record.door_id == bucket.door_id
            and record.site_id == bucket.site_id
        )


class QuarterTallies:
    """What quick counts add to a book; the same as adding them one by one, as long as nothing else comes between."""

    def __init__(self) -> None:
        self._tallies: dict[Bucket, QuarterTally] = {}
        self._last: dict[str, QuarterTally] = {}
        self._open: list[QuarterTally] = []

    def buckets(self) -> Iterable[Bucket]:
        """All that were asked for."""
        return self._tallies.keys()

    def tally_of(self, record: Record) -> QuarterTally | None:
        """Where a record's people belong; ``None`` where it took so long that they are spread."""
        if record.ended_at - record.started_at > QUARTER:
            return None
        last = self._last.get(record.line_id)
        if last is not None and last.holds(record):
            return last
        bucket = _bucket_of(record)
        tally = self._tallies.get(bucket) or self._tallies.setdefault(bucket, QuarterTally(bucket))
        self._last[record.line_id] = tally
        return tally

    def add(self, tally: QuarterTally, record: Record) -> None:
        """People were counted; ``tally`` is the record's."""
        if tally.quality is None:
            self._open.append(tally)
            tally.quality = record.quality
        elif tally.quality is not record.quality:
            tally.quality = worst(tally.quality, record.quality)
        tally.entered += record.entered
        tally.left += record.left

    def pour(self, book: CountBook) -> None:
        """Add everything to ``book``, and begin anew."""
        for tally in self._open:
            bucket, people, quality = tally.bucket, Figures(tally.entered, tally.left), tally.quality
            shares = (Share(bucket.hour, people, {bucket.quarter: people}),)
            book.add(Crossings(*bucket[:3], QUARTER, bucket.offset, quality or Quality.MEASURED, shares))
            tally.entered, tally.left, tally.quality = 0, 0, None
        self._open.clear()


def _bucket_of(record: Record) -> Bucket:
    offset = record.utc_offset
    if offset is None:
        offset = ClockSight.of(record.ended_at, record.local_time).offset
    by_camera = (record.local_time - offset).replace(tzinfo=UTC)
    return Bucket(record.line_id, record.door_id, record.site_id, stretch_of(by_camera, QUARTER), offset)
