"""What several machines share beside the log: the store, in the same Redis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from peoplecount.domain.change import Change, Subject
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.change_text import change_text, concerns_only, read_change
from peoplecount.eventlog.local_store import ROSTER, LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable, LogUnavailable, State
from peoplecount.eventlog.redis_link import RedisLink, Reply
from peoplecount.eventlog.redis_scripts import CHANGES, KEPT, Script, store_script

_AT_ONCE = 500
"""Changes, or keys, that are asked for together."""

_TURNS = 100
"""How often a text is tried to be changed while others change it, too."""


OF_ONE_MACHINE = ("worker:", "request-rates")
"""How keys begin of what means nothing elsewhere: figures of this machine's workers by their numbers, and moments of
its own monotonic clock."""


class RedisStore:
    """A ``Store`` in Redis. In ``local`` is what is of this machine alone.

    So is the log's mark, which tells when Redis itself has been put back.
    """

    def __init__(self, link: RedisLink, local: LocalStore) -> None:
        self._link = link
        self._local = local

    def open(self) -> None:
        """See ``Store``."""
        self._local.open()

    def get(self, key: str) -> State | None:
        """See ``Store``."""
        if key.startswith(OF_ONE_MACHINE):
            return self._local.get(key)
        text, version = self._run(store_script("kept"), key)
        return None if text is None else State(int(version), text.decode())

    def put(self, key: str, body: str) -> int:
        """See ``Store``."""
        if key.startswith(OF_ONE_MACHINE):
            return self._local.put(key, body)
        return int(self._run(store_script("keep"), key, 0, 0, "", 1, body))

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``Store``. Whoever changed it meanwhile goes first, and ``work`` is called again."""
        if key.startswith(OF_ONE_MACHINE):
            return self._local.change(key, work)
        for _ in range(_TURNS):
            kept = self.get(key)
            before = None if kept is None else kept.body
            after = work(before)
            if after == before or self._exchange(key, before, after):
                return None
        raise LocalStoreUnavailable(f"{key!r} could not be changed, so often did others change it; try again")

    def under(self, prefix: str) -> dict[str, str]:
        """See ``Store``."""
        if prefix.startswith(OF_ONE_MACHINE):
            return self._local.under(prefix)
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in prefix)
        found: dict[str, str] = {}
        cursor = b"0"
        while True:
            cursor, some = self._ask("HSCAN", KEPT, cursor, "MATCH", f"{pattern}*", "COUNT", _AT_ONCE)
            found |= {key.decode(): text.decode() for key, text in zip(some[::2], some[1::2], strict=True)}
            if cursor == b"0":
                return found

    def settle(self) -> None:
        """See ``Store``. As safely as Redis keeps anything (``REDIS_FSYNC``) it is kept already."""

    def save_roster(self, body: str) -> None:
        """See ``Store``."""
        self.put(ROSTER, body)

    def load_roster(self) -> str | None:
        """See ``Store``."""
        roster = self.get(ROSTER)
        return None if roster is None else roster.body

    def save_mark(self, mark: EventId) -> None:
        """See ``Store``."""
        self._local.save_mark(mark)

    def load_mark(self) -> EventId | None:
        """See ``Store``."""
        return self._local.load_mark()

    def note_change(self, change: Change) -> int:
        """See ``Store``."""
        return int(self._run(store_script("note_change"), change_text(change)))

    def changes(
        self,
        most: int,
        *,
        below: int | None = None,
        subject: Subject | None = None,
        who: str = "",
        sites: Collection[str] | None = None,
    ) -> list[Change]:
        """See ``Store``."""
        found: list[Change] = []
        for change in self._newest_first(below):
            if len(found) == most:
                break
            is_asked_for = subject in {None, change.subject} and who in {"", change.who}
            if is_asked_for and (sites is None or concerns_only(change, sites)):
                found.append(change)
        return found

    def authors(self) -> list[str]:
        """See ``Store``."""
        return sorted({change.who for change in self._newest_first(None)})

    def forget_changes(self, *, older_than: datetime, below: int) -> None:
        """See ``Store``."""
        gone = [change.number for change in self._newest_first(None) if change.moment < older_than]
        self._ask("XTRIM", CHANGES, "MINID", f"{below}-0")
        for first in range(0, len(gone), _AT_ONCE):
            self._ask("XDEL", CHANGES, *gone[first : first + _AT_ONCE])

    def close(self) -> None:
        """See ``Store``."""
        self._local.close()

    def _exchange(self, key: str, before: str | None, after: str | None) -> bool:
        """Whether nobody else had changed it."""
        there, to_be = int(before is not None), int(after is not None)
        return int(self._run(store_script("keep"), key, 1, there, before or "", to_be, after or "")) >= 0

    def _newest_first(self, below: int | None) -> Iterator[Change]:
        last = "+" if below is None else f"({below}-0"
        while True:
            found = self._ask("XREVRANGE", CHANGES, last, "-", "COUNT", _AT_ONCE)
            for number, fields in found:
                yield replace(read_change(fields[1].decode()), number=int(number.partition(b"-")[0]))
            if len(found) < _AT_ONCE:
                return
            last = f"({found[-1][0].decode()}"

    def _ask(self, *words: str | bytes | float) -> Reply:
        with _of_the_store():
            return self._link.ask(*words)

    def _run(self, script: Script, *arguments: str | bytes | float) -> Reply:
        with _of_the_store():
            return self._link.run(script, *arguments)


@contextmanager
def _of_the_store() -> Iterator[None]:
    try:
        yield
    except LogUnavailable as error:
        raise LocalStoreUnavailable(str(error)) from error
