"""The table of settings, as far as it is about publishing by MQTT."""

from __future__ import annotations

from peoplecount.settings import address_readers, readers
from peoplecount.settings.setting import Setting

MQTT_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "MQTT_URL",
        "MQTT",
        "",
        "Broker at which events and the state of every place are published ([how](integrations/mqtt.md)): "
        "`mqtts://user:password@broker.example`, or `mqtt://` without encryption. Needs "
        "`pip install -r requirements-mqtt.lock`. Not set: nothing is published.",
        address_readers.broker,
        "mqtt_url",
        secret=True,
    ),
    Setting(
        "MQTT_TOPIC",
        "MQTT",
        "peoplecount",
        "What all topics begin with. Another one for each installation at the same broker.",
        readers.topic,
        "mqtt_topic",
    ),
    Setting(
        "MQTT_DISCOVERY",
        "MQTT",
        "homeassistant",
        "Topic at which Home Assistant is told which sensors there are; `off`: it is not.",
        readers.topic_or_off,
        "mqtt_discovery",
    ),
    Setting(
        "MQTT_CA_FILE",
        "MQTT",
        "",
        "File of the certificate authorities (PEM) that vouch for the broker. Not set: the system's.",
        readers.certificates_file,
        "mqtt_ca_file",
        unset=None,
    ),
)
