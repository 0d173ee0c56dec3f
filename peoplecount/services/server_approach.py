"""The way to a database server's door: its name and its port; and to an embedded database's file."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from peoplecount.services.inspection import Step, Verdict, odd, wrong


@dataclass(frozen=True, slots=True)
class Door:
    """A server's port, on every address of its name."""

    machine: str
    port: int
    addresses: Sequence[str]
    seconds: float
    """How long each address has."""

    product: str
    """What listens there, for sentences."""

    all_at_once: bool = True
    """Whether the driver tries all addresses at once; else each connection waits for a silent one first."""

    def knock(self) -> tuple[str, Step]:
        """An address that takes connections, empty where none does, and what was found."""
        open_ones: list[str] = []
        failures: dict[str, OSError] = {}
        for address in self.addresses:
            try:
                socket.create_connection((address, self.port), self.seconds).close()
                open_ones.append(address)
            except OSError as error:
                failures[address] = error
        said = "; ".join(f"{address}: {why(error)}" for address, error in failures.items())
        if not open_ones:
            advice = self._closed(next(iter(failures.values())))
            return "", wrong("port", f"{self.port} at {said}", advice, ends=True)
        if not failures:
            return open_ones[0], Step("port", f"{self.port} takes connections")
        advice = "" if self.all_at_once else f"{_SOME_ADDRESSES} ({', '.join(failures)})."
        return open_ones[0], odd(
            "port", f"{self.port} takes connections at {', '.join(open_ones)} only ({said})", advice
        )

    def _closed(self, error: OSError) -> str:
        if isinstance(error, ConnectionRefusedError):
            return (
                f"{self.machine} is there and nothing listens on port {self.port}: start {self.product}, let it listen "
                "to TCP/IP (SQL Server: in its Configuration Manager), or name the right port with DB_PORT."
            )
        return (
            f"Nothing comes back from {self.machine}, port {self.port}: a firewall in between drops it, or the machine "
            "is off; have the port opened for this machine."
        )


_SOME_ADDRESSES = (
    "The name has several addresses of which not all answer: with an availability group set "
    "DB_OPTIONS=MultiSubnetFailover=yes, or connections wait for the silent ones"
)


def look_up(machine: str) -> tuple[list[str], Step]:
    """The addresses of a name, none where it is not known, and what was found."""
    try:
        found = socket.getaddrinfo(machine, None, type=socket.SOCK_STREAM)
    except OSError as error:
        advice = (
            f"The name {machine} is not known to this machine: mend DB_SERVER, or give it to the DNS or /etc/hosts."
        )
        return [], wrong("name", f"{machine}: {why(error)}", advice, ends=True)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    return addresses, Step("name", f"{machine} is {', '.join(addresses)}")


def server_approach(machine: str, port: int, seconds: float, product: str) -> Iterator[Step]:
    """Name and port of a server; the folder of a socket where ``machine`` is one."""
    if machine.startswith("/"):
        socket_file = Path(machine) / f".s.PGSQL.{port}"
        if socket_file.exists():
            yield Step("socket", str(socket_file))
        else:
            yield wrong(
                "socket", f"no {socket_file}", f"No server listens at {socket_file}: start {product}.", ends=True
            )
        return
    addresses, step = look_up(machine)
    yield step
    if addresses:
        yield Door(machine, port, addresses, seconds, product).knock()[1]


def partner_step(machine: str, port: int | None, seconds: float) -> Step:
    """Whether a failover partner is there; it need not be as long as the other one is."""
    addresses, step = look_up(machine)
    if addresses and port is not None:
        _, step = Door(machine, port, addresses, seconds, "SQL Server").knock()
    if step.verdict is not Verdict.WRONG:
        return replace(step, name="partner", said=f"{machine}: {step.said}")
    return odd("partner", f"{machine}: {step.said}", f"The failover partner is not to be had: {step.advice}")


def file_approach(file: Path) -> Iterator[Step]:
    """An embedded database's file."""
    if not file.exists():
        advice = (
            f"{file} does not exist yet: `python -m peoplecount db upgrade`, or the service's first start, makes it."
        )
        yield wrong("file", "not there yet", advice, ends=True)
    elif not os.access(file, os.R_OK | os.W_OK):
        yield wrong("file", "may not be written", f"This user may not write {file}: look whose it is.", ends=True)
    else:
        yield Step("file", f"{file.stat().st_size / 1e6:.1f} MB")


def why(error: OSError) -> str:
    """An error of the network's, in words."""
    return "no answer in time" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
