"""The real service and a real broker: people who walk by are published, through a kill and a broker that was away."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest

from tests.support.living_service import living_service
from tests.support.mosquitto import PASSWORD, Mosquitto, subscriber_at
from tests.support.running import wait_until

pytest.importorskip("paho.mqtt", reason="needs Paho (pip install -r requirements-mqtt.txt)")

STATUS = "peoplecount/status"
SITE = "test-site"
COUNTS = "peoplecount/event/PeopleCountingUpdate/"


def counted(subscriber) -> list[tuple[str, int]]:
    """Id and people in of every count that was published."""
    events = [json.loads(payload) for payload in subscriber.below(COUNTS)]
    return [(event["id"], event["in"]) for event in events]


def people(subscriber) -> int:
    return sum(entered for _, entered in counted(subscriber))


def people_today(subscriber) -> int | None:
    """At the site, as it is retained; ``None``: not there, or not known."""
    payload = subscriber.newest.get(f"peoplecount/site/{SITE}")
    return json.loads(payload)["inToday"] if payload else None


def test_what_is_counted_is_published_and_what_stands_is_retained(tmp_path):
    (tmp_path / "broker").mkdir()
    (tmp_path / "service").mkdir()
    mosquitto = Mosquitto(tmp_path / "broker", tls=True)
    settings = {"MQTT_URL": mosquitto.url, "MQTT_CA_FILE": str(mosquitto.certificate)}
    with (
        mosquitto.running(),
        living_service(tmp_path / "service", **settings) as living,
        subscriber_at(mosquitto) as subscriber,
    ):
        wait_until(lambda: subscriber.newest.get(STATUS) == b"online", 60, "online", living.service.process)
        wait_until(lambda: people_today(subscriber) is not None, 60, "the state", living.service.process)
        before = people_today(subscriber)
        living.walk(entered=2)
        wait_until(lambda: people(subscriber) == 2, 60, "the event", living.service.process)
        wait_until(lambda: people_today(subscriber) == before + 2, 60, "the state", living.service.process)
        assert [topic for topic in subscriber.newest if topic.startswith("homeassistant/sensor/")]
        living.service.kill()
        wait_until(lambda: subscriber.newest[STATUS] == b"offline", 60, "the last will")
        living.walk(entered=3)
        living.service.start()
        wait_until(lambda: subscriber.newest[STATUS] == b"online", 60, "online", living.service.process)
        wait_until(lambda: people(subscriber) == 5, 60, "the event", living.service.process)
        found = counted(subscriber)
        assert found == living.counts()[-len(found) :]


def test_a_broker_that_was_away_gets_what_it_missed(tmp_path):
    (tmp_path / "broker").mkdir()
    (tmp_path / "service").mkdir()
    mosquitto = Mosquitto(tmp_path / "broker")
    with living_service(tmp_path / "service", MQTT_URL=mosquitto.url) as living:
        said = living.folder / "service.txt"
        wait_until(lambda: "MQTT: nothing is published" in said.read_text(), 60, "that it is away")
        with mosquitto.running(), subscriber_at(mosquitto) as subscriber:
            wait_until(lambda: subscriber.newest.get(STATUS) == b"online", 90, "online", living.service.process)
        living.walk(entered=1)
        wait_until(lambda: living.counts()[-1:] and living.counts()[-1][1] == 1, 60, "a count", living.service.process)
        with ExitStack() as back:
            with living.service.process.stopped():  # else it may publish before anybody listens
                back.enter_context(mosquitto.running())
                subscriber = back.enter_context(subscriber_at(mosquitto))
            wait_until(
                lambda: counted(subscriber)[-1:] == living.counts()[-1:], 90, "what it missed", living.service.process
            )
            found = counted(subscriber)
            assert found == living.counts()[-len(found) :], "what the first one had not taken at its end comes before"
            wait_until(lambda: people_today(subscriber) is not None, 60, "the state", living.service.process)
            wait_until(lambda: "the broker takes what is published again" in said.read_text(), 60, "that it is over")
            assert living.stop() == 0
            wait_until(lambda: subscriber.newest[STATUS] == b"offline", 20, "offline")
        assert PASSWORD not in said.read_text()
