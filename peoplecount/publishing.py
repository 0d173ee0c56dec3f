"""Publishing by MQTT, connected; for the one process that leads."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.mqtt.broker import Broker, BrokerPlace
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.mqtt_publisher import MqttPublisher
from peoplecount.services.mqtt_state import status_topic
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.polling_session import Worker
from peoplecount.settings import Settings

CLIENT_ID = "mqtt-client"
"""Key of the store under which our name at the broker is kept."""


class Publishing:
    """What is published where; nothing where no broker is set."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        offload: Offload,
        board: Callable[[], Mapping[str, Any] | None],
    ) -> None:
        """``board`` gives how everything stands, or ``None`` where that is not known yet."""
        self._settings = settings
        self._folder = folder
        self._offload = offload
        self._board = board
        self._publisher: MqttPublisher | None = None

    def workers(self) -> Mapping[str, Worker]:
        """What runs while this process leads."""
        if not self._settings.mqtt_url:
            return {}
        self._publisher = self._made()
        return {"mqtt": self._publisher.run}

    def reached(self) -> dict[str, EventId | None]:
        """Up to which event the broker has them all; empty where this process never led, or none is set."""
        return {"mqtt": self._publisher.reached} if self._publisher else {}

    def _made(self) -> MqttPublisher:
        settings, store = self._settings, self._folder.store
        place = BrokerPlace.at(settings.mqtt_url, settings.mqtt_ca_file)
        name = self._offload(client_id_in, store)
        return MqttPublisher(
            self._folder.log,
            store,
            Broker(place, name, status_topic(settings.mqtt_topic)),
            PlayedClock(REAL_TIME),
            board=self._board,
            prefix=settings.mqtt_topic,
            discovery=settings.mqtt_discovery,
            offload=self._offload,
        )


def client_id_in(store: KeptTexts) -> str:
    """Our name at a broker, the same over restarts and takeovers. Raises ``LogError``."""
    store.change(CLIENT_ID, lambda name: name or f"peoplecount-{secrets.token_hex(6)}")
    kept = store.get(CLIENT_ID)
    return kept.body if kept else ""
