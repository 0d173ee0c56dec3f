"""The control address: JSON over HTTP for whoever watches over a simulation, on loopback only."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from peoplecount.simulator.fault import FaultOrder, FaultRefused
from peoplecount.simulator.http_message import Request, Response
from peoplecount.simulator.plan import CameraPlan
from peoplecount.simulator.simulation import Simulation, UnknownCamera

BASE = "/control"

_MOST_DAYS = 400

_HOST = re.compile(r"(?:\[(?P<address>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(?::\d*)?", re.ASCII)


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Answers requests to the control address."""

    def __init__(
        self,
        simulation: Simulation,
        address: Callable[[str], str],
        recorder_address: Callable[[str], str],
        certificate: Callable[[str], str],
    ) -> None:
        """For an id, ``address`` and ``recorder_address`` give base addresses, ``certificate`` a fingerprint or ""."""
        self._simulation = simulation
        self._recorder_address = recorder_address
        self._certificate = certificate
        self._address = address
        self._service_ahead = 0.0
        self._pages: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/clock"): lambda _: self.clock(),
            ("POST", "/clock"): self._set_clock,
            ("GET", "/cameras"): lambda _: self.cameras(),
            ("GET", "/recorders"): lambda _: self.recorders(),
            ("GET", "/truth"): lambda _: self._simulation.truth(),
            ("GET", "/truth/hours"): self._truth_by_hour,
            ("GET", "/requests"): lambda _: self._simulation.requests(),
            ("GET", "/faults"): lambda _: self._simulation.active_faults(),
            ("POST", "/faults"): self._inject,
            ("DELETE", "/faults"): self._clear,
            ("POST", "/people"): self._walk,
        }

    def respond(self, request: Request) -> Response:
        """The answer, always JSON; an error is ``{"error": "…"}``."""
        try:
            _refuse_strangers(request)
            answer = self._page(request)(request)
        except _Refused as refusal:
            return _json(refusal.status, {"error": str(refusal)})
        except UnknownCamera as error:
            return _json(404, {"error": str(error)})
        except FaultRefused as error:
            return _json(400, {"error": str(error)})
        return _json(200, answer)

    def _page(self, request: Request) -> Callable[[Request], Any]:
        path = request.path.removeprefix(BASE)
        page = self._pages.get((request.method, path))
        if page is None:
            known = ", ".join(f"{method} {BASE}{path}" for method, path in self._pages)
            raise _Refused(404, f"nothing at {request.method} {request.path}; there are {known}")
        return page

    def clock(self) -> dict[str, Any]:
        """What time it is and how it is played."""
        clock = self._simulation.clock
        zones = {front.camera.plan.site.time_zone for front in self._simulation.fronts.values()}
        return {
            "playedFrom": _utc(clock.played_from),
            "realFrom": _utc(clock.real_from),
            "speed": clock.speed,
            "playedUntil": _utc(clock.played_until) if clock.played_until else None,
            "timeZone": min(zones, default="UTC"),
            "now": _utc(clock.moment()),
            "serviceAhead": self._service_ahead,
            "finished": clock.finished,
            "allRead": self._simulation.all_read,
        }

    def cameras(self) -> list[dict[str, Any]]:
        """Everything somebody needs to poll them, passwords included: they are invented."""
        return [self._camera(front.camera.plan) for front in self._simulation.fronts.values()]

    def recorders(self) -> list[dict[str, Any]]:
        """Everything somebody needs to read cameras through them."""
        return [
            {
                "recorderId": front.plan.recorder_id,
                "address": self._recorder_address(front.plan.recorder_id),
                "username": front.plan.username,
                "password": front.plan.password,
                "channels": list(front.plan.channels),
            }
            for front in self._simulation.recorders.values()
        ]

    def _camera(self, plan: CameraPlan) -> dict[str, Any]:
        return {
            "cameraId": plan.camera_id,
            "name": plan.name,
            "address": self._address(plan.camera_id),
            "certificate": self._certificate(plan.camera_id),
            "username": plan.username,
            "password": plan.password,
            "protocol": plan.firmware.dialect.value,
            "model": plan.firmware.model,
            "serial": plan.serial,
            "site": plan.site.name,
            "timeZone": plan.site.time_zone,
            "capacity": plan.site.capacity,
            "openingHours": plan.site.opening_hours,
            "lines": [
                {"channel": line.channel, "rule": line.rule, "index": line.index, "name": line.name, "door": line.door}
                for line in plan.lines
            ],
        }

    def _set_clock(self, request: Request) -> dict[str, Any]:
        fields = _object(request)
        if "step" in fields:
            return self._step(fields["step"])
        clock = self._simulation.clock
        name, change = ("until", clock.end_at) if "until" in fields else ("now", clock.jump)
        return self._move(name, fields.get(name), change)

    def _step(self, seconds: object) -> dict[str, Any]:
        """Set the clock of the service that plays along, and of nobody else: it asks for it once a second."""
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not abs(seconds) < 1e9:
            raise _Refused(400, f"step is {seconds!r}: seconds are expected, negative to set the service's clock back")
        self._service_ahead += seconds
        return self.clock()

    def _move(self, name: str, given: object, change: Callable[[datetime], None]) -> dict[str, Any]:
        """Set the clock of the whole simulation to a moment, or its end to one."""
        try:
            moment = datetime.fromisoformat(given if isinstance(given, str) else "")
            if moment.tzinfo is None:
                raise ValueError("it has no time zone")  # noqa: TRY301 - one answer for all that is wrong with it
            change(moment)
        except ValueError as error:
            wanted = "a moment to come such as 2026-03-04T00:00:00Z"
            raise _Refused(400, f"{name} is {given!r}: {wanted}; {error}") from None
        return self.clock()

    def _truth_by_hour(self, request: Request) -> list[dict[str, Any]]:
        days = request.query.get("days", "0")
        if not days.isdecimal() or int(days) > _MOST_DAYS:
            raise _Refused(400, f"days is {days!r}: a whole number from 0 to {_MOST_DAYS} is expected")
        return self._simulation.truth_by_hour(int(days))

    def _inject(self, request: Request) -> dict[str, Any]:
        order = FaultOrder.parse(_object(request))
        return {"injected": order.name.value, "cameras": self._simulation.inject(order)}

    def _clear(self, request: Request) -> dict[str, Any]:
        camera_id = request.query.get("camera", "all")
        self._simulation.clear_faults(camera_id)
        return {"cleared": camera_id}

    def _walk(self, request: Request) -> dict[str, Any]:
        fields = _object(request)
        numbers = {name: fields.get(name, 0) for name in ("in", "out", "channel")} | {"line": fields.get("line", 1)}
        for name, number in numbers.items():
            if type(number) is not int or not 0 <= number <= 10_000:
                raise _Refused(400, f"{name} is {number!r}: a whole number from 0 to 10000 is expected")
        self._simulation.walk(
            str(fields.get("camera")),
            entered=numbers["in"],
            left=numbers["out"],
            channel=numbers["channel"],
            line=numbers["line"],
        )
        return {"walked": numbers["in"] + numbers["out"]}


def _refuse_strangers(request: Request) -> None:
    """It knows passwords and breaks things: it is for this machine only, whoever may reach the cameras.

    A browser on this machine carries requests of any page it shows, from wherever that came. Such a request says so, or
    it asks for another host, whose name was made to lead here (DNS rebinding). Programs may leave ``Host`` out.
    """
    if not _is_loopback(request.peer):
        raise _Refused(403, "the control address answers callers on the same machine only")
    if not _names_this_machine(request.headers.get("host", "localhost")):
        raise _Refused(403, "the control address answers as 127.0.0.1, [::1] and localhost only, not by another name")
    if "origin" in request.headers or request.headers.get("sec-fetch-site", "").lower() == "cross-site":
        raise _Refused(403, "the control address answers programs, not the pages that a browser shows")


def _names_this_machine(host: str) -> bool:
    """Whether a ``Host`` header, with or without a port, is a loopback address or its usual name."""
    parts = _HOST.fullmatch(host.lower())
    if parts is None:
        return False
    name = parts["address"] or parts["name"].removesuffix(".")
    try:
        return name == "localhost" or _is_loopback(name)
    except ValueError:
        return False


def _is_loopback(address: str) -> bool:
    """Raises ``ValueError`` for what is no IP address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _object(request: Request) -> dict[str, Any]:
    # A page may send a form or plain text anywhere without asking; for JSON its browser asks first, and is refused.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(415, "a body needs the header Content-Type: application/json")
    try:
        fields = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "the body is no JSON") from error
    if not isinstance(fields, dict):
        raise _Refused(400, 'a JSON object is expected, such as {"camera": "1", "fault": "timeout", "count": 3}')
    return fields


def _json(status: int, answer: object) -> Response:
    body = json.dumps(answer, ensure_ascii=False).encode() + b"\n"
    return Response(status, body, "application/json; charset=utf-8")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
