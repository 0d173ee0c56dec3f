"""The hub: one shared ring of frames, and the wake-up of those who read it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.stream.channel import Channel, Listener, Place, Slice
from peoplecount.stream.encoder import entry_frame
from peoplecount.stream.readings import readings_frame
from peoplecount.stream.ring import Frame, Ring
from peoplecount.stream.selection import EVERYTHING, Selection, Tags, Whereabouts
from peoplecount.stream.snapshot import Snapshot

MAX_FRAMES = 10_000
"""A quarter of an hour of one event every 100 ms: longer than any restart, and some 15 MB in each process. Whoever is
further behind is served from the log."""

MAX_BYTES = 8 << 20

MAX_SLICE = 64 << 10
"""A reader is handed about this many bytes at a time. It is all that one who does not read on holds of our memory, so
that two thousand of them come to 128 MB and not more."""


MAX_SLICES = 256
"""That are shared until the next event: their readers may stand anywhere."""


class Hub:
    """Publishes to any number of readers at a cost that hardly depends on how many they are.

    One thread (or greenlet) publishes; readers come from any. No call blocks but ``Signal`` waits of the readers
    themselves. Where the stream is fast, whoever publishes is the one to pace it: everything published together wakes
    each reader once.
    """

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._ring = Ring(0, max_frames, max_bytes)
        self._epoch = ""
        self._generation = 0
        self._slices: dict[tuple[int, Selection], Slice] = {}
        self._channels: dict[Selection, Channel] = {}
        self._all = Channel(EVERYTHING, 0)
        self._closed = ""
        self._open_streams = 0
        self.opened = 0
        """Streams since the start."""

        self.delivered = 0
        """Events since the start, counted for each stream that was given them."""

        self._states: dict[EventKind, tuple[int, Frame]] = {}
        """The newest event of each kind that tells the whole of something, and its position."""
        self._turned: Snapshot | None = None
        """The snapshot that was published last."""

    @property
    def ready(self) -> bool:
        """False until the first ``reset``: where the log stands is not known yet."""
        return bool(self._epoch)

    @property
    def closed(self) -> str:
        """Why the hub was closed; empty while it is open."""
        return self._closed

    @property
    def head(self) -> EventId:
        """The newest log entry that was published, or that the ring began after."""
        return EventId(self._epoch, self._ring.head)

    @property
    def open_streams(self) -> int:
        """Streams that somebody reads now."""
        return self._open_streams

    @property
    def signal(self) -> threading.Event:
        """Is set with the next change of any kind. Take it *before* looking, then no change is missed."""
        return self._all.signal

    @contextmanager
    def attendance(self, selection: Selection = EVERYTHING) -> Iterator[Channel]:
        """``join`` for the block."""
        channel = self.join(selection)
        try:
            yield channel
        finally:
            self.part(channel)

    def join(self, selection: Selection) -> Channel:
        """Count one open stream: the channel of those who chose the same. ``part`` is due."""
        with self._lock:
            self._open_streams += 1
            self.opened += 1
            channel = self._channels.get(selection)
            if channel is None:
                channel = self._channels[selection] = Channel(selection, self._ring.end)
            channel.readers += 1
            return channel

    def part(self, channel: Channel) -> None:
        """One stream less."""
        with self._lock:
            self._open_streams -= 1
            channel.readers -= 1
            if not channel.readers:
                del self._channels[channel.selection]

    def reset(self, head: EventId) -> None:
        """Begin anew after ``head``: at the start, and when the log was found rewound or has another epoch."""
        with self._lock:
            self._ring = Ring(head.number, self._max_frames, self._max_bytes)
            self._epoch = head.epoch
            self._generation += 1
            self._states.clear()
            self._turned = None
            for channel in self._channels.values():
                channel.news = self._ring.end
        self.nudge()

    def publish(self, entries: Sequence[LogEntry]) -> None:
        """Entries of the log, in order, each once, beginning right after ``head``."""
        if entries:
            self._add([_entry(entry) for entry in entries])

    def publish_readings(
        self, now: datetime, readings: Mapping[str, datetime], where: Callable[[], Mapping[str, Whereabouts]] = dict
    ) -> None:
        """When each camera was last read; ``where`` each of them looks is asked for those who chose doors or sites."""
        self._publish_state(EventKind.READINGS, readings_frame(self._ring.head, now, readings, where))

    def publish_snapshot(self, snapshot: Snapshot) -> None:
        """The whole state, when it changed by the clock alone: a new day. It must have been taken at ``head``."""
        frame = Frame(snapshot.event_id.number, snapshot.frame(EVERYTHING), choose=snapshot.frame)
        self._publish_state(EventKind.SNAPSHOT, frame)
        self._turned = snapshot

    def _publish_state(self, kind: EventKind, frame: Frame) -> None:
        """The ring holds the newest of them only: of thousands of cameras they would push all counts out of it."""
        with self._lock:
            before, _ = self._states.get(kind, (-1, frame))
            self._ring.blank(before)
            self._states[kind] = self._ring.end, frame
        self._add([frame])

    def _add(self, frames: Sequence[Frame]) -> None:
        with self._lock:
            begin = self._ring.end
            for frame in frames:
                self._ring.add(frame)
            concerned = [one for one in self._channels.values() if _concern(frames, one.selection)]
            for channel in concerned:
                channel.news = self._ring.end
                self._hand(channel, begin)
            waiting = self._renewed(concerned)
        for signal in waiting:
            signal.set()

    def _hand(self, channel: Channel, begin: int) -> None:
        """Hand what was added to those who listen, unless it is more than they are to hold at a time."""
        if not channel.listeners:
            return
        part = self._join(begin, channel.selection) if begin >= self._ring.start else None
        if part is not None and part.after.position == self._ring.end:
            channel.hand(part)
        else:
            channel.wake()

    def close(self, reason: str) -> None:
        """End every stream with a ``goodbye`` that gives the reason; may be called twice."""
        self._closed = self._closed or reason
        self.nudge()

    def nudge(self) -> None:
        """Make every reader look again."""
        with self._lock:
            for channel in self._channels.values():
                channel.wake()
            waiting = self._renewed(self._channels.values())
        for signal in waiting:
            signal.set()

    def _renewed(self, channels: Iterable[Channel]) -> list[threading.Event]:
        """The signals to set, for something has changed that concerns these."""
        self._slices.clear()
        return [self._all.renew(), *(channel.renew() for channel in channels)]

    def listen(self, listener: Listener, channel: Channel, place: Place) -> bool:
        """Hand the listener what comes after a place, from now on; ``False`` where something is there already."""
        with self._lock:
            if place.generation != self._generation or channel.news > place.position or self._closed:
                return False
            channel.listeners.add(listener)
            return True

    def leave(self, listener: Listener, channel: Channel) -> None:
        """Hand it nothing any more; it may not be listening."""
        with self._lock:
            channel.listeners.discard(listener)

    def latest_state(self, cursor: EventId, selection: Selection) -> bytes:
        """The newest ``readings`` event, behind a ``snapshot`` that was published after this very entry; or nothing.

        Whoever has read up to the entry may have been away when the snapshot was told.
        """
        turned, readings = self._turned, self._states.get(EventKind.READINGS)
        snapshot = turned.frame(selection) if turned is not None and turned.event_id == cursor else b""
        return snapshot + (readings[1].data_for(selection) if readings else b"")

    def place_after(self, cursor: EventId) -> Place | None:
        """Where reading goes on after this entry; ``None`` where the ring does not hold it."""
        with self._lock:
            if cursor.epoch != self._epoch or not self._ring.base <= cursor.number <= self._ring.head:
                return None
            return Place(self._generation, self._ring.position_after(cursor.number))

    def place_behind(self, snapshot: Snapshot) -> Place | None:
        """Where reading goes on after a snapshot: as after its entry, or where a newer one of the same entry lies."""
        place = self.place_after(snapshot.event_id)
        turned = self._turned
        if place is None or turned is None or turned is snapshot or turned.event_id != snapshot.event_id:
            return place
        at, _ = self._states[EventKind.SNAPSHOT]
        is_newer = turned.time >= snapshot.time and at >= self._ring.start
        return Place(place.generation, min(place.position, at)) if is_newer else place

    def slice_after(self, place: Place, selection: Selection, most: int | None = None) -> Slice | None:
        """What follows a place, about ``MAX_SLICE`` bytes of it; ``None`` where the ring holds that place no longer.

        With ``most`` no more than so many events with an id; such a slice is not shared.
        """
        with self._lock:
            if place.generation != self._generation:
                return None
            channel = self._channels.get(selection)
            if channel is not None and channel.news <= place.position:
                return self._nothing()
            if place.position < self._ring.start:
                return None
            if most is not None:
                return self._join(place.position, selection, most)
            key = (place.position, selection)
            part = self._slices.get(key)
            if part is None:
                if len(self._slices) >= MAX_SLICES:
                    self._slices.clear()
                part = self._slices[key] = self._join(place.position, selection)
            return part

    def _nothing(self) -> Slice:
        """All that there is was looked at, without looking at it."""
        return Slice(b"", EventId(self._epoch, self._ring.head), Place(self._generation, self._ring.end), 0, None)

    def _join(self, position: int, selection: Selection, most: int | None = None) -> Slice:
        parts: list[bytes] = []
        size = events = 0
        told: EventId | None = None
        number = self._ring.number_before(position)
        for frame in self._ring.from_position(position):
            data = frame.data_for(selection)
            if (parts and size + len(data) > MAX_SLICE) or events == most:
                break
            if data:
                parts.append(data)
                size += len(data)
                if frame.is_event:
                    events += 1
                    told = EventId(self._epoch, frame.number)
            number = frame.number
            position += 1
        examined = EventId(self._epoch, number)
        return Slice(b"".join(parts), examined, Place(self._generation, position), events, told)


def _concern(frames: Sequence[Frame], selection: Selection) -> bool:
    """Whether any of them may be for those who chose this; what is made for each choice is for all."""
    return not selection or any(frame.tags is None or selection.takes(frame.tags) for frame in frames)


def _entry(entry: LogEntry) -> Frame:
    return Frame(entry.event_id.number, entry_frame(entry), Tags.of(entry.event))
