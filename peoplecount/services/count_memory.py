"""What counting remembers, in memory as it is beside the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import TypeVar

from peoplecount.domain.camera_day import CameraDay
from peoplecount.domain.counter import Counter
from peoplecount.domain.counting import CountState, LineState
from peoplecount.domain.hour_ledger import HourLedger
from peoplecount.domain.occupancy import Occupancy
from peoplecount.eventlog.log import LoadedStates, State, StateChange
from peoplecount.services.camera_day_body import write_camera_day
from peoplecount.services.count_state_body import read_count_state, write_count_state
from peoplecount.services.counted_cameras import CountedCameras
from peoplecount.services.kept_days import UNREADABLE, KeptDays
from peoplecount.services.occupancy_state import read_occupancy, write_occupancy

logger = logging.getLogger(__name__)

T = TypeVar("T")

CAMERA_STATE = "camera:"
"""What the keys of states begin with: a camera's is its counting, a site's its occupancy."""

SITE_STATE = "site:"
HOURS_STATE = "hours:"
"""A day of a camera's hour ledger: ``hours:YYYY-MM-DD:CAMERA``."""

_DAY_LENGTH = len("YYYY-MM-DD")


class CountMemory:
    """The states of counting, and what changes to append for those that are others now."""

    def __init__(self, loaded: LoadedStates, seen: Mapping[str, datetime]) -> None:
        """``seen`` is when lines were last read, by their ids."""
        states = loaded.states
        self._versions = {key: state.version for key, state in states.items()}
        self.counts = CountedCameras(
            {
                camera_id: _refreshed(state, seen)
                for camera_id, state in _readable(CAMERA_STATE, states, read_count_state)
            },
            seen,
        )
        self.occupancies = dict(_readable(SITE_STATE, states, read_occupancy))
        bodies: dict[str, dict[date, str]] = {}
        for key, state in _of_kind(HOURS_STATE, states):
            bodies.setdefault(key[_DAY_LENGTH + 1 :], {})[date.fromisoformat(key[:_DAY_LENGTH])] = state.body
        self._days: dict[str, MutableMapping[date, CameraDay]] = {
            camera_id: KeptDays(days) for camera_id, days in bodies.items()
        }

    def days(self, camera_id: str) -> MutableMapping[date, CameraDay]:
        """The days of a camera that are kept. They are only taken apart once somebody asks."""
        days = self._days.get(camera_id)
        if days is None:
            days = self._days[camera_id] = KeptDays({})
        return days

    def ledger(self, camera_id: str, zone: tzinfo | None, keep: int) -> HourLedger:
        """The hour ledger of a camera, to write in; ``changes_of`` takes up what was written."""
        return HourLedger(self.days(camera_id), zone, keep=keep)

    def changes_of_ledger(self, camera_id: str, ledger: HourLedger, keep: int) -> list[StateChange]:
        """Take up what was written in a ledger; days that are too old are dropped."""
        self.counts.look_again(camera_id)
        if ledger.changed - self.days(camera_id).keys():
            for gone in sorted(ledger.days)[: -keep - 1]:
                ledger.drop(gone)
        dropped = sorted(self.days(camera_id).keys() - ledger.days.keys())
        self._days[camera_id] = ledger.days
        changes = [self.change(_hours_key(camera_id, day), "") for day in dropped]
        return changes + [
            self.change(_hours_key(camera_id, day), write_camera_day(ledger.days[day]))
            for day in sorted(ledger.changed)
        ]

    def forget(self, camera_id: str) -> list[StateChange]:
        """Forget a camera: the changes that drop its states."""
        self.counts.pop(camera_id, None)
        days = [_hours_key(camera_id, day) for day in self.days(camera_id)]
        del self._days[camera_id]
        keys = [f"{CAMERA_STATE}{camera_id}", *sorted(days)]
        return [self.change(key, "") for key in keys if key in self._versions]

    def change_of_counts(self, camera_id: str) -> StateChange:
        """The change that keeps a camera's counting as it is now."""
        return self.change(f"{CAMERA_STATE}{camera_id}", write_count_state(self.counts[camera_id]))

    def change_of_occupancy(self, site_id: str) -> StateChange:
        """The change that keeps a site's occupancy as it is now."""
        return self.change(f"{SITE_STATE}{site_id}", write_occupancy(self.occupancies[site_id]))

    def occupancy(self, site_id: str, day: date) -> Occupancy:
        """A site's occupancy; that of an empty site on ``day`` where nothing is known."""
        return self.occupancies.get(site_id) or Occupancy(day)

    def change(self, key: str, body: str) -> StateChange:
        """A change from the version that is known here; an empty body drops the state."""
        version = self._versions.get(key, 0)
        if body:
            self._versions[key] = version + 1
        else:
            self._versions.pop(key, None)
        return StateChange(key, version, body)


def counting_keys(camera_id: str, days: Iterable[date]) -> list[str]:
    """The keys of the states in which a camera's counting is, and its hours on these days."""
    return [f"{CAMERA_STATE}{camera_id}", *(_hours_key(camera_id, day) for day in days)]


def _hours_key(camera_id: str, day: date) -> str:
    return f"{HOURS_STATE}{day.isoformat()}:{camera_id}"


def _of_kind(prefix: str, states: Mapping[str, State]) -> Iterable[tuple[str, State]]:
    return ((key.removeprefix(prefix), state) for key, state in states.items() if key.startswith(prefix))


def _readable(prefix: str, states: Mapping[str, State], read: Callable[[str], T]) -> Iterator[tuple[str, T]]:
    """States by what they are of; one that is damaged must not keep all others from counting."""
    for subject, state in _of_kind(prefix, states):
        try:
            yield subject, read(state.body)
        except UNREADABLE:
            logger.exception(
                "The state %r beside the event log is damaged and not used. What it is of is counted anew from the "
                "next reading on; the history in the database stays as it is",
                f"{prefix}{subject}",
            )


def _refreshed(state: CountState, seen: Mapping[str, datetime]) -> CountState:
    """The state with the times of readings that changed nothing and so are not in it."""
    return replace(state, lines={key: _seen_at(line, seen.get(str(key))) for key, line in state.lines.items()})


def _seen_at(line: LineState, seen: datetime | None) -> LineState:
    if seen is None:
        return line
    return replace(line, entered=_accepted_at(line.entered, seen), left=_accepted_at(line.left, seen))


def _accepted_at(counter: Counter, seen: datetime) -> Counter:
    """Readings while a fall is held are not accepted yet: the people of the new total have come since before it."""
    return counter if counter.fall is not None else replace(counter, read_at=max(counter.read_at, seen))
