"""``doctor``: the MQTT broker, as far as it can be looked at without publishing anything."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from peoplecount.domain.sentence import words_of
from peoplecount.launch import is_loopback
from peoplecount.mqtt.broker import Broker, BrokerAway, BrokerPlace
from peoplecount.services.inspection import Step, odd, wrong
from peoplecount.settings import Settings


def mqtt_steps(settings: Settings) -> Iterator[Step]:
    """Whether the broker lets us in, under another name than the service's, which would lose its connection."""
    place = BrokerPlace.at(settings.mqtt_url, settings.mqtt_ca_file)
    if place.password and not place.is_tls and not is_loopback(place.host):
        yield odd(
            "MQTT_URL",
            "not encrypted",
            "The password for the broker goes over the network as it is: write mqtts:// in MQTT_URL.",
        )
    broker = Broker(place, f"peoplecount-doctor-{secrets.token_hex(4)}", status="")
    try:
        broker.connect()
    except BrokerAway as error:
        yield wrong(
            "broker",
            f"{place.name}: {words_of(error)}",
            f"The broker at {place.name} does not let us in ({words_of(error)}): look at MQTT_URL and MQTT_CA_FILE.",
        )
    else:
        yield Step("broker", f"{place.name} lets us in")
    finally:
        broker.close()
