"""The WiseAI app's interface: configuration, live object counting and history, always JSON.

Source: WiseAI app API 1.5.0 to 1.5.6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from peoplecount.simulator.device_pages import WISEAI_VERSION
from peoplecount.simulator.history_desk import HistoryDesk
from peoplecount.simulator.http_message import Request, Response
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.plan import LinePlan
from peoplecount.simulator.sunapi_error import INVALID_VALUE, MISSING_PARAMETER, SunapiError
from peoplecount.simulator.virtual_camera import VirtualCamera

BASE = "/opensdk/WiseAI/"

_SEARCH = "search/objectcounting"


def respond(camera: VirtualCamera, desk: HistoryDesk, request: Request, path: str) -> Response:
    """Answer a request below ``BASE``."""
    try:
        answer = _answer(camera, desk, request.method, path.removeprefix(BASE), request.query)
    except SunapiError as error:
        return error.as_wiseai()
    if answer is None:
        return Response(404, b"<html><body><h1>404 - Not Found</h1></body></html>", "text/html")
    return Response(200, json.dumps(answer).encode(), "application/json")


def _answer(
    camera: VirtualCamera, desk: HistoryDesk, method: str, path: str, query: Mapping[str, str]
) -> dict[str, Any] | None:
    if path == f"{_SEARCH}/check":
        return _check(camera, query)
    if path.startswith(_SEARCH):
        desk.refuse()
    if path == _SEARCH:
        return _start_search(camera, desk, query)
    if path.startswith(f"{_SEARCH}/"):
        token, _, rest = path.removeprefix(f"{_SEARCH}/").partition("/")
        return _search(desk, method, token, rest)
    page = _PAGES.get(path)
    return page(camera, query) if page else None


def _channels(camera: VirtualCamera, query: Mapping[str, str]) -> list[int]:
    asked = query.get("channel")
    if asked is None:
        return list(range(camera.plan.channels))
    channels = asked.split(",")
    if not all(channel.isdecimal() and int(channel) < camera.plan.channels for channel in channels):
        raise SunapiError(INVALID_VALUE, f"channel={asked}")
    return [int(channel) for channel in channels]


def _rule(query: Mapping[str, str]) -> int:
    """The rule asked for. Omitted, it is rule 1 and not all of them (WiseAI app API 1.5.0)."""
    index = query.get("index", "1")
    if not index.isdecimal():
        raise SunapiError(INVALID_VALUE, f"index={index}")
    return int(index)


def _person_rule(camera: VirtualCamera, channel: int) -> int:
    return next((line.rule for line in camera.plan.lines if line.channel == channel), 1)


def _check(camera: VirtualCamera, query: Mapping[str, str]) -> dict[str, Any]:
    channels, rule = _channels(camera, query), _rule(query)
    if not any(rule <= _person_rule(camera, channel) for channel in channels):
        raise SunapiError(INVALID_VALUE, f"index={rule}")
    shown = camera.poll(channels, rule=rule)
    elements = []
    for channel in channels:
        lines = [
            {
                "index": line.plan.index,
                "directionBasedResult": [
                    {"direction": "IN", "count": line.in_total},
                    {"direction": "OUT", "count": line.out_total},
                ],
            }
            for line in shown
            if line.plan.channel == channel
        ]
        elements.append({"channel": channel, "countingRules": [{"index": rule, "lines": lines}]})
    return {"objectCountingLive": elements}


def _configuration(camera: VirtualCamera, query: Mapping[str, str]) -> dict[str, Any]:
    elements = []
    for channel in _channels(camera, query):
        person_rule = _person_rule(camera, channel)
        rules = [
            {"index": index, "enable": True, "objectType": "Vehicle", "lines": [], "excludeAreas": []}
            for index in range(1, person_rule)
        ]
        lines = [_line(line) for line in camera.plan.lines if line.channel == channel and camera.enabled(line)]
        rules.append(
            {"index": person_rule, "enable": bool(lines), "objectType": "Person", "lines": lines, "excludeAreas": []}
        )
        elements.append({"channel": channel, "countingRules": rules})
    return {"objectCountingConfiguration": elements}


def _line(line: LinePlan) -> dict[str, Any]:
    top = 600 + 200 * line.index
    return {
        "index": line.index,
        "name": line.name,
        "mode": line.mode,
        "lineCoordinates": [{"x": 400 + line.moved, "y": top}, {"x": 1600, "y": top + 10}],
    }


def _services(_camera: VirtualCamera, _query: Mapping[str, str]) -> dict[str, Any]:
    return {"appVersion": WISEAI_VERSION, "apiVersion": WISEAI_VERSION}


def _capability(camera: VirtualCamera, _query: Mapping[str, str]) -> dict[str, Any]:
    return {
        "capabilities": [
            {
                "channel": channel,
                "objectcounting": True,
                "objectcountingTypes": ["Person", "Vehicle"],
                "crowdcounting": False,
                "queuemanagement": False,
                "maxResolution": {"width": 1920, "height": 1080},
            }
            for channel in range(camera.plan.channels)
        ]
    }


_PAGES = {
    "configuration/objectcounting": _configuration,
    "configuration/capability": _capability,
    "configuration/getservices": _services,
}


def _start_search(camera: VirtualCamera, desk: HistoryDesk, query: Mapping[str, str]) -> dict[str, Any]:
    channels, rule = _channels(camera, query), _rule(query)
    counters = tuple(
        counter for counter in camera.counters if counter.plan.channel in channels and counter.plan.rule == rule
    )
    try:
        token = desk.start(_local_time(camera, query, "fromDate"), _local_time(camera, query, "toDate"), counters)
    except ValueError as error:
        raise SunapiError(INVALID_VALUE, str(error)) from error
    return {"searchToken": token}


def _local_time(camera: VirtualCamera, query: Mapping[str, str], name: str) -> datetime:
    """With ``Z`` it is UTC, without it is local; classic cameras differ (WiseAI app API 1.5.0)."""
    text = query.get(name)
    if text is None:
        raise SunapiError(MISSING_PARAMETER, name)
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise SunapiError(INVALID_VALUE, name) from error
    if text.endswith("Z"):
        moment = camera.wall.local(moment.replace(tzinfo=UTC).timestamp())
    return moment.replace(tzinfo=None)


def _search(desk: HistoryDesk, method: str, token: str, rest: str) -> dict[str, Any] | None:
    try:
        if rest == "cancel" and method == "PUT":
            desk.cancel(token)
            return {"response": "Success"}
        if rest == "":
            return {"status": "Completed" if desk.completed(token) else "NotCompleted"}
        if rest == "results":
            interval, found = desk.results(token)
            return {"resultInterval": interval, "countingRules": _result_rules(found)}
    except KeyError:
        raise SunapiError(INVALID_VALUE, "searchToken") from None
    return None


def _result_rules(found: Sequence[tuple[LineCounter, tuple[list[int], list[int]]]]) -> list[dict[str, Any]]:
    rules: dict[int, list[dict[str, Any]]] = {}
    for counter, (entered, left) in found:
        directions = [{"direction": "IN", "result": entered}, {"direction": "OUT", "result": left}]
        rules.setdefault(counter.plan.rule, []).append(
            {"index": counter.plan.index, "directionBasedResult": directions}
        )
    return [{"index": rule, "lineBasedResults": lines} for rule, lines in rules.items()]
