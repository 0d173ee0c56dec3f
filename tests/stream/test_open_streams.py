"""Who may open a stream."""

import pytest

from peoplecount.stream.client import FAREWELL_SECONDS, LAST_WORD_SECONDS, SSEClient
from peoplecount.stream.hub import Hub
from peoplecount.stream.open_streams import AddressHasEnough, AllTaken, OpenStreams
from peoplecount.stream.order import Order
from tests.support.stream_events import FakeBacklog, heard


def test_one_address_cannot_take_the_places_of_others():
    streams = OpenStreams(most=3, most_per_address=2)
    mine = [streams.admit("192.0.2.7") for _ in range(2)]
    with pytest.raises(AddressHasEnough, match=r"192\.0\.2\.7 has 2 streams open.*TRUSTED_PROXIES"):
        streams.admit("192.0.2.7")
    streams.admit("192.0.2.8")
    with pytest.raises(AllTaken, match="All 3 streams are taken"):
        streams.admit("192.0.2.9")
    mine[0].close()
    mine[0].close()
    assert len(streams) == 2
    streams.admit("192.0.2.9")


def test_all_streams_or_those_of_one_address_are_ended():
    log, hub, streams = FakeBacklog(), Hub(), OpenStreams()
    hub.reset(log.head())
    frames = {}
    for address in ("192.0.2.7", "192.0.2.8"):
        opened = streams.admit(address)
        opened.client = SSEClient(hub, log, log.snapshot)
        frames[address] = opened.client.open_stream()
        for _ in range(2):
            next(frames[address])
    streams.admit("192.0.2.9")  # has not begun
    assert streams.end("enough", "192.0.2.8") == 1
    (goodbye,) = heard(frames["192.0.2.8"])
    assert (goodbye.name, goodbye.data["reason"]) == ("goodbye", "enough")
    assert streams.end("all of you") == 2
    assert [one.data["reason"] for one in heard(frames["192.0.2.7"])] == ["all of you"]


def test_connections_that_are_left_are_cut():
    cut = []
    streams = OpenStreams()
    streams.admit("192.0.2.7", lambda: cut.append("one")).close()
    streams.admit("192.0.2.7", lambda: cut.append("other"))
    streams.cut()
    assert cut == ["other"]


class Moments:
    """A clock that stands until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("order", "life", "closes", "seconds"),
    [
        (Order(), float("inf"), True, FAREWELL_SECONDS),
        (Order(timeout=3), float("inf"), False, 3 + LAST_WORD_SECONDS),
        (Order(), 10.0, False, 10 + LAST_WORD_SECONDS),
    ],
)
def test_who_does_not_take_its_last_words_is_cut(order, life, closes, seconds):
    log, hub, streams, cut, moments = FakeBacklog(), Hub(), OpenStreams(), [], Moments()
    hub.reset(log.head())
    opened = streams.admit("192.0.2.7", lambda: cut.append("cut"))
    streams.admit("192.0.2.8", lambda: cut.append("another's"))
    opened.client = SSEClient(hub, log, log.snapshot, order, life=life, monotonic=moments)
    next(opened.client.open_stream())  # and nobody takes it
    if closes:
        streams.end("enough", "192.0.2.7")
    moments.now += seconds - 0.1
    assert (streams.cut_overdue(), cut) == (0, [])
    moments.now += 0.2
    assert (streams.cut_overdue(), cut) == (1, ["cut"])
