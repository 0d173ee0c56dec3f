"""The stream of a WiseAI camera's events: its first state, and then whom it counts, as it counts them.

Sources: SUNAPI event manual 2.6.2 (``monitordiff``: framing), WiseAI app API 1.5.0 (``ObjectCounting``: how many within
about a second, by schema only).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from peoplecount.simulator.crossings import Direction
from peoplecount.simulator.fault import FaultName
from peoplecount.simulator.http_message import Response
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.sunapi_error import MISSING_PARAMETER, SunapiError
from peoplecount.simulator.virtual_camera import VirtualCamera

BOUNDARY = "SamsungTechwin"
_GARBAGE = b'\xff\xfe{"EventStatus": [{"EventName": "OpenSDK.WiseAI.ObjectCounting"\r\n--Samsung\r\n}}]}\x00'


def open_stream(camera: VirtualCamera, query: Mapping[str, str], *, as_json: bool) -> Response:
    """An answer without end. Raises ``SunapiError``."""
    if query.get("SchemaBased") != "True" or not as_json:
        raise SunapiError(MISSING_PARAMETER, "without SchemaBased=True and JSON there is nothing about people")
    code = camera.faults.amount(FaultName.STREAM_REFUSED, camera.clock.unstopped())
    if code is not None:
        raise SunapiError(int(code))
    events = _Events(camera)
    camera.listeners.add(events)
    return Response(200, content_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}", stream=events.news)


class _Events:
    """What one listener has not heard yet."""

    def __init__(self, camera: VirtualCamera) -> None:
        self._camera = camera
        self._heard_until = camera.clock.mark()
        self._begun = False

    def news(self) -> bytes | None:
        """Parts for whatever has happened since the last call; ``None`` ends the stream."""
        camera = self._camera
        with camera.lock:
            unstopped = camera.clock.unstopped()
            if camera.faults.take({FaultName.STREAM_ENDS, FaultName.REFUSED}, unstopped) is not None:
                return None
            if camera.faults.take({FaultName.STREAM_GARBAGE}, unstopped) is not None:
                return _GARBAGE
            parts = [*self._first(), *self._counted()]
        return b"".join(parts)

    def _first(self) -> Iterator[bytes]:
        if not self._begun:
            self._begun = True
            state = {"EventName": "MotionDetection", "Source": {"Channel": 0}, "Data": {"State": False}}
            yield _part({"EventStatus": [state]})

    def _counted(self) -> Iterator[bytes]:
        since, self._heard_until = self._heard_until, self._camera.clock.mark()
        time = datetime.fromtimestamp(self._heard_until, UTC).isoformat(timespec="milliseconds")
        for counter in self._camera.counters:
            for direction in Direction:
                people = counter.seen(direction, since, self._heard_until)
                if people:
                    yield _part({"EventStatus": [_event(counter, direction, people, time)]})


def _event(counter: LineCounter, direction: Direction, people: int, time: str) -> dict[str, Any]:
    plan = counter.plan
    return {
        "EventName": "OpenSDK.WiseAI.ObjectCounting",
        "Time": time,
        "Source": {
            "Channel": plan.channel,
            "AppName": "WiseAI",
            "AppID": "WiseAI",
            "AppEvent": "ObjectCounting",
            "Type": "Event",
            "RuleIndex": plan.index,
            "VideoSourceToken": f"VideoSourceToken-{plan.channel}",
            "CountingRuleIndex": plan.rule,
            "RuleName": plan.name,
        },
        "Data": {"ReportType": "Punctual", "ObjectType": "Person", "Direction": direction.name, "Count": people},
    }


def _part(body: dict[str, Any]) -> bytes:
    """One part; there are no lengths, and no last boundary."""
    return f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}\r\n".encode()
