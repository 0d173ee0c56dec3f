"""What a camera's refusals mean: HTTP statuses and SUNAPI error codes, as errors an operator can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from peoplecount.domain.sentence import say
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

_MAY_NOT = say(
    "the camera lets this account log in, but not read %(subject)s: counts on classic SUNAPI need an account of "
    "administrator level (%(reason)s)",
    subject="{subject}",
    reason="{reason}",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What was asked for, and of whom."""

    what: str
    recorder_channel: int | None = None
    """The channel of the recorder that was asked for it; ``None``: the camera itself was."""

    def __str__(self) -> str:
        way = (
            ""
            if self.recorder_channel is None
            else say(" through channel %(recorder_channel)s of the recorder", recorder_channel=self.recorder_channel)
        )
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
        return CameraBusy(
            camera_id,
            say("the camera is busy or starting (HTTP %(status)s for %(subject)s)", status=status, subject=subject),
        )
    if status == 403:
        return RightsMissing(
            camera_id,
            _MAY_NOT.format(subject=subject, reason=say("HTTP 403; an address filter on the camera does the same")),
        )
    if status == 404:
        return CountingUnavailable(
            camera_id, say("the camera does not know the call for %(subject)s (HTTP 404)", subject=subject)
        )
    if status == 490:
        return AccountBlocked(
            camera_id,
            say(
                "the camera has locked this account after too many failed log-ins (HTTP 490), and opens it by "
                "itself; it is left alone for 15 minutes"
            ),
        )
    if status == 491:
        return CredentialsRejected(
            camera_id,
            say(
                "the device wants an additional password for %(subject)s (HTTP 491), which is not supported",
                subject=subject,
            ),
        )
    return UnexpectedAnswer(
        camera_id, say("HTTP %(status)s came instead of %(subject)s", status=status, subject=subject)
    )


def from_refusal(camera_id: str, subject: Subject, refusal: Refusal) -> CameraError:
    """The error for an error body, which mostly comes with HTTP 200 (SUNAPI Introduction 2.6.2, error codes)."""
    said = say("error %(refusal)s", refusal=refusal) if refusal.code else say("an error without a code")
    if refusal.code == _NOT_SET_UP and subject.recorder_channel is not None:
        return CountingUnavailable(
            camera_id,
            say(
                "the recorder has no camera on its channel %(recorder_channel)s, or none that was "
                "registered there with the SUNAPI protocol (%(said)s)",
                recorder_channel=subject.recorder_channel,
                said=said,
            ),
        )
    if refusal.code == _NOT_AUTHORIZED:
        return RightsMissing(camera_id, _MAY_NOT.format(subject=subject, reason=said))
    if refusal.code in _BUSY_CODES:
        return CameraBusy(
            camera_id, say("the camera cannot give %(subject)s just now (%(said)s)", subject=subject, said=said)
        )
    if refusal.code in _ABSENT_CODES:
        return CountingUnavailable(
            camera_id, say("the camera does not offer %(subject)s (%(said)s)", subject=subject, said=said)
        )
    if refusal.code in _PARAMETER_CODES:
        return RequestRefused(
            camera_id, say("the camera refuses the request for %(subject)s (%(said)s)", subject=subject, said=said)
        )
    return UnexpectedAnswer(
        camera_id, say("the camera answers the request for %(subject)s with %(said)s", subject=subject, said=said)
    )
