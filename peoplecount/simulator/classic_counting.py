"""The classic counting interface: ``peoplecount`` view and check, ``peoplecountsearch``.

Sources: SUNAPI event manual 2.6.2 (``eventsources.cgi``), recording manual 2.6.2 (``recording.cgi``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from peoplecount.simulator.history_desk import HistoryDesk, PeopleByDirection
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.plan import MASTER_NAME, LinePlan
from peoplecount.simulator.sunapi_error import INVALID_PARAMETER, INVALID_VALUE, MISSING_PARAMETER, SunapiError
from peoplecount.simulator.virtual_camera import ShownLine, VirtualCamera

Query = Mapping[str, str]
Body = Sequence[str] | Mapping[str, Any]
"""Lines of a text answer, or the object of a JSON one."""

_WANTED_LINE = re.compile(r"Camera\.(.*?)\.Line\.(.*)\.Direction")


def channels_asked_for(camera: VirtualCamera, query: Query) -> list[int]:
    """The channel asked for; all of them where none is."""
    asked = query.get("Channel")
    if asked is None:
        return list(range(camera.plan.channels))
    if not asked.isdecimal() or int(asked) >= camera.plan.channels:
        raise SunapiError(INVALID_VALUE, f"Channel={asked}")
    return [int(asked)]


def check(camera: VirtualCamera, query: Query, *, as_json: bool) -> Body:
    """Live totals since the camera's midnight."""
    channels = channels_asked_for(camera, query)
    index = query.get("LineIndex")
    if index is not None and not index.isdecimal():
        raise SunapiError(INVALID_VALUE, f"LineIndex={index}")
    shown = camera.poll(channels, index=None if index is None else int(index))
    return _check_json(camera, channels, shown) if as_json else _check_text(shown)


def _check_text(shown: Sequence[ShownLine]) -> list[str]:
    lines = []
    for line in shown:
        head = f"Channel.{line.plan.channel}.LineIndex"
        key = f"{head}.{line.plan.index}"
        lines.append(f"{head}={line.plan.index}")
        lines.append(f"{key}.Name={line.plan.name}")
        lines.append(f"{key}.InCount={line.in_total}")
        lines.append(f"{key}.OutCount={line.out_total}")
    return lines


def _check_json(camera: VirtualCamera, channels: Sequence[int], shown: Sequence[ShownLine]) -> dict[str, Any]:
    elements = []
    for channel in channels:
        element: dict[str, Any] = {"Channel": channel} if camera.plan.firmware.names_channel else {}
        element["Lines"] = [
            {
                "LineIndex": line.plan.index,
                "Name": line.plan.name,
                "InCount": line.in_total,
                "OutCount": line.out_total,
            }
            for line in shown
            if line.plan.channel == channel
        ]
        elements.append(element)
    return {"PeopleCount": elements}


def view(camera: VirtualCamera, query: Query, *, as_json: bool) -> Body:
    """How the lines are set up."""
    channels = channels_asked_for(camera, query)
    if as_json:
        return {"PeopleCount": [_view_channel_json(camera, channel) for channel in channels]}
    return [line for channel in channels for line in _view_channel_text(camera, channel)]


def _lines_of(camera: VirtualCamera, channel: int) -> list[LinePlan]:
    return [line for line in camera.plan.lines if line.channel == channel]


def _coordinates(line: LinePlan) -> tuple[int, int, int, int]:
    return 400 + line.moved, 600 + 200 * line.index, 1600, 610 + 200 * line.index


def _view_channel_text(camera: VirtualCamera, channel: int) -> list[str]:
    head = f"Channel.{channel}"
    lines = [
        f"{head}.MasterName={MASTER_NAME}",
        f"{head}.Enable=True",
        f"{head}.ReportEnable=False",
        f"{head}.ReportFilename=countreport",
        f"{head}.ReportFileType=TXT",
        f"{head}.CalibrationMode=CameraHeight",
        f"{head}.CameraHeight=310",
    ]
    for line in _lines_of(camera, channel):
        key = f"{head}.Line.{line.index}"
        lines.append(f"{key}.Name={line.name}")
        lines.append(f"{key}.Enable={camera.enabled(line)}")
        lines.append(f"{key}.Mode={line.mode}")
        lines.append(f"{key}.Coordinate={','.join(map(str, _coordinates(line)))}")
    return lines


def _view_channel_json(camera: VirtualCamera, channel: int) -> dict[str, Any]:
    lines = []
    for line in _lines_of(camera, channel):
        x1, y1, x2, y2 = _coordinates(line)
        lines.append(
            {
                "Line": line.index,
                "Mode": line.mode,
                "Name": line.name,
                "Enable": camera.enabled(line),
                "Coordinates": [{"x": x1, "y": y1}, {"x": x2, "y": y2}],
            }
        )
    return {
        "Channel": channel,
        "MasterName": MASTER_NAME,
        "Enable": True,
        "ReportEnable": False,
        "ReportFilename": "countreport",
        "ReportFileType": "TXT",
        "CalibrationMode": "CameraHeight",
        "CameraHeight": 310,
        "Lines": lines,
    }


def search_control(camera: VirtualCamera, desk: HistoryDesk, query: Query, *, as_json: bool) -> Body:
    """Start or cancel a search. Dates are camera-local wall time, whatever their ``Z`` says."""
    desk.refuse()
    mode = query.get("Mode")
    if mode == "Cancel":
        try:
            desk.cancel(query.get("SearchToken", "").strip())
        except KeyError:
            raise SunapiError(INVALID_VALUE, "SearchToken") from None
        return {"Response": "Success"} if as_json else ["OK"]
    if mode != "Start":
        raise SunapiError(MISSING_PARAMETER if mode is None else INVALID_VALUE, "Mode")
    start, end = _local_time(query, "FromDate"), _local_time(query, "ToDate")
    try:
        token = desk.start(start, end, _wanted_counters(camera, query))
    except ValueError as error:
        raise SunapiError(INVALID_VALUE, str(error)) from error
    if as_json:
        return {"SearchToken": f" {token}" if camera.plan.firmware.blank_before_token else token}
    return [f"SearchToken={token}"]


def search_view(desk: HistoryDesk, query: Query, *, as_json: bool) -> Body:
    """How far a search is, or what it found."""
    desk.refuse()
    token = query.get("SearchToken", "").strip()
    try:
        if query.get("Type") == "Status":
            status = "Completed" if desk.completed(token) else "NotCompleted"
            return {"Status": status} if as_json else [f"Status={status}"]
        if query.get("Type") == "Results":
            interval, found = desk.results(token)
            return _results_json(interval, found) if as_json else _results_text(interval, found)
    except KeyError:
        raise SunapiError(INVALID_VALUE, "SearchToken") from None
    raise SunapiError(MISSING_PARAMETER if "Type" not in query else INVALID_VALUE, "Type")


def _local_time(query: Query, name: str) -> datetime:
    text = query.get(name)
    if text is None:
        raise SunapiError(MISSING_PARAMETER, name)
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
    except ValueError as error:
        raise SunapiError(INVALID_VALUE, name) from error


def _wanted_counters(camera: VirtualCamera, query: Query) -> tuple[LineCounter, ...]:
    """The lines asked for by name; all lines of the channels where none is."""
    channels = channels_asked_for(camera, query)
    counters = {counter.plan.name: counter for counter in camera.counters if counter.plan.channel in channels}
    wanted = []
    for parameter in query:
        match = _WANTED_LINE.fullmatch(parameter)
        if match is None:
            if parameter.startswith("Camera."):
                raise SunapiError(INVALID_PARAMETER, parameter)
            continue
        master, name = match.groups()
        if master != MASTER_NAME or name not in counters:
            raise SunapiError(INVALID_VALUE, parameter)
        wanted.append(counters[name])
    return tuple(wanted) or tuple(counters.values())


def _csv(people: Sequence[int]) -> str:
    return ",".join(map(str, people))


def _results_text(interval: str, found: Sequence[tuple[LineCounter, PeopleByDirection]]) -> list[str]:
    lines = [f"ResultInterval = {interval}"]
    for counter, (entered, left) in found:
        key = f"Camera.{MASTER_NAME}.Line.{counter.plan.name}.Direction"
        lines.append(f"{key}.In.Result = {_csv(entered)}")
        lines.append(f"{key}.Out.Result = {_csv(left)}")
    return lines


def _results_json(interval: str, found: Sequence[tuple[LineCounter, PeopleByDirection]]) -> dict[str, Any]:
    lines = [
        {
            "Line": counter.plan.name,
            "DirectionResults": [
                {"Direction": "In", "Result": _csv(entered)},
                {"Direction": "Out", "Result": _csv(left)},
            ],
        }
        for counter, (entered, left) in found
    ]
    return {"ResultInterval": interval, "PeopleCountSearchResults": [{"Camera": MASTER_NAME, "LineResults": lines}]}
