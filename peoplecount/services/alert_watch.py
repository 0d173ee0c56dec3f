"""The alert watch: looks by every rule, and appends ``Alert`` events together with what it remembers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.alert_body import (
    AlertFacts,
    KeptAlert,
    alert_event,
    items_fields,
    read_kept,
    write_kept,
)
from peoplecount.domain.alert_rule import AlertRule
from peoplecount.domain.alert_state import Happening, Pace, Turn, Verdict, advance
from peoplecount.domain.clock import Clock
from peoplecount.domain.event import NewEvent
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import EventLog, StateChange
from peoplecount.services.alert_sights import Sight
from peoplecount.services.alert_words import text_of
from peoplecount.services.camera_watch import Report

logger = logging.getLogger(__name__)

ALERTS_STATE = "alerts"
"""The key of the state beside the log."""

LOOK_SECONDS = 5.0
_GONE = Pace(timedelta(0), timedelta(0), tells_recovery=False)
"""Of an alert whose rule or site is no more."""


class Sights(Protocol):
    """What rules see."""

    def of(self, rules: Sequence[AlertRule]) -> Iterable[tuple[AlertRule, Sight]]:
        """What each of them sees, site by site."""
        ...


class AlertWatch:
    """Runs in the process that leads. What it remembers changes in the same transactions as its events.

    So through crashes and changes of the lead nothing is told twice, and nothing is forgotten.
    """

    def __init__(
        self,
        log: EventLog,
        report: Report,
        *,
        rules: Callable[[], Sequence[AlertRule]],
        sights: Sights,
        is_ready: Callable[[], bool],
        clock: Clock,
        offload: Offload = call_here,
        new_id: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        """``is_ready``: whether the board tells what is the case; ``clock`` is one of real time."""
        self._log = log
        self._report = report
        self._rules = rules
        self._sights = sights
        self._is_ready = is_ready
        self._clock = clock
        self._offload = offload
        self._new_id = new_id
        self._kept: dict[str, KeptAlert] | None = None
        self._version = 0

    def look_again(self) -> int:
        """The same as ``look``; where it fails, what is remembered is read anew the next time."""
        try:
            return self.look()
        except BaseException:
            self._kept = None
            raise

    def look(self) -> int:
        """Look by all rules, and append what happened; how many events. Raises ``LogError``."""
        if not self._is_ready():
            return 0
        before = self._loaded()
        now = self._clock.now()
        kept: dict[str, KeptAlert] = {}
        events: list[NewEvent] = []
        for key, rule, sight in self._all_sights():
            known = before.get(key, KeptAlert(kind=rule.kind))
            if known.kind is not rule.kind:  # it looks at something else now: what it saw before is over
                events += _closings(key, known, now)
                known = KeptAlert(kind=rule.kind)
            kept[key], happened = _advanced(known, rule, sight, now, self._new_id)
            events += _events(rule, kept[key].facts, happened, now)
        for key in before.keys() - kept.keys():
            events += _closings(key, before[key], now)
        kept = {key: one for key, one in kept.items() if not one.state.is_blank}
        if events or _states(kept) != _states(before):
            self._append(kept, events)
        return len(events)

    def _all_sights(self) -> Iterator[tuple[str, AlertRule, Sight]]:
        for rule, sight in self._sights.of([rule for rule in self._rules() if rule.is_on]):
            yield f"{rule.rule_id}/{sight.facts.site_id}", rule, sight

    def _loaded(self) -> dict[str, KeptAlert]:
        if self._kept is None:
            state = self._offload(self._log.load_states).states.get(ALERTS_STATE)
            self._version = state.version if state else 0
            try:
                self._kept = read_kept(state.body) if state else {}
            except (ValueError, KeyError, TypeError, AttributeError):
                logger.exception("what was remembered of alerts cannot be read; they begin anew")
                self._kept = {}
        return self._kept

    def _append(self, kept: dict[str, KeptAlert], events: Sequence[NewEvent]) -> None:
        self._kept = None  # void, until it is known to be written
        self._report(events, [StateChange(ALERTS_STATE, self._version, write_kept(kept))])
        self._version += 1
        self._kept = kept


def _advanced(
    before: KeptAlert, rule: AlertRule, sight: Sight, now: datetime, new_id: Callable[[], str]
) -> tuple[KeptAlert, Sequence[Happening]]:
    quiet = rule.quiet_hours
    pace = Pace(rule.lasts, rule.gap, quiet is not None and quiet.has(now.astimezone(sight.zone)), rule.tells_recovery)
    verdicts = sight.verdicts if sight.is_known else dict.fromkeys(before.state.items, Verdict.UNKNOWN)
    state, happened = advance(before.state, verdicts, now, pace, new_id())
    wanted = before.state.bad | state.bad | state.told | frozenset(state.items)
    words = {key: one for key, one in {**before.facts.items, **sight.facts.items}.items() if key in wanted}
    return KeptAlert(state, replace(sight.facts, items=words), rule.kind, rule.name), happened


def _events(rule: AlertRule, facts: AlertFacts, happened: Sequence[Happening], now: datetime) -> Iterator[NewEvent]:
    for one in happened:
        fields = {
            "ruleKind": rule.kind.value,
            "state": one.turn.value,
            "items": items_fields(facts, one),
            "inside": facts.inside,
            "threshold": facts.threshold,
        }
        yield alert_event(rule, facts, one, now, str(text_of(fields)))


def _closings(key: str, kept: KeptAlert, now: datetime) -> Iterator[NewEvent]:
    """Its rule or its site is no more: it is over, and nobody is told."""
    _, happened = advance(kept.state, {}, now, _GONE, "")
    rule = AlertRule(key.partition("/")[0], kept.kind, kept.name)
    return _events(rule, kept.facts, [one for one in happened if one.turn is Turn.CLOSED], now)


def _states(kept: dict[str, KeptAlert]) -> dict[str, object]:
    return {key: one.state for key, one in kept.items()}
