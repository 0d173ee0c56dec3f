"""The body of a request, for as long as it may take to come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent

BODY_SECONDS = 60.0
"""From when a body is first asked for until its end. The largest that is taken needs no more at 70 KB/s. Whoever sends
a byte now and then would else keep a connection for ever, and its place from everybody."""


class BodyClock:
    """The time that a body has, from when it is first asked for."""

    def __init__(self, seconds: float = BODY_SECONDS) -> None:
        self._seconds = seconds
        self._end: float | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Read within this. Raises ``TimeoutError`` in the midst of it."""
        if self._end is None:
            self._end = time.monotonic() + self._seconds
        with gevent.Timeout(max(0.0, self._end - time.monotonic()), TimeoutError("the body did not come in time")):
            yield


class TimedBody:
    """gunicorn's ``Body``. Reading ends with ``TimeoutError`` where it takes too long, and the request is refused."""

    def __init__(self, body: Any, seconds: float = BODY_SECONDS) -> None:  # noqa: ANN401  gunicorn's
        self._body = body
        self._clock = BodyClock(seconds)

    @property
    def failed(self) -> bool:
        """Whether nobody knows where the next request would begin: gunicorn then closes the connection."""
        return bool(self._body.failed)

    def read(self, size: int | None = None) -> bytes:
        """See ``io.RawIOBase``, as for the others."""
        with self._clock.running():
            data: bytes = self._body.read(size)
        return data

    def readline(self, size: int | None = None) -> bytes:
        """One line."""
        with self._clock.running():
            line: bytes = self._body.readline(size)
        return line

    def readlines(self, size: int | None = None) -> list[bytes]:
        """All that are left."""
        with self._clock.running():
            lines: list[bytes] = self._body.readlines(size)
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")
