"""Webhooks, their conditions and attempts as texts in rows of a table."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from peoplecount.domain.event_id import EventId
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.threshold import Threshold
from peoplecount.domain.webhook import Attempt, Condition, Outcome, Receiver, Stand, Telling, Topic, Webhook, Wish

SEALED = ("address", "secret", "old_secret")
"""Attributes of a webhook that are kept as they were sealed."""

_MOMENTS = ("since", "failing_since", "next_try", "rest_until", "delivered_at")


def definition_text(webhook: Webhook) -> str:
    """JSON."""
    return _text(
        {
            "name": webhook.name,
            "owner": webhook.owner,
            "receiver": webhook.receiver.value,
            "address": webhook.address,
            "host": webhook.host,
            "wish": wish_fields(webhook.wish),
            "sites": None if webhook.sites is None else sorted(webhook.sites),
            "made": text_of(webhook.made),
            "since": str(webhook.since),
            "secret": webhook.secret,
            "oldSecret": webhook.old_secret,
            "oldUntil": text_of(webhook.old_until),
        }
    )


def read_definition(hook_id: str, text: str) -> Webhook:
    """What ``definition_text`` wrote."""
    row = json.loads(text)
    return Webhook(
        hook_id,
        row["name"],
        row["owner"],
        Receiver(row["receiver"]),
        row["address"],
        row["host"],
        read_wish(row["wish"]),
        None if row["sites"] is None else frozenset(row["sites"]),
        moment(row["made"]) or datetime.fromtimestamp(0, UTC),
        EventId.parse(row["since"]),
        row["secret"],
        row["oldSecret"],
        moment(row["oldUntil"]),
    )


def wish_fields(wish: Wish) -> dict[str, Any]:
    """JSON-ready; the same of equal wishes."""
    return {
        "topics": sorted(wish.topics),
        "cameras": sorted(wish.camera_ids),
        "doors": sorted(wish.door_ids),
        "sites": sorted(wish.site_ids),
        "scopes": sorted(wish.scopes),
        "steps": sorted(wish.steps),
        "threshold": str(wish.threshold) if wish.threshold else None,
        "minGap": wish.min_gap,
    }


def read_wish(row: dict[str, Any]) -> Wish:
    """What ``wish_fields`` made."""
    return Wish(
        frozenset(map(Topic, row["topics"])),
        frozenset(row["cameras"]),
        frozenset(row["doors"]),
        frozenset(row["sites"]),
        frozenset(map(Scope, row["scopes"])),
        frozenset(map(Step, row["steps"])),
        Threshold.parse(row["threshold"]) if row["threshold"] else None,
        row["minGap"],
    )


def condition_text(condition: Condition) -> str:
    """JSON."""
    row = {one.name: getattr(condition, one.name) for one in fields(Condition)}
    return _text(row | {name: text_of(row[name]) for name in _MOMENTS} | {"sides": dict(condition.sides)})


def read_condition(text: str) -> Condition:
    """What ``condition_text`` wrote."""
    row = json.loads(text)
    return Condition(**(row | {name: moment(row[name]) for name in _MOMENTS} | {"stand": Stand(row["stand"])}))


def attempt_text(attempt: Attempt) -> str:
    """JSON."""
    row = {one.name: getattr(attempt, one.name) for one in fields(Attempt)}
    return _text(row | {name: text_of(row[name]) for name in ("moment", "next_try")})


def read_attempt(text: str) -> Attempt:
    """What ``attempt_text`` wrote."""
    row = json.loads(text)
    moments = {name: moment(row[name]) for name in ("moment", "next_try")}
    return Attempt(**(row | moments | {"outcome": Outcome(row["outcome"])}))


def waiting_row(hook_id: str, telling: Telling) -> tuple[str, int, str, str, str, str, int, int]:
    """The row of what waits."""
    head = (hook_id, telling.number, telling.event_id, telling.kind)
    return (*head, telling.key, telling.body, telling.dropped, int(telling.gap))


def read_waiting(row: tuple[int, str, str, str, str, int, int]) -> Telling:
    """A row without the webhook's id."""
    number, event_id, kind, key, body, dropped, gap = row
    return Telling(number, event_id, kind, key, body, dropped, bool(gap))


def text_of(value: datetime | None) -> str | None:
    """A moment to the microsecond."""
    return None if value is None else value.astimezone(UTC).isoformat()


def moment(text: str | None) -> datetime | None:
    """What ``text_of`` wrote."""
    return None if text is None else datetime.fromisoformat(text)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
