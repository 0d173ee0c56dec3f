from __future__ import annotations

import gc
import threading

import pytest

from peoplecount.sunapi.device_gate import DeviceGate, DeviceGates, TurnLost, device_key
from tests.support.waiting import wait_until


class Queue:
    """Threads that ask one after the other, so that everybody knows who came first."""

    def __init__(self, gate: DeviceGate) -> None:
        self.gate = gate
        self.order: list[str] = []
        self.lost: list[str] = []
        self.inside = 0
        self.most_inside = 0
        self._threads: list[threading.Thread] = []

    def comes(self, name: str, *, patient: bool, owner: object = None) -> None:
        before = self.waiting()
        thread = threading.Thread(target=self._ask, args=(name, patient, owner or name))
        self._threads.append(thread)
        thread.start()
        wait_until(lambda: self.waiting() > before or not thread.is_alive())

    def waiting(self) -> int:
        return len(self.gate._urgent) + len(self.gate._patient)

    def _ask(self, name: str, patient: bool, owner: object) -> None:
        try:
            with self.gate.turn(owner, patient=patient):
                self.inside += 1
                self.most_inside = max(self.most_inside, self.inside)
                self.order.append(name)
                self.inside -= 1
        except TurnLost:
            self.lost.append(name)

    def all_done(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def queue() -> Queue:
    return Queue(DeviceGate())


def test_one_request_at_a_time_and_polls_before_searches_each_in_the_order_they_came(queue: Queue) -> None:
    with queue.gate.turn("first", patient=False):
        for name, patient in (("search 1", True), ("poll 1", False), ("search 2", True), ("poll 2", False)):
            queue.comes(name, patient=patient)
        assert queue.order == []
    queue.all_done()

    assert queue.order == ["poll 1", "poll 2", "search 1", "search 2"]
    assert queue.most_inside == 1


def test_a_search_is_not_overtaken_for_ever(queue: Queue) -> None:
    with queue.gate.turn("first", patient=False):
        queue.comes("search", patient=True)
        for number in range(10):
            queue.comes(f"poll {number}", patient=False)
    queue.all_done()

    assert queue.order.index("search") == 8


def test_who_leaves_waits_no_longer_and_the_others_go_on(queue: Queue) -> None:
    with queue.gate.turn("first", patient=False):
        queue.comes("leaves", patient=False, owner="A")
        queue.comes("leaves too", patient=True, owner="A")
        queue.comes("stays", patient=False, owner="B")
        queue.gate.leave("A")
        wait_until(lambda: len(queue.lost) == 2)
    queue.all_done()

    assert sorted(queue.lost) == ["leaves", "leaves too"]
    assert queue.order == ["stays"]


def test_who_has_left_may_come_again(queue: Queue) -> None:
    queue.gate.leave("A")
    with queue.gate.turn("A", patient=True):
        queue.order.append("A")

    assert queue.order == ["A"]


def test_a_request_that_fails_lets_the_next_one_in(queue: Queue) -> None:
    with pytest.raises(ZeroDivisionError), queue.gate.turn("A", patient=False):
        raise ZeroDivisionError
    with queue.gate.turn("B", patient=False):
        queue.order.append("B")

    assert queue.order == ["B"]


@pytest.mark.parametrize("turn_had_come", [False, True])
def test_a_wait_that_is_broken_off_leaves_no_gap(queue: Queue, turn_had_come: bool) -> None:
    class BrokenOff(BaseException):
        pass

    class BreaksOff:
        def wait(self) -> None:
            if turn_had_come:
                queue.gate.pass_on()
            raise BrokenOff

        def set(self) -> None:
            pass

    gate = queue.gate
    gate._busy = True
    place = gate._queue("A", patient=False)
    assert place is not None
    place.turn = BreaksOff()  # type: ignore[assignment]
    with pytest.raises(BrokenOff):
        gate._wait(place)
    if not turn_had_come:
        gate.pass_on()
    with gate.turn("B", patient=False):
        queue.order.append("B")

    assert queue.order == ["B"]


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("http://192.0.2.7", "https://192.0.2.7:443", True),
        ("http://192.0.2.7:80/", "http://192.0.2.7", True),
        ("http://Camera.example", "http://camera.example.", True),
        ("http://192.0.2.7:8080", "http://192.0.2.7", False),
        ("http://192.0.2.7/cam/1", "http://192.0.2.7/cam/2", False),
        ("http://192.0.2.7", "http://192.0.2.8", False),
        ("http://[2001:db8::7]", "https://[2001:db8::7]/", True),
        ("http://192.0.2.7:nonsense", "http://192.0.2.7:nonsense", True),
        ("http://192.0.2.7", "http://192.0.519", True),
        ("http://192.0.2.7", "http://0xc0000207", True),
        ("http://192.0.2.7", "http://[::ffff:192.0.2.7]", True),
        ("http://[2001:db8::7]", "http://[2001:DB8:0:0:0:0:0:7]", True),
        ("http://192.0.2.7", "http://%3192.0.2.7", True),
        ("http://192.0.2.7", "http://192.0.2.7/./cam/%2e%2e//", True),
        ("http://192.0.2.7/cam/1", "http://192.0.2.7//cam/./1/", True),
        ("http://kamera-ü.example", "http://kamera-ü.example/", True),
    ],
)
def test_a_device_is_known_by_its_address(address: str, other: str, same: bool) -> None:
    gates = DeviceGates()
    gate = gates.of(address)

    assert (gates.of(other) is gate) is same
    assert (device_key(address) == device_key(other)) is same


def test_a_gate_that_nobody_uses_is_forgotten() -> None:
    gates = DeviceGates()
    gates.of("http://192.0.2.7")
    gc.collect()

    assert len(gates._gates) == 0
