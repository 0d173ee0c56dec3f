import pytest

from peoplecount.storage.circuit import LONGEST_DELAY, Circuit
from peoplecount.storage.errors import CircuitOpen
from tests.support.fake_clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def circuit(clock):
    return Circuit(clock.monotonic, lambda: 1.0)


def fail_once(circuit):
    return circuit.failed(circuit.admit(), "no answer")


def test_it_lets_everybody_pass_while_nothing_fails(circuit):
    tickets = [circuit.admit() for _ in range(3)]
    assert [circuit.succeeded(ticket) for ticket in tickets] == [None, None, None]
    assert circuit.state == "closed"
    assert circuit.retry_after == 0


def test_after_a_failure_nobody_passes_until_the_delay_is_over(circuit, clock):
    assert fail_once(circuit) is True
    with pytest.raises(CircuitOpen, match="no answer") as refusal:
        circuit.admit()
    assert refusal.value.retry_after == circuit.retry_after == 1.0
    assert circuit.state == "open"
    clock.passes(1.0)
    circuit.admit()
    assert circuit.state == "half-open"


def test_one_probe_at_a_time(circuit, clock):
    fail_once(circuit)
    clock.passes(1.0)
    circuit.admit()
    with pytest.raises(CircuitOpen) as refusal:
        circuit.admit()
    assert refusal.value.retry_after > 0


def test_delays_double_up_to_a_quarter_of_a_minute_and_only_the_first_failure_begins_the_outage(circuit, clock):
    delays = []
    for turn in range(9):
        assert fail_once(circuit) is (turn == 0)
        delays.append(circuit.retry_after)
        clock.passes(circuit.retry_after)
    assert delays == [1, 2, 4, 8, LONGEST_DELAY, LONGEST_DELAY, LONGEST_DELAY, LONGEST_DELAY, LONGEST_DELAY]


def test_jitter_shortens_delays_down_to_a_half(clock):
    circuit = Circuit(clock.monotonic, lambda: 0.0)
    fail_once(circuit)
    assert circuit.retry_after == 0.5


def test_success_ends_the_outage_and_says_how_long_it_was(circuit, clock):
    fail_once(circuit)
    clock.passes(1.0)
    fail_once(circuit)
    clock.passes(2.0)
    assert circuit.succeeded(circuit.admit()) == 3.0
    assert circuit.state == "closed"


def test_of_calls_that_fail_together_only_the_first_counts(circuit):
    tickets = [circuit.admit() for _ in range(5)]
    assert [circuit.failed(ticket, "gone") for ticket in tickets] == [True, False, False, False, False]
    assert circuit.retry_after == 1.0


def test_a_late_success_of_an_old_call_does_not_end_an_outage(circuit):
    early, late = circuit.admit(), circuit.admit()
    circuit.failed(early, "gone")
    assert circuit.succeeded(late) is None
    assert circuit.state == "open"


def test_a_probe_that_is_abandoned_makes_room_for_the_next(circuit, clock):
    fail_once(circuit)
    clock.passes(1.0)
    circuit.abandoned(circuit.admit())
    assert circuit.succeeded(circuit.admit()) == 1.0
