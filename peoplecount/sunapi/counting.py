"""Asking for running totals in as few requests as a device allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from peoplecount.domain.camera import CameraProtocol
from peoplecount.domain.reading import LineReading
from peoplecount.sunapi.configuration import CountingConfiguration, LineTotals, LiveCounts, Spot
from peoplecount.sunapi.connection import Answer, CameraConnection
from peoplecount.sunapi.errors import CountingUnavailable, RequestRefused
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.search import Searches

Answers: TypeAlias = Sequence[Answer[LiveCounts]]
"""All answers of a poll."""


def lines_of(answers: Answers) -> list[LineTotals]:
    """All lines that were answered for."""
    return [line for answer in answers for line in answer.value.lines]


def spots_of(answers: Answers) -> frozenset[Spot]:
    """Where they are."""
    return frozenset(line.spot for line in lines_of(answers))


@dataclass(frozen=True, slots=True)
class Understood:
    """What the answers of a poll say, kept for the next one: most polls bring the same."""

    configuration: CountingConfiguration
    values: Sequence[LiveCounts]
    lines: tuple[LineReading, ...]

    def is_of(self, configuration: CountingConfiguration, answers: Answers) -> bool:
        """Whether these are the very same; an answer that has not changed comes as the same object."""
        return (
            configuration is self.configuration
            and len(answers) == len(self.values)
            and all(answer.value is value for answer, value in zip(answers, self.values, strict=True))
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """A question for running totals, its parser, and the channels its answer should speak for."""

    query: Query
    parse: Callable[[bytes], LiveCounts]
    channels: frozenset[int]


@dataclass(frozen=True, slots=True)
class AskPlan:
    """Two ways to ask for the same totals: the fewest requests first, and one by one where that does not do."""

    together: tuple[Ask, ...]
    apart: tuple[Ask, ...]


class Counting(Protocol):
    """One of the two counting interfaces of a device."""

    protocol: CameraProtocol

    def configure(self) -> CountingConfiguration:
        """Ask which channels and lines are set up. Raises ``CameraError``."""
        ...

    def plan(self, configuration: CountingConfiguration) -> AskPlan:
        """How to ask for the totals of everything that is switched on."""
        ...

    def searches(self, configuration: CountingConfiguration, wanted: Mapping[Spot, str], day: date) -> Searches:
        """How to find the hourly counts of lines, given with their names, on a day of the camera."""
        ...


class CountsReader:
    """Asks for totals, and finds out once whether one answer carries all channels.

    What a device with several sensors answers without a channel is not documented (SUNAPI Event manual 2.6.2); some
    speak for all, some for the first. Where channels are not named in an answer for all, each is asked by its number:
    that they come in order is a guess, and a wrong one would count people at another door.
    """

    def __init__(self, connection: CameraConnection, plan: AskPlan) -> None:
        self._connection = connection
        self._plan = plan
        self._asks: tuple[Ask, ...] = ()

    @property
    def requests_per_poll(self) -> int:
        """Questions a poll consists of, once that is known."""
        return len(self._asks or self._plan.together)

    def read(self) -> list[Answer[LiveCounts]]:
        """One poll: all answers, in the order they were asked for. Raises ``CameraError``."""
        if self._asks:
            return self._ask(self._asks)
        answers = self._ask_together()
        if answers is not None:
            self._asks = self._plan.together
            return answers
        answers = self._ask(self._plan.apart)
        self._asks = self._plan.apart
        return answers

    def _ask_together(self) -> list[Answer[LiveCounts]] | None:
        """The answers, or nothing if they leave out a channel that they should speak for, or do not name theirs."""
        answers = []
        for ask in self._plan.together:
            try:
                answer = self._connection.ask(ask.query, ask.parse)
            except RequestRefused:
                return None
            if not ask.channels <= answer.value.channels or not answer.value.named:
                return None
            answers.append(answer)
        return answers

    def _ask(self, asks: Sequence[Ask]) -> list[Answer[LiveCounts]]:
        """All answers; one channel that is refused does not lose the others."""
        answers = []
        refusal: CountingUnavailable | RequestRefused | None = None
        for ask in asks:
            try:
                answers.append(self._connection.ask(ask.query, ask.parse))
            except (CountingUnavailable, RequestRefused) as error:
                refusal = error
        if refusal is not None and not answers:
            raise refusal
        return answers
