"""What a camera is set up to count, and what it has counted: the same shape for both of its interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from peoplecount.domain.reading import Totals


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Where on a device a line is: channel (from 0), rule and index (both from 1; classic cameras have rule 1 only)."""

    channel: int
    rule: int
    index: int

    def __str__(self) -> str:
        rule = f", rule {self.rule}" if self.rule != 1 else ""
        return f"line {self.index} of channel {self.channel}{rule}"


@dataclass(frozen=True, slots=True)
class LineConfiguration:
    """One line as the camera is set up."""

    spot: Spot
    name: str
    """Empty where the camera gives none."""

    enabled: bool
    mode: str = ""
    """Which crossing counts as in: ``LeftToRightIn`` or ``RightToLeftIn``."""


@dataclass(frozen=True, slots=True)
class ChannelConfiguration:
    """The counting set-up of one channel."""

    channel: int
    enabled: bool
    lines: tuple[LineConfiguration, ...]
    """Empty where the camera does not list its lines."""

    master_name: str = ""
    """The camera name that the history search of classic cameras asks for."""


@dataclass(frozen=True, slots=True)
class CountingConfiguration:
    """The counting set-up of a device."""

    channels: tuple[ChannelConfiguration, ...]
    problems: tuple[str, ...] = ()
    """What in the answer could not be used, and why."""

    @property
    def counting_channels(self) -> tuple[int, ...]:
        """Channels that are switched on and have a line that may count."""
        return tuple(
            channel.channel
            for channel in self.channels
            if channel.enabled and (not channel.lines or any(line.enabled for line in channel.lines))
        )

    def lines(self) -> Iterator[LineConfiguration]:
        """All listed lines."""
        for channel in self.channels:
            yield from channel.lines

    def counts(self, spot: Spot) -> bool:
        """Whether the line's totals mean anything.

        What cameras report for disabled lines is not documented, so they are left out; the vendor's own viewer
        blanks them. Where a camera lists no lines at all, every line of the channel is taken.
        """
        channel = next((channel for channel in self.channels if channel.channel == spot.channel), None)
        if channel is None or not channel.enabled:
            return False
        return not channel.lines or any(line.enabled for line in channel.lines if line.spot == spot)


@dataclass(frozen=True, slots=True)
class LineTotals:
    """The running totals of one line, as the camera gives them."""

    spot: Spot
    name: str
    """Empty where this answer names no lines."""

    totals: Totals


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """The running totals in one answer. A line that is not in it is unknown, not zero."""

    channels: frozenset[int]
    """The channels the answer speaks for."""

    lines: tuple[LineTotals, ...]
    problems: tuple[str, ...] = ()
    """What in the answer could not be used, and why; free of changing figures."""
