"""Watching cameras: their clocks, their lines and the moment of their reset, and whether our own clock is right."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_watch import Look, WatchedCamera, look
from peoplecount.domain.clock_body import ClockStanding, clock_event
from peoplecount.domain.clock_vote import ClockVote, OwnClock, vote
from peoplecount.domain.event import NewEvent
from peoplecount.domain.event_body import break_event
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.poll_times import LocalClock
from peoplecount.domain.reading import Reading
from peoplecount.domain.reset_moment import LearnedReset, learn
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.log import EventLog, State, StateChange
from peoplecount.services.break_words import line_change_words
from peoplecount.services.camera_watch_body import read_watched, write_watched
from peoplecount.services.clock_words import change_words, own_clock_words

logger = logging.getLogger(__name__)

WATCH_STATE = "watch:"
"""What the keys of states begin with that hold a camera's set-up."""

LEAST_NEWS = timedelta(seconds=2)
"""A clock that has gone off by less since it was last told is no news."""

VOTE_LIFE = timedelta(hours=1)
"""A clock that was measured longer ago says nothing of ours any more; each is measured every quarter of an hour."""

VOTE_EVERY = timedelta(seconds=10)
"""All clocks are asked anew within seconds, at the start and in each quarter of an hour. A vote after each of them
would cost the square of their number."""


class Report(Protocol):
    """Appends events and states; what ``CountKeeper.report`` is."""

    def __call__(self, events: Iterable[NewEvent], states: Iterable[StateChange] = ()) -> None:
        """Append all or nothing. Raises ``LogError``."""
        ...


@dataclass(slots=True)
class _Seen:
    """What the last readings of a camera have shown."""

    camera: WatchedCamera
    told: ClockStanding
    """Its clock as it was last told."""

    version: int
    """Of the state beside the log."""

    local_clock: LocalClock
    last: Reading | None = None
    """The reading that was taken up last, in this process."""


class CameraWatch:
    """Compares what cameras are set to with what they were, says what has changed, and remembers it beside the log.

    One for all cameras; each of them is taken up by one call at a time, from any thread.
    """

    def __init__(
        self, log: EventLog, report: Report, *, roster: Callable[[], Roster], offload: Offload = call_here
    ) -> None:
        self._log = log
        self._report = report
        self._roster = roster
        self._offload = offload
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] | None = None
        self._unreadable: dict[str, int] = {}
        """Versions of states that could not be read, by camera; they are overwritten."""

        self._own = OwnClock()
        self._is_vote_due = False
        self._voted_at = datetime.min.replace(tzinfo=UTC)

    def take(self, camera: Camera, reading: Reading) -> None:
        """Take up a reading. Raises ``LogError``; the next reading then tells what this one did."""
        if reading.facts is None:
            return
        seen = self._all_seen()
        before = seen.get(camera.camera_id)
        if before is not None and _is_same(before.last, reading):
            before.last = reading
            if self._is_vote_due:
                self._vote(seen, reading.taken_at)
            return
        asked_anew = before is None or before.last is None or before.last.facts is not reading.facts
        known = before.camera if before else None
        found = look(known, reading.serial, reading.facts) if known is None or asked_anew else Look(known)
        now = replace(found.camera, reset=_learned(before, found.camera, reading))
        standing = _standing(now)
        is_news = before is None or _is_news(before.told, standing)
        events = [*self._breaks(camera, found, reading)]
        if is_news:
            events.append(clock_event(self._roster().place(camera), now.clock.last.measured_at, standing))
        told = standing if before is None or is_news else before.told
        version = before.version if before else self._unreadable.get(camera.camera_id, 0)
        if events or known is None or now.reset != known.reset:
            self._save(camera.camera_id, now, version, events)
            version += 1
        seen[camera.camera_id] = _Seen(now, told, version, now.local_clock(), reading)
        self._is_vote_due = self._is_vote_due or asked_anew
        if self._is_vote_due:
            self._vote(seen, reading.taken_at)

    def local_clock(self, camera_id: str) -> LocalClock | None:
        """A camera's wall clock and its reset, for placing polls by them; ``None`` before its first reading."""
        seen = (self._seen or {}).get(camera_id)
        return seen.local_clock if seen else None

    def _all_seen(self) -> dict[str, _Seen]:
        with self._lock:
            if self._seen is None:
                states = self._offload(self._log.load_states).states
                seen: dict[str, _Seen] = {}
                for key, state in states.items():
                    if key.startswith(WATCH_STATE):
                        self._remember(seen, key.removeprefix(WATCH_STATE), state)
                self._seen = seen
            return self._seen

    def _remember(self, seen: dict[str, _Seen], camera_id: str, state: State) -> None:
        """Take up what was remembered of a camera; one that cannot be read is no reason not to poll all others."""
        try:
            seen[camera_id] = _remembered(state)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            logger.warning("what was remembered of camera %s cannot be read and begins anew: %s", camera_id, error)
            self._unreadable[camera_id] = state.version

    def _save(self, camera_id: str, camera: WatchedCamera, version: int, events: Sequence[NewEvent]) -> None:
        state = StateChange(f"{WATCH_STATE}{camera_id}", version, write_watched(camera))
        try:
            self._report(events, [state])
        except BaseException:
            self._seen = None  # nobody knows what of it became durable; to be read again
            raise

    def _breaks(self, camera: Camera, found: Look, reading: Reading) -> Iterator[NewEvent]:
        roster = self._roster()
        for change in found.clock_changes:
            logger.warning("camera %s: %s", camera.camera_id, change_words(change)[1])
            yield break_event(roster.place(camera), change.until, "", *change_words(change))
        for line in found.line_changes:
            name = line.after.name if line.after else line.before.name
            place = roster.place_of_line(camera, line.key, name)
            yield break_event(place, reading.taken_at, str(line.key), *line_change_words(line))

    def _vote(self, seen: Mapping[str, _Seen], now: datetime) -> None:
        """Ask all cameras that were read of late whose clock is wrong, unless that was just done; say it once."""
        if abs(now - self._voted_at) < VOTE_EVERY:
            return
        self._is_vote_due, self._voted_at = False, now
        cameras = [seen[camera_id].camera for camera_id in self._roster().cameras if camera_id in seen]
        clocks = [(camera, camera.clock.last) for camera in cameras]
        own = vote(
            [
                ClockVote(camera.error(), last.is_synced)
                for camera, last in clocks
                if abs(now - last.measured_at) < VOTE_LIFE
            ]
        )
        if own.is_wrong and not self._own.is_wrong:
            logger.warning("%s", own_clock_words(own))
        elif self._own.is_wrong and not own.is_wrong:
            logger.info("the clock of this machine agrees with the cameras again")
        self._own = own


def _remembered(state: State) -> _Seen:
    camera = read_watched(state.body)
    return _Seen(camera, _standing(camera), state.version, camera.local_clock())


def _is_same(last: Reading | None, reading: Reading) -> bool:
    """Whether a reading has nothing in it that the last one had not; its parts are the same objects then."""
    return (
        last is not None
        and last.facts is reading.facts
        and last.lines is reading.lines
        and last.serial == reading.serial
    )


def _standing(camera: WatchedCamera) -> ClockStanding:
    last = camera.clock.last
    return ClockStanding(camera.error(), last.utc_offset, last.is_synced, camera.clock.trend)


def _is_news(told: ClockStanding, now: ClockStanding) -> bool:
    moved = abs(now.error - told.error) >= LEAST_NEWS
    return moved or (now.utc_offset, now.is_synced) != (told.utc_offset, told.is_synced)


def _learned(before: _Seen | None, camera: WatchedCamera, reading: Reading) -> LearnedReset:
    """What is known of the camera's reset, with what the totals of two readings in a row teach."""
    if before is None or before.last is None or not _fell(before.last, reading):
        return camera.reset
    return learn(camera.reset, camera.local_time(before.last.taken_at), camera.local_time(reading.taken_at))


def _fell(before: Reading, after: Reading) -> bool:
    """Whether any total of the same device is lower than it was."""
    known = {line.key: line.totals for line in before.lines}
    return before.serial == after.serial and any(
        line.totals.in_total < known[line.key].in_total or line.totals.out_total < known[line.key].out_total
        for line in after.lines
        if line.key in known
    )
