"""Log marks: which request, camera or event a log line is about, for whoever writes log lines.

Set where work on one of them begins, and read where a line is written in the meantime: by the same greenlet or thread,
or by a thread that a call was handed to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of a request over HTTP, as its answer has it in ``X-Request-ID``."""

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""What a program that calls the API calls its request."""

CAMERA: ContextVar[str] = ContextVar("camera", default="")
EVENT: ContextVar[str] = ContextVar("event", default="")
"""The id of an event of the log."""

_MARKS = {"requestId": REQUEST, "clientRequestId": CLIENT, "cameraId": CAMERA, "eventId": EVENT}


@contextmanager
def marked(mark: ContextVar[str], text: str) -> Iterator[None]:
    """What is logged in the block is about this."""
    before = mark.set(text)
    try:
        yield
    finally:
        mark.reset(before)


def log_marks() -> dict[str, str]:
    """The marks that are set here and now, by the names they have in log lines of JSON."""
    return {name: text for name, mark in _MARKS.items() if (text := mark.get())}
