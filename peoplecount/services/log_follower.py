"""Following the log: every new entry goes to the readers of streams and onto the live board."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import LogEntry
from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import Offload
from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import EventLog, LogError
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.unhurried import rest
from peoplecount.stream.hub import Hub

logger = logging.getLogger(__name__)

BATCH = 500
"""Entries read at a time; some 300 KB."""

AT_ONCE = 50
"""Entries passed on before others have their turn; some 5 ms on a slow machine."""

PACE_SECONDS = 0.020
"""Readers are woken at most this often: at 200 events a second each wake-up then brings four."""

WATCH_SECONDS = 0.005
"""How often the log is looked at for other processes' entries while streams are open; costs 3 % of a core."""

IDLE_WATCH_SECONDS = 0.100

RETRY_SECONDS = 1.0
"""After a log that could not be read."""

READINGS_SECONDS = 5.0
"""How often streams hear when cameras were read, if any was."""

SILENCE_SECONDS = 15.0
"""They hear it at least this often, so that a page can tell a quiet night from a dead connection."""


_LOG_AWAY = say("The event log cannot be read just now: these figures are not renewed.")
_REDIS_AWAY = say(
    "Redis, which holds the event log, cannot be used from here just now: these figures are not renewed. Cameras go on "
    "counting."
)


class LogFollower:
    """Reads the log as it grows, one in each process that serves streams."""

    def __init__(
        self,
        log: EventLog,
        board: LiveBoard,
        hub: Hub,
        snapshots: Snapshots,
        *,
        offload: Offload,
        clock: Clock,
        wake: threading.Event | None = None,
        is_shared: bool = False,
        rest: Callable[[], None] = rest,
    ) -> None:
        """``wake`` is set by whoever appends in this process, so that its entries are not waited for.

        ``is_shared`` is a log that is not in the data folder, but in Redis. ``rest`` lets others have their turn.
        """
        self._is_shared = is_shared
        self._log = log
        self._board = board
        self._hub = hub
        self._snapshots = snapshots
        self._offload = offload
        self._clock = clock
        self._wake = wake or threading.Event()
        self._rest = rest
        self._cursor: EventId | None = None
        self._counter: int | None = None
        self._failing = False
        self._told_at = float("-inf")
        self._looked_at = float("-inf")
        self._told: dict[str, datetime] = {}
        self._shown: Hashable = None

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop`` is set; never raises for a log that cannot be read."""
        while not stop.is_set():
            try:
                if self.step():
                    stop.wait(PACE_SECONDS)
                else:
                    self._wake.wait(WATCH_SECONDS if self._hub.open_streams else IDLE_WATCH_SECONDS)
                self._note_success()
            except LogError as error:
                self._note_failure(error)
                stop.wait(RETRY_SECONDS)

    def look_now(self) -> None:
        """Tell readers at once whether the board has turned, and not only in some seconds."""
        self._looked_at = float("-inf")
        self._wake.set()

    def step(self) -> bool:
        """Take up what is new; whether anything was. Raises ``LogError``."""
        moved = False
        try:
            if self._changed():
                moved = self._catch_up()
            self._tell_readings()
        except LogError:
            self._counter = None  # look again, whatever the counter says
            raise
        return moved

    @property
    def is_failing(self) -> bool:
        """Whether the log could not be read when that was last tried."""
        return self._failing

    def _changed(self) -> bool:
        """Whether it is worth reading. The wake-up and the counter are taken first: what comes later counts again."""
        woken = self._wake.is_set()
        self._wake.clear()
        counter = self._log.change_counter()
        if counter == self._counter and not woken:
            return False
        self._counter = counter
        return True

    def _catch_up(self) -> bool:
        head, oldest, entries = self._offload(self._look)
        cursor = self._cursor
        if cursor is None or head.epoch != cursor.epoch or not oldest.number <= cursor.number <= head.number:
            self._begin()
            return True
        for first in range(0, len(entries), AT_ONCE):
            if first:
                self._rest()
            self._pass_on(entries[first : first + AT_ONCE])
        if len(entries) == BATCH:
            self._counter = None  # there may be more
        return bool(entries)

    def _pass_on(self, entries: Sequence[LogEntry]) -> None:
        """To the readers and onto the board; nobody else has a turn in between."""
        self._hub.publish(entries)
        self._cursor = entries[-1].event_id  # they have been told, whatever the board makes of them
        for entry in entries:
            try:
                self._board.fold(entry)
            except Exception:  # one that nobody foresaw must not hold up all that follow
                logger.exception("the board does not show event %s", entry.event_id)

    def _look(self) -> tuple[EventId, EventId, list[LogEntry]]:
        """New entries, and between which ids of the log they are all there, as they were appended.

        Asked after reading: a log that was rewound, trimmed or folded meanwhile shows in it.
        """
        entries = self._log.read(self._cursor.number, BATCH) if self._cursor else []
        oldest = self._log.oldest() if entries else EventId("", 0)
        return self._log.head(), oldest, entries

    def _begin(self) -> None:
        """Start from the newest state: at first, and whenever numbers lost their meaning."""
        latest = self._offload(self._log.latest)
        self._board.load(latest)
        self._board.note_seen(self._offload(self._log.seen))
        self._cursor = latest.head
        self._hub.reset(latest.head)
        self._shown = self._board.turning(self._clock.now())
        self._counter = None

    def _tell_readings(self) -> None:
        """Every few seconds: when cameras were read, or the whole board where a day has turned."""
        moment = self._clock.monotonic()
        if self._cursor is None or moment - self._looked_at < READINGS_SECONDS:
            return
        self._looked_at = moment
        self._board.note_seen(self._offload(self._log.seen))
        now = self._clock.now()
        readings = self._board.last_readings()
        shown = self._board.turning(now)
        if shown != self._shown:
            self._hub.publish_snapshot(self._snapshots())
        elif readings != self._told or moment - self._told_at >= SILENCE_SECONDS:
            # Also where no stream is open: who asks for JSON now and then is told the newest.
            self._hub.publish_readings(now, readings, self._board.whereabouts)
        else:
            return
        self._shown, self._told, self._told_at = shown, readings, moment

    def _note_failure(self, error: LogError) -> None:
        if not self._failing:
            logger.warning("the event log cannot be read, streams stand still: %s", error)
            self._failing = True
            self._tell_trouble(_REDIS_AWAY if self._is_shared else _LOG_AWAY)

    def _note_success(self) -> None:
        if self._failing:
            logger.info("the event log can be read again")
            self._failing = False
            self._tell_trouble("")

    def _tell_trouble(self, words: str) -> None:
        """On pages that are open, too; before the first look there are none."""
        self._board.note_trouble(words)
        if self._cursor is not None:
            self._hub.publish_snapshot(self._snapshots())
