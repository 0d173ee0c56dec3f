"""HTTPS connections that stand, or are given up, within the connect time-out."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from urllib3.connection import HTTPSConnection

from peoplecount.sunapi.allowance import Allowance


class BoundedHTTPSConnection(HTTPSConnection):
    """Its handshake has one time-out as a whole; under gevent, the usual one's begins anew with every byte."""

    def __init__(self, allowance: Allowance, host: str, **options: object) -> None:
        super().__init__(host, **options)  # type: ignore[arg-type]
        self._allowance = allowance
        self._watch = contextlib.ExitStack()

    def connect(self) -> None:
        """Called by ``urllib3``. Raises ``CameraUnreachable`` besides its errors."""
        with contextlib.ExitStack() as watch:
            self._watch = watch
            super().connect()

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._watch.enter_context(self._in_time(sock))
        return sock

    @contextlib.contextmanager
    def _in_time(self, sock: socket.socket) -> Iterator[None]:
        """Hang up where the block takes longer than the connect time-out."""
        too_slow = threading.Event()

        def hang_up() -> None:
            too_slow.set()
            with contextlib.suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        seconds = float(self.timeout or 0.0)
        # The socket itself is taken over by the encrypted one, which nobody sees before its handshake is done.
        with sock.dup() as same:
            timer = threading.Timer(seconds, hang_up)
            timer.daemon = True
            timer.start()
            try:
                yield
            except OSError as error:
                if too_slow.is_set():
                    raise self._allowance.no_handshake(seconds) from error
                raise
            finally:
                timer.cancel()
                timer.join()
