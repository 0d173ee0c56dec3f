"""What the service keeps beside the log, wherever that is: the promise of a store."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from peoplecount.domain.change import Change, Subject
from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.log import State


class Store(Protocol):
    """Texts by key, and the audit log, for several processes. All raise ``LocalStoreUnavailable``.

    Callers decide what the texts mean, and seal what is secret in them.
    """

    def open(self) -> None:
        """Make it where it is missing, now rather than at the first call."""
        ...

    def get(self, key: str) -> State | None:
        """The text of ``key`` and its version, which grows by one with every ``put``."""
        ...

    def put(self, key: str, body: str) -> int:
        """Keep ``body`` under ``key`` in place of what was there; its version."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """Keep what ``work`` makes of the text of ``key``; ``None`` is no text.

        One change at a time among all processes. ``work`` must be quick, may be called again with a newer text, and
        nothing changes where it raises.
        """
        ...

    def under(self, prefix: str) -> dict[str, str]:
        """The texts of all keys that begin with ``prefix``, by key."""
        ...

    def settle(self) -> None:
        """Bring what was kept so far onto the disk, so that no power cut takes it back: that somebody is out, say."""
        ...

    def save_roster(self, body: str) -> None:
        """Keep the last good roster: JSON in which credentials are sealed."""
        ...

    def load_roster(self) -> str | None:
        """The roster last saved."""
        ...

    def save_mark(self, mark: EventId) -> None:
        """Remember how far the log has come. Within an epoch the mark never goes back."""
        ...

    def load_mark(self) -> EventId | None:
        """How far the log is known to have come."""
        ...

    def note_change(self, change: Change) -> int:
        """Keep what somebody did, in the audit log; its number."""
        ...

    def changes(
        self,
        most: int,
        *,
        below: int | None = None,
        subject: Subject | None = None,
        who: str = "",
        sites: Collection[str] | None = None,
    ) -> list[Change]:
        """What was done, the newest first; of a number below ``below``. ``sites``: what concerns these alone."""
        ...

    def authors(self) -> list[str]:
        """Everybody who stands in the audit log, by name."""
        ...

    def forget_changes(self, *, older_than: datetime, below: int) -> None:
        """Strike out of the audit log what is older, or has a lower number."""
        ...

    def close(self) -> None:
        """Let go of it; may be called twice."""
        ...
