"""What one answer of a camera may cost: so many bytes, and so much time."""

from __future__ import annotations

from peoplecount.domain.clock import Clock
from peoplecount.domain.sentence import say
from peoplecount.sunapi.errors import CameraUnreachable, UnexpectedAnswer

MOST_BYTES = 1024 * 1024
"""No body comes near it: a hundred lines are 10 KB."""

MOST_BYTES_BEFORE_BODY = 65_536
"""Status line and headers, which are under 1 KB, and whatever else comes before a body."""


class Allowance:
    """Bytes and seconds left to the answer of one camera; begun anew with each answer.

    Everything received counts, because ``http.client`` reads some things without end: answers ``100 Continue`` before
    the real one, and trailers behind the last chunk of a body. The time-out of a socket does not help there, as it
    begins anew with every byte.
    """

    def __init__(self, camera_id: str, *, clock: Clock, seconds: float) -> None:
        """``seconds`` (real) are for an answer from its request to its end."""
        self._camera_id = camera_id
        self._clock = clock
        self._seconds = seconds
        self._deadline = 0.0
        self._most = 0
        self.received = 0
        """Bytes of this answer, whatever they are."""

    def begin(self) -> None:
        """An answer is being waited for."""
        self._deadline = self._clock.monotonic() + self._seconds
        self._most = MOST_BYTES_BEFORE_BODY
        self.received = 0

    def begin_body(self) -> None:
        """All headers are there."""
        self._most = MOST_BYTES_BEFORE_BODY + MOST_BYTES

    def go_on(self, seconds: float) -> None:
        """Another piece of a body without end is waited for, at most so long; it may be as large as a whole answer."""
        self._deadline = self._clock.monotonic() + seconds
        self.received = 1

    def seconds_left(self) -> float:
        """More than 0. Raises ``CameraUnreachable`` where the time is over."""
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left

    def spend(self, count: int) -> None:
        """So many bytes have come. Raises ``UnexpectedAnswer`` where they are too many."""
        self.received += count
        if self.received > self._most:
            raise self.too_large(in_body=self._most > MOST_BYTES_BEFORE_BODY)

    def too_large(self, *, in_body: bool = True) -> UnexpectedAnswer:
        """The error for an answer that does not end."""
        if in_body:
            return UnexpectedAnswer(
                self._camera_id, say("the answer is larger than %(value)s KiB", value=MOST_BYTES // 1024)
            )
        most = f"{MOST_BYTES_BEFORE_BODY // 1024} KiB"
        return UnexpectedAnswer(
            self._camera_id, say("the answer has more than %(most)s of headers before its body", most=most)
        )

    def too_slow(self) -> CameraUnreachable:
        """The error for an answer that has begun and goes on for too long."""
        return CameraUnreachable(
            self._camera_id,
            say("the camera did not finish its answer within %(seconds)s s", seconds=f"{self._seconds:g}"),
        )

    def no_handshake(self, seconds: float) -> CameraUnreachable:
        """The error for a camera that takes longer than ``seconds`` to agree on an encrypted connection."""
        return CameraUnreachable(
            self._camera_id, say("no encrypted connection could be agreed within %(seconds)s s", seconds=f"{seconds:g}")
        )
