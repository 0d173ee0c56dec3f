"""Which certificates are trusted: those an authority vouches for, or the one that somebody has accepted for a camera.

There is no way to trust them all: whoever answers would get the password. Accepting a certificate is one command for
any number of cameras, and what it protects is then protected.
"""

from __future__ import annotations

import os
import ssl
from hmac import compare_digest
from pathlib import Path

import certifi
from urllib3.util.ssl_ import create_urllib3_context

from peoplecount.domain.sentence import say
from peoplecount.sunapi.certificate import Certificate, plain_fingerprint, with_colons
from peoplecount.sunapi.errors import CertificateChanged, CertificateUnknown

_HOW_TO_ACCEPT = say(
    "If it is the camera's own, accept it: python -m peoplecount camera trust %(camera)s", camera="{camera}"
)


class Authorities:
    """The authorities that vouch for certificates; one object a process, because it holds some hundred of them.

    Either those of a file and no others, or the system's, among them the company's own if there are such, or else
    ``certifi``'s.
    """

    def __init__(self, file: Path | None = None) -> None:
        """``file`` holds certificates in PEM form."""
        self._file = file
        self._context: ssl.SSLContext | None = None
        self._undemanding: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """For connections to hosts whose certificate they vouch for, and whose name stands in it."""
        if self._context is None:
            context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
            context.load_verify_locations(*self._places())
            self._context = context
        return self._context

    def undemanding(self) -> ssl.SSLContext:
        """``undemanding_context``, one for all cameras: each takes some 20 KB."""
        if self._undemanding is None:
            self._undemanding = undemanding_context()
        return self._undemanding

    def _places(self) -> tuple[str | None, str | None]:
        """A file and a folder."""
        if self._file is not None:
            return str(self._file), None
        paths = ssl.get_default_verify_paths()
        if paths.cafile:
            return paths.cafile, None
        if paths.capath and os.path.isdir(paths.capath) and os.listdir(paths.capath):
            return None, paths.capath
        return certifi.where(), None


class Trust:
    """What is demanded of the certificate of one camera, before anything is sent to it."""

    def __init__(self, camera_id: str, pinned: str, authorities: Authorities) -> None:
        """``pinned`` is the fingerprint of the one that is accepted, whoever vouches for it; empty: authorities do."""
        self._camera_id = camera_id
        self._pinned = pinned
        self._authorities = authorities
        self.shown: Certificate | None = None
        """The certificate that was shown last; ``None`` before the first encrypted connection."""

    @property
    def pins(self) -> bool:
        """Whether it is one certificate only."""
        return bool(self._pinned)

    def context(self) -> ssl.SSLContext:
        """For a new connection. Raises ``CertificateUnknown`` where the accepted fingerprint is none."""
        if not self._pinned:
            return self._authorities.context()
        try:
            plain_fingerprint(self._pinned)
        except ValueError as error:
            raise CertificateUnknown(
                self._camera_id, say("the certificate accepted for this camera: %(error)s", error=error)
            ) from error
        return self._authorities.undemanding()

    def check(self, shown: Certificate) -> None:
        """Raise ``CertificateChanged`` unless the certificate shown is the accepted one, if there is such."""
        self.shown = shown
        if not self._pinned:
            return
        accepted = plain_fingerprint(self._pinned)
        if not compare_digest(shown.fingerprint, accepted):
            raise CertificateChanged(
                self._camera_id,
                say(
                    "the camera shows another certificate than the one accepted for it, so that it gets "
                    "no password. Accepted: SHA-256 %(with_colons)s. Shown: %(shown)s. %(how_to_accept)s",
                    with_colons=with_colons(accepted),
                    shown=shown,
                    how_to_accept=self._how_to_accept(),
                ),
            )

    def unknown(self, problem: ssl.SSLCertVerificationError, shown: Certificate | None) -> CertificateUnknown:
        """The error for a certificate that no authority vouches for."""
        return CertificateUnknown(
            self._camera_id,
            say(
                "the camera's certificate is not trusted: %(verify_message)s. Shown: %(value)s. %(how_to_accept)s",
                verify_message=problem.verify_message,
                value=shown or "none any more",
                how_to_accept=self._how_to_accept(),
            ),
        )

    def unencrypted(self) -> CertificateChanged:
        """The error for a camera that asks for a password without showing a certificate at all."""
        return CertificateChanged(
            self._camera_id,
            say(
                "the camera answers without encryption, though a certificate has been accepted for "
                "it, so that it gets no password; if that is right, forget it: python -m peoplecount "
                "camera trust --forget %(camera_id)s",
                camera_id=self._camera_id,
            ),
        )

    def _how_to_accept(self) -> str:
        return _HOW_TO_ACCEPT.format(camera=self._camera_id)


def undemanding_context() -> ssl.SSLContext:
    """For a connection whose certificate is looked at once it stands, and before anything is sent."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
