"""Things read from a camera now and then, and kept in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Remembered(Generic[T]):
    """A value, when it was read, and when it must be read again."""

    def __init__(self, outdated: Callable[[datetime, datetime], bool]) -> None:
        """``outdated(read_at, now)`` says whether a value is too old; both UTC."""
        self._outdated = outdated
        self._read_at: datetime | None = None
        self.value: T | None = None

    def due(self, now: datetime) -> bool:
        """Whether it must be read (again)."""
        return self._read_at is None or self._outdated(self._read_at, now)

    def keep(self, value: T, now: datetime) -> None:
        """A value just read."""
        self.value, self._read_at = value, now

    def put_off(self, now: datetime) -> None:
        """Make do with the old value until it is outdated once more."""
        self._read_at = now

    def expire(self) -> None:
        """Read it again at the next opportunity; the value stays until then."""
        self._read_at = None

    def age(self, now: datetime) -> timedelta:
        """How long ago it was read; the longest time there is if it must be read again."""
        return timedelta.max if self._read_at is None else now - self._read_at


def older_than(life: timedelta) -> Callable[[datetime, datetime], bool]:
    """Outdated after ``life``, or when time has gone backwards."""
    return lambda read_at, now: not timedelta(0) <= now - read_at < life


def another_slot(length: timedelta) -> Callable[[datetime, datetime], bool]:
    """Outdated as soon as the next slot of the day begins: at 12:15:00 for quarters, however young."""
    return lambda read_at, now: (read_at - _EPOCH) // length != (now - _EPOCH) // length
