"""What tells Home Assistant which sensors there are (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery).

Each site is a device. It has how many people are inside and came and went today, the same for each of its doors, and
whether its cameras are read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from peoplecount import __version__
from peoplecount.mqtt.message import Message
from peoplecount.services.mqtt_state import Row, state_topic, status_topic

_STRANGE = re.compile(r"[^a-zA-Z0-9_-]")
"""What ids of objects must not hold there."""

_TODAY = (("in", "inToday", "mdi:location-enter"), ("out", "outToday", "mdi:location-exit"))

_IS_READ = "{{ 'ON' if value_json.state == 'up' else 'None' if value_json.state == 'unknown' else 'OFF' }}"
"""``None`` stands for *unknown* in Home Assistant, and so does a field that is null."""


@dataclass(frozen=True, slots=True)
class _Entity:
    key: str
    name: str
    topic: str
    template: str
    more: Mapping[str, Any]
    component: str = field(default="sensor", kw_only=True)


def discovery_messages(discovery: str, prefix: str, board: Row) -> Iterator[Message]:
    """One for each sensor; ``discovery`` is the prefix that Home Assistant listens at."""
    for site in board["sites"]:
        device = {
            "identifiers": [f"peoplecount_{object_id(site['siteId'])}"],
            "name": site["siteName"],
            "manufacturer": "Peoplecount",
            "sw_version": __version__,
        }
        for entity in _entities(prefix, board, site):
            key = f"peoplecount_{object_id(entity.key)}"
            told = {
                "name": entity.name,
                "unique_id": key,
                "state_topic": entity.topic,
                "value_template": entity.template,
                "json_attributes_topic": entity.topic,
                "availability_topic": status_topic(prefix),
                "device": device,
                "origin": {"name": "Peoplecount", "sw_version": __version__},
                **entity.more,
            }
            yield Message(f"{discovery}/{entity.component}/{key}/config", orjson.dumps(told), retained=True)


def _entities(prefix: str, board: Row, site: Row) -> Iterator[_Entity]:
    key, topic = f"site_{site['siteId']}", state_topic(prefix, "site", site)
    inside = {"unit_of_measurement": "people", "state_class": "measurement", "icon": "mdi:account-group"}
    yield _Entity(f"{key}_inside", "People inside", topic, _value("occupancy"), inside)
    yield from _today(key, "", topic)
    for door in board["doors"]:
        if door["siteId"] == site["siteId"]:
            yield from _today(f"door_{door['doorId']}", door["doorName"], state_topic(prefix, "door", door))
    for camera in board["cameras"]:
        if camera["siteId"] == site["siteId"]:
            told = state_topic(prefix, "camera", camera)
            more = {"device_class": "connectivity", "entity_category": "diagnostic"}
            key = f"camera_{camera['cameraId']}"
            yield _Entity(key, camera["cameraName"], told, _IS_READ, more, component="binary_sensor")


def _today(key: str, name: str, topic: str) -> Iterator[_Entity]:
    for way, known, icon in _TODAY:
        # Begins again at zero each day, which this class is for.
        more = {"unit_of_measurement": "people", "state_class": "total_increasing", "icon": icon}
        yield _Entity(f"{key}_{way}", f"{name} {way} today".strip().capitalize(), topic, _value(known), more)


def _value(name: str) -> str:
    return f"{{{{ value_json.{name} }}}}"


def object_id(text: str) -> str:
    """The text as ids of objects may be; another one for each text."""
    plain = _STRANGE.sub("_", text)
    if plain == text:
        return plain
    return f"{plain}_{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
