"""One consumer of the stream."""

from itertools import islice

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.stream import reader as reader_module
from peoplecount.stream.client import SSEClient
from peoplecount.stream.hub import Hub
from peoplecount.stream.order import Order
from peoplecount.stream.selection import Selection
from tests.support.stream_events import NOON, FakeBacklog, heard


class Stream:
    """A log, its hub, and clients that read only what is there."""

    def __init__(self, **limits) -> None:
        self.log = FakeBacklog()
        self.hub = Hub(**limits)

    def begin(self) -> None:
        self.hub.reset(self.log.head())

    def happen(self, *cameras: str) -> None:
        self.hub.publish(self.log.grow(*cameras))

    def client(self, after: str = "", cameras=(), heartbeat: float = 0.0, order: Order | None = None, **more):
        start = EventId.parse(after) if after else None
        order = order or Order(Selection(frozenset(cameras)), start)
        return SSEClient(self.hub, self.log, self.log.snapshot, order, heartbeat=heartbeat, **more)

    def rest(self, frames) -> list:
        """What is there to be heard now: up to the first heartbeat."""
        got = []
        for frame in frames:
            if frame.startswith(b":"):
                break
            got.append(frame)
        return [one for one in heard(got) if one.name]


@pytest.fixture
def stream() -> Stream:
    stream = Stream()
    stream.begin()
    return stream


def names(events) -> list[str]:
    return [one.name for one in events]


def numbers(events) -> list[int]:
    return [one.number for one in events if one.name == "PeopleCountingUpdate"]


def test_a_new_client_hears_how_long_to_wait_then_a_snapshot_then_what_follows(stream):
    stream.happen("a", "b")
    frames = stream.client().open_stream()
    assert next(frames).startswith(b"retry: ")
    (snapshot,) = heard([next(frames)])
    assert (snapshot.name, snapshot.last_id, snapshot.data["id"]) == ("snapshot", "e-2", "e-2")
    stream.happen("a")
    assert numbers(stream.rest(frames)) == [3]


def test_what_happens_between_the_request_and_the_snapshot_comes_once(stream):
    frames = stream.client().open_stream()
    next(frames)
    stream.happen("a")
    events = stream.rest(frames)
    assert names(events) == ["snapshot"]
    assert events[0].data["cameras"][0]["events"] == 1


def test_a_snapshot_that_is_ahead_of_the_hub_is_not_followed_by_what_it_holds(stream):
    late = stream.log.grow("a", "b")
    frames = stream.client().open_stream()
    events = stream.rest(frames)
    assert events[-1].last_id == "e-2"
    stream.hub.publish(late)
    stream.happen("c")
    assert numbers(stream.rest(frames)) == [3]


def test_with_an_id_there_is_no_snapshot_and_exactly_what_follows(stream):
    stream.happen("a", "b", "c")
    assert [one.last_id for one in stream.rest(stream.client("e-1").open_stream())] == ["e-2", "e-3"]
    assert stream.log.reads == 0


def test_what_the_ring_lost_is_read_from_the_log_until_the_ring_takes_over(monkeypatch):
    monkeypatch.setattr(reader_module, "BATCH", 7)
    stream = Stream(max_frames=5)
    stream.begin()
    stream.happen(*"abcdefghijklmnopqrstuvwxyz")
    frames = stream.client("e-2").open_stream()
    assert numbers(stream.rest(frames)) == list(range(3, 27))
    assert stream.log.reads == 3
    stream.happen("a")
    assert numbers(stream.rest(frames)) == [27]
    assert stream.log.reads == 3


def test_a_slow_reader_is_served_from_the_log_and_misses_nothing():
    stream = Stream(max_frames=3)
    stream.begin()
    frames = stream.client("e-0").open_stream()
    assert stream.rest(frames) == []
    for _ in range(10):
        stream.happen("a", "b")
    assert numbers(stream.rest(frames)) == list(range(1, 21))
    assert stream.log.reads > 0


@pytest.mark.parametrize(
    ("after", "reason"),
    [("other-1", "another epoch"), ("e-99", "ahead of the log"), ("e-1", "no longer kept")],
)
def test_an_id_that_cannot_be_resumed_from_is_answered_with_a_gap_and_a_snapshot(after, reason):
    stream = Stream(max_frames=2)
    stream.begin()
    stream.happen("a", "b", "c", "d")
    stream.log.trim(2)
    frames = stream.client(after).open_stream()
    gap, snapshot = stream.rest(frames)
    assert (gap.name, gap.data["from"], gap.data["to"], gap.last_id) == ("gap", after, "e-4", "")
    assert gap.data["reason"].startswith(reason)
    assert (snapshot.name, snapshot.last_id) == ("snapshot", "e-4")
    stream.happen("e")
    assert numbers(stream.rest(frames)) == [5]


def test_an_id_that_another_process_has_published_already_is_no_gap(stream):
    late = stream.log.grow("a", "b")
    frames = stream.client("e-2").open_stream()
    assert stream.rest(frames) == []
    stream.hub.publish(late)
    stream.happen("c")
    assert numbers(stream.rest(frames)) == [3]


def test_a_reader_whose_place_is_trimmed_away_hears_of_the_gap_in_the_middle():
    stream = Stream(max_frames=2)
    stream.begin()
    frames = stream.client().open_stream()
    assert names(stream.rest(frames)) == ["snapshot"]
    stream.happen("a", "b", "c", "d")
    stream.log.trim(3)
    assert names(stream.rest(frames)) == ["gap", "snapshot"]


def test_a_new_epoch_is_told_to_everybody(stream):
    frames = stream.client().open_stream()
    stream.rest(frames)
    stream.log.begin_epoch("f")
    stream.begin()
    gap, snapshot = stream.rest(frames)
    assert (gap.name, gap.data["from"], gap.data["to"]) == ("gap", "e-0", "f-0")
    assert snapshot.last_id == "f-0"


def test_a_filter_hears_its_cameras_from_ring_and_log_alike():
    stream = Stream(max_frames=4)
    stream.begin()
    stream.happen(*"abababab")
    frames = stream.client("e-0", cameras="a").open_stream()
    assert numbers(stream.rest(frames)) == [1, 3, 5, 7]
    stream.happen("b", "a")
    assert numbers(stream.rest(frames)) == [10]


def test_heartbeats_carry_the_newest_entry_examined_also_where_the_filter_let_nothing_through(stream):
    frames = stream.client("e-0", cameras="a").open_stream()
    next(frames)
    assert next(frames) == b":\nid: e-0\n\n"
    stream.happen("b", "b")
    assert next(frames) == b":\nid: e-2\n\n"


def test_a_heartbeat_comes_only_when_nothing_else_did(stream):
    stream.happen("a")
    frames = stream.client("e-0", heartbeat=0.01).open_stream()
    assert [frame[:3] for frame in islice(frames, 3)] == [b"ret", b"id:", b":\ni"]


def test_readings_are_heard_in_their_order_and_at_once_on_resuming(stream):
    stream.happen("a")
    frames = stream.client("e-1").open_stream()
    stream.rest(frames)
    stream.hub.publish_readings(NOON, {"a": NOON})
    stream.happen("a")
    assert names(stream.rest(frames)) == ["readings", "PeopleCountingUpdate"]
    assert names(stream.rest(stream.client("e-2").open_stream())) == ["readings"]
    assert names(stream.rest(stream.client().open_stream())) == ["snapshot"]


def test_a_snapshot_that_is_sent_to_all_takes_its_place_among_the_events(stream):
    frames = stream.client().open_stream()
    stream.rest(frames)
    stream.happen("a")
    stream.hub.publish_snapshot(stream.log.snapshot())
    stream.happen("b")
    assert [one.last_id for one in stream.rest(frames)] == ["e-1", "e-1", "e-2"]


def test_who_comes_back_after_a_snapshot_of_the_same_entry_is_told_it_too_and_later_ones_are_not(stream):
    stream.happen("a")
    stream.hub.publish_snapshot(stream.log.snapshot())
    assert names(stream.rest(stream.client("e-1").open_stream())) == ["snapshot"]
    stream.happen("b")
    assert names(stream.rest(stream.client("e-2").open_stream())) == []


def test_closing_the_hub_says_goodbye_after_what_was_published(stream):
    frames = stream.client().open_stream()
    stream.rest(frames)
    stream.hub.close("restart")
    (goodbye,) = heard(frames)
    assert (goodbye.name, goodbye.data["reason"]) == ("goodbye", "restart")
    assert stream.hub.open_streams == 0


def test_close_stream_ends_this_client_only(stream):
    one, other = stream.client(), stream.client()
    frames, others = one.open_stream(), other.open_stream()
    stream.rest(frames)
    stream.rest(others)
    one.close_stream()
    one.close_stream("twice")
    assert [(each.name, each.data["reason"]) for each in heard(frames)] == [("goodbye", "closed by the server")]
    stream.happen("a")
    assert numbers(stream.rest(others)) == [1]


def test_a_client_that_is_gone_is_no_longer_counted(stream):
    frames = stream.client().open_stream()
    assert stream.hub.open_streams == 0
    next(frames)
    assert stream.hub.open_streams == 1
    frames.close()
    assert stream.hub.open_streams == 0


def test_a_log_that_cannot_be_read_ends_the_stream_politely(stream):
    stream.log.broken = True
    frames = stream.client("e-99").open_stream()
    events = [one for one in heard(frames) if one.name]
    assert [(one.name, one.data["reason"]) for one in events] == [
        ("goodbye", "the event log cannot be read just now"),
    ]
    assert stream.hub.open_streams == 0


def test_before_the_hub_is_ready_a_client_waits_and_is_kept_alive():
    stream = Stream()
    frames = stream.client().open_stream()
    next(frames)
    assert next(frames) == b":\n\n"
    stream.begin()
    assert names(stream.rest(frames)) == ["snapshot"]


def test_the_buffer_is_what_is_being_transmitted(stream):
    client = stream.client()
    for frame in islice(client.open_stream(), 2):
        assert client.buffer is frame


def test_waits_before_coming_back_differ_between_clients(stream):
    waits = {next(stream.client().open_stream()) for _ in range(50)}
    assert len(waits) > 10
    assert all(1000 <= int(wait.split()[1]) <= 3000 for wait in waits)
