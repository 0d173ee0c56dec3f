"""The rules of alerts, in the local store."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from peoplecount.domain.alert_rule import USUAL_RULES, AlertKind, AlertRule, QuietHours
from peoplecount.domain.sentence import say
from peoplecount.domain.threshold import Threshold
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

MOST_RULES = 200
_KEY = "alert-rules"


class RuleRefused(Exception):
    """What was asked of rules makes no sense; the message says why."""


class AlertRules:
    """All rules. Calls block for as long as the store takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts) -> None:
        self._store = store

    def all(self) -> list[AlertRule]:
        """In the order in which they were made; the usual ones as long as nobody has changed them."""
        kept = self._store.get(_KEY)
        return read_rules(kept.body if kept else None)

    def find(self, rule_id: str) -> AlertRule:
        """One of them. Raises ``RuleRefused``."""
        return _found(self.all(), rule_id)

    def add(self, rule: AlertRule) -> AlertRule:
        """One more; it gets an id. Raises ``RuleRefused``."""
        made = replace(rule, rule_id=secrets.token_hex(4))

        def work(rules: list[AlertRule]) -> list[AlertRule]:
            if len(rules) >= MOST_RULES:
                raise RuleRefused(say("There are as many rules as there may be. Remove one first."))
            return [*rules, made]

        self._change(work)
        return made

    def change(self, rule: AlertRule) -> AlertRule:
        """Put it in the place of the one with its id; what that was. Raises ``RuleRefused``."""
        before: list[AlertRule] = []

        def work(rules: list[AlertRule]) -> list[AlertRule]:
            before.append(_found(rules, rule.rule_id))
            return [rule if one.rule_id == rule.rule_id else one for one in rules]

        self._change(work)
        return before[-1]

    def remove(self, rule_id: str) -> AlertRule:
        """What it was. Raises ``RuleRefused``."""
        before: list[AlertRule] = []

        def work(rules: list[AlertRule]) -> list[AlertRule]:
            before.append(_found(rules, rule_id))
            return [one for one in rules if one.rule_id != rule_id]

        self._change(work)
        return before[-1]

    def _change(self, work: Callable[[list[AlertRule]], list[AlertRule]]) -> None:
        self._store.change(_KEY, lambda body: write_rules(work(read_rules(body))))
        self._store.settle()


def write_rules(rules: Sequence[AlertRule]) -> str:
    """JSON."""
    return json.dumps([_fields(rule) for rule in rules], ensure_ascii=False, separators=(",", ":"))


def read_rules(body: str | None) -> list[AlertRule]:
    """What ``write_rules`` wrote; one that cannot be read is left out, and said."""
    if body is None:
        return list(USUAL_RULES)
    rules = []
    for fields in json.loads(body):
        try:
            rules.append(_rule(fields))
        except (ValueError, KeyError, TypeError):
            logger.warning("a rule of alerts cannot be read, and is left out: %.200r", fields.get("rule"))
    return rules


def _found(rules: Sequence[AlertRule], rule_id: str) -> AlertRule:
    found = next((one for one in rules if one.rule_id == rule_id), None)
    if found is None:
        raise RuleRefused(say("There is no such rule any more."))
    return found


def _fields(rule: AlertRule) -> dict[str, Any]:
    return {
        "rule": rule.rule_id,
        "kind": rule.kind.value,
        "name": rule.name,
        "sites": None if rule.sites is None else sorted(rule.sites),
        "threshold": str(rule.threshold) if rule.threshold else None,
        "margin": rule.margin,
        "lasts": rule.lasts.total_seconds(),
        "gap": rule.gap.total_seconds(),
        "quietHours": str(rule.quiet_hours) if rule.quiet_hours else None,
        "recipients": list(rule.recipients),
        "language": rule.language,
        "recovery": rule.tells_recovery,
        "on": rule.is_on,
    }


def _rule(fields: Mapping[str, Any]) -> AlertRule:
    return AlertRule(
        rule_id=str(fields["rule"]),
        kind=AlertKind(fields["kind"]),
        name=str(fields["name"]),
        sites=None if fields["sites"] is None else frozenset(map(str, fields["sites"])),
        threshold=Threshold.parse(fields["threshold"]) if fields["threshold"] else None,
        margin=int(fields["margin"]),
        lasts=timedelta(seconds=float(fields["lasts"])),
        gap=timedelta(seconds=float(fields["gap"])),
        quiet_hours=QuietHours.parse(fields["quietHours"]) if fields["quietHours"] else None,
        recipients=tuple(map(str, fields["recipients"])),
        language=str(fields["language"]),
        tells_recovery=bool(fields["recovery"]),
        is_on=bool(fields["on"]),
    )
