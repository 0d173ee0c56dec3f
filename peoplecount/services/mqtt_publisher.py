"""Publishing by MQTT: follows the event log, and keeps at a broker how everything stands.

Events go out in the order of the log and at least once: how far they have gone is written down when the broker has
said that it has them. The state of each place is retained there, and published when it has changed, at most once a
second; after each new connection all of it is published again, for a broker may have forgotten it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import EventKind, LogEntry
from peoplecount.domain.event_id import EventId, MalformedEventId
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import Choice, EventLog, LogError
from peoplecount.mqtt.broker import BrokerAway
from peoplecount.mqtt.message import Message, topic_of
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.mqtt_discovery import discovery_messages
from peoplecount.services.mqtt_state import state_messages

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
STATE_SECONDS = 1.0
"""Between two publications of what has changed."""

SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two attempts to connect; each wait is twice the last one."""

READ_AT_ONCE = 200
"""Events."""

GONE_AFTER = 60.0
"""Seconds that a place must have been away before its topics are: a start without a database must not empty them."""

CURSOR, TOPICS = "mqtt-cursor", "mqtt-topics"
"""Keys of the store."""

_PUBLISHED = Choice(
    kinds=tuple(
        kind
        for kind in EventKind
        if kind not in {EventKind.SNAPSHOT, EventKind.READINGS, EventKind.GAP, EventKind.GOODBYE}
    )
)


class Broker(Protocol):
    """See ``peoplecount.mqtt.broker.Broker``."""

    @property
    def is_connected(self) -> bool:
        """Whether nothing is known to the contrary."""
        ...

    @property
    def has_settled(self) -> bool:
        """Whether the connection has stood for so long that nobody has taken it away."""
        ...

    def connect(self) -> None:
        """Raises ``BrokerAway``."""
        ...

    def publish(self, messages: list[Message]) -> None:
        """Raises ``BrokerAway``."""
        ...

    def close(self) -> None:
        """May be called twice."""
        ...


class MqttPublisher:
    """For the one process that leads. ``run`` is its life; ``step`` does what is due now."""

    def __init__(
        self,
        log: EventLog,
        store: KeptTexts,
        broker: Broker,
        clock: Clock,
        *,
        board: Callable[[], Mapping[str, Any] | None],
        prefix: str,
        discovery: str,
        offload: Offload = call_here,
    ) -> None:
        """``board`` gives how everything stands, as a snapshot has it, or ``None`` where that is not known yet.

        ``discovery`` is the prefix at which Home Assistant is told of sensors; empty: it is not.
        """
        self._log = log
        self._store = store
        self._broker = broker
        self._clock = clock
        self._board = board
        self._prefix = prefix
        self._discovery = discovery
        self._offload = offload
        self._shown: dict[str, bytes] = {}
        """By topic what this connection has published there."""

        self._kept: frozenset[str] | None = None
        """Topics at which a broker keeps something of ours, as the store has them; ``None``: not read yet."""

        self._absent: dict[str, float] = {}
        """Topics of places that are gone, and since when, by the monotonic clock."""

        self._counter = -1
        self._state_at = -STATE_SECONDS
        self._reached: EventId | None = None
        self.trouble = ""
        """Why nothing is published; empty while it is, or nobody tries."""

    @property
    def reached(self) -> EventId | None:
        """Up to which event the broker has them all; ``None`` where it never had one."""
        return self._reached

    @property
    def is_connected(self) -> bool:
        """Whether the broker takes what is published, as far as is known."""
        return self._broker.is_connected and not self.trouble

    def run(self, stop: threading.Event) -> None:
        """Publish until ``stop`` is set, through whatever becomes of the broker."""
        wait = SHORTEST_WAIT
        while not stop.is_set():
            pause = LOOK_SECONDS
            try:
                self._recall()
                self.step()
                if self._broker.has_settled:
                    wait = SHORTEST_WAIT
                    self._is_over()
            except (BrokerAway, LogError) as error:
                pause, wait = wait, min(2 * wait, LONGEST_WAIT)
                if str(error) != self.trouble:
                    logger.warning("MQTT: nothing is published: %s", error)
                self.trouble = str(error)
            except Exception as error:
                pause, wait = wait, min(2 * wait, LONGEST_WAIT)
                stumbled = f"a fault of the program ({type(error).__name__}); the log has more"
                if stumbled != self.trouble:
                    logger.exception("MQTT stumbled, and is looked at again")
                self.trouble = stumbled
            stop.wait(pause)
        self._broker.close()
        self.trouble = ""

    def _is_over(self) -> None:
        if self.trouble:
            logger.info("MQTT: the broker takes what is published again")
        self.trouble = ""

    def _recall(self) -> None:
        """How far the broker had them at the last start: it may be away now, and lags behind all the same."""
        if self._reached is None:
            self._reached = self._offload(self._cursor)[0]

    def step(self) -> None:
        """Connect where needed and publish what is new. Raises ``BrokerAway`` and ``LogError``."""
        if not self._broker.is_connected:
            self._broker.connect()
            self._shown.clear()
            self._counter, self._state_at = -1, -STATE_SECONDS
        counter = self._log.change_counter()
        if counter != self._counter:
            self._publish_events()
            self._counter = counter
        if self._clock.monotonic() - self._state_at >= STATE_SECONDS:
            self._publish_state()
            self._state_at = self._clock.monotonic()

    def _publish_events(self) -> None:
        while True:
            after, missing = self._offload(self._begin_from)
            chosen = self._offload(self._log.choose, after.number, READ_AT_ONCE, _PUBLISHED)
            messages = [self._event(entry) for entry in chosen.entries]
            if missing is not None:
                messages.insert(0, self._gap(missing, after))
            if messages:
                self._broker.publish(messages)
            reached = EventId(after.epoch, max(after.number, chosen.examined))
            if reached != self._reached or missing is not None:
                self._offload(self._note, reached, chosen.entries[-1].appended_at if chosen.entries else None)
            if chosen.examined <= after.number:
                return

    def _begin_from(self) -> tuple[EventId, EventId | None]:
        """After which event to go on; and the last that was published, where some after it are missing."""
        head, (last, at) = self._log.head(), self._cursor()
        if last is None:
            return head, None
        if last.epoch != head.epoch or last.number > head.number:  # the log was put back, and numbers are given anew
            return (self._log.before(at + timedelta(microseconds=1)) if at else head), last
        oldest = self._log.beginning()
        return (oldest, last) if oldest.number > last.number else (last, None)

    def _cursor(self) -> tuple[EventId | None, datetime | None]:
        kept = self._store.get(CURSOR)
        try:
            told = json.loads(kept.body) if kept else {}
            at = told.get("at")
            return EventId.parse(told["id"]), datetime.fromisoformat(at) if at else None
        except (ValueError, KeyError, TypeError, AttributeError, MalformedEventId):
            return None, None

    def _note(self, reached: EventId, at: datetime | None) -> None:
        at = at or self._cursor()[1]
        self._store.put(CURSOR, json.dumps({"id": str(reached), "at": at.isoformat() if at else None}))
        self._reached = reached

    def _event(self, entry: LogEntry) -> Message:
        topic = topic_of(self._prefix, "event", entry.event.kind.value, entry.event.site_id or "none")
        return Message(topic, entry.json().encode())

    def _gap(self, last: EventId, until: EventId) -> Message:
        told = {"kind": EventKind.GAP.value, "from": str(last), "to": str(until)}
        return Message(topic_of(self._prefix, "event", EventKind.GAP.value), json.dumps(told).encode())

    def _publish_state(self) -> None:
        board = self._board()
        if board is None:
            return
        wanted = {one.topic: one for one in self._state(board)}
        kept = self._kept if self._kept is not None else self._offload(self._kept_topics)
        if not wanted.keys() <= kept:  # before they are there, or nobody would know of them after a crash
            kept = self._offload(self._keep_topics, kept | wanted.keys())
        changed = [one for one in wanted.values() if self._shown.get(one.topic) != one.payload]
        if changed:
            self._broker.publish(changed)
            self._shown |= {one.topic: one.payload for one in changed}
        gone = self._gone(kept - wanted.keys())
        if gone:
            self._broker.publish([Message(topic, b"", retained=True) for topic in sorted(gone)])
            self._offload(self._keep_topics, kept - gone)
            self._shown = {topic: payload for topic, payload in self._shown.items() if topic not in gone}

    def _state(self, board: Mapping[str, Any]) -> Iterable[Message]:
        yield from state_messages(self._prefix, board)
        if self._discovery:
            yield from discovery_messages(self._discovery, self._prefix, board)

    def _gone(self, absent: Iterable[str]) -> set[str]:
        now = self._clock.monotonic()
        self._absent = {topic: self._absent.get(topic, now) for topic in absent}
        return {topic for topic, since in self._absent.items() if now - since >= GONE_AFTER}

    def _kept_topics(self) -> frozenset[str]:
        kept = self._store.get(TOPICS)
        self._kept = frozenset(kept.body.splitlines()) if kept else frozenset()
        return self._kept

    def _keep_topics(self, topics: Iterable[str]) -> frozenset[str]:
        kept = frozenset(topics)
        self._store.put(TOPICS, "\n".join(sorted(kept)))
        self._kept = kept
        return kept
