"""The simulator on the network: cameras below one port, or on a port each, and the control address."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.control import BASE, Control
from peoplecount.simulator.http_message import Request, Response
from peoplecount.simulator.listener import Listener
from peoplecount.simulator.plan import Fleet
from peoplecount.simulator.simulation import Simulation

_CAMERA_PREFIX = "/cam/"


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
    ) -> None:
        """Cameras answer below ``/cam/ID`` of ``port``; with ``own_ports`` camera 1 on the next port, and so on.

        Port 0 takes any free ones. Raises ``OSError`` where a port is taken.
        """
        self.simulation = Simulation(fleet, clock or PlayedClock())
        self._host = host
        self._control = Control(self.simulation, self.address)
        self._listeners: list[Listener] = []
        self._camera_ports: dict[str, int] = {}
        try:
            self._listeners.append(Listener(host, port, self._respond))
            if own_ports:
                self._listen_for_each_camera(port)
        except OSError:
            self.stop()
            raise

    def _listen_for_each_camera(self, port: int) -> None:
        for number, camera_id in enumerate(self.simulation.fronts, start=1):
            listener = Listener(self._host, port + number if port else 0, self._camera_at_root(camera_id))
            self._listeners.append(listener)
            self._camera_ports[camera_id] = listener.port

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
            return f"http://{self._reachable_host}:{own_port}"
        return f"http://{self._reachable_host}:{self.port}{_CAMERA_PREFIX}{camera_id}"

    @property
    def _reachable_host(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 (compared, not bound)
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
        elif path.startswith(f"{BASE}/"):
            return self._control.respond(request)
        hint = f"nothing here; cameras are listed at {self.control_url}/cameras\n"
        return Response(404, hint.encode(), "text/plain; charset=utf-8")
