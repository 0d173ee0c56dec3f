"""A recorder's front: lets its account in and passes SUNAPI commands on to the cameras on its channels.

Source: SUNAPI bypass manual 2.6.3. What a recorder answers for a camera that is out of reach is not documented.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from random import Random

from peoplecount.simulator.camera_front import CameraFront
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.digest import DigestGate
from peoplecount.simulator.firmware import DigestStyle
from peoplecount.simulator.http_message import Manner, Request, Response
from peoplecount.simulator.plan import RecorderPlan
from peoplecount.simulator.sunapi_error import (
    CONFIGURATION_NOT_FOUND,
    INVALID_VALUE,
    MISSING_PARAMETER,
    NOT_SUPPORTED,
    SUBMENU_NOT_FOUND,
    UNKNOWN_ERROR,
    SunapiError,
)

_CGI = "/stw-cgi/"
_JSON = "accept:application/json"
_IN_PARTS = frozenset({"monitor", "monitordiff"})
"""Commands whose answers come in several parts cannot be passed on."""


class RecorderFront:
    """One recorder as seen from the network. Thread-safe."""

    def __init__(self, plan: RecorderPlan, cameras: Mapping[str, CameraFront], clock: PlayedClock) -> None:
        self.plan = plan
        self._cameras = cameras
        self._clock = clock
        self._lock = threading.Lock()
        self._gate = DigestGate(
            username=plan.username,
            password=plan.password,
            mac=plan.mac,
            style=DigestStyle.TWO_ALGORITHMS,
            chance=Random(plan.recorder_id),  # noqa: S311 (nonces of an invented recorder)
        )

    def respond(self, request: Request, path: str) -> Response:
        """Answer a request; ``path`` is its path below the recorder's own address."""
        with self._lock:
            refusal = self._gate.refuse(request, self._clock.unstopped())
        if refusal is not None:
            return refusal
        try:
            return self._answer(request, path)
        except SunapiError as error:
            return _refused(error, request)

    def _answer(self, request: Request, path: str) -> Response:
        if path == f"{_CGI}bypass.cgi":
            return self._bypass(request)
        if path == f"{_CGI}system.cgi" and request.query.get("msubmenu") == "deviceinfo":
            return self._device_info(request)
        raise SunapiError(SUBMENU_NOT_FOUND)

    def _bypass(self, request: Request) -> Response:
        """Pass on what stands in ``BypassURI``, decoded once."""
        query = request.query
        if (query.get("msubmenu"), query.get("action")) != ("bypass", "control"):
            raise SunapiError(SUBMENU_NOT_FOUND)
        if "Channel" not in query or "BypassURI" not in query:
            raise SunapiError(MISSING_PARAMETER)
        front = self._camera_on(query["Channel"])
        as_json = request.wants_json or _JSON in query.get("HeadersToSend", "").lower().split(",")
        inner = Request("GET", query["BypassURI"], {"accept": "application/json"} if as_json else {})
        if not inner.path.startswith(_CGI):
            raise SunapiError(INVALID_VALUE, "BypassURI")
        if inner.query.get("action") in _IN_PARTS:
            raise SunapiError(NOT_SUPPORTED)
        answer = front.respond(inner, inner.path, logged_in=True)
        if answer.manner in {Manner.SILENT, Manner.RESET} or answer.status in {401, 490}:
            raise SunapiError(UNKNOWN_ERROR, "the camera does not answer")
        return answer

    def _camera_on(self, channel: str) -> CameraFront:
        if not channel.isdecimal():
            raise SunapiError(INVALID_VALUE, "Channel")
        camera_id = self.plan.channels[int(channel)] if int(channel) < len(self.plan.channels) else None
        if camera_id is None:
            raise SunapiError(CONFIGURATION_NOT_FOUND)
        return self._cameras[camera_id]

    def _device_info(self, request: Request) -> Response:
        """Recorders give no serial number."""
        fields = {
            "Model": "XRN-0000X",
            "FirmwareVersion": "5.10.02_20240101",
            "DeviceType": "NVR",
            "ConnectedMACAddress": self.plan.mac,
            "CGIVersion": "2.6.3",
            "DeviceName": self.plan.recorder_id,
        }
        if request.wants_json:
            return Response(200, json.dumps(fields).encode(), "application/json")
        return Response(200, "".join(f"{name}={value}\r\n" for name, value in fields.items()).encode())


def _refused(error: SunapiError, request: Request) -> Response:
    if request.wants_json:
        return Response(200, error.as_json().encode(), "application/json")
    return Response(200, error.as_text().encode())
