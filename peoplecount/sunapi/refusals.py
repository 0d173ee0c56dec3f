"""What a camera's refusals mean: HTTP statuses and SUNAPI error codes, as errors an operator can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from peoplecount.sunapi.answers import MalformedAnswer, Refusal, parse_answer
from peoplecount.sunapi.errors import (
    AccountBlocked,
    CameraBusy,
    CameraError,
    CountingUnavailable,
    CredentialsRejected,
    RequestRefused,
    RightsMissing,
    UnexpectedAnswer,
)

T = TypeVar("T")

_BUSY_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Seen while an application or the web server behind nginx starts."""

_ABSENT_CODES = frozenset({404, 600, 601, 608, 612, 700, 701})
_PARAMETER_CODES = frozenset({405, 602, 603, 604, 613})
_BUSY_CODES = frozenset({607, 610, 614})
_NOT_AUTHORIZED = 609
_NOT_SET_UP = 612

_MAY_NOT = (
    "the camera lets this account log in, but not read {subject}: counts on classic SUNAPI need an account of "
    "administrator level ({reason})"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What was asked for, and of whom."""

    what: str
    recorder_channel: int | None = None
    """The channel of the recorder that was asked for it; ``None``: the camera itself was."""

    def __str__(self) -> str:
        way = "" if self.recorder_channel is None else f" through channel {self.recorder_channel} of the recorder"
        return f"{self.what}{way}"


def parsed(camera_id: str, subject: Subject, body: bytes, parse: Callable[[bytes], T]) -> T:
    """What ``parse`` makes of an answer; its ``Refusal`` and ``MalformedAnswer`` become ``CameraError``."""
    try:
        return parse(body)
    except Refusal as refusal:
        raise from_refusal(camera_id, subject, refusal) from refusal
    except MalformedAnswer as error:
        raise UnexpectedAnswer(camera_id, f"{subject}: {error}") from error


def from_reply(camera_id: str, subject: Subject, status: int, body: bytes) -> CameraError:
    """The error for an answer whose HTTP status is none of 200, 401 and redirections."""
    if status == 400:
        # WiseAI reports its errors this way (WiseAI App API 1.5.0); the body says more than the status.
        try:
            parse_answer(body)
        except Refusal as refusal:
            return from_refusal(camera_id, subject, refusal)
        except MalformedAnswer:
            pass
    return from_status(camera_id, subject, status)


def from_status(camera_id: str, subject: Subject, status: int) -> CameraError:
    """The error for an HTTP status other than 200, 400 and 401 (SUNAPI Introduction 2.6.2)."""
    if status in _BUSY_STATUSES:
        return CameraBusy(camera_id, f"the camera is busy or starting (HTTP {status} for {subject})")
    if status == 403:
        return RightsMissing(
            camera_id,
            _MAY_NOT.format(subject=subject, reason="HTTP 403; an address filter on the camera does the same"),
        )
    if status == 404:
        return CountingUnavailable(camera_id, f"the camera does not know the call for {subject} (HTTP 404)")
    if status == 490:
        return AccountBlocked(
            camera_id,
            "the camera has locked this account after too many failed log-ins (HTTP 490), and opens it by "
            "itself; it is left alone for 15 minutes",
        )
    if status == 491:
        return CredentialsRejected(
            camera_id, f"the device wants an additional password for {subject} (HTTP 491), which is not supported"
        )
    return UnexpectedAnswer(camera_id, f"HTTP {status} came instead of {subject}")


def from_refusal(camera_id: str, subject: Subject, refusal: Refusal) -> CameraError:
    """The error for an error body, which mostly comes with HTTP 200 (SUNAPI Introduction 2.6.2, error codes)."""
    said = f"error {refusal}" if refusal.code else "an error without a code"
    if refusal.code == _NOT_SET_UP and subject.recorder_channel is not None:
        return CountingUnavailable(
            camera_id,
            f"the recorder has no camera on its channel {subject.recorder_channel}, or none that was registered there "
            f"with the SUNAPI protocol ({said})",
        )
    if refusal.code == _NOT_AUTHORIZED:
        return RightsMissing(camera_id, _MAY_NOT.format(subject=subject, reason=said))
    if refusal.code in _BUSY_CODES:
        return CameraBusy(camera_id, f"the camera cannot give {subject} just now ({said})")
    if refusal.code in _ABSENT_CODES:
        return CountingUnavailable(camera_id, f"the camera does not offer {subject} ({said})")
    if refusal.code in _PARAMETER_CODES:
        return RequestRefused(camera_id, f"the camera refuses the request for {subject} ({said})")
    return UnexpectedAnswer(camera_id, f"the camera answers the request for {subject} with {said}")
