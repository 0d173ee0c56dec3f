"""Sites by the quarter of an hour, kept in memory: only what was written since is read again."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.interval import Scope
from peoplecount.domain.roll_up import QUARTER
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.storage.scope_sums import ScopeSum

AT_ONCE = 8
"""Quarters that are read together: with hundreds of sites their sums are put in order in some milliseconds."""

KEPT = 600.0
"""Seconds after which a quarter is read again, whatever its stamp says: somebody may have changed rows by hand."""


class QuarterHistory(Protocol):
    """The part of the history that is read, see ``History``. Raises ``DatabaseError``."""

    def stamps(self, start: datetime, end: datetime) -> Mapping[datetime, int]:
        """By quarter of an hour: another one means that rows of it were written."""
        ...

    def sums(self, step: timedelta, scope: Scope, start: datetime, end: datetime) -> Sequence[ScopeSum]:
        """All sites by quarter of an hour."""
        ...

    def unknown_quarters(self, start: datetime, end: datetime) -> Collection[tuple[str, datetime]]:
        """Lines and quarters of which nothing is known."""
        ...


@dataclass(slots=True)
class SiteQuarter:
    """A quarter of an hour as the history has it."""

    stamp: int | None
    """Under which it was read; ``None``: there was none yet."""

    good_until: float = field(compare=False)
    """By the monotonic clock."""

    sums: dict[str, ScopeSum] = field(default_factory=dict)
    """By site."""

    unknown: set[str] = field(default_factory=set)
    """Lines of which nothing is known."""


class SiteQuarters:
    """What all sites counted, by the beginning of each quarter of an hour."""

    def __init__(self, history: QuarterHistory, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._history = history
        self._monotonic = monotonic
        self._kept: Mapping[datetime, SiteQuarter] = {}

    def read(self, start: datetime, end: datetime) -> Mapping[datetime, SiteQuarter]:
        """Every quarter that begins at or after ``start`` and before ``end``, which lie on quarters.

        Raises ``DatabaseError``.
        """
        now, kept = self._monotonic(), self._kept
        stamps = self._history.stamps(start, end)  # before the sums: what is written in between is read once more
        starts = [start + number * QUARTER for number in range((end - start) // QUARTER)]
        found = {
            one: kept[one]
            for one in starts
            if one in kept and kept[one].stamp == stamps.get(one) and now < kept[one].good_until
        }
        runs = list(_runs([one for one in starts if one not in found]))
        for number, some in enumerate(unhurried(runs, Breath(1)), 1):
            # What is read together now is not all read together again: whoever asks then waits for a run of them.
            good_until = now + KEPT * (1 + number / len(runs)) / 2
            found |= self._read(some, stamps, good_until)
        self._kept = found
        return found

    def _read(
        self, starts: Sequence[datetime], stamps: Mapping[datetime, int], good_until: float
    ) -> dict[datetime, SiteQuarter]:
        """Quarters that follow each other."""
        first, end = starts[0], starts[-1] + QUARTER
        found = {one: SiteQuarter(stamps.get(one), good_until) for one in starts}
        sums = self._history.sums(QUARTER, Scope.SITE, first, end)
        for one in sums:
            found[one.start].sums[one.subject] = one
        if any(one.missing for one in sums):
            for line, start in self._history.unknown_quarters(first, end):
                found[start].unknown.add(line)
        return found


def _runs(starts: Sequence[datetime]) -> Iterator[Sequence[datetime]]:
    """Those that follow each other, ``AT_ONCE`` at most."""
    run: list[datetime] = []
    for one in starts:
        if run and (one - run[-1] != QUARTER or len(run) == AT_ONCE):
            yield run
            run = []
        run.append(one)
    if run:
        yield run
