"""Whatever happens, each client hears every entry exactly once and in order, or is told of the gap."""

import pytest

pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from peoplecount.domain.event_id import EventId
from peoplecount.stream.client import SSEClient
from peoplecount.stream.hub import Hub
from peoplecount.stream.order import Order
from peoplecount.stream.selection import Selection
from tests.support.stream_events import FakeBacklog, Heard, heard

CAMERAS = ("a", "b", "c")


class Reader:
    """A client that comes back with its last id, and keeps its own account of the log."""

    def __init__(self, streams, cameras: frozenset[str]) -> None:
        self.streams = streams
        self.cameras = cameras
        self.last_id = ""
        self.counts: dict[str, int] = {}
        self.frames = None
        self.gaps = 0

    def connect(self) -> None:
        self.disconnect()
        cursor = EventId.parse(self.last_id) if self.last_id else None
        hub, log = self.streams.hub, self.streams.log
        self.frames = SSEClient(
            hub, log, log.snapshot, Order(Selection(self.cameras), cursor), heartbeat=0.0
        ).open_stream()

    def disconnect(self) -> None:
        if self.frames:
            self.frames.close()

    def read(self, most: int) -> None:
        """Up to the first heartbeat, or not even that far."""
        for _ in range(most):
            frame = next(self.frames)
            for event in heard([frame]):
                self.take(event)
            if frame.startswith(b":"):
                return

    def take(self, event: Heard) -> None:
        before = self.last_id
        self.last_id = event.last_id or self.last_id
        if event.name == "snapshot":
            self.counts = {camera["cameraId"]: camera["events"] for camera in event.data["cameras"]}
        elif event.name == "gap":
            self.gaps += 1
            assert event.data["from"] == before
        elif event.name == "PeopleCountingUpdate":
            assert EventId.parse(before).number < event.number
            assert not self.cameras or event.data["cameraId"] in self.cameras
            self.counts[event.data["cameraId"]] = self.counts.get(event.data["cameraId"], 0) + 1

    def expected(self) -> dict[str, int]:
        """What it should have counted, from the log itself."""
        names = [one.event.camera_id for one in self.streams.log.entries]
        return {name: names.count(name) for name in names if not self.cameras or name in self.cameras}


class Streams(RuleBasedStateMachine):
    @initialize(
        max_frames=st.integers(1, 12),
        max_bytes=st.integers(100, 2000),
        filters=st.lists(st.sets(st.sampled_from(CAMERAS)), min_size=1, max_size=4),
    )
    def begin(self, max_frames, max_bytes, filters):
        self.log = FakeBacklog()
        self.hub = Hub(max_frames, max_bytes)
        self.hub.reset(self.log.head())
        self.behind = []
        self.epochs = 0
        self.readers = [Reader(self, frozenset(cameras)) for cameras in filters]
        for reader in self.readers:
            reader.connect()

    @rule(cameras=st.lists(st.sampled_from(CAMERAS), min_size=1, max_size=8))
    def append(self, cameras):
        """The log has them before the hub."""
        self.behind += self.log.grow(*cameras)

    @rule()
    def follow(self):
        self.hub.publish(self.behind)
        self.behind = []

    @rule(share=st.floats(0, 1))
    def trim(self, share):
        self.log.trim(int(self.log.head().number * share))

    @rule()
    def begin_epoch(self):
        self.epochs += 1
        self.log.begin_epoch(f"e{self.epochs}")
        self.behind = []
        self.hub.reset(self.log.head())

    @rule(which=st.integers(0, 3), most=st.integers(1, 6))
    def read(self, which, most):
        self.readers[which % len(self.readers)].read(most)

    @rule(which=st.integers(0, 3))
    def reconnect(self, which):
        self.readers[which % len(self.readers)].connect()

    @rule(which=st.integers(0, 3))
    def who_reads_to_the_end_has_heard_all_of_it(self, which):
        self.follow()
        self.check(self.readers[which % len(self.readers)])

    def check(self, reader):
        reader.read(10_000)
        assert reader.counts == reader.expected()
        assert reader.last_id == str(self.log.head())

    def teardown(self):
        if not hasattr(self, "readers"):
            return
        self.follow()
        for reader in self.readers:
            self.check(reader)
            reader.disconnect()
        assert self.hub.open_streams == 0


TestStreams = Streams.TestCase
TestStreams.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
