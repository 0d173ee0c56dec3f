"""The gate of a device: one request at a time, whoever asks.

Cameras behind one recorder, two entries of one device, a poll and a search in the same camera's history: they share a
device, and embedded web servers are not made for several questions at once.
"""

from __future__ import annotations

import posixpath
import socket
import threading
from contextlib import suppress
from ipaddress import IPv6Address
from types import TracebackType
from urllib.parse import unquote, urlsplit
from weakref import WeakValueDictionary

_MOST_OVERTAKEN = 8
"""Urgent requests that may go before one patient request that waits. Behind a busy recorder it would else wait for
ever."""


class TurnLost(Exception):
    """Whoever was to ask has left, so there is no turn to wait for."""


class _Place:
    """A place in the queue."""

    __slots__ = ("left", "overtaken", "owner", "turn")

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.turn = threading.Event()
        self.left = False
        self.overtaken = 0


class DeviceGate:
    """Lets requests through one by one: urgent ones first, and in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        # Lists, because an empty one takes a tenth of a deque, and hardly anybody ever waits.
        self._urgent: list[_Place] = []
        self._patient: list[_Place] = []

    def turn(self, owner: object, *, patient: bool) -> Turn:
        """To be entered, any number of times, one after the other or at once."""
        return Turn(self, owner, patient=patient)

    def enter(self, owner: object, *, patient: bool) -> None:
        """Wait for the turn; ``pass_on`` is due. Raises ``TurnLost`` where ``owner`` leaves meanwhile."""
        place = self._queue(owner, patient=patient)
        if place is not None:
            self._wait(place)

    def leave(self, owner: object) -> None:
        """Whatever waits for ``owner`` waits no longer; what it asks from now on queues as usual."""
        with self._lock:
            for queue in (self._urgent, self._patient):
                for place in [place for place in queue if place.owner is owner]:
                    queue.remove(place)
                    place.left = True
                    place.turn.set()

    def _queue(self, owner: object, *, patient: bool) -> _Place | None:
        """A place to wait at; none where it is the owner's turn already."""
        with self._lock:
            if not self._busy:
                self._busy = True
                return None
            place = _Place(owner)
            (self._patient if patient else self._urgent).append(place)
            return place

    def _wait(self, place: _Place) -> None:
        try:
            place.turn.wait()
        except BaseException:
            self._give_up(place)
            raise
        if place.left:
            raise TurnLost

    def _give_up(self, place: _Place) -> None:
        """A wait was broken off from outside, possibly after the turn had come."""
        with self._lock:
            waiting = next((queue for queue in (self._urgent, self._patient) if place in queue), None)
            if waiting is not None:
                waiting.remove(place)
                return
        if not place.left:
            self.pass_on()

    def pass_on(self) -> None:
        """The turn is over."""
        with self._lock:
            patient_first = bool(self._patient) and self._patient[0].overtaken >= _MOST_OVERTAKEN
            if self._urgent and not patient_first:
                place = self._urgent.pop(0)
                if self._patient:
                    self._patient[0].overtaken += 1
            elif self._patient:
                place = self._patient.pop(0)
            else:
                self._busy = False
                return
        place.turn.set()


class Turn:
    """Waits for the turn of an owner, and has it for a block. Raises ``TurnLost`` where the owner leaves meanwhile.

    By hand, because what ``contextlib`` makes of a generator takes five times as long, and every poll enters one.
    """

    __slots__ = ("_gate", "_owner", "_patient")

    def __init__(self, gate: DeviceGate, owner: object, *, patient: bool) -> None:
        self._gate = gate
        self._owner = owner
        self._patient = patient

    def __enter__(self) -> None:
        self._gate.enter(self._owner, patient=self._patient)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._gate.pass_on()


class DeviceGates:
    """The gates of all devices of a process, by address; gates that nobody uses any more are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: WeakValueDictionary[str, DeviceGate] = WeakValueDictionary()

    def of(self, address: str) -> DeviceGate:
        """The one gate of the device at this base address."""
        key = device_key(address)
        with self._lock:
            gate = self._gates.get(key)
            if gate is None:
                gate = self._gates[key] = DeviceGate()
            return gate


def device_key(address: str) -> str:
    """What is the same for all addresses of a device: host, port and path, however they are written.

    The usual ports of HTTP and HTTPS lead to the same device. An address that is none is its own key, and a name is
    another one than the number it stands for: that may change.
    """
    try:
        parts = urlsplit(address)
        host, port = _one_spelling(unquote(parts.hostname or "").rstrip(".")), parts.port
    except ValueError:
        return address
    usual = "" if port in {None, 80, 443} else f":{port}"
    path = posixpath.normpath("/" + unquote(parts.path).lstrip("/")).rstrip("/")
    return f"{host}{usual}{path}"


def _one_spelling(host: str) -> str:
    """A name as it is, and a number as it is usually written: ``127.1`` and ``0x7f000001`` are 127.0.0.1."""
    with suppress(OSError, ValueError):
        return socket.inet_ntoa(socket.inet_aton(host))
    with suppress(ValueError):
        number = IPv6Address(host)
        return str(number.ipv4_mapped or number)
    return host
