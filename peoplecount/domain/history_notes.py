"""History notes: what is remembered of a camera's history besides the figures; a restart does not start over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.line import LineKey
from peoplecount.domain.renamed_line import Renaming

TROUBLE_PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""Waits after a camera did not give its history at all, as often as that was in a row; the last one repeats: new
firmware, or an account with more rights, may bring it."""


@dataclass(frozen=True, slots=True)
class HistoryNotes:
    """What is known of how one camera remembers."""

    serial: str = ""
    """Of the device it is known of; empty where devices of this kind do not say."""

    clock: BucketClock | None = None
    """Which clock its hours go by; ``None`` until that is found out."""

    clock_unknown_since: datetime | None = None
    """UTC, when it was first asked without an answer to that."""

    names: Mapping[LineKey, str] = field(default_factory=dict)
    """The lines' names on the camera, as last read."""

    renamings: Mapping[LineKey, Renaming] = field(default_factory=dict)
    unchecked: frozenset[date] = frozenset()
    """Days that were settled and not yet compared with the database."""

    wanted: frozenset[date] = frozenset()
    """Days that somebody wants asked about once more, whatever is known of them."""

    failures: int = 0
    """How often in a row the camera gave no history at all."""

    not_before: datetime | None = None
    """UTC; it is left alone with such questions until then."""

    trouble: str = ""
    """What it said the last time; empty where it answered."""

    def read(self, serial: str, names: Mapping[LineKey, str], local: datetime) -> HistoryNotes:
        """After a reading by a device, at ``local`` by its wall clock. Another device is another matter."""
        notes = self
        if serial and self.serial and serial != self.serial:
            notes = HistoryNotes(unchecked=self.unchecked, wanted=self.wanted)
        renamings = {
            key: Renaming(notes.names[key], name, local)
            for key, name in names.items()
            if notes.names.get(key, name) != name
        }
        if not renamings and notes.names.items() >= names.items() and notes.serial == (serial or notes.serial):
            return notes
        return replace(
            notes,
            serial=serial or notes.serial,
            names={**notes.names, **names},
            renamings={**notes.renamings, **renamings},
        )

    def failed(self, reason: str, utc: datetime) -> HistoryNotes:
        """After a question that the camera did not answer."""
        pause = TROUBLE_PAUSES[min(self.failures, len(TROUBLE_PAUSES) - 1)]
        return replace(self, failures=self.failures + 1, not_before=utc + pause, trouble=reason)

    def answered(self) -> HistoryNotes:
        """After one that it did."""
        if not self.failures and self.not_before is None:
            return self
        return replace(self, failures=0, not_before=None, trouble="")

    def found(self, clock: BucketClock) -> HistoryNotes:
        """Which clock its hours go by is known."""
        return replace(self, clock=clock, clock_unknown_since=None)

    def clock_doubted(self, utc: datetime) -> HistoryNotes:
        """An answer did not show which clock its hours go by."""
        return replace(self, clock_unknown_since=self.clock_unknown_since or utc)

    def wants(self, days: Iterable[date]) -> HistoryNotes:
        """Somebody wants these days asked about; at once, whatever was agreed with the camera before."""
        wanted = self.wanted | frozenset(days)
        return replace(self, wanted=wanted, unchecked=self.unchecked | wanted, failures=0, not_before=None)

    def asked(self, day: date, *, is_over: bool) -> HistoryNotes:
        """A day's history was held against what was counted. One that is over is to be checked in the database."""
        unchecked = self.unchecked | {day} if is_over else self.unchecked
        return replace(self, wanted=self.wanted - {day}, unchecked=unchecked)

    def doubts_database(self, days: Iterable[date]) -> HistoryNotes:
        """The database may have these days otherwise."""
        return replace(self, unchecked=self.unchecked | frozenset(days))

    def checked(self, day: date) -> HistoryNotes:
        """The database has the day as it should be."""
        return replace(self, unchecked=self.unchecked - {day})
