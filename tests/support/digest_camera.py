"""A small real HTTP server with real digest authentication, that answers as a test tells it to.

Unlike the simulator, it can also be wrong: hang up, redirect, challenge in strange ways, send any bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

USERNAME = "watcher"
PASSWORD = "s3cret-Door"

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')
_HASHES: dict[str, Callable[[bytes], Any]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass
class Page:
    """What is answered: bytes or a function that makes them, and how."""

    body: bytes | Callable[[], bytes] = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    act: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Does the whole answer by itself instead."""


@dataclass
class Seen:
    """A request that arrived."""

    target: str
    headers: dict[str, str]
    connection: int
    verdict: str
    """``challenged``, ``stale``, ``wrong`` or ``let in``."""

    authorization: dict[str, str] = field(default_factory=dict)
    method: str = "GET"


class DigestCamera:
    """Listens on a free port of the loopback interface until closed."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """With a ``context`` it speaks HTTPS."""
        self.scheme = "https" if context else "http"
        self.realm = "iPolis_00-00-5E-00-53-07"
        self.algorithms: tuple[str | None, ...] = (None,)
        self.challenge_headers: Callable[[str], list[str]] = self._usual_challenges
        self.nonce_uses: int | None = None
        self.binds_nonces_to_connections = False
        self.asks_for_password = True
        self.password = PASSWORD
        self.before: Callable[[BaseHTTPRequestHandler], bool] = lambda handler: False
        """Called with every request; ``True`` where it has done the whole answer."""
        self.seen: list[Seen] = []
        self._pages: dict[str, Page] = {}
        self._numbers = itertools.count(1)
        self._nonces: dict[str, tuple[int, int]] = {}
        """By nonce, the last ``nc`` and the connection it came by; 0 and 0 when it is new."""
        self._sockets: dict[int, socket.socket] = {}
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self.hangs_up()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_address[1]}"

    def says(self, target: str, body: bytes | str | Callable[[], bytes], status: int = 200, **headers: str) -> None:
        """Answer this path and query so from now on."""
        content = body.encode() if isinstance(body, str) else body
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self._pages[target] = Page(content, status, pairs)

    def says_as(self, other: DigestCamera) -> None:
        """Answer everything as ``other`` does."""
        self._pages = dict(other._pages)

    def does(self, target: str, act: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """Let ``act`` do the whole answer."""
        self._pages[target] = Page(act=act)

    def forgets(self, target: str) -> None:
        """Answer 404 from now on."""
        self._pages.pop(target, None)

    def hangs_up(self) -> None:
        """Close all kept connections, as a restart does."""
        for connection in list(self._sockets.values()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def forgets_nonces(self) -> None:
        """Every nonce is old from now on."""
        self._nonces.clear()

    def targets(self) -> list[str]:
        """What was asked and answered, in order."""
        return [seen.target for seen in self.seen if seen.verdict == "let in"]

    def verdicts(self) -> list[str]:
        return [seen.verdict for seen in self.seen]

    def page(self, target: str) -> Page:
        return self._pages.get(target, Page(b"<html>404</html>", 404))

    def connected(self, connection: int, sock: socket.socket) -> None:
        self._sockets[connection] = sock

    def disconnected(self, connection: int) -> None:
        self._sockets.pop(connection, None)

    def judge(self, handler: BaseHTTPRequestHandler, connection: int) -> str:
        """Note the request and whether it may pass."""
        header = handler.headers.get("Authorization", "")
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(header)}
        verdict = self._verdict(handler, connection, fields) if self.asks_for_password else "let in"
        self.seen.append(Seen(handler.path, dict(handler.headers), connection, verdict, fields, handler.command))
        return verdict

    def _verdict(self, handler: BaseHTTPRequestHandler, connection: int, fields: dict[str, str]) -> str:
        if not fields:
            return "challenged"
        if not self._right(handler, fields):
            return "wrong"
        last, used_by = self._nonces.get(fields["nonce"], (None, 0))
        count = int(fields["nc"], 16)
        fresh = last is not None and count > last
        if self.nonce_uses is not None and count > self.nonce_uses:
            fresh = False
        if self.binds_nonces_to_connections and used_by not in {0, connection}:
            fresh = False
        if not fresh:
            return "stale"
        self._nonces[fields["nonce"]] = (count, connection)
        return "let in"

    def _right(self, handler: BaseHTTPRequestHandler, fields: dict[str, str]) -> bool:
        digest = _HASHES[fields.get("algorithm", "MD5")]

        def h(text: str) -> str:
            return str(digest(text.encode()).hexdigest())

        account = h(f"{USERNAME}:{self.realm}:{self.password}")
        subject = h(f"{handler.command}:{handler.path}")
        proof = h(f"{account}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:auth:{subject}")
        return fields["username"] == USERNAME and fields["uri"] == handler.path and fields["response"] == proof

    def new_challenge(self) -> list[str]:
        nonce = f"{next(self._numbers):032x}"
        self._nonces[nonce] = (0, 0)
        return self.challenge_headers(nonce)

    def _usual_challenges(self, nonce: str) -> list[str]:
        plain = f'Digest realm="{self.realm}", nonce="{nonce}", qop="auth"'
        return [plain + (f', algorithm="{name}", charset="UTF-8"' if name else "") for name in self.algorithms]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up in the middle here; that is what is tested."""


def _handler(camera: DigestCamera) -> type[BaseHTTPRequestHandler]:
    numbers = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            self.number = next(numbers)
            camera.connected(self.number, self.connection)

        def finish(self) -> None:
            camera.disconnected(self.number)
            super().finish()

        def do_GET(self) -> None:
            if camera.before(self):
                return
            verdict = camera.judge(self, self.number)
            if verdict != "let in":
                challenges = [("WWW-Authenticate", text) for text in camera.new_challenge()]
                self.give(401, b"<html>401 - Unauthorized</html>", challenges)
                return
            page = camera.page(self.path)
            if page.act is not None:
                page.act(self)
                return
            self.give(page.status, page.body() if callable(page.body) else page.body, page.headers)

        do_PUT = do_GET  # noqa: N815 - the name http.server looks for

        def give(self, status: int, body: bytes, headers: Any) -> None:
            self.send_response(status, "x")
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
