"""Schedules: which blow falls when, as a pure function of the seed."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.chaos.blow import Blow, BlowKind

ROUND_SECONDS = 120.0
START = 8.0
"""Real seconds until every line has been read, about: what a line without a history counted before is unknown."""

SPEED = 240.0
"""Two minutes are eight hours, in which midnight passes in all zones of the town."""

CAMERAS = 20

LEAD_IN = 4.0
"""Real seconds without blows at the beginning, so that there are copies to be put back."""

QUIET = 12.0
"""Real seconds without blows, so that every camera is read again."""

SETTLING = 28.0
"""Real seconds after the days in which blows fell are over: their histories are asked for then, and a camera that does
not answer at once is asked again."""

NIGHTS = (
    datetime(2026, 5, 12, 17, 20, tzinfo=UTC),
    datetime(2026, 3, 28, 17, 20, tzinfo=UTC),  # Zurich and London go over to summer time at the end of it
    datetime(2026, 10, 24, 17, 20, tzinfo=UTC),  # and back
    datetime(2026, 12, 31, 17, 20, tzinfo=UTC),
)
"""When rounds begin: before midnight in Kathmandu (18:15 UTC), Zurich and London."""

WAITS_BETWEEN = (0.5, 4.0)
"""Real seconds between two blows of a track."""

_SERVICE = {
    BlowKind.SERVICE_KILLED: (0.0, 5.0),
    BlowKind.LEADER_KILLED: (0.0, 0.0),
    BlowKind.LEADER_STOPPED: (30.0, 30.0),
    BlowKind.SECOND_SERVICE: (4.0, 8.0),
    BlowKind.LOCK_DELETED: (0.0, 0.0),
    BlowKind.LOG_RESTORED: (0.0, 2.0),
    BlowKind.DISK_FULL: (2.0, 6.0),
    BlowKind.CLOCK_STEPPED: (4.0, 10.0),
}
"""How long each lasts, in real seconds."""

_DATABASE = {
    BlowKind.DATABASE_STOPPED: (1.0, 8.0),
    BlowKind.DATABASE_RESTORED: (0.0, 0.0),
    BlowKind.COMMIT_ANSWER_CUT: (0.0, 0.0),
    BlowKind.COMMIT_CUT: (0.0, 0.0),
    BlowKind.DATABASE_HANGS: (2.0, 8.0),
}
_TAKES = {BlowKind.SERVICE_KILLED: 5.0, BlowKind.LOG_RESTORED: 6.0, BlowKind.DATABASE_RESTORED: 4.0}
"""Real seconds that a blow takes besides, about: a start, a restore."""

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Round:
    """Some minutes of chaos in fresh folders, repeatable alone."""

    number: int
    """From 1."""

    seed: int
    """Of the people, and of everything below."""

    seconds: float
    """Real seconds, from when every line has been read to the end; longer where the service is behind."""

    speed: float
    starts_at: datetime
    """UTC, in played time."""

    cameras: int
    blows: tuple[Blow, ...]
    """By time."""

    def only(self, names: Collection[str]) -> Round:
        """The same round with these blows alone, to find out which of them does it."""
        return replace(self, blows=tuple(blow for blow in self.blows if blow.name in names))

    @property
    def ends_at(self) -> datetime:
        """UTC, in played time: about when the clock stops."""
        return self.starts_at + timedelta(seconds=self.seconds * self.speed)


def plan_rounds(seed: int, minutes: float, *, speed: float = SPEED, cameras: int = CAMERAS) -> Iterator[Round]:
    """The rounds of so many minutes; the same ones for the same numbers, and round 3 of 30 minutes is that of 60.

    Every blow comes once before any comes twice, as far as a round has room.
    """
    whole = max(1, math.ceil(minutes * 60 / ROUND_SECONDS))
    seconds = min(ROUND_SECONDS, minutes * 60) - START
    if seconds < LEAD_IN + QUIET + SETTLING + 5:
        raise ValueError(f"{minutes:g} minutes are too short: a round takes a minute at least")
    bags = _Bag(Random(f"{seed}/service"), tuple(_SERVICE)), _Bag(Random(f"{seed}/database"), tuple(_DATABASE))
    for number in range(1, whole + 1):
        chance = Random(f"{seed}/{number}")
        blows = [
            *_track(bags[0], _SERVICE, seconds - QUIET - SETTLING, chance, speed),
            *_track(bags[1], _DATABASE, seconds - QUIET - SETTLING, chance, speed),
            *_camera_faults(seconds - QUIET - SETTLING, chance, cameras),
        ]
        yield Round(
            number=number,
            seed=chance.randrange(1_000_000),
            seconds=seconds,
            speed=speed,
            starts_at=NIGHTS[(seed + number) % len(NIGHTS)],
            cameras=cameras,
            blows=tuple(sorted(blows, key=lambda blow: blow.at)),
        )


class _Bag:
    """Things drawn in random order, all once before any twice."""

    def __init__(self, chance: Random, things: Sequence[BlowKind]) -> None:
        self._chance = chance
        self._things = things
        self._left: list[BlowKind] = []

    def draw(self, room: float, needs: dict[BlowKind, float]) -> BlowKind | None:
        """The next one for which there is room; ``None`` if there is none in the bag."""
        if not self._left:
            self._left = self._chance.sample(self._things, len(self._things))
        for kind in self._left:
            if needs[kind] <= room:
                self._left.remove(kind)
                return kind
        return None


def _track(
    bag: _Bag, lengths: dict[BlowKind, tuple[float, float]], until: float, chance: Random, speed: float
) -> Iterator[Blow]:
    """Blows one after the other, from the lead-in to the quiet."""
    needs = {kind: most + _TAKES.get(kind, 0.0) for kind, (_, most) in lengths.items()}
    at = LEAD_IN + chance.uniform(*WAITS_BETWEEN)
    while (kind := bag.draw(until - at, needs)) is not None:
        lasts = round(chance.uniform(*lengths[kind]), 1)
        yield Blow(round(at, 1), kind, lasts, _details(kind, at, chance, speed))
        at += lasts + _TAKES.get(kind, 0.0) + chance.uniform(*WAITS_BETWEEN)


def _details(kind: BlowKind, at: float, chance: Random, speed: float) -> dict[str, Any]:
    if kind is BlowKind.LEADER_STOPPED:
        return {"lock deleted": chance.random() < 0.7}
    if kind is BlowKind.LOG_RESTORED:
        return {"seconds ago": round(chance.uniform(2.0, max(2.0, min(at, 60.0))), 1)}
    if kind is BlowKind.CLOCK_STEPPED:
        return {"seconds": chance.choice((-600, 600))}
    if kind is BlowKind.DATABASE_STOPPED:
        return {"at once": chance.random() < 0.5}
    if kind is BlowKind.DATABASE_RESTORED:
        return {"seconds ago": round(min(_HOUR / speed, max(2.0, at - 2.0)), 1)}
    if kind in {BlowKind.COMMIT_ANSWER_CUT, BlowKind.COMMIT_CUT}:
        return {"times": chance.randint(1, 4)}
    return {}


def _camera_faults(until: float, chance: Random, cameras: int) -> Iterator[Blow]:
    at = LEAD_IN
    while at < until:
        fault = chance.choice(_FAULTS)
        details = {"camera": str(chance.randint(1, cameras)), "fault": fault[0]}
        details |= {name: _drawn(values, chance) for name, values in fault[1].items()}
        yield Blow(round(at, 1), BlowKind.CAMERA_FAULT, details=details)
        at += chance.uniform(0.4, 2.0)


def _drawn(values: tuple[float, float] | bool, chance: Random) -> float | int | bool:
    if isinstance(values, bool):
        return values
    low, high = values
    return chance.randint(low, high) if isinstance(low, int) else round(chance.uniform(low, high), 1)


_FAULTS: tuple[tuple[str, dict[str, tuple[float, float] | bool]], ...] = (
    ("timeout", {"count": (1, 4)}),
    ("refused", {"seconds": (60.0, 5400.0)}),
    ("500", {"count": (1, 10)}),
    ("slow", {"count": (1, 5), "delay": (0.2, 1.5)}),
    ("garbage", {"count": (1, 8)}),
    ("wrong-content-type", {"count": (1, 8)}),
    ("truncated", {"count": (1, 8)}),
    ("restart", {"seconds": (20.0, 1800.0)}),
    ("zero-after-restart", {"count": (1, 2)}),
    ("stale-answer", {"count": (1, 1)}),
    ("split-reset", {}),
    ("manual-reset", {}),
    ("manual-reset", {"history": True}),
    ("camera-replaced", {}),
    ("power-off", {"seconds": (20.0, 3600.0)}),
    ("clock-step", {"seconds": (-90.0, 90.0)}),
    ("late-midnight", {"seconds": (1.0, 300.0)}),
    ("split-midnight", {"seconds": (1.0, 300.0)}),
    ("late-history", {"seconds": (60.0, 240.0)}),
    ("search-stuck", {"seconds": (60.0, 1800.0)}),
    ("search-refused", {"seconds": (60.0, 1800.0)}),
    ("line-missing", {"seconds": (60.0, 3600.0)}),
    ("line-disabled", {"seconds": (60.0, 3600.0)}),
)
"""Names, and from where to where their numbers go: ``seconds`` in played time, ``delay`` in real seconds.

Refused sign-ins are not among them: the service leaves such a camera alone for half an hour, longer than a round.
"""
