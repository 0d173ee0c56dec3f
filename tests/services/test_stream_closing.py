"""Orders to end streams, carried out by each worker once."""

import threading

import pytest

from peoplecount.domain.offload import call_here
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LogError
from peoplecount.services import stream_closing
from peoplecount.services.stream_closing import StreamClosing
from tests.support.waiting import wait_until


class Streams:
    def __init__(self) -> None:
        self.ended: list[str] = []

    def end(self, reason: str, address: str = "") -> int:
        assert "administrator" in reason
        self.ended.append(address)
        return 1


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


def worker(store) -> tuple[StreamClosing, Streams]:
    streams = Streams()
    return StreamClosing(store, streams, call_here), streams


def test_every_worker_carries_out_each_order_once(store):
    (one, of_one), (other, of_other) = worker(store), worker(store)
    one.look()
    other.look()
    one.order("192.0.2.7")
    one.order()
    other.look()
    other.look()
    one.look()
    assert of_one.ended == of_other.ended == ["192.0.2.7", ""]


def test_what_was_ordered_before_a_worker_began_is_none_of_its_streams(store):
    one, _ = worker(store)
    one.look()
    one.order()
    late, of_late = worker(store)
    late.look()
    assert of_late.ended == []


def test_old_orders_are_forgotten(store, monkeypatch):
    monkeypatch.setattr(stream_closing, "REMEMBERED", 3)
    one, of_one = worker(store)
    one.look()
    for number in range(10):
        one.order(str(number))
    assert of_one.ended == [str(number) for number in range(10)]
    assert store.get("close-stream").body.count("[") == 4


def test_a_worker_looks_by_itself_and_survives_a_store_that_is_away(store, monkeypatch):
    monkeypatch.setattr(stream_closing, "LOOK_SECONDS", 0.001)
    (one, _), (other, of_other) = worker(store), worker(store)
    one.look()
    other.look()
    store.close()
    stop = threading.Event()
    thread = threading.Thread(target=other.run, args=(stop,))
    thread.start()
    store.open()
    one.order("192.0.2.7")
    wait_until(lambda: of_other.ended == ["192.0.2.7"])
    stop.set()
    thread.join(5)


def test_an_order_counts_before_a_worker_has_looked(store):
    earlier, _ = worker(store)
    earlier.order("192.0.2.6")
    one, of_one = worker(store)
    one.order("192.0.2.7")
    one.look()
    assert of_one.ended == ["192.0.2.7"]


def test_an_order_counts_that_was_given_while_a_worker_could_not_look(store):
    (one, of_one), (other, _) = worker(store), worker(store)
    store.close()
    with pytest.raises(LogError):
        one.look()
    store.open()
    other.order("192.0.2.7")
    one.look()
    one.look()
    assert of_one.ended == ["192.0.2.7"]


def test_an_order_counts_after_the_store_was_lost(store):
    one, of_one = worker(store)
    one.look()
    for address in ("a", "b"):
        one.order(address)
    store.put("close-stream", "[]")
    worker(store)[0].order("c")
    one.look()
    assert of_one.ended == ["a", "b", "c"]


def test_a_look_that_takes_long_makes_nothing_be_carried_out_twice(store):
    """Two looks at a time: the one that read first must not be the last to say what was seen."""
    held, go_on = threading.Event(), threading.Event()

    def slow(function, *arguments):
        result = function(*arguments)
        if threading.current_thread() is first and function == store.get:
            held.set()
            go_on.wait(5)
        return result

    streams = Streams()
    one, (other, _) = StreamClosing(store, streams, slow), worker(store)
    first = threading.Thread(target=one.look)
    one.look()
    first.start()
    assert held.wait(5)
    other.order("192.0.2.7")
    second = threading.Thread(target=one.look)
    second.start()
    second.join(0.05)
    go_on.set()
    for thread in (first, second):
        thread.join(5)
    one.look()
    assert streams.ended == ["192.0.2.7"]


def test_orders_that_cannot_be_read_are_none(store):
    store.put("close-stream", "{")
    one, of_one = worker(store)
    one.look()
    one.order()
    assert of_one.ended == [""]
