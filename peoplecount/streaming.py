"""What a process needs to serve streams beside the hub: places, tickets, and their end."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Collection, Mapping

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.visitor import Visitor
from peoplecount.installation import Installation
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.stream_closing import StreamClosing
from peoplecount.services.stream_holders import StreamHolders
from peoplecount.services.stream_tickets import StreamTickets
from peoplecount.services.worker_threads import Worker
from peoplecount.stream.client import FAREWELL_SECONDS
from peoplecount.stream.hub import Hub
from peoplecount.stream.open_streams import OpenStreams
from peoplecount.stream.slots import SharedSlots

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
"""Between two looks for streams that should have ended."""


class Streaming:
    """The streams of one process, their places shared with the other workers."""

    def __init__(
        self, installation: Installation, hub: Hub, of_holders: Callable[[Collection[str]], Mapping[str, Visitor]]
    ) -> None:
        """``of_holders`` tells who stands behind open streams."""
        settings, folder, offload = installation.settings, installation.folder, installation.runtime.offload
        self._hub = hub
        self.slots = SharedSlots(folder.path / "streams.lock")
        """Of all workers of this machine."""

        self.streams = OpenStreams(self.slots, _room_for(settings.streams_max), settings.streams_per_client)
        # A ticket ends by real time, also where a day is played in a minute.
        self.tickets = StreamTickets(folder.store, PlayedClock(REAL_TIME), offload)
        self.closing = StreamClosing(folder.store, self.streams, offload)
        self._holders = StreamHolders(self.streams, of_holders)

    def workers(self) -> dict[str, Worker]:
        """What runs for as long as the process does, by name."""
        return {
            "stream-sweep": self._sweep,
            "stream-closing": self.closing.run,
            "stream-holders": self._holders.run,
        }

    def _sweep(self, stop: threading.Event) -> None:
        """Break what should have ended and does not take its last words, until ``stop`` is set."""
        while not stop.wait(SWEEP_SECONDS):
            self.streams.cut_overdue()

    def stop(self, reason: str) -> None:
        """Say goodbye to all, and break what does not take it within a second: two are all that a process has."""
        self._hub.close(reason)
        cutting = threading.Timer(FAREWELL_SECONDS, self.streams.cut)
        cutting.daemon = True
        cutting.start()

    def close(self) -> None:
        """Let go of the places; may be called twice."""
        self.slots.close()


def _room_for(wanted: int) -> int:
    """As many streams as are wanted, but no more than half of the files that may be open.

    Cameras, pages, the log and the database need some, too.
    """
    if sys.platform == "win32":
        return wanted
    import resource  # noqa: PLC0415  POSIX

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or wanted <= soft // 2:
        return wanted
    logger.warning(
        "STREAMS_MAX is %d, but this process may open %d files only: it serves %d streams (raise LimitNOFILE)",
        wanted,
        soft,
        soft // 2,
    )
    return soft // 2
