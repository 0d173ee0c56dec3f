"""Event streams, however they are cut up and whatever is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from peoplecount.sunapi.camera_events import tells_of_people
from peoplecount.sunapi.event_parts import MOST_BYTES_OF_EVENT, EventParts, boundary_of

COUNT = {
    "EventStatus": [
        {
            "EventName": "OpenSDK.WiseAI.ObjectCounting",
            "Time": "2024-05-14T07:31:08.820+00:00",
            "Source": {"Channel": 0, "RuleName": 'East "door" {Süd} \\'},
            "Data": {"ReportType": "Punctual", "ObjectType": "Person", "Direction": "IN", "Count": 2},
        }
    ]
}
MOTION = {"ChannelEvent": [{"Channel": 0, "MotionDetection": False}], "SystemEvent": {"PowerReboot": False}}
CHANGED = {"ChangedConfigURI": "eventsources.cgi?msubmenu=peoplecount", "SystemEvent": {"ConfigChange": True}}


def text(value: object, **more: Any) -> bytes:
    return json.dumps(value, **more).encode()


HEAD = b"--SamsungTechwin\r\nContent-Type: application/json\r\n\r\n"

STREAMS = {
    "as in the manual": (
        HEAD + text(MOTION) + b"\r\n--SamsungTechwin\r\nContent-type:application/json; charset=utf-8\r\n\r\n"
        b"" + text(CHANGED) + b"\r\n--SamsungTechwin\r\n",
        [MOTION, CHANGED],
    ),
    "without headers": (
        b"--SamsungTechwin\r\n" + text(COUNT) + b"\r\n--SamsungTechwin\r\n" + text(MOTION),
        [COUNT, MOTION],
    ),
    "several in a part": (HEAD + text(COUNT) + text(MOTION) + b"\r\n" + text(CHANGED), [COUNT, MOTION, CHANGED]),
    "without a first boundary": (text(COUNT) + b"\n" + text(MOTION), [COUNT, MOTION]),
    "over several lines, LF": (
        HEAD.replace(b"\r\n", b"\n") + text(COUNT, indent=1) + b"\n--SamsungTechwin\n" + text(CHANGED, indent=1),
        [COUNT, CHANGED],
    ),
    "letters as they are": (HEAD + text(COUNT, ensure_ascii=False), [COUNT]),
    "with a last boundary": (HEAD + text(COUNT) + b"\r\n--SamsungTechwin--\r\n", [COUNT]),
    "text parts between": (
        b"--SamsungTechwin\r\nContent-Type: text/plain\r\n\r\nChannel.0.MotionDetection=False\r\n" + HEAD + text(COUNT),
        [COUNT],
    ),
    "cut off in an object": (HEAD + text(COUNT)[:60] + b"\r\n" + HEAD + text(MOTION), [MOTION]),
    "cut off in a text": (HEAD + b'{"a": "b{\r\n' + HEAD + text(MOTION), [MOTION]),
    "cut off after a backslash": (HEAD + b'{"a": "b\\\r\n' + HEAD + text(MOTION), [MOTION]),
    "no JSON within braces": (HEAD + b"{nonsense}\r\n" + HEAD + text(MOTION) + b"}}}" + text(COUNT), [MOTION, COUNT]),
    "a list": (HEAD + b"[1, 2]\r\n" + HEAD + text(MOTION), [MOTION]),
    "nothing": (b"", []),
}


def read(pieces: Iterable[bytes], boundary: str = "SamsungTechwin") -> list[object]:
    parts = EventParts(boundary)
    return [event for piece in pieces for event in parts.feed(piece)]


@pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)
def test_every_object_is_found(stream: bytes, expected: list[object]) -> None:
    assert read([stream]) == expected


@pytest.mark.parametrize(("stream", "expected"), STREAMS.values(), ids=STREAMS)
def test_wherever_it_is_split(stream: bytes, expected: list[object]) -> None:
    for position in range(len(stream) + 1):
        assert read([stream[:position], stream[position:]]) == expected, position
    assert read(bytes([byte]) for byte in stream) == expected


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=SamsungTechwin", "SamsungTechwin"),
        ('multipart/x-mixed-replace; Boundary="--Hanwha x"; charset=utf-8', "Hanwha x"),
        ("multipart/mixed;boundary=--myboundary--", "myboundary"),
        ("multipart/mixed; boundary=", "SamsungTechwin"),
        ("multipart/mixed", "SamsungTechwin"),
        ("", "SamsungTechwin"),
        ("multipart/mixed; boundary=" + "x" * 200, "x" * 70),
    ],
)
def test_the_boundary_is_the_headers_or_the_usual_one(content_type: str, boundary: str) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize("dashes", ["--", "----", "--SamsungTechwin--"])
def test_a_boundary_stands_at_the_beginning_of_a_line_with_whatever_dashes(dashes: str) -> None:
    line = dashes.encode() if "S" in dashes else dashes.encode() + b"SamsungTechwin"
    stream = b'{"begun": \r\n' + line + b"\r\n" + text(MOTION)

    assert read([stream]) == [MOTION]


def test_a_boundary_within_a_text_is_text() -> None:
    event = {"RuleName": "--SamsungTechwin"}

    assert read([HEAD + text(event)]) == [event]


def test_what_does_not_end_is_forgotten_and_what_follows_is_read() -> None:
    parts = EventParts()
    for _ in range(40):
        assert parts.feed(b'{"a": "' + b"x" * 4096) == []
        assert len(parts._object) <= MOST_BYTES_OF_EVENT
        assert len(parts._line) <= 78

    assert parts.feed(b"\r\n" + HEAD + text(COUNT)) == [COUNT]


def test_what_is_nested_without_end_is_no_event() -> None:
    assert read([b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\r\n" + HEAD + text(MOTION)]) == [MOTION]


class TestProperties:
    def test_pieces_of_any_size_give_the_same_events(self) -> None:
        hypothesis = pytest.importorskip("hypothesis")
        st = pytest.importorskip("hypothesis.strategies")
        values = st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            max_leaves=8,
        )
        events = st.dictionaries(st.text(max_size=8), values, max_size=4)

        @hypothesis.settings(max_examples=200, deadline=None)
        @hypothesis.given(
            events=st.lists(events, max_size=4), escaped=st.booleans(), sizes=st.lists(st.integers(1, 40))
        )
        def gives_the_same(events: list[dict[str, Any]], escaped: bool, sizes: list[int]) -> None:
            stream = b"".join(HEAD + text(event, ensure_ascii=escaped) + b"\r\n" for event in events)
            pieces, position = [], 0
            for size in [*sizes, len(stream)]:
                pieces.append(stream[position : position + size])
                position += size
            assert read(pieces) == events

        gives_the_same()

    def test_any_bytes_at_all_are_taken_and_forgotten(self) -> None:
        hypothesis = pytest.importorskip("hypothesis")
        st = pytest.importorskip("hypothesis.strategies")
        signs = st.sampled_from([b"{", b"}", b'"', b"\\", b"\r\n", b"--SamsungTechwin", b":", b"1", b"[", b"\xff"])

        @hypothesis.settings(max_examples=300, deadline=None)
        @hypothesis.given(pieces=st.lists(signs | st.binary(max_size=30), max_size=60))
        def comes_to_itself(pieces: list[bytes]) -> None:
            parts = EventParts()
            for piece in pieces:
                parts.feed(piece)
            assert parts.feed(b"\r\n" + HEAD + text(COUNT))[-1] == COUNT

        comes_to_itself()


def counted(**changes: Any) -> dict[str, Any]:
    event = json.loads(json.dumps(COUNT))
    [status] = event["EventStatus"]
    status |= changes
    return event


@pytest.mark.parametrize(
    ("event", "tells"),
    [
        (COUNT, True),
        (counted(Data={"ObjectType": "Vehicle", "Count": 1}), False),
        (counted(Data={"ObjectType": "people"}), True),
        (counted(Data={"Count": 1}), True),
        (counted(Data="odd"), True),
        (counted(EventName="OpenSDK.WiseAI.CrowdCountChanged"), False),
        (counted(EventName="OpenSDK.WiseAI.MultilaneVehicleObjectCounting"), False),
        (counted(EventName="opensdk.wiseai.objectcounting"), True),
        (counted(EventName=7), False),
        (MOTION, False),
        ({"EventStatus": {"EventName": "ObjectCounting"}}, False),
        ({"EventStatus": [7, None, *COUNT["EventStatus"]]}, True),
        ({}, False),
    ],
)
def test_events_tell_of_people_or_of_something_else(event: dict[str, Any], tells: bool) -> None:
    assert tells_of_people(event) is tells
