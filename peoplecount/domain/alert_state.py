"""The state of an alert: what is wrong at a place, since when, and what of it people have been told.

Time comes from outside, nothing is looked up and nothing is sent here: ``advance`` takes what was seen and gives the
next state with what happened. Whoever keeps the state across a restart goes on as if there had been none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """What a look at a thing says."""

    BAD = "bad"
    BETWEEN = "between"
    """Neither: bad stays bad, and good stays good (hysteresis)."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """Nothing can be said; whatever was the case is left as it is."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """One thing of those that are looked at together: a camera, a line, a site's occupancy."""

    is_bad: bool = False
    """What is believed of it."""

    turning_since: datetime | None = None
    """Since when it looks otherwise; ``None``: it does not."""

    bad_since: datetime | None = None

    def seen(self, verdict: Verdict, now: datetime, lasts: timedelta) -> ItemState:
        """After a look at it. What has lasted is believed."""
        if verdict is Verdict.UNKNOWN:
            return self
        if verdict is not (Verdict.GOOD if self.is_bad else Verdict.BAD):
            return replace(self, turning_since=None)
        since = min(self.turning_since or now, now)  # a clock that was set back begins again
        if now - since < lasts:
            return replace(self, turning_since=since)
        return ItemState() if self.is_bad else ItemState(is_bad=True, bad_since=since)


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly something is believed, and how often people are told."""

    lasts: timedelta
    gap: timedelta
    is_quiet: bool = False
    """Whether nobody is to be told anything just now."""

    tells_recovery: bool = True


@dataclass(frozen=True, slots=True)
class AlertState:
    """The alert of one rule at one site."""

    items: Mapping[str, ItemState] = field(default_factory=dict)
    """What is bad or about to be, by what it is called."""

    alert_id: str = ""
    """Of the alert that is open; empty: none is."""

    told: frozenset[str] = frozenset()
    """What people believe to be bad."""

    told_id: str = ""
    """In which alert they were told so."""

    told_at: datetime | None = None
    """When they were last told that something is bad."""

    @property
    def bad(self) -> frozenset[str]:
        """What is bad."""
        return frozenset(name for name, item in self.items.items() if item.is_bad)

    @property
    def is_blank(self) -> bool:
        """Whether nothing is to be remembered."""
        return self == AlertState()


class Notice(StrEnum):
    """What people are to be told."""

    NONE = ""
    BAD = "opened"
    RECOVERED = "recovered"


class Turn(StrEnum):
    """What becomes of an alert."""

    OPENED = "opened"
    OPEN = "open"
    """It goes on, and something about it has changed or is to be told."""

    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an alert."""

    alert_id: str
    turn: Turn
    bad: frozenset[str]
    """What is bad now; of an alert that is over what was so last."""

    notice: Notice = Notice.NONE


def advance(
    state: AlertState, seen: Mapping[str, Verdict], now: datetime, pace: Pace, new_id: str
) -> tuple[AlertState, tuple[Happening, ...]]:
    """The state after a look at everything there is, and what happened.

    What is not in ``seen`` is no longer there, so nothing is wrong with it. ``new_id`` is taken by an alert that opens.
    """
    items = {name: item for name, item in _items(state, seen, now, pace.lasts) if item != ItemState()}
    before, after = state.bad, frozenset(name for name, item in items.items() if item.is_bad)
    state = replace(state, items=items)
    happened: list[Happening] = []
    if after and not state.alert_id:
        state = replace(state, alert_id=new_id)
        happened.append(Happening(new_id, Turn.OPENED, after))
    elif not after and state.alert_id:
        happened.append(Happening(state.alert_id, Turn.CLOSED, before))
        state = replace(state, alert_id="")
    elif after != before:
        happened.append(Happening(state.alert_id, Turn.OPEN, after))
    believed = state.told
    state, notice = _told(state, now, pace)
    if notice is not Notice.NONE:
        happened = _with_notice(happened, state, notice, believed)
    return _tidy(state, now, pace), tuple(happened)


def _items(
    state: AlertState, seen: Mapping[str, Verdict], now: datetime, lasts: timedelta
) -> Iterator[tuple[str, ItemState]]:
    for name, verdict in seen.items():
        known = state.items.get(name)
        if known is not None or verdict is Verdict.BAD:  # of what is well nothing is remembered
            yield name, (known or ItemState()).seen(verdict, now, lasts)


def _told(state: AlertState, now: datetime, pace: Pace) -> tuple[AlertState, Notice]:
    """What people are told now, so that they come to believe what is the case."""
    bad = state.bad
    if bad and not pace.is_quiet:  # what recovered by itself may be told anew, should it go bad again
        # Of what was told last something stays, so that people hear at the end that all is well.
        state = replace(state, told=state.told & bad or state.told)
    if pace.is_quiet:
        return state, Notice.NONE
    if bad - state.told:
        if state.told_at is not None and timedelta(0) <= now - state.told_at < pace.gap:
            return state, Notice.NONE
        return replace(state, told=bad, told_id=state.alert_id, told_at=now), Notice.BAD
    if state.told and not bad:
        told = Notice.RECOVERED if pace.tells_recovery else Notice.NONE
        return replace(state, told=frozenset()), told
    return state, Notice.NONE


def _with_notice(
    happened: list[Happening], state: AlertState, notice: Notice, believed: frozenset[str]
) -> list[Happening]:
    """A notice goes with what happened just now; one that was held back comes by itself."""
    if happened and happened[-1].alert_id == state.told_id:
        return [*happened[:-1], replace(happened[-1], notice=notice)]
    if notice is Notice.BAD:
        return [*happened, Happening(state.told_id, Turn.OPEN, state.bad, notice)]
    return [*happened, Happening(state.told_id, Turn.CLOSED, believed, notice)]


def _tidy(state: AlertState, now: datetime, pace: Pace) -> AlertState:
    """Forget what has no bearing on anything any more."""
    if not (state.items or state.told) and state.told_at is not None and abs(now - state.told_at) >= pace.gap:
        return AlertState()
    return state if state.told else replace(state, told_id="")
