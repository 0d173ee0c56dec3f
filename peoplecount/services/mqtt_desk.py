"""How publishing by MQTT stands, for pages: the same whichever process shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peoplecount.services.worker_figures import WorkerFigures


@dataclass(frozen=True, slots=True)
class MqttStanding:
    """Where something is published, and how that goes."""

    broker: str
    """``broker.example:8883``."""

    topic: str
    """What all topics begin with."""

    discovery: str
    """Where Home Assistant is told of sensors; empty: it is not."""

    client_id: str = ""
    """Our name at the broker; empty: nobody has connected yet."""

    is_connected: bool | None = None
    """Whether the broker takes what is published; ``None``: nobody knows."""

    behind: int | None = None
    """Events that it does not have yet; ``None``: nobody knows."""


@dataclass(frozen=True)
class MqttDesk:
    """Puts together what the settings say and what the process that publishes tells of itself."""

    broker: str
    topic: str
    discovery: str
    client_id: Callable[[], str]
    workers: Callable[[], Sequence[WorkerFigures]]

    def standing(self) -> MqttStanding:
        """Just now. Raises ``LogError``."""
        leading = [one for one in self.workers() if one.leads]
        leader = max(leading, key=lambda one: one.at, default=None)
        connected = leader.number("mqtt_connected") if leader else None
        behind = leader.number("consumer_lag", "mqtt") if leader else None
        return MqttStanding(
            self.broker,
            self.topic,
            self.discovery,
            self.client_id(),
            None if connected is None else bool(connected),
            None if behind is None else int(behind),
        )
