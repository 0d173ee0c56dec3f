"""Machines made of network namespaces on this one: each has a cable of its own to one switch. Linux only, for root."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

_IP = shutil.which("ip", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")

_PLACES = Path("/run/netns")
"""Where ``ip netns`` keeps them (ip-netns(8))."""

_CABLE = "cable"
"""What a namespace's end of its cable is called there."""

_CLONE_NEWNET = 0x40000000
"""Of setns(2)."""

_LIBRARY = ctypes.CDLL(None, use_errno=True)


def why_not() -> str:
    """Why there can be none here; empty where there can."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    if _IP is None:
        return "iproute2 is not installed"
    if not (shutil.which("nsenter") and shutil.which("setpriv")):
        return "util-linux is not installed"
    try:
        with Switch() as switch:
            switch.namespace()
    except AssertionError as refused:  # a container, for instance, whose root may not
        return f"no network namespaces with a bridge can be made here: {refused}"
    return ""


class Namespace:
    """The network of one machine. ``Switch.namespace`` makes it."""

    def __init__(self, switch: Switch, name: str, port: str, address: str) -> None:
        self.address = address
        self.before = ("nsenter", f"--net={_PLACES / name}", "--")
        """What is put before a command that is to run here."""

        self._switch = switch
        self._name = name
        self._port = port

    def pull_cable(self) -> None:
        """Nothing gets in or out from now on, and nobody is told of an end."""
        self._switch.set_port(self._port, "down")

    def plug_in(self) -> None:
        self._switch.set_port(self._port, "up")

    def take(self, address: str) -> None:
        """Answer under this address, too."""
        _ip("-n", self._name, "address", "add", f"{address}/24", "dev", _CABLE)

    def forget_neighbours(self) -> None:
        """Ask anew who has which address, as whoever hears that one has moved does."""
        _ip("-n", self._name, "neighbour", "flush", "all")

    def enter(self) -> None:
        """Whatever the calling thread connects to from now on, it does from here."""
        with (_PLACES / self._name).open() as place:
            if _LIBRARY.setns(place.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns", self._name)

    def inside(self, work: Callable[[], T]) -> T:
        """What ``work`` gives when it is done here."""
        with ThreadPoolExecutor(1, initializer=self.enter) as thread:
            return thread.submit(work).result()


class Switch:
    """What the cables lead to; whoever makes it has one, too. Use it as a context manager."""

    def __init__(self) -> None:
        self._name = f"pc-{secrets.token_hex(3)}"
        self._net = f"198.18.{secrets.randbelow(256)}"
        """Of the range that RFC 2544 keeps for the measuring of networks."""

        self._numbers = count(1)
        self._namespaces = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as until_made:
            until_made.callback(self._namespaces.close)
            self._set_up()
            until_made.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._namespaces.close()

    def free_address(self) -> str:
        """One that nobody answers under yet."""
        return f"{self._net}.{next(self._numbers)}"

    def namespace(self) -> Namespace:
        """A machine's network, with its cable in."""
        address = self.free_address()
        port = f"port-{address.rpartition('.')[2]}"
        name = f"{self._name}-{port}"
        self._make(name)
        _ip("-n", self._name, "link", "add", port, "type", "veth", "peer", "name", _CABLE, "netns", name)
        self._plug_in(port)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", _CABLE, "up")
        made = Namespace(self, name, port, address)
        made.take(address)
        return made

    def set_port(self, port: str, state: str) -> None:
        """``up`` or ``down``."""
        _ip("-n", self._name, "link", "set", port, state)

    def _set_up(self) -> None:
        self._make(self._name)
        _ip("-n", self._name, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._name, "link", "set", "bridge", "up")
        _ip("link", "add", self._name, "type", "veth", "peer", "name", "ours", "netns", self._name)
        self._plug_in("ours")
        _ip("address", "add", f"{self._net}.254/24", "dev", self._name)
        _ip("link", "set", self._name, "up")

    def _make(self, name: str) -> None:
        _ip("netns", "add", name)
        self._namespaces.callback(_ip, "netns", "delete", name)

    def _plug_in(self, port: str) -> None:
        _ip("-n", self._name, "link", "set", port, "master", "bridge", "up")


def _ip(*words: str) -> None:
    assert _IP is not None
    done = subprocess.run([_IP, *words], check=False, capture_output=True)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr.decode()}"
