"""Frames, byte for byte."""

from datetime import UTC, datetime

import pytest

from peoplecount.domain.event import EventKind, LogEntry, NewEvent
from peoplecount.domain.event_id import EventId
from peoplecount.stream.encoder import entry_frame, event_frame, heartbeat_frame, object_frame, retry_frame

ID = EventId("3f9a", 12)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (event_frame("tick", "1"), b"event: tick\ndata: 1\n\n"),
        (event_frame("tick", "1", ID), b"id: 3f9a-12\nevent: tick\ndata: 1\n\n"),
        (event_frame("tick", ""), b"event: tick\ndata: \n\n"),
        (event_frame("tick", "a\nb"), b"event: tick\ndata: a\ndata: b\n\n"),
        (event_frame("tick", "a\r\nb\rc\n"), b"event: tick\ndata: a\ndata: b\ndata: c\ndata: \n\n"),
        (event_frame("tick", " led by a blank"), b"event: tick\ndata:  led by a blank\n\n"),
        (event_frame("tick", "id: no"), b"event: tick\ndata: id: no\n\n"),
        (event_frame("tick", "Zürich \u2028"), "event: tick\ndata: Zürich \u2028\n\n".encode()),
        (
            object_frame(EventKind.GOODBYE, {"reason": "Tür zu"}),
            'event: goodbye\ndata: {"reason":"Tür zu"}\n\n'.encode(),
        ),
        (retry_frame(2000), b"retry: 2000\n\n"),
        (heartbeat_frame(ID), b":\nid: 3f9a-12\n\n"),
        (heartbeat_frame(None), b":\n\n"),
    ],
)
def test_frames_are_exactly_these_bytes(frame, expected):
    assert frame == expected


def test_an_entry_of_the_log_carries_its_id_twice():
    event = NewEvent(EventKind.COUNT, "s", "c", "d", "c-0-1-1", '{"kind":"PeopleCountingUpdate","in":2}')
    frame = entry_frame(LogEntry(ID, datetime(2026, 5, 4, tzinfo=UTC), event))
    assert frame == (
        b'id: 3f9a-12\nevent: PeopleCountingUpdate\ndata: {"id":"3f9a-12","kind":"PeopleCountingUpdate","in":2}\n\n'
    )


@pytest.mark.parametrize("name", ["", "a\nb", "a\rb", "a\0b"])
def test_a_name_that_would_break_the_stream_is_refused(name):
    with pytest.raises(ValueError, match="not an event name"):
        event_frame(name, "data")
