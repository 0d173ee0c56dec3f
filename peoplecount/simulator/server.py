"""The simulator on the network: cameras below one port, or on a port each, and the control address."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from types import TracebackType
from typing import Self

from peoplecount.simulator.certificates import CameraCertificates, ServedCertificate
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.control import BASE, Control
from peoplecount.simulator.http_message import Request, Response
from peoplecount.simulator.listener import Listener
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.simulation import Simulation

_CAMERA_PREFIX = "/cam/"
_RECORDER_PREFIX = "/nvr/"


class Https(Enum):
    """How cameras encrypt."""

    NOT = auto()
    ONLY = auto()
    REDIRECT = auto()
    """Their addresses begin with ``http://``, and answer everything with 301 to another port (seen from real ones)."""


class SimulatorServer:
    """Serves a fleet. ``start`` and ``stop`` it, or use it as a context manager."""

    def __init__(
        self,
        fleet: Fleet,
        clock: PlayedClock | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        own_ports: bool = False,
        https: Https = Https.NOT,
    ) -> None:
        """Cameras answer below ``/cam/ID`` of ``port``; with ``own_ports`` camera 1 on the next port, and so on.

        Cameras with HTTPS have ports of their own, because they have certificates of their own. Port 0 takes any free
        ones. Raises ``OSError`` where a port is taken.
        """
        self.simulation = Simulation(fleet, clock or PlayedClock())
        self._host = host
        self._https = https
        self._certificates: dict[str, CameraCertificates] = {}
        self._control = Control(self.simulation, self.address, self.recorder_address, self._fingerprint)
        self._listeners: list[Listener] = []
        self._camera_ports: dict[str, int] = {}
        try:
            self._listeners.append(Listener(host, port, self._respond))
            if own_ports or https is not Https.NOT:
                self._listen_for_each_camera(port)
        except OSError:
            self.stop()
            raise

    def _listen_for_each_camera(self, port: int) -> None:
        count = len(self.simulation.fronts)
        for number, camera_id in enumerate(self.simulation.fronts, start=1):
            here = port + number if port else 0
            if self._https is Https.REDIRECT:
                encrypted = self._listen(camera_id, here + count if port else 0, self._camera_at_root(camera_id))
                listener = Listener(self._host, here, self._redirect(encrypted.port))
                self._listeners.append(listener)
            else:
                listener = self._listen(camera_id, here, self._camera_at_root(camera_id))
            self._camera_ports[camera_id] = listener.port

    def _listen(self, camera_id: str, port: int, respond: Callable[[Request], Response]) -> Listener:
        context = None
        if self._https is not Https.NOT:
            camera = self.simulation.fronts[camera_id].camera
            certificates = self._certificates[camera_id] = CameraCertificates(camera, self._bare_host)
            context = lambda: certificates.current().context  # noqa: E731 - a name for what is handed on
        listener = Listener(self._host, port, respond, context)
        self._listeners.append(listener)
        return listener

    def _redirect(self, port: int) -> Callable[[Request], Response]:
        base = f"https://{self._reachable_host}:{port}"
        return lambda request: Response(301, headers=(("Location", base + request.target),))

    def _camera_at_root(self, camera_id: str) -> Callable[[Request], Response]:
        front = self.simulation.fronts[camera_id]
        return lambda request: front.respond(request, request.path)

    @property
    def port(self) -> int:
        """The port of the control address, and of the cameras unless they have their own."""
        return self._listeners[0].port

    @property
    def control_url(self) -> str:
        """Such as ``http://127.0.0.1:9100/control``."""
        return f"http://{self._reachable_host}:{self.port}{BASE}"

    def address(self, camera_id: str) -> str:
        """A camera's base address."""
        own_port = self._camera_ports.get(camera_id)
        if own_port is not None:
            scheme = "https" if self._https is Https.ONLY else "http"
            return f"{scheme}://{self._reachable_host}:{own_port}"
        return f"http://{self._reachable_host}:{self.port}{_CAMERA_PREFIX}{camera_id}"

    def recorder_address(self, recorder_id: str) -> str:
        """A recorder's base address."""
        return f"http://{self._reachable_host}:{self.port}{_RECORDER_PREFIX}{recorder_id}"

    def certificate(self, camera_id: str) -> ServedCertificate | None:
        """The certificate a camera shows now; ``None`` without HTTPS."""
        certificates = self._certificates.get(camera_id)
        return certificates.current() if certificates else None

    def _fingerprint(self, camera_id: str) -> str:
        shown = self.certificate(camera_id)
        return shown.fingerprint if shown else ""

    @property
    def _bare_host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 (compared, not bound)

    @property
    def _reachable_host(self) -> str:
        host = self._bare_host
        return f"[{host}]" if ":" in host else host

    def start(self) -> Self:
        """Answer from now on."""
        for listener in self._listeners:
            listener.start()
        return self

    def stop(self) -> None:
        """Hang up everywhere. May be called twice."""
        for listener in self._listeners:
            listener.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _respond(self, request: Request) -> Response:
        path = request.path
        if path.startswith(_CAMERA_PREFIX):
            camera_id, slash, rest = path.removeprefix(_CAMERA_PREFIX).partition("/")
            front = self.simulation.fronts.get(camera_id)
            if front is not None and camera_id not in self._camera_ports:
                return front.respond(request, slash + rest)
        elif path.startswith(_RECORDER_PREFIX):
            recorder_id, slash, rest = path.removeprefix(_RECORDER_PREFIX).partition("/")
            if recorder_id in self.simulation.recorders:
                return self.simulation.recorders[recorder_id].respond(request, slash + rest)
        elif path.startswith(f"{BASE}/"):
            return self._control.respond(request)
        hint = f"nothing here; cameras are listed at {self.control_url}/cameras\n"
        return Response(404, hint.encode(), "text/plain; charset=utf-8")
