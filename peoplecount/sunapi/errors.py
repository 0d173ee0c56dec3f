"""What can go wrong with a camera, in words an operator can act on.

CameraError
├── CameraUnreachable       no answer: time-out, refused, unknown name
│   ├── CertificateUnknown  nobody vouches for the certificate of the camera
│   └── CertificateChanged  it is not the one that was accepted
├── CameraBusy              an answer that says: later
├── CredentialsRejected     this account does not log in, or may not read counts
│   ├── RightsMissing       it logs in, and may not read counts
│   └── SignInsHeldBack     too many have tried in vain; nothing was asked
├── AccountBlocked          the camera has locked the account
├── CountingUnavailable     no people counting here, or it is switched off
└── UnexpectedAnswer        not what the manuals describe: cut off, too large, a page, nonsense
    └── RequestRefused      the camera does not take the parameters of the request
"""

from __future__ import annotations

from typing import ClassVar


class CameraError(Exception):
    """A camera could not be read. The message never holds a password."""

    retry_after: ClassVar[float] = 0.0
    """Seconds to leave the camera alone; 0 means: until its next regular poll."""

    def __init__(self, camera_id: str, message: str) -> None:
        super().__init__(message)
        self.camera_id = camera_id

    def __reduce__(self) -> tuple[type[CameraError], tuple[str, str]]:
        """Errors travel between processes whole."""
        return type(self), (self.camera_id, str(self))


class CameraUnreachable(CameraError):
    """The camera gave no answer: time-out, refused connection, unknown host name."""


class CertificateUnknown(CameraUnreachable):
    """Neither an authority nor a fingerprint vouches for the camera's certificate; no credentials were sent."""

    retry_after: ClassVar[float] = 60.0


class CertificateChanged(CameraUnreachable):
    """The camera shows another certificate than the one that was accepted; no credentials were sent."""

    retry_after: ClassVar[float] = 60.0


class CameraBusy(CameraError):
    """The camera answered that it cannot answer now: HTTP 5xx, or SUNAPI codes 607, 610 and 614."""

    retry_after: ClassVar[float] = 5.0


class CredentialsRejected(CameraError):
    """User name and password are refused, or the account may not read counts.

    Cameras lock an account after five failures (SUNAPI Introduction 2.6.2), hence the long wait.
    """

    retry_after: ClassVar[float] = 1800.0


class RightsMissing(CredentialsRejected):
    """The account logs in, but may not read what was asked for."""


class SignInsHeldBack(CredentialsRejected):
    """Too many sign-ins at this account have failed lately, whoever tried; nothing was asked.

    Whether it may be tried again is a question to ourselves, hence the short wait.
    """

    retry_after: ClassVar[float] = 60.0


class AccountBlocked(CameraError):
    """The camera has locked the account after too many failed log-ins: HTTP 490."""

    retry_after: ClassVar[float] = 900.0


class CountingUnavailable(CameraError):
    """The camera has no people counting, or it is switched off: HTTP 404, SUNAPI codes 600, 601, 608, 612."""

    retry_after: ClassVar[float] = 600.0


class UnexpectedAnswer(CameraError):
    """The answer is not one the manuals describe: garbage, cut off, too large, an HTML page."""


class RequestRefused(UnexpectedAnswer):
    """The camera does not take the parameters of the request: SUNAPI codes 602, 603, 604."""
