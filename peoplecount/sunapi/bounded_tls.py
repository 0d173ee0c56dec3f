"""HTTPS connections that stand, or are given up, within the connect time-out, and only to whom we trust."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from peoplecount.domain.camera_networks import CameraNetworks
from peoplecount.sunapi.allowance import Allowance
from peoplecount.sunapi.certificate import Certificate
from peoplecount.sunapi.errors import CameraError
from peoplecount.sunapi.kept_socket import has_ended
from peoplecount.sunapi.peer import opened
from peoplecount.sunapi.trust import Trust, undemanding_context


class BoundedHTTPSConnection(HTTPSConnection):
    """Its handshake has one time-out as a whole; under gevent, the usual one's begins anew with every byte.

    Who is at the other end is settled when it stands, before the first request: the connection that a camera's
    credentials would go through does not come to be otherwise.
    """

    def __init__(
        self, allowance: Allowance, trust: Trust | None, networks: CameraNetworks, host: str, **options: object
    ) -> None:
        """Without ``trust`` it is good for looking at the certificate, and not for requests."""
        context = trust.context() if trust else undemanding_context()
        options |= {"ssl_context": context, "cert_reqs": None, "assert_fingerprint": None, "assert_hostname": None}
        options |= dict.fromkeys(("ca_certs", "ca_cert_dir", "ca_cert_data"))  # the context holds what counts
        super().__init__(host, **options)  # type: ignore[arg-type]
        self._allowance = allowance
        self._trust = trust
        self._networks = networks
        self._watch = contextlib.ExitStack()

    def connect(self) -> None:
        """Called by ``urllib3``. Raises ``CameraUnreachable`` besides its errors."""
        trust = self._trust
        if trust is None:
            raise AssertionError("a connection that trusts anybody is for look() only")
        try:
            self._shake_hands()
        except ssl.SSLCertVerificationError as error:
            raise trust.unknown(error, self._shown_meanwhile()) from error
        try:
            trust.check(self.shown())
        except BaseException:
            self.close()
            raise
        self.is_verified = True

    @property
    def is_connected(self) -> bool:
        """Asked by ``urllib3`` of a kept connection."""
        return self.sock is not None and not has_ended(self.sock)

    def look(self) -> Certificate:
        """The certificate shown, whoever's it is. Nothing is sent, and the connection is closed again.

        Raises what ``connect`` raises for a connection that does not come to be.
        """
        try:
            self._shake_hands()
            return self.shown()
        finally:
            self.close()

    def _shake_hands(self) -> None:
        with contextlib.ExitStack() as watch:
            self._watch = watch
            super().connect()

    def shown(self) -> Certificate:
        """The certificate at the other end of a connection that stands."""
        if not isinstance(self.sock, ssl.SSLSocket):
            raise AssertionError("an encrypted connection is one of an SSLSocket")  # noqa: TRY004 - a bug of ours
        return Certificate.read(self.sock.getpeercert(binary_form=True) or b"")

    def _shown_meanwhile(self) -> Certificate | None:
        """``ssl`` does not tell a certificate that it refused, so it is looked at once more; for information only."""
        again = BoundedHTTPSConnection(
            self._allowance, None, self._networks, self.host, port=self.port, timeout=self.timeout
        )
        try:
            return again.look()
        except (OSError, HTTPError, CameraError):
            return None

    def _new_conn(self) -> socket.socket:
        sock = opened(self, self._networks, super()._new_conn)
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
