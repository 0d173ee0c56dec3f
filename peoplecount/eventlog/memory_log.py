"""The event log in memory: the promise of ``EventLog`` in its most readable form, for tests."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from threading import Lock

from peoplecount.domain.event import EventKind, LogEntry, NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Rewrite
from peoplecount.domain.line import camera_of
from peoplecount.eventlog.log import (
    LOOKED_THROUGH,
    Append,
    Choice,
    Chosen,
    LatestEntries,
    LoadedStates,
    LogUnavailable,
    StaleState,
    StaleTerm,
    State,
)


class MemoryEventLog:
    """An ``EventLog`` that is gone with the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._closed = False
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._term = 0
        self._entries: list[tuple[int, datetime, NewEvent]] = []
        self._latest: dict[tuple[EventKind, str], tuple[int, datetime, NewEvent]] = {}
        self._states: dict[str, State] = {}
        self._seen: dict[str, datetime] = {}
        self._changes = 0
        self._trimmed = 0
        self._folded = 0
        self._incomplete_until: datetime | None = None

    def open(self) -> None:
        """Open again after ``close``; what was in it is still there, as it would be in a file."""
        self._closed = False

    def head(self) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            return self._id(self._number)

    def oldest(self) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            return self._id(max(self._trimmed, self._folded))

    def beginning(self) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            return self._id(self._trimmed)

    def raise_term(self) -> int:
        """See ``EventLog``."""
        with self._alone():
            self._term += 1
            self._changes += 1
            return self._term

    def load_states(self) -> LoadedStates:
        """See ``EventLog``."""
        with self._alone():
            return LoadedStates(self._id(self._number), dict(self._states))

    def latest(self) -> LatestEntries:
        """See ``EventLog``."""
        with self._alone():
            kept = sorted(self._latest.values(), key=lambda entry: entry[0])
            return LatestEntries(self._id(self._number), tuple(self._entry(*entry) for entry in kept))

    def append(self, term: int, batch: Sequence[Append], now: datetime) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            self._require_term(term)
            self._states = self._changed_states(batch)
            for event in (event for part in batch for event in part.events):
                self._number += 1
                entry = (self._number, now, event)
                self._entries.append(entry)
                if event.subject:
                    self._latest[event.kind, event.subject] = entry
            self._changes += 1
            return self._id(self._number)

    def read(self, after: int, limit: int) -> list[LogEntry]:
        """See ``EventLog``. Raises ``ValueError`` for a limit below 1."""
        with self._alone():
            if limit < 1:
                raise ValueError(f"cannot read at most {limit} entries: the limit is 1 or more")
            return [self._entry(*entry) for entry in self._entries if entry[0] > after][:limit]

    def choose(self, after: int, limit: int, choice: Choice) -> Chosen:
        """See ``EventLog``."""
        with self._alone():
            end = max(after, min(self._number, after + LOOKED_THROUGH))
            found = [one for one in self._entries if after < one[0] <= end and _is_chosen(one[2], choice)][:limit]
            return Chosen([self._entry(*one) for one in found], found[-1][0] if len(found) == limit else end)

    def before(self, moment: datetime) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            oldest = max(self._trimmed, self._folded)
            kept = [(number, at) for number, at, _ in self._entries if number > oldest]
            earlier = [number for number, at in takewhile(lambda one: one[1] < moment, kept)]
            return self._id(earlier[-1] if earlier else oldest)

    def incomplete_until(self) -> datetime | None:
        """See ``EventLog``."""
        with self._alone():
            return self._incomplete_until

    def note_seen(self, term: int, seen: Mapping[str, datetime]) -> None:
        """See ``EventLog``."""
        with self._alone():
            self._require_term(term)
            self._seen |= seen
            self._changes += 1

    def seen(self) -> dict[str, datetime]:
        """See ``EventLog``."""
        with self._alone():
            return dict(self._seen)

    def change_counter(self) -> int:
        """See ``EventLog``."""
        with self._alone():
            return self._changes

    def start_epoch(self) -> EventId:
        """See ``EventLog``."""
        with self._alone():
            self._epoch = secrets.token_hex(4)
            self._changes += 1
            return self._id(self._number)

    def trim(self, up_to: int, before: datetime) -> int:
        """See ``EventLog``."""
        with self._alone():
            old = 0
            for number, appended_at, _ in self._entries:
                if number > up_to or appended_at >= before:
                    break
                old += 1
                self._trimmed = number
                self._note_incomplete(appended_at)
            del self._entries[:old]
            self._changes += 1
            return old

    def rewrite(self, term: int, rewrite: Rewrite) -> None:
        """See ``EventLog``."""
        with self._alone():
            self._require_term(term)
            there = {number: (appended_at, event) for number, appended_at, event in self._entries}
            for entry in (*rewrite.dropped, *(old for old, _ in rewrite.replaced)):
                if there.get(entry.event_id.number) != (entry.appended_at, entry.event):
                    raise StaleState(f"event {entry.event_id} is not there as it was read")
            for number, (appended_at, _) in there.items():
                if number <= rewrite.up_to:
                    self._note_incomplete(appended_at)
            for entry in rewrite.dropped:
                del there[entry.event_id.number]
            for entry, event in rewrite.replaced:
                there[entry.event_id.number] = (entry.appended_at, event)
            self._entries = [(number, *rest) for number, rest in there.items()]
            self._folded = max(self._folded, rewrite.up_to)
            self._changes += 1

    def forget(self, term: int, camera_ids: Collection[str]) -> None:
        """See ``EventLog``."""
        with self._alone():
            self._require_term(term)
            self._latest = {key: one for key, one in self._latest.items() if one[2].camera_id not in camera_ids}
            self._seen = {key: at for key, at in self._seen.items() if camera_of(key) not in camera_ids}
            self._changes += 1

    def shrink(self) -> None:
        """See ``EventLog``."""
        with self._alone():
            pass

    def size(self) -> int:
        """Bytes of the bodies kept; nothing is on disk."""
        with self._alone():
            return sum(len(event.body) for _, _, event in self._entries)

    def close(self) -> None:
        """See ``EventLog``."""
        self._closed = True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise LogUnavailable("the log has been closed")
            yield

    def _id(self, number: int) -> EventId:
        return EventId(self._epoch, number)

    def _entry(self, number: int, appended_at: datetime, event: NewEvent) -> LogEntry:
        return LogEntry(self._id(number), appended_at, event)

    def _note_incomplete(self, appended_at: datetime) -> None:
        self._incomplete_until = max(self._incomplete_until or appended_at, appended_at)

    def _require_term(self, term: int) -> None:
        if term != self._term:
            raise StaleTerm(f"term {term} does not lead: the log is at term {self._term}")

    def _changed_states(self, batch: Sequence[Append]) -> dict[str, State]:
        """All states after ``batch``; a copy, so that a refused batch changes nothing."""
        states = dict(self._states)
        for change in (change for part in batch for change in part.states):
            version = states[change.key].version if change.key in states else 0
            if version != change.expected_version or not (change.body or version):
                raise StaleState(f"state {change.key!r} is not at version {change.expected_version} any more")
            if change.body:
                states[change.key] = State(version + 1, change.body)
            else:
                states.pop(change.key, None)
        return states


def _is_chosen(event: NewEvent, choice: Choice) -> bool:
    return (
        (not choice.kinds or event.kind in choice.kinds)
        and (not choice.camera_ids or event.camera_id in choice.camera_ids)
        and (not choice.door_ids or event.door_id in choice.door_ids)
        and (not choice.site_ids or event.site_id in choice.site_ids)
    )
