"""A real broker: what is published is there, and what goes wrong is said in words and without the password."""

from contextlib import suppress
from dataclasses import replace

import pytest

from peoplecount.mqtt.broker import Broker, BrokerAway, BrokerPlace
from peoplecount.mqtt.message import Message, topic_of
from tests.support.flooding import flooding
from tests.support.mosquitto import Mosquitto, subscriber_at
from tests.support.processes import free_port
from tests.support.waiting import wait_until

pytest.importorskip("paho.mqtt", reason="needs Paho (pip install -r requirements-mqtt.txt)")

STATUS = "counts/status"


@pytest.fixture
def mosquitto(tmp_path):
    mosquitto = Mosquitto(tmp_path)
    with mosquitto.running():
        yield mosquitto


def broker_at(mosquitto, **other):
    ca_file = mosquitto.certificate if mosquitto.tls else None
    return Broker(replace(BrokerPlace.at(mosquitto.url, ca_file), **other), "counts-1", STATUS)


@pytest.fixture
def broker(mosquitto):
    broker = broker_at(mosquitto)
    yield broker
    broker.close()


def test_a_place_is_made_of_an_address():
    assert BrokerPlace.at("mqtt://broker.example") == BrokerPlace("broker.example", 1883, is_tls=False)
    place = BrokerPlace.at("mqtts://a%40b:c%2Fd@broker.example")
    assert (place.port, place.is_tls, place.user, place.password) == (8883, True, "a@b", "c/d")
    assert "c/d" not in repr(place)


def test_what_is_published_is_there_and_so_are_we(mosquitto, broker):
    broker.connect()
    broker.publish([Message("counts/x", b"1", retained=True), Message("counts/y", b"2")])
    with subscriber_at(mosquitto) as subscriber:
        wait_until(lambda: len(subscriber.newest) == 2)
        assert subscriber.newest == {STATUS: b"online", "counts/x": b"1"}, "what is not retained is over"
        broker.publish([Message("counts/x", b"", retained=True), Message("counts/y", b"3")])
        wait_until(lambda: subscriber.newest.get("counts/y") == b"3")
        broker.close()
        wait_until(lambda: subscriber.newest[STATUS] == b"offline")
    assert not broker.is_connected
    with pytest.raises(BrokerAway, match="the connection was lost"):
        broker.publish([Message("counts/x", b"1")])


def test_over_tls(tmp_path):
    mosquitto = Mosquitto(tmp_path, tls=True)
    with mosquitto.running():
        broker = broker_at(mosquitto)
        broker.connect()
        broker.publish([Message("counts/x", b"1", retained=True)])
        with subscriber_at(mosquitto) as subscriber:
            wait_until(lambda: subscriber.newest.get("counts/x") == b"1")
        broker.close()
        with pytest.raises(BrokerAway, match="its certificate is not good: self"):
            broker_at(mosquitto, ca_file=None).connect()


def test_who_is_not_let_in_is_told_so_without_the_password(mosquitto):
    broker = broker_at(mosquitto, password="wrong-one")
    with pytest.raises(BrokerAway, match="it refuses: Not authorized") as refused:
        broker.connect()
    assert "wrong-one" not in str(refused.value)
    assert not broker.is_connected


def test_where_nobody_listens_that_is_said(mosquitto):
    with pytest.raises(BrokerAway, match="Connection refused"):
        broker_at(mosquitto, port=free_port()).connect()


def test_a_broker_that_ends_is_noticed_and_one_that_is_back_is_used_again(tmp_path):
    mosquitto = Mosquitto(tmp_path)
    broker = broker_at(mosquitto)
    with mosquitto.running():
        broker.connect()
    wait_until(lambda: not broker.is_connected)
    with mosquitto.running():
        with pytest.raises(BrokerAway, match="lost as soon as it stood"):
            broker.connect()
        broker.connect()
        broker.publish([Message("counts/x", b"1")])
        broker.close()


def test_who_takes_over_is_online(mosquitto):
    """The same name: the broker ends the older connection, whose last will must not stand at the end."""
    older, newer = broker_at(mosquitto), broker_at(mosquitto)
    older.connect()
    newer.connect()
    wait_until(lambda: not older.is_connected)
    with subscriber_at(mosquitto) as subscriber:
        wait_until(lambda: STATUS in subscriber.newest)
        assert subscriber.newest[STATUS] == b"online"
    with pytest.raises(BrokerAway, match="has somebody else our client id, counts-1, or may we not publish"):
        older.connect()
    assert newer.is_connected, "nobody is thrown out in return at once"
    newer.close()


def test_who_looks_only_says_nothing_of_itself(mosquitto):
    looking = Broker(BrokerPlace.at(mosquitto.url), "counts-2", "")
    with subscriber_at(mosquitto) as subscriber:
        looking.connect()
        looking.publish([Message("counts/x", b"1")])
        looking.close()
        wait_until(lambda: subscriber.got)
        assert subscriber.got == [("counts/x", b"1")]


def test_topics_have_no_more_levels_than_parts():
    assert topic_of("site/peoplecount", "door", "a/b+#") == "site/peoplecount/door/a%2Fb%2B%23"


TAKEN = b"\x20\x02\x00\x00"
"""CONNACK: we are let in."""


@pytest.mark.parametrize(
    "piece",
    [
        b"\x30\x03\x00\x01a",  # PUBLISH, of what nobody has subscribed to
        b"\x34\x05\x00\x01a\x00\x07",  # the same by quality of service 2, which Paho would keep
        b"\x30\xff\xff\xff\x7f" + b"x" * 4096,  # 256 MB
    ],
)
def test_a_broker_that_sends_what_nobody_asked_for_is_left(piece):
    with flooding(piece, first=TAKEN) as flood:
        broker = Broker(BrokerPlace("127.0.0.1", flood.port, is_tls=False), "counts-1", "")
        with suppress(BrokerAway):  # or a moment later
            broker.connect()
        wait_until(lambda: not broker.is_connected)
        wait_until(lambda: flood.said)
        assert flood.said[0] < 8_000_000, "what the system holds between two sockets of one machine"
        broker.close()
