"""The certificate the service shows where it speaks HTTPS itself.

Runs in gunicorn's master too, before gevent patches: imports nothing of ours that opens sockets.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from peoplecount.launch import CannotStart

logger = logging.getLogger(__name__)

LOOK_EVERY = 60.0
"""Seconds between two looks whether the files were renewed."""

SOON = timedelta(days=14)
"""Before its end, in which one that was not renewed is spoken of. Those that renew by themselves do so earlier."""


class BadCertificate(Exception):
    """A certificate that cannot be shown; the message says why."""


@dataclass
class OwnCertificate:
    """A certificate and its key in files, as one context that all connections share."""

    cert: Path
    key: Path | None = None
    """``None``: in the same file."""

    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._seen: tuple[object, ...] = ()
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """What connections are made with. Raises ``BadCertificate``."""
        if self._context is None:
            self._seen = self._stamps()
            self._context = self._loaded()
        return self._context

    def demand_usable(self) -> None:
        """Raise ``CannotStart`` where it cannot be shown, and say where its time is over or will be soon."""
        try:
            self.context()
        except BadCertificate as error:
            raise CannotStart(str(error)) from error
        self._mind_end()

    def renew(self) -> bool:
        """Take up what the files hold now, if that is something else; whether it was.

        Connections that are open stay as they are. What cannot be shown is not taken up: a file may be half written.
        """
        stamps = self._stamps()
        if stamps == self._seen or self._context is None:
            return False
        self._seen = stamps
        try:
            self._loaded()  # into one nobody uses: a certificate without its key would leave the other half changed
            self._load(self._context)
        except BadCertificate as error:
            logger.warning("%s. The one so far is shown still", error)
            return False
        logger.info("The certificate in %s was renewed and is shown from now on", self.cert)
        return True

    def keep_renewed(self, ended: threading.Event) -> None:
        """Look every minute, and once a day at how long it is good, until ``ended``."""
        looks = 0
        while not ended.wait(LOOK_EVERY):
            looks += 1
            if self.renew() or looks % (86_400 / LOOK_EVERY) == 0:
                self._mind_end()

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._load(context)
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except ssl.SSLError as error:
            raise BadCertificate(self._refusal(error)) from error
        except OSError as error:
            raise BadCertificate(f"TLS_CERT or TLS_KEY cannot be read: {error.strerror}") from error

    def _refusal(self, error: ssl.SSLError) -> str:
        key = (
            f"TLS_KEY ({self.key})"
            if self.key
            else f"TLS_CERT ({self.cert}, which has the key where TLS_KEY is not set)"
        )
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"The key in {key} does not belong to the first certificate in TLS_CERT ({self.cert})"
        if error.reason in {"EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"}:
            return f"The certificate in TLS_CERT ({self.cert}) or its key is too weak for browsers ({error.reason})"
        return (
            f"No certificate with its key, in PEM form and without a password, is in TLS_CERT ({self.cert}) and {key}"
        )

    def _mind_end(self) -> None:
        try:
            end = self.end()
        except (OSError, ValueError):  # just being written; the next look will tell
            return
        if end <= self.now():
            logger.warning("The certificate in %s was good until %s: browsers warn of it", self.cert, _day(end))
        elif end - self.now() < SOON:
            logger.warning("The certificate in %s is good until %s and was not renewed yet", self.cert, _day(end))

    def end(self) -> datetime:
        """Until when it is good, UTC."""
        return x509.load_pem_x509_certificate(self.cert.read_bytes()).not_valid_after_utc

    def _stamps(self) -> tuple[object, ...]:
        """What tells whether the files were written anew."""
        try:
            return tuple((at.st_ino, at.st_mtime_ns, at.st_size) for at in (one.stat() for one in self._files()))
        except OSError:
            return self._seen  # between the old file and the new

    def _files(self) -> tuple[Path, ...]:
        return (self.cert, self.key) if self.key else (self.cert,)


def _no_password() -> str:
    """Asked for the password of a key: there is none. OpenSSL would ask at the terminal."""
    return ""


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
