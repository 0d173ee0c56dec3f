"""Receivers of webhooks: small real servers that answer what they are told to, and keep what they were sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    silent: bool = False
    """Says nothing, until the server ends."""

    hangs_up: bool = False
    drips: bool = False
    """Sends its headers byte by byte, for ever."""


class Receiver:
    """``says`` is asked what to answer; it may block, which stands for a slow receiver."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.says: Callable[[Received], Reply] = lambda _: Reply()
        self.ended = threading.Event()
        self.server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": self}))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def address(self, path: str = "/in") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self, path: str = "/in") -> list[str]:
        return [one.event["id"] for one in list(self.got) if one.path == path]


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # whoever sent it has died
            self.close_connection = True
            return
        got = Received(self.path, dict(self.headers.items()), body)
        self.receiver.got.append(got)
        self._answer(self.receiver.says(got))

    def _answer(self, reply: Reply) -> None:
        if reply.silent:
            self.receiver.ended.wait()
        if reply.silent or reply.hangs_up:
            self.close_connection = True
        elif reply.drips:
            self._drip()
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        with suppress(OSError):  # who wants no more of it hangs up
            self.wfile.write(reply.body)

    def _drip(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.receiver.ended.wait(0.05):
                self.wfile.write(b"a")

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Clients that refuse a certificate, say."""


@contextmanager
def a_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        receiver.server.shutdown()
        receiver.server.server_close()
        receiver.thread.join(10)


def nobody_listens() -> str:
    """An address at which connections are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/in"
