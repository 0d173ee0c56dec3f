"""The doctor looks at the broker without publishing anything, and without taking the service's connection."""

from dataclasses import replace

import pytest

from peoplecount.commands._doctor_mqtt import mqtt_steps
from peoplecount.mqtt.broker import Broker, BrokerPlace
from peoplecount.services.inspection import Verdict, is_well
from peoplecount.settings import load_settings
from tests.support.mosquitto import Mosquitto, subscriber_at
from tests.support.waiting import wait_until

pytest.importorskip("paho.mqtt", reason="needs Paho (pip install -r requirements-mqtt.txt)")


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory):
    mosquitto = Mosquitto(tmp_path_factory.mktemp("broker"))
    with mosquitto.running():
        yield mosquitto


@pytest.fixture
def settings(mosquitto):
    return load_settings({"MQTT_URL": mosquitto.url}, None)


def test_a_broker_that_lets_us_in_is_well_and_nobody_hears_of_it(settings, mosquitto):
    service = Broker(BrokerPlace.at(mosquitto.url), "peoplecount-service", "peoplecount/status")
    service.connect()
    try:
        with subscriber_at(mosquitto) as subscriber:
            wait_until(lambda: subscriber.got == [("peoplecount/status", b"online")])
            (step,) = mqtt_steps(settings)
            assert step.said == f"127.0.0.1:{mosquitto.port} lets us in"
            assert service.is_connected
        assert subscriber.got == [("peoplecount/status", b"online")]
    finally:
        service.close()


def test_a_wrong_password_is_said_and_not_shown(settings, mosquitto):
    steps = list(mqtt_steps(replace(settings, mqtt_url=f"mqtt://counts:hunter2@127.0.0.1:{mosquitto.port}")))
    assert not is_well(steps)
    assert "it refuses: Not authorized" in steps[-1].advice
    assert "hunter2" not in repr(steps)


def test_a_password_that_goes_over_the_network_as_it_is_is_odd(settings):
    first = next(iter(mqtt_steps(replace(settings, mqtt_url="mqtt://counts:secret@192.0.2.9"))))
    assert (first.name, first.verdict) == ("MQTT_URL", Verdict.ODD)
