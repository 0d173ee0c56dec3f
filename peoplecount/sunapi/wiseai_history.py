"""The history of the WiseAI application: ``search/objectcounting``, by rule and line number (WiseAI App API 1.5.0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from peoplecount.sunapi import queries
from peoplecount.sunapi.answers import MalformedAnswer, member, objects, parse_answer, whole_number
from peoplecount.sunapi.configuration import Spot
from peoplecount.sunapi.hourly_figures import Found, HourlyFigures, sort_out
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.search import Searches


@dataclass(frozen=True, slots=True)
class WiseAiSearch:
    """A search for some lines of one rule on one channel; its answer does not say of which channel it is."""

    channel: int
    rule: int
    day: date
    spots: tuple[Spot, ...]

    def starts(self) -> tuple[Query, ...]:
        """The one way to start it."""
        return (queries.wiseai_search(self.channel, self.rule, self.day),)

    def status(self, token: str) -> Query:
        """How far it is."""
        return queries.wiseai_search_status(token)

    def results(self, token: str) -> Query:
        """What it has found."""
        return queries.wiseai_search_results(token)

    def cancel(self, token: str) -> Query:
        """Take it back."""
        return queries.wiseai_search_cancel(token)

    def parse(self, body: bytes) -> Found:
        """Read the results. Raises ``Refusal`` and ``MalformedAnswer``."""
        answer = parse_answer(body)
        rules = None if isinstance(answer, tuple) else member(answer, "countingRules")
        if isinstance(answer, tuple) or not isinstance(rules, list):
            raise MalformedAnswer("the results of a search were expected, but there is no list countingRules")
        figures = HourlyFigures[int](member(answer, "resultInterval"))
        for rule in objects(rules):
            number = whole_number(member(rule, "index"))
            # A rule without a number is the one that was asked for, if it is the only one.
            if number == self.rule or (number is None and len(rules) == 1):
                for line in objects(member(rule, "lineBasedResults")):
                    index = whole_number(member(line, "index")) or 0
                    for result in objects(member(line, "directionBasedResult")):
                        figures.add(index, member(result, "direction"), member(result, "result"))
        return sort_out({spot: figures.of(spot.index, self.day) for spot in self.spots})


def searches(wanted: Iterable[Spot], day: date) -> Searches:
    """The searches for these lines: one a channel and rule."""
    spots = sorted(wanted)
    pairs = sorted({(spot.channel, spot.rule) for spot in spots})
    return Searches(
        tuple(
            WiseAiSearch(
                channel, rule, day, tuple(spot for spot in spots if (spot.channel, spot.rule) == (channel, rule))
            )
            for channel, rule in pairs
        ),
        {},
    )
