"""The history of classic cameras: ``recording.cgi``, submenu ``peoplecountsearch``.

It goes by the names of lines and not by their numbers. So a line is only searched for where its name leaves no doubt,
and a result is only taken for the line whose name it bears. Shapes are those of the SUNAPI Recording manual 2.6.2 and
the Application Programmer's Guide 2.6.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from peoplecount.sunapi import queries
from peoplecount.sunapi.answers import Json, MalformedAnswer, Pairs, clean, member, objects, parse_answer
from peoplecount.sunapi.classic import MASTER_NAME
from peoplecount.sunapi.configuration import CountingConfiguration, Spot
from peoplecount.sunapi.hourly_figures import Found, HourlyFigures, sort_out
from peoplecount.sunapi.query import Query
from peoplecount.sunapi.search import Search, Searches

_TEXT_RESULT = re.compile(r"Camera\.(.+?)\.Line\.(.+)\.Direction\.(\w+)\.Result", re.ASCII | re.IGNORECASE)

_UNSEARCHABLE = frozenset(".&=")
"""Names are parts of dotted parameter names; how a camera would read these in them is not documented."""

_Label = tuple[str, str]
"""The names of a camera and of one of its lines, as an answer gives them."""


@dataclass(frozen=True, slots=True)
class ClassicSearch:
    """A search for some lines of one channel."""

    channel: int
    day: date
    master_name: str
    names: Mapping[Spot, str]
    """The lines that are searched for, by name."""

    all_names: AbstractSet[str]
    """The names of all lines of the channel, searched for or not."""

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The lines it is for."""
        return tuple(self.names)

    def starts(self) -> tuple[Query, ...]:
        """With the lines' names as in the manual; without any, as some clients do and some firmware may want."""
        return (
            queries.classic_search(self.channel, self.day, self.master_name, tuple(self.names.values())),
            queries.classic_search(self.channel, self.day, self.master_name, ()),
        )

    def status(self, token: str) -> Query:
        """How far it is."""
        return queries.classic_search_status(token)

    def results(self, token: str) -> Query:
        """What it has found."""
        return queries.classic_search_results(token)

    def cancel(self, token: str) -> Query:
        """Take it back."""
        return queries.classic_search_cancel(token)

    def parse(self, body: bytes) -> Found:
        """Read the results. Raises ``Refusal`` and ``MalformedAnswer``."""
        figures = parse_results(body)
        lines = self._of_this_camera(figures.lines)
        return sort_out({spot: figures.of(self._label(name, lines), self.day) for spot, name in self.names.items()})

    def _of_this_camera(self, labels: Sequence[_Label]) -> dict[str, _Label]:
        """Labels by the line's name. Answers may be about several cameras that report to one master."""
        cameras = {camera for camera, _ in labels}
        master = self.master_name.lower()
        return {line: (camera, line) for camera, line in labels if len(cameras) == 1 or camera.lower() == master}

    def _label(self, name: str, lines: Mapping[str, _Label]) -> _Label | None:
        """The result that bears the name; in other letters' case only where no other line could be meant."""
        if name in lines:
            return lines[name]
        alike = [line for line in lines if line.lower() == name.lower() and line not in self.all_names]
        rivals = [other for other in self.all_names if other.lower() == name.lower() and other not in lines]
        return lines[alike[0]] if len(alike) == 1 and rivals == [name] else None


def searches(configuration: CountingConfiguration, wanted: Mapping[Spot, str], day: date) -> Searches:
    """The searches for lines with these names: one a channel."""
    made: list[Search] = []
    missing: dict[Spot, str] = {}
    for channel in sorted({spot.channel for spot in wanted}):
        listed = {line.spot: line.name for line in configuration.lines()} | dict(wanted)
        names = [name for spot, name in listed.items() if spot.channel == channel]
        here = {spot: name for spot, name in wanted.items() if spot.channel == channel}
        missing |= {spot: reason for spot, name in here.items() if (reason := _doubt(name, names))}
        clear = {spot: name for spot, name in here.items() if spot not in missing}
        if clear:
            made.append(ClassicSearch(channel, day, _master_name(configuration, channel), clear, frozenset(names)))
    return Searches(tuple(made), missing)


def _doubt(name: str, names: Sequence[str]) -> str:
    """Why a line cannot be searched for by its name; empty where it can."""
    if not name:
        return "the line has no name on the camera, and the camera's history goes by names"
    if _UNSEARCHABLE & set(name):
        return f"the name {name!r} cannot be searched for: it holds a dot, an ampersand or an equals sign"
    if names.count(name) > 1:
        return f"two lines on the camera are named {name!r}, and the camera's history goes by names"
    return ""


def _master_name(configuration: CountingConfiguration, channel: int) -> str:
    names = (one.master_name for one in configuration.channels if one.channel == channel)
    return next(names, "") or MASTER_NAME


def parse_results(body: bytes) -> HourlyFigures[_Label]:
    """Figures by camera and line name. Raises ``Refusal`` and ``MalformedAnswer``."""
    answer = parse_answer(body)
    return _text_results(answer) if isinstance(answer, tuple) else _json_results(answer)


def _json_results(answer: Json) -> HourlyFigures[_Label]:
    elements = member(answer, "PeopleCountSearchResults")
    if not isinstance(elements, list):
        raise MalformedAnswer("the results of a search were expected, but there is no list PeopleCountSearchResults")
    figures = HourlyFigures[_Label](member(answer, "ResultInterval"))
    for element in objects(elements):
        for line in objects(member(element, "LineResults")):
            label = (clean(member(element, "Camera")), clean(member(line, "Line")))
            for result in objects(member(line, "DirectionResults")):
                figures.add(label, member(result, "Direction"), member(result, "Result"))
    return figures


def _text_results(pairs: Pairs) -> HourlyFigures[_Label]:
    figures = HourlyFigures[_Label](member(dict(reversed(pairs)), "ResultInterval"))
    for key, value in pairs:
        match = _TEXT_RESULT.fullmatch(key)
        if match is not None:
            figures.add((clean(match[1]), clean(match[2])), match[3], value)
    return figures
