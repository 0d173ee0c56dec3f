"""Copying an installation's database into another one, so that the service goes on there as if nothing had been."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.copied_history import HISTORY, copy_line, lines_of, tally_of
from peoplecount.storage.copied_table import CopiedTable, Values
from peoplecount.storage.copy_mark import claim, demand_ours, demand_whole, finish, installation_of, put_cursor
from peoplecount.storage.history import RECORDS
from peoplecount.storage.registros_states import REGISTROS
from peoplecount.storage.schema import (
    camera_choices,
    cameras,
    doors,
    hand_counts,
    line_swaps,
    lines,
    positions,
    registros_states,
    sites,
)
from peoplecount.storage.tally import Tally
from peoplecount.storage.writer_cursor import WriterCursor, load_cursor

logger = logging.getLogger(__name__)

PLACES = tuple(map(CopiedTable, (sites, doors, cameras, camera_choices, lines, line_swaps, hand_counts)))
"""Each needs those before it."""

REACHES = (CopiedTable(positions), CopiedTable(registros_states))
"""How far the history is written, and an installation's own table ``registros``."""

MOST_ROUNDS = 3
"""So often a copy is begun anew because the service wrote meanwhile; only what it wrote is copied then."""

TELL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class CopyOutcome:
    """What a copy came to."""

    written: int
    """Rows added, changed or removed in the other database."""

    tallies: Mapping[str, Tally]
    """What both databases hold, by table of the history."""

    finished: bool
    """False where the service kept writing: all but the last moments is there, and the service cannot go on with it."""


class DatabaseCopy:
    """Copies from one database to another, again and again if need be: what is there already is left alone.

    First the cameras and places, then the history line by line, last how far it reaches. Both databases must have this
    version's tables. The service may run meanwhile; while the copy is not finished it does not write to ``target``.
    """

    def __init__(
        self,
        source: IDBConnection,
        target: IDBConnection,
        *,
        tell: Callable[[str], object] = logger.info,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``tell`` is given a line now and then, for whoever waits."""
        self._source = source
        self._target = target
        self._tell = tell
        self._monotonic = monotonic
        self._told_at = monotonic()
        self._rows = self._written = 0

    def run(self) -> CopyOutcome:
        """Copy. Raises ``DatabaseError``, ``CopyRefused`` and ``RowsLost`` among them; it may be run again then."""
        demand_whole(self._source)
        installation = installation_of(self._source)
        claim(self._target, installation)
        for _ in range(MOST_ROUNDS):
            before = load_cursor(self._source, RECORDS)
            self._copy_places()
            self._copy_history()
            tallies = self._tallies()
            if tallies is not None and self._finish(installation, before):
                return CopyOutcome(self._written, tallies, finished=True)
            self._tell("The service wrote meanwhile; what it wrote is copied now")
        return CopyOutcome(self._written, {}, finished=False)

    def _copy_places(self) -> None:
        here = {copied: copied.rows(self._source) for copied in PLACES}

        def work(transaction: Transaction) -> int:
            differences = {copied: copied.differences(here[copied], copied.rows(transaction)) for copied in PLACES}
            # Lines are replaced and not changed: they go before the doors that they may have been at.
            for copied in reversed(PLACES):
                if copied.table is lines:
                    copied.remove(transaction, differences[copied])
            for copied in PLACES:
                copied.put(transaction, differences[copied])
            for copied in reversed(PLACES):
                if copied.table is not lines:
                    copied.remove(transaction, differences[copied])
                copied.demand_same(here[copied], copied.rows(transaction))
            return sum(map(len, differences.values()))

        self._written += self._target.transaction(work)

    def _copy_history(self) -> None:
        known = lines_of(self._source)
        for number, line_id in enumerate(known):
            for copied in HISTORY:
                for done in copy_line(copied, self._source, self._target, line_id):
                    self._rows += done.rows
                    self._written += done.written
                    self._tell_progress(number, len(known))

    def _tell_progress(self, number: int, lines_in_all: int) -> None:
        now = self._monotonic()
        if now - self._told_at >= TELL_SECONDS:
            self._told_at = now
            self._tell(
                f"line {number + 1:,} of {lines_in_all:,}: {self._rows:,} rows looked at, {self._written:,} written"
            )

    def _tallies(self) -> dict[str, Tally] | None:
        """What both hold; ``None`` where they differ, as after the service has written."""
        known = sorted({*lines_of(self._source), *lines_of(self._target)})
        here = {copied.name: tally_of(copied, self._source, known) for copied in HISTORY}
        there = {copied.name: tally_of(copied, self._target, known) for copied in HISTORY}
        return here if here == there else None

    def _finish(self, installation: str, before: WriterCursor | None) -> bool:
        """Bring over how far the history reaches, unless it has gone on since ``before``; whether that was done."""
        registros = load_cursor(self._source, REGISTROS)
        here = {copied: copied.rows(self._source) for copied in REACHES}
        if load_cursor(self._source, RECORDS) != before or load_cursor(self._source, REGISTROS) != registros:
            return False  # they move together with those tables

        def work(transaction: Transaction) -> int:
            demand_ours(transaction, installation)
            written = sum(_bring(transaction, copied, rows) for copied, rows in here.items())
            if registros is not None:
                put_cursor(transaction, REGISTROS, registros)
            finish(transaction, before)
            return written

        self._written += self._target.transaction(work)
        return True


def _bring(transaction: Transaction, copied: CopiedTable, here: list[Values]) -> int:
    """Bring a whole table over; how many rows that changed."""
    differences = copied.differences(here, copied.rows(transaction))
    copied.remove(transaction, differences)
    copied.put(transaction, differences)
    copied.demand_same(here, copied.rows(transaction))
    return len(differences)
