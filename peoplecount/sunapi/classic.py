"""Parsing classic SUNAPI people counting: ``eventsources.cgi``, submenu ``peoplecount``.

Both answers are described in the SUNAPI Event manual 2.6.2 and the Application Programmer's Guide 2.6.2, in text and in
JSON. Variants beyond the manuals are those of the vendor's web viewer and of third-party clients of real devices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from peoplecount.domain.reading import Totals
from peoplecount.sunapi.answers import (
    Json,
    MalformedAnswer,
    Pairs,
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

RULE = 1
"""Classic cameras have no rules; all their lines belong to this one."""

MASTER_NAME = "PeopleCount-Master"
"""The fixed name of a camera in its own history (Application Programmer's Guide 2.6.2)."""

_TEXT_CHANNEL = re.compile(r"Channel\.(\d{1,3})\.(.+)", re.ASCII | re.IGNORECASE)
_TEXT_LINE = re.compile(r"(?:LineIndex|Line)\.(\d{1,3})\.(\w{1,40})", re.ASCII | re.IGNORECASE)

_Fields = dict[str, Any]


def parse_counts(body: bytes, asked: int | None = None) -> LiveCounts:
    """Running totals from a ``check``. ``asked`` is the channel that was asked for, if one was.

    Raises ``Refusal`` and ``MalformedAnswer``. A line that cannot be used is left out and named in ``problems``.
    """
    problems: list[str] = []
    answer = parse_answer(body)
    channels = _channels(answer, asked, problems)
    lines: dict[Spot, LineTotals] = {}
    for channel, fields in channels:
        for spot, line in _lines(channel, fields, problems):
            totals = _totals(spot, line, problems)
            if totals is None:
                continue
            if lines.setdefault(totals.spot, totals) is not totals:
                problems.append(f"{totals.spot} comes more than once; the first is taken")
    taken = first_lines(tuple(lines.values()), problems)
    named = isinstance(answer, tuple) or len(channels) == 1 or all(_names_itself(fields) for _, fields in channels)
    return LiveCounts(frozenset(channel for channel, _ in channels), taken, first_problems(problems), named)


def parse_configuration(body: bytes, asked: int | None = None) -> CountingConfiguration:
    """Channels and lines from a ``view``; see ``parse_counts``."""
    problems: list[str] = []
    channels: dict[int, ChannelConfiguration] = {}
    for channel, fields in _channels(parse_answer(body), asked, problems):
        lines: dict[Spot, LineConfiguration] = {}
        for spot, line in _lines(channel, fields, problems):
            lines.setdefault(spot, _line_configuration(spot, line))
        configuration = ChannelConfiguration(
            channel=channel,
            enabled=flag(member(fields, "Enable"), default=True),
            lines=tuple(lines.values()),
            master_name=clean(member(fields, "MasterName")) or MASTER_NAME,
        )
        channels.setdefault(channel, configuration)
    return limited(CountingConfiguration(tuple(channels.values()), tuple(problems)))


def _line_configuration(spot: Spot, line: Json) -> LineConfiguration:
    enabled = flag(member(line, "Enable"), default=True)
    return LineConfiguration(spot, clean(member(line, "Name")), enabled, clean(member(line, "Mode")))


def _totals(spot: Spot, line: Json, problems: list[str]) -> LineTotals | None:
    """Both totals of a line, or nothing: half a sample would look like a change of occupancy."""
    found: dict[str, int] = {}
    for name in ("InCount", "OutCount"):
        given = member(line, name)
        number = people(given)
        if number is None:
            problems.append(f"{spot}: {name} is {'missing' if given is None else 'not a count'}; the line is left out")
            return None
        found[name] = number
    return LineTotals(spot, clean(member(line, "Name")), Totals(found["InCount"], found["OutCount"]))


def _channels(answer: Json | Pairs, asked: int | None, problems: list[str]) -> list[tuple[int, _Fields]]:
    """Channel numbers and their fields, whichever form the answer came in; ``Lines`` holds the lines' fields."""
    if isinstance(answer, tuple):
        return _text_channels(answer, problems)
    elements = member(answer, "PeopleCount")
    if not isinstance(elements, list):
        raise MalformedAnswer("people counts were expected, but the JSON has no list PeopleCount")
    return list(_json_channels(elements, asked, problems))


def _json_channels(elements: list[Any], asked: int | None, problems: list[str]) -> Iterator[tuple[int, _Fields]]:
    """Elements of ``PeopleCount``. Both manuals print them without ``Channel``.

    Then the only element is of the channel that was asked for, and of several each is of the channel whose number is
    its position, as the vendor's web viewer takes them.
    """
    for position, element in enumerate(elements):
        if not isinstance(element, dict):
            problems.append(f"element {position} of PeopleCount is no object; it is left out")
            continue
        channel = whole_number(member(element, "Channel"))
        if channel is None:
            channel = asked if asked is not None and len(elements) == 1 else position
        if channel > LARGEST_INDEX:
            problems.append(f"element {position} of PeopleCount has an impossible channel; it is left out")
            continue
        yield channel, element


def _names_itself(element: Json) -> bool:
    return whole_number(member(element, "Channel")) is not None


def _text_channels(pairs: Pairs, problems: list[str]) -> list[tuple[int, _Fields]]:
    """Text keys are dotted paths: ``Channel.0.LineIndex.2.InCount``; one may be the beginning of another."""
    channels: dict[int, _Fields] = {}
    lines: dict[tuple[int, str], _Fields] = {}
    for key, value in pairs:
        match = _TEXT_CHANNEL.fullmatch(key)
        if match is None or int(match[1]) > LARGEST_INDEX:
            continue
        channel = int(match[1])
        fields = channels.setdefault(channel, {"Lines": []})
        path = _TEXT_LINE.fullmatch(match[2])
        if path is None:
            fields.setdefault(match[2], value)
            continue
        line = lines.setdefault((channel, path[1]), {"LineIndex": path[1]})
        if len(line) == 1:
            fields["Lines"].append(line)
        if line.setdefault(path[2], value) != value:
            problems.append(f"{key} comes more than once; the first is taken")
    if not channels:
        raise MalformedAnswer("people counts were expected, but no line begins with Channel.N.")
    return list(channels.items())


def _lines(channel: int, fields: Json, problems: list[str]) -> Iterator[tuple[Spot, Json]]:
    """The lines of a channel and their fields.

    The number of a line is ``LineIndex`` in counts and ``Line`` in the configuration (Event manual 2.6.2).
    """
    for line in objects(member(fields, "Lines")):
        index = whole_number(member(line, "LineIndex", "Line"))
        if index is None or not 1 <= index <= LARGEST_INDEX:
            problems.append(f"channel {channel} has a line without a usable LineIndex; it is left out")
            continue
        yield Spot(channel, RULE, index), line
