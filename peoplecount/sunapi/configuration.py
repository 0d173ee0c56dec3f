"""What a camera is set up to count, and what it has counted: the same shape for both of its interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from peoplecount.domain.reading import Totals

LARGEST_INDEX = 255
"""Far above what devices have; a larger number of a channel, rule or line is a fault of the answer."""

MOST_LINES = 256
"""Of a camera. Whatever keeps counts keeps them for each line, so their number is not for an answer to choose."""

_MOST_PROBLEMS = 20
"""More than anybody reads, from one answer or of one camera."""

T = TypeVar("T")


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

    named: bool = True
    """False where several channels are told apart by nothing but their order in the answer."""


def first_lines(lines: Sequence[T], problems: list[str]) -> tuple[T, ...]:
    """As many lines as a camera may have; that there are more is added to ``problems``."""
    if len(lines) > MOST_LINES:
        problems.append(f"there are {len(lines)} lines; the first {MOST_LINES} are taken, the others are left out")
    return tuple(lines[:MOST_LINES])


class LineLimit:
    """The lines that are taken of one camera: as many as it may have, from all its answers together.

    One that shows other lines with every answer would else fill whatever keeps counts.
    """

    def __init__(self) -> None:
        self._met: set[Spot] = set()

    def take(self, lines: Sequence[LineTotals], problems: list[str]) -> tuple[LineTotals, ...]:
        """Those of an answer that are taken; that there are more is added to ``problems``."""
        first = first_lines(lines, problems)
        for line in first:
            if len(self._met) < MOST_LINES:
                self._met.add(line.spot)
        taken = tuple(line for line in first if line.spot in self._met)
        if len(taken) < len(first):
            problems.append(f"it shows ever other lines; the first {MOST_LINES} are taken, the others are left out")
        return taken


def first_problems(problems: Sequence[str]) -> tuple[str, ...]:
    """As many as anybody reads, and how many more there are."""
    more = len(problems) - _MOST_PROBLEMS
    return (*problems[:_MOST_PROBLEMS], f"and {more} more") if more > 0 else tuple(problems)


def limited(configuration: CountingConfiguration) -> CountingConfiguration:
    """The configuration with as many lines as a camera may have; that there are more is among its ``problems``.

    A channel all of whose lines are left out does not count: one that lists no lines would count with all it has.
    """
    problems = list(configuration.problems)
    taken = {line.spot for line in first_lines(list(configuration.lines()), problems)}
    channels = []
    for channel in configuration.channels:
        lines = tuple(line for line in channel.lines if line.spot in taken)
        emptied = bool(channel.lines) and not lines
        channels.append(replace(channel, lines=lines, enabled=channel.enabled and not emptied))
    return CountingConfiguration(tuple(channels), first_problems(problems))
