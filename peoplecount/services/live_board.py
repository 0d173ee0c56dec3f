"""The live board: what is true now, folded from the log."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LatestEntries
from peoplecount.services.board_lines import line_names
from peoplecount.services.board_picture import BoardPicture
from peoplecount.services.board_state import BoardState, Judges
from peoplecount.services.unhurried import Breath, rest, unhurried
from peoplecount.stream.selection import Whereabouts, whereabouts

DONE_AT_ONCE = 20
"""Entries, lines, cameras or sites after which others have their turn; some 2 to 5 ms on a slow machine."""

GLANCED_AT_ONCE = 100
"""The same where only a word or two is asked of each; of thousands of lines the rests would take longer than that."""

_NOTHING = EventId("", 0)


class LiveBoard:
    """Sites, doors, cameras and lines as they stand, one in each process. Any thread may call it.

    What takes long, with hundreds of lines, rests meanwhile; nobody is shown a state that is half taken up.
    """

    def __init__(
        self,
        sites: Callable[[], Sequence[Site]],
        intervals: Callable[[], Mapping[str, float]] = dict,
        speed: float = 1.0,
        rest: Callable[[], None] = rest,
        judges: Judges = lambda: None,
    ) -> None:
        """``intervals`` gives the seconds between two polls of a camera; ``speed`` is that of the clock.

        ``judges`` are the cameras by which our clock is judged. ``rest`` lets others have their turn; it is called
        often.
        """
        self._sites = sites
        self._intervals = intervals
        self._speed = speed
        self._rest = rest
        self._lock = threading.Lock()
        self._judges = judges
        self._state = BoardState(_NOTHING, judges)
        self._version = 0
        self._trouble = ""

    @property
    def head(self) -> EventId:
        """The newest entry folded."""
        return self._state.head

    @property
    def version(self) -> int:
        """Grows with everything that is folded or noted."""
        return self._version

    def load(self, latest: LatestEntries) -> None:
        """Forget everything and begin from the newest entry of each line and camera."""
        state = BoardState(latest.head, self._judges)
        for entry in unhurried(latest.entries, self._breath()):
            state.fold(entry)
        state.head = latest.head
        with self._lock:
            state.note_seen({key: line.seen for key, line in self._state.lines.items()})
            self._state = state
            self._version += 1

    def fold(self, entry: LogEntry) -> None:
        """Take up the next entry of the log."""
        with self._lock:
            self._state.fold(entry)
            self._version += 1

    def note_seen(self, seen: Mapping[str, datetime]) -> None:
        """Take up when lines were last read; times never go back, lines nobody has heard of are left out."""
        with self._lock:
            self._state.note_seen(seen)
            self._version += 1

    def go_at(self, speed: float) -> None:
        """The clock goes so fast from now on."""
        with self._lock:
            self._speed = speed
            self._version += 1

    def note_trouble(self, words: str) -> None:
        """Why the board does not move, in a sentence; empty: it does."""
        with self._lock:
            self._trouble = words
            self._version += 1

    def last_readings(self) -> dict[str, datetime]:
        """When each camera was last read, where it ever was."""
        with self._lock:
            return {key: camera.seen for key, camera in self._state.cameras.items() if camera.seen}

    def answering(self) -> dict[str, datetime]:
        """When each camera was last read, of those that answered then."""
        with self._lock:
            cameras = self._state.cameras.items()
            return {key: camera.seen for key, camera in cameras if camera.seen and camera.state == CameraState.UP}

    def camera_ids(self) -> frozenset[str]:
        """The cameras on the board."""
        with self._lock:
            return frozenset(self._state.cameras)

    def whereabouts(self) -> dict[str, Whereabouts]:
        """Which sites and doors each camera looks at."""
        with self._lock:
            return whereabouts(
                (line.fields for line in self._state.lines.values()),
                ({"cameraId": one.camera_id, "siteId": one.site_id} for one in self._state.cameras.values()),
            )

    def line_names(self) -> dict[str, str]:
        """What lines are called, by id."""
        with self._lock:
            return line_names(line.fields for line in self._state.lines.values())

    def camera_states(self) -> dict[str, int]:
        """How many cameras are in which state."""
        with self._lock:
            return dict(Counter(camera.state for camera in self._state.cameras.values()))

    def own_clock(self) -> OwnClock:
        """What the cameras say of our clock."""
        with self._lock:
            return self._state.own_clock()

    def turning(self, now: datetime) -> Hashable:
        """A value that changes when what the board shows changes by other means than an entry of the log.

        These are a new day, the first reading of a day, a line that its camera tells of no longer or again, a site
        that was edited, what the clocks say together, and how fast time is played.
        """
        return self._picture(self._copy(), now, GLANCED_AT_ONCE).turning(), self._speed

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """The whole board, JSON-ready. ``None`` stands for what is not known; it is never 0.

        ``inToday`` and ``outToday`` belong to the site's local day at ``now``; ``complete`` is false where a line that
        belongs to a sum is not known and so not in it.
        """
        return self.state(now)[1]

    def state(self, now: datetime) -> tuple[EventId, dict[str, Any]]:
        """The snapshot, and the newest entry that is in it."""
        state = self._copy()
        return state.head, {**self._picture(state, now).snapshot(), "trouble": self._trouble}

    def outline(self, now: datetime) -> dict[str, Any]:
        """How sites and cameras are, as in a snapshot, without their lines."""
        return self._picture(self._copy(), now, GLANCED_AT_ONCE).outline()

    def _copy(self) -> BoardState:
        """A copy, which nothing is folded into."""
        with self._lock:
            return self._state.copy()

    def _picture(self, state: BoardState, now: datetime, at_once: int = DONE_AT_ONCE) -> BoardPicture:
        return BoardPicture(state, now, self._sites(), self._intervals(), self._speed, self._breath(at_once))

    def _breath(self, at_once: int = DONE_AT_ONCE) -> Breath:
        return Breath(at_once, self._rest)
