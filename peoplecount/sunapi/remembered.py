"""Things read from a camera now and then, and kept in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Life: TypeAlias = Callable[[datetime], tuple[datetime, datetime]]
"""From when to when (UTC) a value will do that was read at a moment. Worked out once, for each poll looks at it."""


class Remembered(Generic[T]):
    """A value, when it was read, and when it must be read again."""

    def __init__(self, life: Life) -> None:
        """``life`` is how long a value will do."""
        self._life = life
        self._read_at: datetime | None = None
        self._good_from = self._good_until = _EPOCH
        self.value: T | None = None

    def due(self, now: datetime) -> bool:
        """Whether it must be read (again)."""
        return not self._good_from <= now < self._good_until

    def keep(self, value: T, now: datetime) -> None:
        """A value just read."""
        self.value = value
        self.put_off(now)

    def put_off(self, now: datetime) -> None:
        """Make do with the old value until it is outdated once more."""
        self._read_at = now
        self._good_from, self._good_until = self._life(now)

    def expire(self) -> None:
        """Read it again at the next opportunity; the value stays until then."""
        self._read_at = None
        self._good_from = self._good_until = _EPOCH

    def age(self, now: datetime) -> timedelta:
        """How long ago it was read; the longest time there is if it must be read again."""
        return timedelta.max if self._read_at is None else now - self._read_at


def older_than(life: timedelta) -> Life:
    """Good for ``life``, and not before it was read: time may go backwards."""
    return lambda read_at: (read_at, read_at + life)


def another_slot(length: timedelta) -> Life:
    """Good until the next slot of the day begins: at 12:15:00 for quarters, however young."""

    def slot(read_at: datetime) -> tuple[datetime, datetime]:
        begin = _EPOCH + (read_at - _EPOCH) // length * length
        return begin, begin + length

    return slot
