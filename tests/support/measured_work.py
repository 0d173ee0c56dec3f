"""Work that is counted between two rests, whoever does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


class MeasuredWork:
    """Counts calls of what is heavy, and how many came at most without a rest in between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *heavy: tuple[Any, str]) -> None:
        """``heavy`` are functions, by what they are an attribute of, and their names."""
        self.done: dict[str, int] = {}
        self.at_once = 0
        self.rests = 0
        self.resting: Callable[[], None] = lambda: None
        """What others do meanwhile."""

        self._since = 0
        for owner, name in heavy:
            monkeypatch.setattr(owner, name, self._counted(name, getattr(owner, name)))

    def rest(self) -> None:
        """To be handed to who works."""
        self.rests += 1
        self._since = 0
        self.resting()

    def begins(self) -> None:
        """From here on."""
        self.done, self.at_once, self.rests, self._since = {}, 0, 0, 0

    def all_done(self, names: Iterable[str]) -> list[int]:
        """How often each was called."""
        return [self.done.get(name, 0) for name in names]

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.done[name] = self.done.get(name, 0) + 1
            self._since += 1
            self.at_once = max(self.at_once, self._since)
            return function(*args, **kwargs)

        return counted
