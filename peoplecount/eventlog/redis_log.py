"""The event log in a Redis: the home for several machines. Valkey works the same.

What the log promises is kept by scripts, each of which is one transaction there: they check the term and the states an
append started from, and write all of it or refuse.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.folding import Rewrite
from peoplecount.domain.line import camera_of
from peoplecount.domain.redis_address import RedisAddress
from peoplecount.eventlog import redis_entries as entries
from peoplecount.eventlog.entry_rows import entry_of, microseconds, moment_of
from peoplecount.eventlog.log import (
    LOOKED_THROUGH,
    Append,
    Choice,
    Chosen,
    LatestEntries,
    LoadedStates,
    LogError,
    LogUnavailable,
    State,
    Tenure,
)
from peoplecount.eventlog.native import Native
from peoplecount.eventlog.redis_answer import Answer
from peoplecount.eventlog.redis_link import NativeConnection, RedisLink
from peoplecount.eventlog.redis_scripts import EVENTS, LATEST, LOG_KEYS, log_script
from peoplecount.eventlog.redis_sentinels import Sentinels
from peoplecount.eventlog.redis_server import Durability, demand, look_at

_AT_ONCE = 500
"""Entries that Redis looks at, or drops, in one go: some milliseconds in which it does nothing else."""

_FOLLOW_SECONDS = 1.0
"""How long an entry is waited for before other changes are looked for: a new epoch, or a Redis that was put back."""

_LOOK_SECONDS = 2.0
"""How often Sentinels are asked whether another server has taken over, though the one that is used answers."""

_RETRY_SECONDS = 0.5


class RedisEventLog:
    """An ``EventLog`` in one Redis. Connects when first needed; use it after a fork.

    Whoever finds that Redis lacks what it had said begins a new epoch and a new term by the same script that finds it
    out: when a number that was told is beyond the head, and when a server takes over that may have been told less.
    """

    def __init__(
        self,
        address: RedisAddress,
        *,
        least: Durability = Durability.ALWAYS,
        ca_file: Path | None = None,
        native: Native | None = None,
        sentinels: Sequence[RedisAddress] = (),
    ) -> None:
        """Where there are ``sentinels``, they are asked for the server of the name that ``address`` has for a host."""
        native = native or Native()
        asked = Sentinels(sentinels, address, native, ca_file) if sentinels else None
        primary = asked.primary if asked else None
        self._link = RedisLink(address, self._arrive, native=native, ca_file=ca_file, primary=primary)
        self._least = least
        self._told = EventId("", 0)
        self._stamp: tuple[str, int] = ("", 0)
        self._ordinals = count(1)
        self._counter = 0
        self._follows = False

    @property
    def link(self) -> RedisLink:
        """The connections, for what else is kept in this Redis."""
        return self._link

    def open(self) -> None:
        """Connect now rather than at the first use. Raises ``UnsuitableServer`` and ``LogUnavailable``."""
        self._link.open()
        self._run("head")

    def head(self) -> EventId:
        """See ``EventLog``."""
        return self._run("head").head

    def oldest(self) -> EventId:
        """See ``EventLog``."""
        answer = self._run("head")
        return EventId(answer.head.epoch, max(answer.said[0], answer.said[1]))

    def beginning(self) -> EventId:
        """See ``EventLog``."""
        answer = self._run("head")
        return EventId(answer.head.epoch, answer.said[0])

    def raise_term(self) -> int:
        """See ``EventLog``."""
        return int(self._run("raise_term").said[0])

    def take(self, member: str, shards: Collection[str]) -> Tenure:
        """See ``SharedLog``."""
        term, taken = self._run("take", member, *shards).said
        return Tenure(int(term), frozenset(shard.decode() for shard in taken))

    def free(self, shards: Collection[str]) -> frozenset[str]:
        """See ``SharedLog``."""
        return frozenset(shard.decode() for shard in self._run("free", *shards).said[0])

    def leads(self, term: int) -> bool:
        """See ``SharedLog``."""
        return bool(self._run("leads", term).said[0])

    def load_states(self) -> LoadedStates:
        """See ``EventLog``."""
        answer = self._run("states")
        bodies, versions = map(entries.pairs, answer.said)
        return LoadedStates(answer.head, {key: State(int(versions[key]), body) for key, body in bodies.items()})

    def states_of(self, keys: Sequence[str], line_ids: Sequence[str]) -> tuple[LoadedStates, dict[str, datetime]]:
        """See ``SharedLog``."""
        answer = self._run("states_of", len(keys), *keys, *line_ids)
        bodies, versions, seen = answer.said
        states = {
            key: State(int(version), body.decode())
            for key, body, version in zip(keys, bodies, versions, strict=True)
            if body is not None
        }
        times = {line: moment_of(int(at)) for line, at in zip(line_ids, seen, strict=True) if at is not None}
        return LoadedStates(answer.head, states), times

    def latest(self) -> LatestEntries:
        """See ``EventLog``."""
        answer = self._run("latest")
        rows = sorted(entries.latest_row(text) for text in answer.said[0])
        return LatestEntries(answer.head, tuple(entry_of(answer.head.epoch, row) for row in rows))

    def append(self, term: int, batch: Sequence[Append], now: datetime) -> EventId:
        """See ``EventLog``. The numbers given in one call follow each other without a gap."""
        answer = self._run("append", term, microseconds(now), *entries.append_arguments(batch))
        answer.require(term)
        return answer.head

    def read(self, after: int, limit: int) -> list[LogEntry]:
        """See ``EventLog``. Raises ``ValueError`` for a limit below 1."""
        if limit < 1:
            raise ValueError(f"cannot read at most {limit} entries: the limit is 1 or more")
        answer = self._run("read", max(after, 0), limit)
        return answer.entries()

    def choose(self, after: int, limit: int, choice: Choice) -> Chosen:
        """See ``EventLog``."""
        wanted, head = entries.wanted(choice), self.head()
        end = max(after, min(head.number, after + LOOKED_THROUGH))
        found: list[LogEntry] = []
        for first in range(after, end, _AT_ONCE):
            answer = self._run("choose", first, min(first + _AT_ONCE, end), limit - len(found), wanted)
            if answer.head.epoch != head.epoch:
                raise LogUnavailable("the log was put back while it was looked through; ask again")
            found += answer.entries()
            if len(found) == limit:
                return Chosen(found, found[-1].event_id.number)
        return Chosen(found, end)

    def before(self, moment: datetime) -> EventId:
        """See ``EventLog``."""
        answer = self._run("before", microseconds(moment))
        return EventId(answer.head.epoch, answer.said[0])

    def incomplete_until(self) -> datetime | None:
        """See ``EventLog``."""
        at = self._run("head").said[2]
        return None if at is None else moment_of(int(at))

    def note_seen(self, term: int, seen: Mapping[str, datetime]) -> None:
        """See ``EventLog``."""
        fields = [part for line_id, at in seen.items() for part in (line_id, microseconds(at))]
        self._run("note_seen", term, *fields).require(term)

    def seen(self) -> dict[str, datetime]:
        """See ``EventLog``."""
        found = entries.pairs(self._run("seen").said[0])
        return {line_id: moment_of(int(at)) for line_id, at in found.items()}

    def change_counter(self) -> int:
        """See ``EventLog``. A thread that waits at Redis keeps it; it begins with the first call."""
        self._link.require_open()
        if not self._follows:
            self._follows = True
            self._link.native.start_thread(self._follow)
            if self._link.may_move:
                self._link.native.start_thread(self._follow_primary)
        return self._counter

    def start_epoch(self) -> EventId:
        """See ``EventLog``. Entries stay; they go by ids of the new epoch from now on."""
        return self._run("start_epoch").head

    def trim(self, up_to: int, before: datetime) -> int:
        """See ``EventLog``. In small transactions, so that appends get in between."""
        trimmed = 0
        while True:
            gone = int(self._run("trim", max(up_to, 0), microseconds(before), _AT_ONCE).said[0])
            trimmed += gone
            if gone < _AT_ONCE:
                return trimmed

    def rewrite(self, term: int, rewrite: Rewrite) -> None:
        """See ``EventLog``."""
        self._run("rewrite", term, *entries.rewrite_arguments(rewrite)).require(term)

    def forget(self, term: int, camera_ids: Collection[str]) -> None:
        """See ``EventLog``."""
        fields = [field for field, row in self._latest_fields() if row[4] in camera_ids]
        lines = [line_id for line_id in self.seen() if camera_of(line_id) in camera_ids]
        self._run("forget", term, len(fields), *fields, *lines).require(term)

    def shrink(self) -> None:
        """See ``EventLog``. Redis gives memory back by itself."""
        self._link.require_open()

    def size(self) -> int:
        """Bytes in Redis' memory, as far as it can tell without counting for long. On its disk it may be twice that."""
        return sum(int(self._link.ask("MEMORY", "USAGE", key) or 0) for key in LOG_KEYS)

    def close(self) -> None:
        """See ``EventLog``."""
        self._link.close()
        self._follows = False

    def _latest_fields(self) -> Iterator[tuple[bytes, entries.Row]]:
        cursor = b"0"
        while True:
            cursor, found = self._link.ask("HSCAN", LATEST, cursor, "COUNT", _AT_ONCE)
            for field, text in zip(found[::2], found[1::2], strict=True):
                yield field, entries.latest_row(text)
            if cursor == b"0":
                return

    def _arrive(self, connection: NativeConnection) -> None:
        """With each new connection: whether this server may hold the log, and whether it may have been told less."""
        server = look_at(connection)
        demand(server, self._least, connection.address)
        self._ask(connection, "arrive", server.run_id, int(server.may_have_lost))

    def _run(self, name: str, *arguments: str | bytes | float) -> Answer:
        with self._link.borrowed() as connection:
            return self._ask(connection, name, *arguments)

    def _ask(self, connection: NativeConnection, name: str, *arguments: str | bytes | float) -> Answer:
        told = self._told
        return self._note(connection.run(log_script(name), secrets.token_hex(4), told.epoch, told.number, *arguments))

    def _note(self, answer: list[Any]) -> Answer:
        """Remember how far the log has come, and that it has changed."""
        head = EventId(answer[0].decode(), int(answer[1]))
        told, stamp = self._told, (head.epoch, int(answer[2]))
        if told.epoch != head.epoch or told.number < head.number:
            self._told = head
        if self._stamp[0] != head.epoch or self._stamp[1] < stamp[1]:
            self._stamp = stamp
            self._counter = next(self._ordinals)
        return Answer(head, answer[3:])

    def _follow(self) -> None:
        """Wait at Redis for what others append, as long as the log is open; in a native thread of its own."""
        while self._link.is_open:
            try:
                with self._link.borrowed() as connection:
                    while self._link.is_open and connection.address == self._link.address:
                        block = int(_FOLLOW_SECONDS * 1000)
                        connection.ask("XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", EVENTS, self._told.number)
                        self._ask(connection, "head")
            except LogError:  # whoever reads says so
                self._link.native.sleep(_RETRY_SECONDS)

    def _follow_primary(self) -> None:
        """Go over to another server where that has taken over, as long as the log is open; in a native thread."""
        while self._link.is_open:
            with suppress(LogError):  # with no Sentinel there it stays as it is
                self._link.look_for_primary()
            self._link.native.sleep(_LOOK_SECONDS)
