"""Asking the SQL Server Browser, the service beside SQL Server, on which port a named instance listens (MC-SQLR)."""

from __future__ import annotations

import socket

PORT = 1434
_ASK_INSTANCE = 4
_ANSWER = 5
_LARGEST = 65536


class NoInstance(Exception):
    """The port of an instance is not to be learnt; the message says why."""


def instance_port(machine: str, instance: str, *, seconds: float, port: int = PORT) -> int:
    """The TCP port of ``instance`` on ``machine``. Raises ``NoInstance``; ``seconds`` is for each of two tries."""
    question = bytes([_ASK_INSTANCE]) + instance.encode() + b"\0"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(machine, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.settimeout(seconds)
            asking.connect(address)
            return _port(_answer(asking, question), instance)
    except OSError as error:
        raise NoInstance(f"the SQL Server Browser on {machine} (UDP {port}) cannot be asked: {error}") from error


def _answer(asking: socket.socket, question: bytes) -> bytes:
    """Datagrams get lost, so it is asked twice. A server without the instance does not answer at all."""
    for last in (False, True):
        asking.send(question)
        try:
            return asking.recv(_LARGEST)
        except TimeoutError:
            if last:
                raise NoInstance("the SQL Server Browser does not answer, or knows no such instance") from None
    raise AssertionError("the last try has raised")


def _port(answer: bytes, instance: str) -> int:
    if len(answer) < 3 or answer[0] != _ANSWER:
        raise NoInstance("what answers in place of the SQL Server Browser does not speak as it does")
    words = answer[3:].decode(errors="replace").split(";")
    said = dict(zip(words[::2], words[1::2], strict=False))
    if not said.get("tcp", "").isdigit():
        raise NoInstance(f"the instance {instance} listens on no TCP port: TCP/IP is switched off for it")
    return int(said["tcp"])
