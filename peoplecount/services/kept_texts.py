"""The part of the local store that accounts are kept in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from peoplecount.eventlog.log import State


class KeptTexts(Protocol):
    """Texts by key, shared by all workers and commands of an installation. All raise ``LogError``."""

    def get(self, key: str) -> State | None:
        """See ``LocalStore``."""
        ...

    def put(self, key: str, body: str) -> int:
        """See ``LocalStore``."""
        ...

    def change(self, key: str, work: Callable[[str | None], str | None]) -> None:
        """See ``LocalStore``."""
        ...

    def under(self, prefix: str) -> Mapping[str, str]:
        """See ``LocalStore``."""
        ...

    def settle(self) -> None:
        """See ``LocalStore``."""
        ...
