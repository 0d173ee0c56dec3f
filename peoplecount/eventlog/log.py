"""The event log: what everything that leaves the system reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from peoplecount.domain.event import EventKind, LogEntry, NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Rewrite


class LogError(Exception):
    """Base of all errors of the log.

    - ``LogUnavailable``: it could not be read or written (disk full, file gone, locked for too long)
    - ``Fenced``: an append was refused, because somebody else polls now
      - ``StaleTerm``: another process has taken the lead since
      - ``StaleState``: the state an append started from is not the one that is there
    - ``LocalStoreUnavailable``: the store beside it could not be read or written
    - ``UnsuitableFolder``: the data folder cannot hold a log (a network or Windows drive)
    - ``UnsuitableServer``: a Redis cannot hold a log (it would lose or drop what is in it)
    """


class LogUnavailable(LogError):
    """The log could not be read or written."""


class Fenced(LogError):
    """An append was refused, because it did not start from what is there."""


class StaleTerm(Fenced):
    """Another process has taken the lead since."""


class StaleState(Fenced):
    """The state an append started from is not the one that is there."""


class LocalStoreUnavailable(LogError):
    """The local store could not be read or written; the message says what to do."""


class UnsuitableFolder(LogError):
    """The data folder cannot hold a log; the message says why and where to put it."""


class UnsuitableServer(LogError):
    """A Redis cannot hold a log; the message says why and what to set there."""


@dataclass(frozen=True, slots=True)
class State:
    """A value kept beside the log, changed in the same transaction as the events."""

    version: int
    """Grows by one with every change."""

    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A new body for a key, and the version it was made from (0: there was none). An empty body drops the state."""

    key: str
    expected_version: int
    body: str


@dataclass(frozen=True, slots=True)
class Append:
    """Events and the states they lead to; either both are kept or neither."""

    events: tuple[NewEvent, ...] = ()
    states: tuple[StateChange, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedStates:
    """All states, and the head of the log at that very moment."""

    head: EventId
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class LatestEntries:
    """The newest entry of each kind and subject in log order, and the head of the log at that very moment."""

    head: EventId
    entries: tuple[LogEntry, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Entries of one of these kinds *and* one of these cameras, and so on; each empty for all of them."""

    kinds: Collection[EventKind] = ()
    camera_ids: Collection[str] = ()
    door_ids: Collection[str] = ()
    site_ids: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Entries in order, and how far was looked for them."""

    entries: list[LogEntry]
    examined: int
    """Up to this number none is left out that was chosen."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """What one of several machines has been given, and the term by which it appends."""

    term: int
    shards: frozenset[str]


LOOKED_THROUGH = 5_000
"""Numbers that ``choose`` looks through at most: some milliseconds."""


class SharedLog(Protocol):
    """What a log has besides where several machines share it, each of which polls its own shards.

    All raise ``LogUnavailable``.
    """

    def take(self, member: str, shards: Collection[str]) -> Tenure:
        """Take those of these shards that are free, in the place of all that the member has had.

        Nobody who had one of them before can append any more. Without a shard there is no tenure: its term is 0.
        """
        ...

    def free(self, shards: Collection[str]) -> frozenset[str]:
        """Those of these shards that nobody has who is there."""
        ...

    def leads(self, term: int) -> bool:
        """Whether an append by this term is not refused for it."""
        ...

    def states_of(self, keys: Sequence[str], line_ids: Sequence[str]) -> tuple[LoadedStates, dict[str, datetime]]:
        """Those of these states that there are, and when these lines were last read, as far as they were."""
        ...


class EventLog(Protocol):
    """A durable, numbered list of events with the states that lead to the next one beside it.

    Every call blocks briefly and may come from any thread. Numbers grow strictly and are never used twice
    within an epoch. All raise ``LogUnavailable``.
    """

    def open(self) -> None:
        """Make it where it is missing, now rather than at the first call, and again after ``close``."""
        ...

    def head(self) -> EventId:
        """The last event's id; number 0 before the first."""
        ...

    def oldest(self) -> EventId:
        """The earliest id that can be resumed from without a gap: after it, all events are as they were appended."""
        ...

    def beginning(self) -> EventId:
        """The last id of which nothing is left. What came after it is there, up to ``oldest`` perhaps folded.

        Who goes by totals (see ``domain/position.py``) may read on from here; who adds up events may not.
        """
        ...

    def raise_term(self) -> int:
        """Take the lead: a new term, greater than any before. Appends of earlier terms are refused from now on."""
        ...

    def load_states(self) -> LoadedStates:
        """All states and the head, read in one transaction."""
        ...

    def latest(self) -> LatestEntries:
        """The newest entry of each kind and subject, and the head, read in one transaction."""
        ...

    def append(self, term: int, batch: Sequence[Append], now: datetime) -> EventId:
        """Append all of ``batch`` in order, durably and all or nothing; the head afterwards.

        Raises ``StaleTerm`` or ``StaleState``.
        """
        ...

    def read(self, after: int, limit: int) -> list[LogEntry]:
        """At most ``limit`` entries with numbers above ``after``, in order."""
        ...

    def choose(self, after: int, limit: int, choice: Choice) -> Chosen:
        """At most ``limit`` entries of a choice with numbers above ``after``, in order; others are not even read.

        There may be none though more follow: see ``LOOKED_THROUGH``.
        """
        ...

    def before(self, moment: datetime) -> EventId:
        """The last entry appended before ``moment``, so that reading on from it gives what came then or later.

        ``oldest`` where all that is kept came later. Goes by the clock at the time of appending; where that was set
        back, some of what came before it was may be among what follows.
        """
        ...

    def incomplete_until(self) -> datetime | None:
        """When the last entry was appended that is not there as it was then: trimmed or folded. ``None``: all are."""
        ...

    def note_seen(self, term: int, seen: Mapping[str, datetime]) -> None:
        """Remember when lines were last read, whether or not anything changed: asked, and nothing happened.

        Raises ``StaleTerm``.
        """
        ...

    def seen(self) -> dict[str, datetime]:
        """Line ids and when each was last read."""
        ...

    def change_counter(self) -> int:
        """A number that differs from the last one when any process may have changed the log. Cheap, never blocks."""
        ...

    def start_epoch(self) -> EventId:
        """Declare all ids given out so far void, because the log was found rewound; the new head."""
        ...

    def trim(self, up_to: int, before: datetime) -> int:
        """Drop entries with numbers at most ``up_to`` appended before ``before``; how many went."""
        ...

    def rewrite(self, term: int, rewrite: Rewrite) -> None:
        """Put folded entries in the place of others, all or nothing; ``oldest`` moves on to where it reaches.

        Raises ``StaleTerm``, and ``StaleState`` where an entry is not there as it was read.
        """
        ...

    def forget(self, term: int, camera_ids: Collection[str]) -> None:
        """Drop the newest entries of these cameras and when their lines were read. Raises ``StaleTerm``.

        Their states are dropped by ``append``.
        """
        ...

    def shrink(self) -> None:
        """Give what is free back to the disk, a little at a time. ``trim`` does so by itself."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...

    def close(self) -> None:
        """Let go of everything; may be called twice."""
        ...
