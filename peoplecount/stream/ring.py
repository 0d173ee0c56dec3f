"""The ring: the newest encoded frames, one copy for all readers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from peoplecount.stream.selection import Selection, Tags

_SHRINK_BY = 256
"""Dropped frames are cut off the front of a list this many at a time, because each cut moves the whole list."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes that are sent as they are, with what decides who gets them."""

    number: int
    """The log number it has, or after which it was sent (stream-only events have none of their own)."""

    data: bytes
    """For readers who chose nothing."""

    tags: Tags | None = None
    """Of an event of the log: what it is of. Its bytes are the same for all who get it."""

    choose: Callable[[Selection], bytes] | None = None
    """Of an event of the stream alone: what readers with a choice get; nothing where it does not concern them."""

    is_event: bool = True
    """Whether it has an id and counts for those who asked for so many events."""

    def data_for(self, selection: Selection) -> bytes:
        """The bytes for a reader with this choice."""
        if not selection:
            return self.data
        if self.tags is not None:
            return self.data if selection.takes(self.tags) else b""
        return self.choose(selection) if self.choose else self.data


class Ring:
    """Frames in order, bounded by count and by bytes; the oldest make room for the newest.

    A *position* counts the frames ever added; it stays valid while others are dropped.
    """

    def __init__(self, base: int, max_frames: int, max_bytes: int) -> None:
        self.base = base
        """Log number after which nothing is missing here."""
        self.head = base
        """Log number of the newest frame."""
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._bytes = 0
        self._frames: list[Frame] = []
        self._numbers: list[int] = []
        self._dropped = 0
        """Frames dropped before the first one in the lists."""
        self._first = 0
        """Frames in the lists that are dropped but still there: lists shrink in large steps."""

    @property
    def start(self) -> int:
        """The position of the oldest frame."""
        return self._dropped + self._first

    @property
    def end(self) -> int:
        """The position after the newest frame."""
        return self._dropped + len(self._frames)

    def add(self, frame: Frame) -> None:
        """Put a frame behind the newest one; its number must not be lower."""
        self._frames.append(frame)
        self._numbers.append(frame.number)
        self._bytes += len(frame.data)
        self.head = frame.number
        while self.end - self.start > 1 and (self.end - self.start > self._max_frames or self._bytes > self._max_bytes):
            self._drop_oldest()

    def blank(self, position: int) -> None:
        """Take what a frame says from it, where it is still there: who has not read it yet has no use for it any more.

        Its place remains, so that all positions do.
        """
        if position < self.start:
            return
        index = position - self._dropped
        self._bytes -= len(self._frames[index].data)
        self._frames[index] = Frame(self._frames[index].number, b"", is_event=False)

    def _drop_oldest(self) -> None:
        oldest = self._frames[self._first]
        self._bytes -= len(oldest.data)
        self.base = oldest.number
        self._first += 1
        if self._first >= min(_SHRINK_BY, len(self._frames) // 2):
            del self._frames[: self._first]
            del self._numbers[: self._first]
            self._dropped += self._first
            self._first = 0

    def position_after(self, number: int) -> int:
        """The position behind everything with this log number; the number must be between ``base`` and ``head``."""
        return self._dropped + bisect_right(self._numbers, number, lo=self._first)

    def number_before(self, position: int) -> int:
        """The log number of the frame before ``position``."""
        index = position - self._dropped
        return self._numbers[index - 1] if index > self._first else self.base

    def from_position(self, position: int) -> Iterator[Frame]:
        """The frames from ``position`` on, which must not be before ``start``."""
        for index in range(position - self._dropped, len(self._frames)):
            yield self._frames[index]
