"""How an ``Alert`` is written, and the state of alerts between two of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peoplecount.domain.alert_rule import AlertKind, AlertRule
from peoplecount.domain.alert_state import AlertState, Happening, ItemState, Turn
from peoplecount.domain.event import EventKind, NewEvent, parse_utc, utc_text
from peoplecount.domain.event_body import Place, head, new_event

SEVERITIES: Mapping[AlertKind, str] = {
    AlertKind.OVER: "warning",
    AlertKind.UNDER: "warning",
    AlertKind.CAMERA: "fault",
    AlertKind.DOOR: "fault",
    AlertKind.DATABASE: "fault",
}


@dataclass(frozen=True, slots=True)
class AlertItem:
    """One thing that is bad."""

    item_id: str
    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What is to be said of an alert."""

    site_id: str
    """Empty: it is of the installation."""

    site_name: str
    items: Mapping[str, AlertItem] = field(default_factory=dict)
    """What is bad, or was before it was over, by id."""

    inside: int | None = None
    threshold: int | None = None


def alert_event(rule: AlertRule, facts: AlertFacts, happening: Happening, now: datetime, text: str) -> NewEvent:
    """An ``Alert``: one that opens, goes on otherwise, or is over; ``text`` says so in a sentence."""
    place = Place(facts.site_id, facts.site_name, "", "")
    fields = head(EventKind.ALERT, now, place) | {
        "alertId": happening.alert_id,
        "ruleId": rule.rule_id,
        "rule": rule.name,
        "ruleKind": rule.kind.value,
        "severity": SEVERITIES[rule.kind],
        "state": happening.turn.value,
        "notice": happening.notice.value,
        "text": text,
        "items": items_fields(facts, happening),
        "inside": facts.inside,
        "threshold": facts.threshold,
    }
    return new_event(EventKind.ALERT, place, "", fields)


def items_fields(facts: AlertFacts, happening: Happening) -> list[dict[str, str]]:
    """What is bad, as it stands in an event."""
    items = [facts.items.get(one, AlertItem(one, one)) for one in sorted(happening.bad)]
    return [{"id": one.item_id, "name": one.name, "why": one.why} for one in items]


def is_over(fields: Mapping[str, Any]) -> bool:
    """Whether an ``Alert`` says that it is over."""
    return bool(fields["state"] == Turn.CLOSED)


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """The state of an alert, and the words that go with it."""

    state: AlertState = field(default_factory=AlertState)
    facts: AlertFacts = field(default_factory=lambda: AlertFacts("", ""))
    kind: AlertKind = AlertKind.DATABASE
    """Of its rule, which may be no more."""

    name: str = ""


def write_kept(kept: Mapping[str, KeptAlert]) -> str:
    """All states, JSON."""
    return json.dumps({key: _fields(one) for key, one in kept.items()}, ensure_ascii=False, separators=(",", ":"))


def read_kept(body: str) -> dict[str, KeptAlert]:
    """What ``write_kept`` wrote. Raises ``ValueError``, ``KeyError``, ``TypeError`` and ``AttributeError``."""
    return {key: _kept(fields) for key, fields in json.loads(body).items()}


def _fields(kept: KeptAlert) -> dict[str, Any]:
    state, facts = kept.state, kept.facts
    return {
        "rule": [kept.kind.value, kept.name],
        "site": [facts.site_id, facts.site_name],
        "figures": [facts.inside, facts.threshold],
        "words": {key: [one.name, one.why] for key, one in facts.items.items()},
        "items": {
            key: [one.is_bad, _text(one.turning_since), _text(one.bad_since)] for key, one in state.items.items()
        },
        "alert": state.alert_id,
        "told": sorted(state.told),
        "toldIn": state.told_id,
        "toldAt": _text(state.told_at),
    }


def _kept(fields: Mapping[str, Any]) -> KeptAlert:
    items = {key: _item(parts) for key, parts in fields["items"].items()}
    state = AlertState(items, fields["alert"], frozenset(fields["told"]), fields["toldIn"], _moment(fields["toldAt"]))
    words = {key: AlertItem(key, *parts) for key, parts in fields["words"].items()}
    (kind, name), (site_id, site_name), (inside, threshold) = fields["rule"], fields["site"], fields["figures"]
    return KeptAlert(state, AlertFacts(site_id, site_name, words, inside, threshold), AlertKind(kind), name)


def _item(parts: Sequence[Any]) -> ItemState:
    is_bad, turning, since = parts
    return ItemState(bool(is_bad), _moment(turning), _moment(since))


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_utc(text) if text else None
