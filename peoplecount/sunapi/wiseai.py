"""Parsing the WiseAI application of AI cameras and AI boxes: ``/opensdk/WiseAI``.

Shapes are those of the WiseAI App API 1.5.0 to 1.5.6; answers are always JSON.
"""

from __future__ import annotations

from peoplecount.domain.reading import Totals
from peoplecount.sunapi.answers import (
    Json,
    MalformedAnswer,
    clean,
    flag,
    member,
    objects,
    parse_answer,
    people,
    whole_number,
)
from peoplecount.sunapi.configuration import (
    LARGEST_INDEX,
    ChannelConfiguration,
    CountingConfiguration,
    LineConfiguration,
    LineTotals,
    LiveCounts,
    Spot,
    first_lines,
    first_problems,
    limited,
)

_PEOPLE = frozenset({"person", "people", "human"})
"""The manual's name of the object type, and the others its texts use for it."""


def parse_capability(body: bytes) -> tuple[int, ...]:
    """The channels that count objects, in order. Raises ``Refusal`` and ``MalformedAnswer``."""
    channels = set()
    for position, capability in enumerate(_list(body, "capabilities")):
        if flag(member(capability, "objectcounting"), default=False):
            channel = whole_number(member(capability, "channel"))
            channels.add(position if channel is None else channel)
    return tuple(sorted(channel for channel in channels if channel <= LARGEST_INDEX))


def parse_configuration(body: bytes, asked: int) -> CountingConfiguration:
    """Rules that count people, and their lines. There is one rule an object type; vehicles are left out.

    ``asked`` is the channel that was asked for. Raises ``Refusal`` and ``MalformedAnswer``.
    """
    channels: dict[int, ChannelConfiguration] = {}
    problems: list[str] = []
    elements = _list(body, "objectCountingConfiguration")
    for element in elements:
        channel = _channel(element, asked, alone=len(elements) == 1)
        if channel is None:
            problems.append("an element without a usable channel; it is left out")
            continue
        lines: dict[Spot, LineConfiguration] = {}
        for rule in objects(member(element, "countingRules")):
            if clean(member(rule, "objectType")).lower() not in _PEOPLE:
                continue
            counts = flag(member(rule, "enable"), default=True)
            for line in objects(member(rule, "lines")):
                _add_line(lines, Spot(channel, _number(rule), _number(line)), line, problems, enabled=counts)
        # The app has no switch for a channel: it counts people where a rule with lines is on.
        enabled = any(line.enabled for line in lines.values())
        channels.setdefault(channel, ChannelConfiguration(channel, enabled, tuple(lines.values())))
    return limited(CountingConfiguration(tuple(channels.values()), tuple(problems)))


def _add_line(
    lines: dict[Spot, LineConfiguration], spot: Spot, line: Json, problems: list[str], *, enabled: bool
) -> None:
    if _usable(spot, problems):
        name, mode = clean(member(line, "name")), clean(member(line, "mode"))
        lines.setdefault(spot, LineConfiguration(spot, name, enabled, mode))


def parse_counts(body: bytes, asked: tuple[int, ...], rule: int) -> LiveCounts:
    """Running totals from ``search/objectcounting/check``, for the channels and the rule that were asked for.

    The answer names no lines. Raises ``Refusal`` and ``MalformedAnswer``.
    """
    problems: list[str] = []
    lines: dict[Spot, LineTotals] = {}
    elements = _list(body, "objectCountingLive")
    channels = set()
    for element in elements:
        channel = _channel(element, asked[0], alone=len(elements) == 1 and len(asked) == 1)
        if channel is None:
            problems.append("an element without a usable channel; it is left out")
            continue
        channels.add(channel)
        for counted in objects(member(element, "countingRules")):
            number = _number(counted) or rule
            for line in objects(member(counted, "lines")):
                _add_totals(lines, Spot(channel, number, _number(line)), line, problems)
    return LiveCounts(frozenset(channels), first_lines(tuple(lines.values()), problems), first_problems(problems))


def _add_totals(lines: dict[Spot, LineTotals], spot: Spot, line: Json, problems: list[str]) -> None:
    if not _usable(spot, problems):
        return
    found: dict[str, object] = {}
    for result in objects(member(line, "directionBasedResult")):
        found.setdefault(clean(member(result, "direction")).upper(), member(result, "count"))
    for direction in ("IN", "OUT"):
        if people(found.get(direction)) is None:
            fault = "missing" if found.get(direction) is None else "not a count"
            problems.append(f"{spot}: {direction} is {fault}; the line is left out")
            return
    totals = LineTotals(spot, "", Totals(people(found["IN"]) or 0, people(found["OUT"]) or 0))
    if lines.setdefault(spot, totals) is not totals:
        problems.append(f"{spot} comes more than once; the first is taken")


def _list(body: bytes, name: str) -> list[Json]:
    answer = parse_answer(body)
    elements = None if isinstance(answer, tuple) else member(answer, name)
    if not isinstance(elements, list):
        raise MalformedAnswer(f"JSON with a list {name} was expected")
    return objects(elements)


def _channel(element: Json, asked: int, *, alone: bool) -> int | None:
    channel = whole_number(member(element, "channel"))
    if channel is None:
        return asked if alone else None
    return channel if channel <= LARGEST_INDEX else None


def _number(fields: Json) -> int:
    """An ``index``, which counts from 1; 0 where there is none."""
    return whole_number(member(fields, "index")) or 0


def _usable(spot: Spot, problems: list[str]) -> bool:
    for number, what in ((spot.rule, "rule"), (spot.index, "line")):
        if not 1 <= number <= LARGEST_INDEX:
            problems.append(f"channel {spot.channel} has a {what} without a usable index; it is left out")
            return False
    return True
