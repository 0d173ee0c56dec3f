"""Publishing by MQTT, connected; for the one process that leads."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event_id import EventId
from peoplecount.domain.sentence import say, whole
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.home import home_at
from peoplecount.installation import Installation
from peoplecount.mqtt.broker import Broker, BrokerPlace
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.mqtt_desk import MqttDesk
from peoplecount.services.mqtt_publisher import MqttPublisher
from peoplecount.services.mqtt_state import status_topic
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.worker_figures import WorkerNotes
from peoplecount.services.worker_threads import Worker

CLIENT_ID = "mqtt-client"
"""Key of the store under which our name at the broker is kept, with the home it was made for."""


class Publishing:
    """What is published where; nothing where no broker is set."""

    def __init__(self, installation: Installation, board: Callable[[], Mapping[str, Any] | None]) -> None:
        """``board`` gives how everything stands, or ``None`` where that is not known yet."""
        self._settings = installation.settings
        self._folder = installation.folder
        self._offload = installation.runtime.offload
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

    def is_connected(self) -> bool | None:
        """Whether the broker takes what is published; ``None`` where this process never led, or none is set."""
        return self._publisher.is_connected if self._publisher else None

    def troubles(self) -> list[str]:
        """What does not work, in sentences."""
        reason = self._publisher.trouble if self._publisher else ""
        return [whole(say("MQTT: nothing is published: %(reason)s", reason=reason))] if reason else []

    def _made(self) -> MqttPublisher:
        settings, store = self._settings, self._folder.store
        place = BrokerPlace.at(settings.mqtt_url, settings.mqtt_ca_file)
        name = self._offload(client_id_in, store, home_of(self._folder))
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


def mqtt_desk(installation: Installation, workers: WorkerNotes) -> MqttDesk | None:
    """What pages tell of it; ``None`` where no broker is set."""
    settings = installation.settings
    if not settings.mqtt_url:
        return None
    return MqttDesk(
        BrokerPlace.at(settings.mqtt_url).name,
        settings.mqtt_topic,
        settings.mqtt_discovery,
        client_id=partial(installation.runtime.offload, _kept_client_id, installation.folder.store),
        workers=workers.all,
    )


def client_id_in(store: KeptTexts, home: str) -> str:
    """Our name at a broker, the same over restarts and takeovers. Raises ``LogError``.

    Two clients of one name would end each other's connection without end. So what was kept for another ``home``, as in
    a backup that is put back on a second machine, is no name here.
    """

    def kept_or_made(kept: str | None) -> str:
        name, _, of = (kept or "").partition(" ")
        return f"{name} {home}" if name and of in {"", home} else f"peoplecount-{secrets.token_hex(6)} {home}"

    store.change(CLIENT_ID, kept_or_made)
    return _kept_client_id(store)


def _kept_client_id(store: KeptTexts) -> str:
    kept = store.get(CLIENT_ID)
    return kept.body.partition(" ")[0] if kept else ""


def home_of(folder: DataFolder) -> str:
    """Tells this data folder on this machine from all others; one for all machines that share a log."""
    return "shared" if folder.shares_log else home_at(folder.path)
