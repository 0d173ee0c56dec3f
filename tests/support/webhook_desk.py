"""Webhooks without a service: a log in memory, a book, and receivers that say what they are told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.webhook import Topic, Webhook, Wish
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import Append
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.webhook_book import KeptWebhook, WebhookBook
from peoplecount.outbound.post import Answer
from peoplecount.outbound.rules import OutboundRules, Target
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.subscriptions import Subscriptions
from peoplecount.services.webhook_post import Postman
from peoplecount.services.webhook_sender import WebhookSender
from tests.support.fake_clock import FakeClock
from tests.support.toy_sealer import ToySealer

FLOW = "https://prod-01.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=SECRET-OF-THE-FLOW"
COUNTS = Wish(frozenset({Topic.COUNT}))

Says = Callable[[str, dict], "int | Answer | Exception"]
"""What a receiver answers to the event in a body, by its address."""


class FakeOutbox:
    """Receivers by address; each says what it was told to, and 202 otherwise."""

    def __init__(self, rules: OutboundRules | None = None) -> None:
        self.rules = rules or OutboundRules((".logic.azure.com", "hooks.example"))
        self.says: dict[str, Says] = {}
        self.got: list[tuple[str, dict, dict[str, str]]] = []
        """Address, body and headers of every request, whatever was answered."""

    def demand(self, address: str) -> Target:
        return self.rules.target(address)

    def post(self, address: str, body: bytes, headers) -> Answer:
        event = json.loads(body)
        self.got.append((address, event, dict(headers)))
        said = self.says[address](address, event) if address in self.says else 202
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Answer) else Answer(said, None, 0.01)

    def ids(self, address: str = FLOW) -> list[str]:
        return [event["id"] for at, event, _ in self.got if at == address]


class WebhookDesk:
    """An installation as far as webhooks are concerned. ``restarts`` is a crash and a start."""

    def __init__(self, folder: Path, *, most_waiting: int = 1000) -> None:
        self.clock = FakeClock()
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()
        self.store = LocalStore(folder / "store.sqlite")
        self.book = WebhookBook(folder / "webhooks.sqlite", most_waiting=most_waiting)
        self.outbox = FakeOutbox()
        self.audit = AuditLog(self.store, self.clock)
        self.good_owners: set[str] | None = None
        self.removed: list[KeptWebhook] = []
        self.desk = Subscriptions(self.book, self.log, self.outbox, ToySealer(), self.audit, self.clock)
        self.sender = self._sender()

    def _sender(self) -> WebhookSender:
        return WebhookSender(
            self.log,
            self.book,
            Postman(self.outbox, ToySealer(), self.clock),
            self.clock,
            owner_is_good=lambda owner: self.good_owners is None or owner in self.good_owners,
            note_removed=self.removed.append,
            chance=lambda: 1.0,
            start=lambda work, _: work(),
            rest=lambda: None,
        )

    def restarts(self) -> None:
        self.sender = self._sender()

    def has(self, address: str = FLOW, wish: Wish = COUNTS, **options) -> Webhook:
        return self.desk.add("anna", address, wish, **options).kept.webhook

    def condition(self, webhook: Webhook):
        return self.desk.find(webhook.hook_id).condition

    def waiting(self, webhook: Webhook) -> int:
        return self.desk.find(webhook.hook_id).waiting

    def happens(self, *events: NewEvent) -> list[str]:
        """Append events; their ids."""
        head = self.log.append(self.term, [Append(events)], self.clock.now())
        return [f"{head.epoch}-{head.number - len(events) + place + 1}" for place in range(len(events))]

    def counts(self, number: int, camera: str = "front", **options) -> list[str]:
        return self.happens(*(a_count(camera, **options) for _ in range(number)))

    def sends(self) -> None:
        self.sender.step()

    def passes(self, seconds: float) -> None:
        self.clock.passes(seconds)
        self.sends()

    def passes_days(self, days: float, steps: int) -> None:
        for _ in range(steps):
            self.passes(timedelta(days=days / steps).total_seconds())

    def close(self) -> None:
        self.store.close()
        self.book.close()


def an_entry_of(kind: EventKind, subject: str = "", *, site="shop", camera="", door="", **fields) -> NewEvent:
    """An event whose body holds these fields."""
    body = json.dumps({"kind": kind.value, "siteId": site, "cameraId": camera, **fields}, separators=(",", ":"))
    return NewEvent(kind, site, camera, door, subject, body)


def a_count(camera: str = "front", line: str = "1", site: str = "shop", door: str = "door", **fields) -> NewEvent:
    return an_entry_of(EventKind.COUNT, f"{camera}/{line}", site=site, camera=camera, door=door, **fields)


def a_status(camera: str, state: str, site: str = "shop") -> NewEvent:
    return an_entry_of(EventKind.CAMERA_STATUS, camera, site=site, camera=camera, state=state)


def an_occupancy(people: int | None, capacity: int | None = 100, site: str = "shop") -> NewEvent:
    return an_entry_of(EventKind.OCCUPANCY_CHANGED, site, site=site, occupancy=people, capacity=capacity)


def an_interval(scope: str, step: str = "15", site: str = "shop", camera: str = "", door: str = "") -> NewEvent:
    # Those of lines have a subject, which must not make one of them superfluous.
    return an_entry_of(
        EventKind.INTERVAL_CLOSED, "front/1" if scope == "line" else "", site=site, camera=camera, door=door,
        scope=scope, step=step,
    )  # fmt: skip


def told(entries: Iterable[tuple[str, dict, dict]]) -> list[str]:
    return [event["id"] for _, event, _ in entries]
