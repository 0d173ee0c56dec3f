"""Tickets."""

import json
import threading

import pytest

from peoplecount.domain.offload import call_here
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services import stream_tickets
from peoplecount.services.stream_tickets import TICKET_SECONDS, StreamTickets, TicketsUnavailable
from tests.support.fake_clock import FakeClock


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    yield store
    store.close()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def tickets(store, clock):
    return StreamTickets(store, clock, call_here)


def test_a_ticket_is_good_once_and_says_whose_it_is(tickets):
    given = tickets.give("anna")
    assert len(given) >= 32
    assert (tickets.redeem(given), tickets.redeem(given)) == ("anna", None)
    assert tickets.redeem("forged") is None


def test_another_worker_knows_it_and_only_one_takes_it(store, clock, tmp_path):
    other = LocalStore(tmp_path / "store.sqlite")
    given = StreamTickets(store, clock, call_here).give("anna")
    workers = [StreamTickets(one, clock, call_here) for one in (store, other) * 4]
    taken = []
    threads = [threading.Thread(target=lambda one=one: taken.append(one.redeem(given))) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=str) == [None] * 7 + ["anna"]
    other.close()


def test_what_is_kept_is_no_ticket_and_goes_with_the_last_one(tickets, store, clock):
    given = tickets.give("anna")
    assert given not in store.get("stream-tickets").body
    clock.passes(TICKET_SECONDS + 1)
    assert tickets.redeem(given) is None
    assert store.get("stream-tickets") is None


def test_a_clock_that_is_set_back_makes_no_ticket_last(tickets, clock):
    given = tickets.give("anna")
    clock.is_set_by(-3600)
    assert tickets.redeem(given) is None


def test_no_more_are_given_than_anybody_needs(tickets, clock, monkeypatch):
    monkeypatch.setattr(stream_tickets, "MOST_TICKETS", 3)
    for _ in range(3):
        tickets.give("")
    with pytest.raises(TicketsUnavailable, match="3 tickets are out already"):
        tickets.give("")
    clock.passes(TICKET_SECONDS + 1)
    assert tickets.give("")


def test_nobody_takes_the_tickets_of_all_others(tickets, clock, monkeypatch):
    monkeypatch.setattr(stream_tickets, "MOST_PER_ADDRESS", 3)
    for _ in range(3):
        given = tickets.give("", "192.0.2.7")
    with pytest.raises(TicketsUnavailable, match="3 tickets for one address are out already"):
        tickets.give("", "192.0.2.7")
    assert tickets.give("", "192.0.2.8")
    assert tickets.redeem(given) == ""
    assert tickets.give("", "192.0.2.7")


def test_what_is_kept_of_all_tickets_is_a_small_text(tickets, store):
    """It is read and written with each of them."""
    for number in range(stream_tickets.MOST_TICKETS):
        tickets.give("anna", f"192.0.2.{number % 250}")
    assert len(store.get("stream-tickets").body) < 100_000


def test_a_look_at_a_ticket_leaves_it_good(tickets, clock):
    assert tickets.holder_of("forged") is None
    given = tickets.give("anna")
    assert (tickets.holder_of(given), tickets.holder_of(given)) == ("anna", "anna")
    assert (tickets.redeem(given), tickets.holder_of(given)) == ("anna", None)
    late = tickets.give("anna")
    clock.passes(TICKET_SECONDS + 1)
    assert tickets.holder_of(late) is None


@pytest.mark.parametrize("body", ["[", "[1]", '{"a": 1}', json.dumps({"a": ["soon", "x", ""]})])
def test_what_cannot_be_read_is_no_ticket_and_does_no_harm(tickets, store, body):
    store.put("stream-tickets", body)
    assert tickets.redeem(tickets.give("anna")) == "anna"
