"""A stream cut to one answer, for those who cannot read an endless one."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from peoplecount.domain.event import EventKind
from peoplecount.domain.event_id import EventId
from peoplecount.stream.client import SSEClient
from peoplecount.stream.endings import LOG_UNREADABLE

MAX_BYTES = 256 << 10
"""Of the events of one answer, but for the last piece of a stream: all of it is held until its reader has taken it."""

_GOODBYE = f"event: {EventKind.GOODBYE.value}\n".encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one consumer heard in a bounded time."""

    events: tuple[bytes, ...]
    """Each a JSON object, the same that the stream sends, in its order."""

    next: EventId | None
    """Where to read on; ``None`` where the service does not know yet where its log stands."""

    is_readable: bool
    """False where the log could not be read: what was heard until then is all the same true."""

    @classmethod
    def of(cls, client: SSEClient) -> Answer:
        """Read a client's stream to its end, which its order must bound, or until so much has come."""
        events: list[bytes] = []
        size = 0
        with closing(client.open_stream()) as stream:
            for frames in stream:
                events += _data(frames)
                size += len(frames)
                if size >= MAX_BYTES:  # its cursor stands right behind what it gave last
                    break
        return cls(tuple(events), client.cursor, client.ending != LOG_UNREADABLE)


def _data(frames: bytes) -> list[bytes]:
    """The data of each event in these frames. Ours is always one line, because JSON needs no other."""
    found = []
    for block in frames.split(b"\n\n"):
        _, mark, data = block.partition(b"data: ")
        if mark and _GOODBYE not in block:
            found.append(data)
    return found
