"""Settings about publishing by MQTT."""

from __future__ import annotations

import pytest

from tests.settings.test_load import faults, loaded


def test_a_broker_is_an_address_with_who_we_are_there() -> None:
    settings = loaded(MQTT_URL="mqtts://counts:pa%2Fss@broker.example/", MQTT_DISCOVERY="off")
    assert (settings.mqtt_url, settings.mqtt_topic) == ("mqtts://counts:pa%2Fss@broker.example", "peoplecount")
    assert settings.mqtt_discovery == ""
    assert "pa%2Fss" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "broker.example",
        "http://hush@broker.example",
        "mqtt://",
        "mqtt://hush@broker.example:x",
        "mqtt://hush@broker.example:0",
        "mqtt://hush@broker.example/topic",
        "mqtt://:hush@broker.example",
        "mqtt://hush@[broker.example",
    ],
)
def test_what_is_none_is_refused_and_not_shown(url: str) -> None:
    (fault,) = faults(MQTT_URL=url)
    assert fault.startswith("MQTT_URL: it ")
    assert "hush" not in fault


@pytest.mark.parametrize("topic", ["/counts", "counts/", "counts/#", "counts/+/x", "$SYS", "a\tb"])
def test_a_topic_has_no_wild_cards(topic: str) -> None:
    assert "MQTT_TOPIC: " in " ".join(faults(MQTT_TOPIC=topic))


def test_without_its_library_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peoplecount.settings.coherence.find_spec", lambda _: None)
    assert "pip install -r requirements-mqtt.lock" in " ".join(faults(MQTT_URL="mqtt://broker.example"))
