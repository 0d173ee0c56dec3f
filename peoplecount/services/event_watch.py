"""Watching a camera's events, so that it is polled when somebody has come and not only when its turn is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.sunapi.errors import CameraError, CountingUnavailable, UnexpectedAnswer

logger = logging.getLogger(__name__)

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
"""Real seconds before a stream that ended is opened again; each pause is twice the one before."""

LONG_ENOUGH = 60.0
"""Seconds after which a stream that ends has done well, and is opened again after the first pause."""

LEFT_ALONE = 3600.0
"""Seconds in which a camera that does not offer the stream, or sends nonsense on it, is only polled."""


class EventSource(Protocol):
    """The stream of one camera's events."""

    def follow(self, on_people: Callable[[], None]) -> None:
        """Call for everybody who is counted, until the camera ends the stream. Raises ``CameraError``."""
        ...

    def close(self) -> None:
        """End it for good."""
        ...


class EventWatch:
    """Follows the events of one camera in a thread of its own, and has it polled when they tell of people.

    No event is ever counted: an event that is lost, doubled or wrong changes nothing but when the next poll is.
    """

    def __init__(
        self,
        camera_id: str,
        open_source: Callable[[], EventSource],
        *,
        wanted: Callable[[], bool],
        poll_soon: Callable[[], None],
        clock: Clock,
    ) -> None:
        """``wanted`` says whether the camera has events that tell of people, as far as is known.

        ``open_source`` makes the stream of its events, once it is wanted: most cameras have none worth the memory.
        """
        self._camera_id = camera_id
        self._open_source = open_source
        self._source: EventSource | None = None
        self._wanted = wanted
        self._poll_soon = poll_soon
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pause = FIRST_PAUSE
        self._told = ""

    def begin(self) -> None:
        """Watch from now on, if the camera is one to watch; to be called after every poll that went well."""
        if self._thread is None and not self._stop.is_set() and self._wanted():
            self._source = source = self._open_source()
            self._thread = threading.Thread(
                target=self._run, args=(source,), name=f"events-{self._camera_id}", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """End; returns at once. May be called twice."""
        self._stop.set()
        if self._source is not None:
            self._source.close()

    def _run(self, source: EventSource) -> None:
        while not self._stop.is_set():
            began = self._clock.monotonic()
            pause = 0.0
            try:
                source.follow(self._poll_soon)
                self._tell("")
            except CameraError as error:
                pause = self._after(error)
            except Exception:
                logger.exception("camera %s: watching its events failed for an unforeseen reason", self._camera_id)
                pause = LEFT_ALONE
            if self._clock.monotonic() - began >= LONG_ENOUGH:
                self._pause = FIRST_PAUSE
            self._stop.wait(max(pause, self._pause))
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _after(self, error: CameraError) -> float:
        """How long the camera is left alone for an error."""
        if self._stop.is_set():
            return 0.0
        self._tell(str(error))
        alone = LEFT_ALONE if isinstance(error, CountingUnavailable | UnexpectedAnswer) else 0.0
        return max(alone, error.retry_after)

    def _tell(self, trouble: str) -> None:
        """Log the trouble when it changes."""
        if trouble and trouble != self._told:
            logger.info("camera %s is polled without following its events: %s", self._camera_id, trouble)
        self._told = trouble
