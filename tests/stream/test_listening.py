"""Readers who wait are handed what comes on their connection, without being woken; nothing is lost or doubled by it."""

from __future__ import annotations

import contextlib
import gc
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.stream.client import SSEClient
from peoplecount.stream.hub import MAX_SLICE, Hub
from peoplecount.stream.order import Order
from peoplecount.stream.selection import Selection
from tests.support.stream_events import NOON, FakeBacklog, heard
from tests.support.waiting import wait_until


class FakeLine:
    """A connection; what its other end takes, and how much it takes at a time."""

    def __init__(self) -> None:
        self.received = b""
        self.offers = 0
        self.takes: int | None = None
        """Bytes of each offer; ``None``: all of them."""

        self.is_broken = False
        self.is_left = False
        """Its other end has closed it: what is written is taken, and nobody reads it."""

        self._kept = b""

    def offer(self, data: bytes) -> bool:
        assert data, "nothing is never sent: it would end an answer in chunks"
        assert not self._kept
        self.offers += 1
        taken = data if self.takes is None else data[: self.takes]
        self.received += taken
        self._kept = data[len(taken) :] if taken else b""
        return bool(taken)

    @property
    def is_clear(self) -> bool:
        return not self._kept

    def clear(self) -> None:
        if self.is_broken:
            raise BrokenPipeError
        kept, self._kept = self._kept, b""
        self.received += kept


class Town:
    """A log, its hub, and clients that read in threads of their own."""

    def __init__(self) -> None:
        self.log = FakeBacklog()
        self.hub = Hub()
        self.hub.reset(self.log.head())

    def happen(self, *cameras: str) -> None:
        self.hub.publish(self.log.grow(*cameras))

    @contextmanager
    def reading(self, line: FakeLine, *cameras: str, heartbeat: float = 60.0, **order) -> Iterator[SSEClient]:
        """A client whose frames go to the line, as a server would write them."""
        asked = Order(Selection(frozenset(cameras)), EventId("e", 0), **order)
        client = SSEClient(
            self.hub, self.log, self.log.snapshot, asked, heartbeat=heartbeat, line=line, is_gone=lambda: line.is_left
        )

        def read() -> None:
            for frames in client.open_stream():
                line.received += frames

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield client
        finally:
            client.close_stream()
            thread.join(10)
            assert not thread.is_alive()

    def listeners(self) -> int:
        return sum(len(channel.listeners) for channel in self.hub._channels.values())

    def until_all_listen(self, number: int = 1) -> None:
        wait_until(lambda: self.listeners() == number)


def numbers(line: FakeLine) -> list[int]:
    return [one.number for one in heard([line.received]) if one.name == "PeopleCountingUpdate"]


@pytest.fixture
def town() -> Town:
    return Town()


def test_who_waits_is_handed_what_comes_and_goes_on_waiting(town):
    line = FakeLine()
    with town.reading(line) as client:
        town.until_all_listen()
        for number in range(1, 6):
            town.happen("a")
            assert numbers(line) == list(range(1, number + 1))
            assert client.cursor == EventId("e", number)
        assert line.offers == 5
        assert town.listeners() == 1


def test_only_what_was_chosen_is_handed(town):
    line, other = FakeLine(), FakeLine()
    with town.reading(line, "a"), town.reading(other, "b"):
        town.until_all_listen(2)
        town.happen("a", "b", "b", "a")
        town.happen("b")
        assert numbers(line) == [1, 4]
        assert numbers(other) == [2, 3, 5]
        assert (line.offers, other.offers) == (1, 2)


def test_a_full_connection_is_read_for_in_its_own_time(town):
    line = FakeLine()
    with town.reading(line):
        town.until_all_listen()
        line.takes = 0
        town.happen("a")
        line.takes = None
        wait_until(lambda: numbers(line) == [1])  # by its own thread
        town.until_all_listen()
        town.happen("a")
        assert numbers(line) == [1, 2]


def test_what_was_taken_in_part_is_finished_before_anything_else(town):
    line = FakeLine()
    with town.reading(line) as client:
        town.until_all_listen()
        line.takes = 7
        town.happen("a")
        line.takes = None
        town.happen("b")
        wait_until(lambda: numbers(line) == [1, 2])
        assert client.cursor == EventId("e", 2)


def test_a_broken_connection_ends_the_stream(town):
    line = FakeLine()
    with town.reading(line) as client:
        town.until_all_listen()
        line.takes, line.is_broken = 7, True
        town.happen("a")
        wait_until(lambda: client.ending)
        assert client.ending == "the client has gone"
        assert town.hub.open_streams == 0


def test_more_than_a_slice_is_not_handed_at_once(town):
    line = FakeLine()
    with town.reading(line):
        town.until_all_listen()
        town.happen(*["a"] * 2000)
        wait_until(lambda: len(numbers(line)) == 2000)
        assert numbers(line) == list(range(1, 2001))
        assert line.offers == 0
        assert len(line.received) > MAX_SLICE


def test_heartbeats_go_on(town):
    line = FakeLine()
    with town.reading(line, "a", heartbeat=0.02):
        town.until_all_listen()
        town.happen("b", "b")
        wait_until(lambda: b":\nid: e-2\n\n" in line.received)


def test_who_has_gone_is_noticed_also_where_more_comes_all_the_time(town):
    line = FakeLine()
    with town.reading(line, heartbeat=0.3) as client:
        town.until_all_listen()
        line.is_left = True
        wait_until(lambda: town.happen("a") or client.ending, seconds=5)
        assert (client.ending, town.hub.open_streams) == ("the client has gone", 0)
        assert line.offers > 1


def clients_alive() -> int:
    return sum(isinstance(one, SSEClient) for one in gc.get_objects())


def test_a_client_that_has_ended_is_gone_without_a_search_for_garbage(town):
    gc.collect()
    gc.disable()
    try:
        before = clients_alive()
        line = FakeLine()
        with town.reading(line) as client:
            town.until_all_listen()
            town.happen("a")
            assert clients_alive() == before + 1
        del client
        wait_until(lambda: clients_alive() == before)
    finally:
        gc.enable()


def test_readings_and_a_log_that_begins_anew_reach_who_listens(town):
    line = FakeLine()
    with town.reading(line):
        town.until_all_listen()
        town.hub.publish_readings(NOON, {"c": NOON})
        assert b"event: readings" in line.received
        town.log.begin_epoch("f")
        town.hub.reset(town.log.head())
        wait_until(lambda: b"event: gap" in line.received)


def test_who_asked_for_so_many_events_is_not_handed_more(town):
    line = FakeLine()
    with town.reading(line, limit=2) as client:
        town.happen("a")
        wait_until(lambda: numbers(line) == [1])
        town.happen("a", "a")
        wait_until(lambda: client.ending)
        assert numbers(line) == [1, 2]
        assert line.offers == 0


def test_every_reader_hears_every_entry_once_whatever_its_connection_takes(town):
    chance = random.Random(7)
    lines = [FakeLine() for _ in range(6)]
    with contextlib.ExitStack() as readers:
        for line, chosen in zip(lines, ((), (), (), (), ("a",), ("b",)), strict=True):
            readers.enter_context(town.reading(line, *chosen))
        for _ in range(300):
            for line in lines:
                line.takes = chance.choice([None, None, None, 0, 1, 200])
            town.happen(*chance.choices("ab", k=chance.randrange(1, 4)))
        for line in lines:
            line.takes = None
        entries = town.log.read(0, 10_000).entries
        everything = [entry.event_id.number for entry in entries]
        of = {one: [entry.event_id.number for entry in entries if entry.event.camera_id == one] for one in "ab"}
        wait_until(lambda: all(numbers(line) == everything for line in lines[:4]))
        wait_until(lambda: numbers(lines[4]) == of["a"] and numbers(lines[5]) == of["b"])
