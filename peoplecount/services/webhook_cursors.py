"""How far the log was looked through for webhooks: here, and at the other machines that send some of their own."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.webhook import Stand
from peoplecount.eventlog.log import LogError
from peoplecount.eventlog.webhook_book import WebhookBook
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

WEBHOOKS = "webhooks"
"""The name of this consumer; where several machines have webhooks, ``@`` and the machine's name follow."""

CURSORS = "webhook-cursor:"
"""What the keys begin with under which machines keep theirs; the machine's name follows."""

NOTE_SECONDS = 30.0

FORGOTTEN_AFTER = timedelta(days=30)
"""A machine that has noted nothing for so long is gone for good. Events are held for no one that long."""


class WebhookCursors:
    """For whoever trims the log: each machine's book tells it how far it has come."""

    def __init__(
        self, book: WebhookBook, store: KeptTexts, clock: Clock, *, machine: str = "", offload: Offload = call_here
    ) -> None:
        """``clock`` is one of real time; ``machine`` is empty where no other one has the log."""
        self._book = book
        self._store = store
        self._clock = clock
        self._machine = machine
        self._offload = offload

    def run(self, stop: threading.Event) -> None:
        """Note this machine's every half minute until ``stop`` is set."""
        while True:
            try:
                self.note()
            except LogError as error:  # whoever sends says so
                logger.debug("how far webhooks have come cannot be noted: %s", error)
            if stop.wait(NOTE_SECONDS):
                return

    def note(self) -> None:
        """Tell the other machines how far this one has come. Raises ``LogError``."""
        told, reached = {"at": utc_text(self._clock.now())}, self.own().get(WEBHOOKS)
        if reached:
            told["id"] = str(reached)
        self._offload(self._store.put, CURSORS + self._machine, json.dumps(told))

    def own(self) -> dict[str, EventId]:
        """That of this machine; none where nobody is told anything: nobody lags behind. Raises ``LogError``."""
        return self._offload(self._own)

    def all(self) -> dict[str, EventId]:
        """Those of all machines, by the name of the consumer. Raises ``LogError``."""
        return self._offload(self._all) if self._machine else self.own()

    def _own(self) -> dict[str, EventId]:
        known = self._book.webhooks(counted=False)
        told = [one.webhook.since for one in known if one.condition.stand is not Stand.DISABLED]
        position = self._book.position()
        if position is None or not told:
            return {}
        reached = position.event_id
        if all(since.epoch == reached.epoch for since in told):
            reached = max(reached, min(told))  # what came before there was anybody to be told is not looked at
        return {WEBHOOKS: reached}

    def _all(self) -> dict[str, EventId]:
        kept = {key.removeprefix(CURSORS): read_cursor(text) for key, text in self._store.under(CURSORS).items()}
        for machine, noted in kept.items():
            if noted is not None and self._clock.now() - noted.at >= FORGOTTEN_AFTER:
                self._store.change(CURSORS + machine, lambda _: None)
        return {f"{WEBHOOKS}@{machine}": noted.event_id for machine, noted in kept.items() if noted and noted.event_id}


@dataclass(frozen=True, slots=True)
class NotedCursor:
    """What a machine has noted of its webhooks."""

    at: datetime
    event_id: EventId | None
    """``None`` where it has none."""


def read_cursor(text: str) -> NotedCursor | None:
    """What a machine has noted; ``None`` where it makes no sense."""
    try:
        told: Mapping[str, str] = json.loads(text)
        return NotedCursor(parse_utc(told["at"]), EventId.parse(told["id"]) if "id" in told else None)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
