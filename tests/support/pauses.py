"""An event that never keeps a thread waiting."""

from __future__ import annotations


class Pauses:
    """Stands for the event that ends a thread: each pause is over at once, and something happens in it."""

    def __init__(self, *happening) -> None:
        self._happening = list(happening)
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        if not self._happening:
            return True
        self._happening.pop(0)()
        return False
