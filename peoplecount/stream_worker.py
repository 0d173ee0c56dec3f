"""The gunicorn worker: gevent's, which ends without waiting for idle connections, and whose answers all arrive."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
from functools import partial
from types import FrameType
from typing import Any, NoReturn

import gevent
from gunicorn.http.errors import ParseException
from gunicorn.workers.ggevent import GeventWorker

from peoplecount.connection_limit import REFUSAL, ConnectionLimit
from peoplecount.launch import LastWords
from peoplecount.request_body import BODY_SECONDS, TimedBody
from peoplecount.settings import SettingsError
from peoplecount.web.client_socket import UNTAKEN_MILLISECONDS

HANDSHAKE_SECONDS = 10.0
"""That a client has for agreeing on HTTPS. Who opens connections and says nothing would else keep them for ever."""

UNREAD_SECONDS = 3.0
UNREAD_BYTES = 32 * 1024 * 1024
"""Of a request that was answered before it was read: so much more is taken in. A worker that ends waits no longer."""

_PIECE = 64 * 1024

_NOT_IN_THE_CLEAR = b"This port speaks HTTPS: write https:// in front of the address.\n"
_PLAIN_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_NOT_IN_THE_CLEAR), _NOT_IN_THE_CLEAR)
)


def shaking_hands_later(context: ssl.SSLContext) -> ssl.SSLContext:
    """The context, whose connections agree on HTTPS when the worker says so.

    gevent's server does it before, for as long as a client likes, and prints a traceback for each that fails.
    """
    context.wrap_socket = partial(context.wrap_socket, do_handshake_on_connect=False)  # type: ignore[method-assign]
    return context


class StreamWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Lets go of a connection as soon as its stream has ended, once the worker has been told to end.

    A browser would keep it for its next request, and gunicorn would wait for that as for a request under way.
    """

    last_words: LastWords
    this_start: str
    """Both given by the master before the fork. All workers of a start have the same."""

    body_seconds = BODY_SECONDS
    """For a request's body."""

    limit: ConnectionLimit | None = None
    """Given by it, too; ``None``: there is none."""

    _open_connections = 0
    _is_leaving = False

    def init_process(self) -> None:
        """Serve, in this greenlet, until told to end."""
        self._main = gevent.getcurrent()
        super().init_process()

    def leaves_when_idle(self) -> None:
        """Once told to end, end as soon as no connection is left.

        gunicorn looks once a second whether it was told to end, and once a second whether all is done.
        """
        while self._open_connections and not self._is_leaving:
            gevent.sleep(0.02)
        if not self._is_leaving:
            gevent.kill(self._main, SystemExit(0))

    def is_leaving(self) -> None:
        """It ends now, in whatever way."""
        self.alive, self._is_leaving = False, True

    def load_wsgi(self) -> None:
        """Build the application; where that cannot be done for a reason we know, end in words."""
        from peoplecount.services.played_clock import ClockUnavailable  # noqa: PLC0415  opens sockets: after patching

        try:
            super().load_wsgi()
        except (ClockUnavailable, SettingsError) as error:
            self.give_up(f"Cannot start: {' '.join(str(error).split())}")

    def give_up(self, reason: str) -> NoReturn:
        """End because of something that another worker would not find better; the master says it and ends, too."""
        self.last_words.say(reason)
        sys.exit(1)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:  # noqa: ANN401  gunicorn's
        """Serve a connection; who does not agree on HTTPS in time, or at all, is let go without a word in the log."""
        peer = str(addr[0]) if isinstance(addr, tuple) else ""  # of a Unix socket: none
        place = self.limit.take(peer) if self.limit else ""
        if place is None:
            _refuse(client)
            return
        self._open_connections += 1
        try:
            _break_if_nothing_is_taken(client)
            if isinstance(client, ssl.SSLSocket) and not self._agreed(client):
                client.close()
                return
            super().handle(listener, client, addr)
        finally:
            self._open_connections -= 1
            if self.limit:
                self.limit.give_back(place)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:  # noqa: ANN401  gunicorn's
        """Answer a request, and take in what of it nobody has read.

        A connection that is closed while something unread comes on it is reset, and the answer is lost (RFC 9112,
        9.6): a proxy in front would say 502 in place of our 401 or 413.
        """
        req.body = TimedBody(req.body, self.body_seconds)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            _take_in(req.body)

    def _agreed(self, client: ssl.SSLSocket) -> bool:
        try:
            with gevent.Timeout(HANDSHAKE_SECONDS):
                client.do_handshake()
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                with contextlib.suppress(OSError):
                    os.write(client.fileno(), _PLAIN_ANSWER)
            return False
        except (gevent.Timeout, OSError):
            return False
        return True

    def timeout_ctx(self) -> gevent.Timeout:
        """How long a connection may take for its next request."""
        return gevent.Timeout(self.cfg.keepalive if self.alive else 0, exception=False)

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End on SIGINT and SIGQUIT as on SIGTERM: in order.

        gunicorn's own calls ``sys.exit`` in a greenlet a moment later, which may by then be the last thing that runs,
        and is printed as a traceback.
        """
        self.handle_exit(sig, frame)


def _refuse(client: Any) -> None:  # noqa: ANN401  gevent's
    """Say why in the clear, where that can be read, and hang up."""
    with contextlib.suppress(OSError):
        if not isinstance(client, ssl.SSLSocket):
            os.write(client.fileno(), REFUSAL)
    client.close()


def _break_if_nothing_is_taken(client: Any) -> None:  # noqa: ANN401  gevent's
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):  # a Unix socket has none
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MILLISECONDS)


def _take_in(body: Any) -> None:  # noqa: ANN401  gunicorn's
    """Read what is left of a request's body, within bounds, and forget it."""
    left = UNREAD_BYTES
    with contextlib.suppress(OSError, ParseException), gevent.Timeout(UNREAD_SECONDS, exception=False):
        while left > 0 and (piece := body.read(min(left, _PIECE))):
            left -= len(piece)
