"""A camera's front: takes HTTP requests to a virtual camera and answers them, faults included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote

from peoplecount.simulator import classic_counting, device_pages, wiseai_pages
from peoplecount.simulator.classic_counting import Body
from peoplecount.simulator.digest import DigestGate, blocked
from peoplecount.simulator.event_stream import open_stream
from peoplecount.simulator.fault import BEFORE_LOGIN, ON_ANSWERS, ON_RIGHTS, FaultName
from peoplecount.simulator.fault_board import ActiveFault
from peoplecount.simulator.firmware import Dialect
from peoplecount.simulator.history_desk import HistoryDesk
from peoplecount.simulator.http_message import Manner, Request, Response
from peoplecount.simulator.sunapi_error import (
    ACTION_NOT_FOUND,
    INVALID_PARAMETER,
    MISSING_PARAMETER,
    NOT_AUTHORIZED,
    SUBMENU_NOT_FOUND,
    SunapiError,
)
from peoplecount.simulator.virtual_camera import VirtualCamera

_CGI = "/stw-cgi/"
_WRITING_ACTIONS = frozenset({"set", "add", "update", "remove", "install", "control"})
_SEARCH = ("recording.cgi", "peoplecountsearch")
"""The one submenu whose ``control`` action changes nothing."""

_IGNORED = frozenset({"msubmenu", "action", "SunapiSeqId"})
"""The web viewer adds ``SunapiSeqId`` against caches; devices ignore it."""

_GARBAGE = bytes(range(128, 256)) + b"\x00\x01 not what you asked for \xff\xfe"

Page = Callable[..., Body | Response]


@dataclass(slots=True)
class RequestCount:
    """What came in at one camera."""

    requests: int = 0
    unauthorized: int = 0
    """Answered with 401 because of their login, the first handshake included."""

    failures: int = 0
    """Spoiled by a fault."""

    forbidden: list[str] = field(default_factory=list)
    """Method and target of every request that would have written something."""


@dataclass(frozen=True, slots=True)
class Action:
    """A page and the parameters it knows, besides those whose names start with ``prefix``."""

    page: Page
    parameters: frozenset[str] = frozenset()
    prefix: str | None = None


class CameraFront:
    """One camera as seen from the network. Thread-safe."""

    def __init__(self, camera: VirtualCamera) -> None:
        self.camera = camera
        self._serial = camera.plan.serial
        self._gate = _gate_of(camera)
        self._desk = HistoryDesk(camera)
        self._submenus = self._build_submenus()
        self.count = RequestCount()

    def _build_submenus(self) -> Mapping[str, Mapping[str, Mapping[str, Action]]]:
        """CGI, submenu and action to page."""
        camera = self.camera
        event_sources = {"sourceoptions": {"view": Action(_fixed_page(partial(device_pages.source_options, camera)))}}
        recording: dict[str, Mapping[str, Action]] = {}
        if camera.plan.firmware.dialect is Dialect.CLASSIC:
            channel = frozenset({"Channel"})
            event_sources["peoplecount"] = {
                "check": Action(partial(classic_counting.check, camera), channel | {"LineIndex"}),
                "view": Action(partial(classic_counting.view, camera), channel),
            }
            start = channel | {"Mode", "FromDate", "ToDate", "SearchToken"}
            control = Action(partial(classic_counting.search_control, camera, self._desk), start, "Camera.")
            view = Action(partial(classic_counting.search_view, self._desk), frozenset({"Type", "SearchToken"}))
            recording["peoplecountsearch"] = {"control": control, "view": view}
        system = {
            "deviceinfo": {"view": Action(_flat_page(lambda: device_pages.device_info(camera)))},
            "date": {"view": Action(_flat_page(lambda: device_pages.date_page(camera)))},
            "systemlog": {"view": Action(partial(device_pages.system_log, camera), frozenset({"FromDate", "ToDate"}))},
        }
        open_sdk = {"apps": {"view": Action(_fixed_page(partial(device_pages.apps, camera)))}}
        events = {"monitordiff": Action(partial(open_stream, camera), frozenset({"SchemaBased"}))}
        wiseai = camera.plan.firmware.dialect is Dialect.WISEAI
        return {
            "eventstatus.cgi": {"eventstatus": events} if wiseai else {},
            "eventsources.cgi": event_sources,
            "recording.cgi": recording,
            "system.cgi": system,
            "opensdk.cgi": open_sdk,
        }

    def respond(self, request: Request, path: str, *, logged_in: bool = False) -> Response:
        """Answer a request; ``path`` is its path below the camera's own address.

        A recorder is ``logged_in``: it knows the camera's password, and sees to it itself.
        """
        with self.camera.lock:
            self.count.requests += 1
            forbidden = _writes(request, path)
            if forbidden:
                self.count.forbidden.append(f"{request.method} {request.target}")
            unstopped = self.camera.clock.unstopped()
            fault = self.camera.faults.take(BEFORE_LOGIN, unstopped)
            if fault is not None:
                self.count.failures += 1
                return self._failure(fault)
            if path == "/init-cgi/pw_init.cgi":
                return self._initial_state(request)
            if self._serial != self.camera.plan.serial:  # another device
                self._serial, self._gate = self.camera.plan.serial, _gate_of(self.camera)
            refusal = None if logged_in else self._gate.refuse(request, unstopped)
            if refusal is not None:
                self.count.unauthorized += refusal.status == 401
                return refusal
            if forbidden:
                return self._refuse_write(request, path)
            if _is_about_counts(request, path) and self.camera.faults.take(ON_RIGHTS, unstopped) is not None:
                self.count.failures += 1
                return self._refused(request, path, "this account may not read counts")
            return self._spoil(self._answer(request, path), unstopped)

    def _answer(self, request: Request, path: str) -> Response:
        if path.startswith(_CGI):
            return self._answer_cgi(request, path.removeprefix(_CGI))
        if path.startswith(wiseai_pages.BASE) and self.camera.plan.firmware.dialect is Dialect.WISEAI:
            return wiseai_pages.respond(self.camera, self._desk, request, unquote(path))
        return _not_found()

    def _answer_cgi(self, request: Request, cgi: str) -> Response:
        try:
            if cgi.partition("/")[0] == "attributes.cgi":
                return device_pages.attributes(self.camera, cgi.partition("/")[2])
            submenus = self._submenus.get(cgi)
            if submenus is None:
                return _not_found()
            action = _choose(submenus, request.query)
            as_json = self._speaks_json(request)
            answer = action.page(request.query, as_json=as_json)
            return answer if isinstance(answer, Response) else self._classic(answer, as_json=as_json)
        except SunapiError as error:
            return self._classic_error(error, request)

    def _speaks_json(self, request: Request) -> bool:
        return request.wants_json and self.camera.plan.firmware.speaks_json

    def _classic(self, body: Body, *, as_json: bool) -> Response:
        if as_json:
            return Response(200, json.dumps(body).encode(), "application/json")
        line_end = self.camera.plan.firmware.line_end
        return Response(200, (line_end.join(body) + line_end).encode(), "text/plain")

    def _classic_error(self, error: SunapiError, request: Request) -> Response:
        if self._speaks_json(request):
            return Response(200, error.as_json().encode(), "application/json")
        return Response(200, error.as_text().encode(), "text/plain")

    def _initial_state(self, request: Request) -> Response:
        query = request.query
        if query.get("msubmenu") != "statuscheck" or query.get("action") != "view":
            return self._classic_error(SunapiError(SUBMENU_NOT_FOUND), request)
        return Response(200, json.dumps(device_pages.initial_state(self.camera)).encode(), "application/json")

    def _refuse_write(self, request: Request, path: str) -> Response:
        return self._refused(request, path, "virtual cameras change nothing")

    def _refused(self, request: Request, path: str, why: str) -> Response:
        error = SunapiError(NOT_AUTHORIZED, why)
        return error.as_wiseai() if path.startswith(wiseai_pages.BASE) else self._classic_error(error, request)

    def _failure(self, fault: ActiveFault) -> Response:
        if fault.name is FaultName.TIMEOUT:
            return Response(0, manner=Manner.SILENT)
        if fault.name is FaultName.REFUSED:
            return Response(0, manner=Manner.RESET)
        if fault.name is FaultName.UNAUTHORIZED:
            return self._gate.challenge()
        if fault.name is FaultName.BLOCKED:
            return blocked()
        return Response(500, b"<html><body><h1>500 - Internal Server Error</h1></body></html>", "text/html")

    def _spoil(self, response: Response, unstopped: float) -> Response:
        fault = self.camera.faults.take(ON_ANSWERS, unstopped)
        if fault is None:
            return response
        self.count.failures += 1
        if fault.name is FaultName.SLOW:
            return replace(response, delay=fault.delay)
        if fault.name is FaultName.GARBAGE:
            return replace(response, body=_GARBAGE)
        if fault.name is FaultName.WRONG_CONTENT_TYPE:
            return replace(response, content_type="image/jpeg")
        return replace(response, manner=Manner.CUT)


def _gate_of(camera: VirtualCamera) -> DigestGate:
    plan = camera.plan
    return DigestGate(
        username=plan.username,
        password=plan.password,
        mac=plan.mac,
        style=plan.firmware.digest,
        chance=camera.chance,
        nonce_uses=plan.nonce_uses,
    )


def _fixed_page(body: Callable[..., Body]) -> Page:
    """A page that takes no parameters."""

    def page(_query: Mapping[str, str], *, as_json: bool) -> Body:
        return body(as_json=as_json)

    return page


def _flat_page(fields: Callable[[], dict[str, object]]) -> Page:
    def page(_query: Mapping[str, str], *, as_json: bool) -> Body:
        return fields() if as_json else device_pages.as_text(fields())

    return page


def _choose(submenus: Mapping[str, Mapping[str, Action]], query: Mapping[str, str]) -> Action:
    """The action asked for, letter for letter. Raises ``SunapiError``."""
    if "msubmenu" not in query or "action" not in query:
        raise SunapiError(MISSING_PARAMETER, "msubmenu and action")
    actions = submenus.get(query["msubmenu"])
    if actions is None:
        raise SunapiError(SUBMENU_NOT_FOUND, query["msubmenu"])
    action = actions.get(query["action"])
    if action is None:
        raise SunapiError(ACTION_NOT_FOUND, query["action"])
    for name in query:
        known = name in action.parameters or name in _IGNORED
        if not known and not (action.prefix and name.startswith(action.prefix)):
            raise SunapiError(INVALID_PARAMETER, name)
    return action


def _writes(request: Request, path: str) -> bool:
    """Whether a request would change something on a real camera."""
    if path.startswith(wiseai_pages.BASE):
        cancels = (
            request.method == "PUT" and path.startswith(f"{wiseai_pages.BASE}search/") and path.endswith("/cancel")
        )
        return request.method not in {"GET", "HEAD"} and not cancels
    if request.method not in {"GET", "HEAD"}:
        return True
    if (path.removeprefix(_CGI), request.query.get("msubmenu")) == _SEARCH and request.query.get("action") == "control":
        return False
    return request.query.get("action") in _WRITING_ACTIONS


def _is_about_counts(request: Request, path: str) -> bool:
    return path.startswith(wiseai_pages.BASE) or request.query.get("msubmenu") == "peoplecount"


def _not_found() -> Response:
    return Response(404, b"<html><body><h1>404 - Not Found</h1></body></html>", "text/html")
