"""What is remembered of all cameras' totals, and when their lines were last read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from peoplecount.domain.counting import CountState
from peoplecount.domain.line import LineKey
from peoplecount.domain.quiet_reading import says_the_same, still_at
from peoplecount.domain.reading import Reading

_PRECISION = timedelta(milliseconds=1)
"""Of times as they are told."""


@dataclass(slots=True)
class _Standing:
    """The last of the readings in a row that told nothing."""

    reading: Reading
    is_entered: bool


class CountedCameras(MutableMapping[str, CountState]):
    """The counting of each camera as of its last reading.

    Nineteen polls in twenty say what the one before said. Such a reading is only kept, and entered once somebody asks:
    of a whole quiet night nothing but the last one is.
    """

    def __init__(self, states: Mapping[str, CountState], seen: Mapping[str, datetime]) -> None:
        """``seen`` is when lines were last read, by their ids."""
        self._states = dict(states)
        self._standing: dict[str, _Standing] = {}
        self._doubts: dict[LineKey, timedelta] = {}
        self._last_read = {
            key: max(line.entered.read_at, line.left.read_at, seen.get(str(key), line.entered.read_at))
            for state in self._states.values()
            for key, line in state.lines.items()
        }

    def __getitem__(self, camera_id: str) -> CountState:
        self._enter(camera_id)
        return self._states[camera_id]

    def __setitem__(self, camera_id: str, state: CountState) -> None:
        self.look_again(camera_id)
        self._states[camera_id] = state

    def __delitem__(self, camera_id: str) -> None:
        self.look_again(camera_id)
        for key in self._states.pop(camera_id).lines:
            self._last_read.pop(key, None)
            self._doubts.pop(key, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def last_read(self, key: LineKey) -> datetime | None:
        """When a line was last read, whatever came of it; ``None`` where it never was."""
        self._enter(key.camera_id)
        return self._last_read.get(key)

    def doubt_of(self, key: LineKey) -> timedelta:
        """How far from when it is said to have been a line's last reading may have been."""
        self._enter(key.camera_id)
        return self._doubts.get(key, timedelta(0))

    def note_read(self, reading: Reading) -> None:
        """These lines were read; ``doubt`` is how far from then that may have been."""
        self._enter(reading.camera_id)
        for line in reading.lines:
            self._last_read[line.key] = reading.taken_at
            self._doubts[line.key] = reading.doubt

    def stand(self, reading: Reading, state: CountState) -> None:
        """Take up a reading that told nothing, and the ``state`` it led to."""
        self[reading.camera_id] = state
        self.note_read(reading)
        self._standing[reading.camera_id] = _Standing(reading, is_entered=True)

    def stands(self, reading: Reading, longest: timedelta) -> bool:
        """Take up a reading that says the same as one before that told nothing, ``longest`` at most after it.

        ``False`` where it is to be looked at.
        """
        standing = self._standing.get(reading.camera_id)
        if standing is None or not says_the_same(standing.reading, reading, longest - _PRECISION):
            return False
        standing.reading, standing.is_entered = reading, False
        return True

    def look_again(self, camera_id: str) -> None:
        """Whatever the camera's next reading says, it is to be looked at."""
        self._enter(camera_id)
        self._standing.pop(camera_id, None)

    def _enter(self, camera_id: str) -> None:
        standing = self._standing.get(camera_id)
        if standing is None or standing.is_entered:
            return
        standing.is_entered = True
        reading = standing.reading.as_told()
        self._states[camera_id] = still_at(self._states[camera_id], reading)
        self.note_read(reading)
