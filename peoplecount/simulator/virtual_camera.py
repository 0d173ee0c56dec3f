"""A virtual camera: what it counts, what it shows, and what befalls it. It knows nothing of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from weakref import WeakSet

from peoplecount.simulator.camera_clock import CameraClock
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import Direction, LineTraffic, Traffic
from peoplecount.simulator.fault import BY_SECONDS, ON_COUNTS, ON_LINES, FaultName, FaultOrder, FaultRefused
from peoplecount.simulator.fault_board import ActiveFault, FaultBoard
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.local_days import LocalDays
from peoplecount.simulator.plan import CameraPlan, LinePlan

_STALE_SECONDS = 600.0
"""How old a stale answer is."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line in one answer."""

    plan: LinePlan
    in_total: int
    out_total: int


class VirtualCamera:
    """Counts people at its lines from their traffic. Callers hold ``lock`` around everything."""

    def __init__(self, plan: CameraPlan, traffic: Traffic, clock: PlayedClock) -> None:
        self.plan = plan
        self.clock = clock
        zone = plan.site.zone
        self.days = LocalDays(zone)
        self.wall = CameraClock(zone, daylight_saving=plan.daylight_saving, at=clock.start)
        self.counters = tuple(
            LineCounter(line, LineTraffic(traffic, plan.line_id(line), self.days)) for line in plan.lines
        )
        self.former_counters: tuple[LineCounter, ...] = ()
        """Those of lines that have been removed, for the truth's sake."""

        self.listeners: WeakSet[object] = WeakSet()
        """Whoever follows its events, for as long as they do."""

        self.faults = FaultBoard()
        self.chance = Random(plan.serial)  # noqa: S311 (nonces of invented cameras)
        self.lock = threading.Lock()
        self.split_reset_pending: dict[int, float] = {}
        """By channel, that a poll is to see out reset later than in."""

        self.starts: list[float] = []
        """The instants at which it has started anew."""

        self._read_at_end: dict[tuple[int, int, int], datetime | None] = {}

    @property
    def read_at_end(self) -> bool:
        """Whether every line's totals have been fetched since the clock stopped for the last time."""
        return all(self._read_at_end.get(counter.key) == self.clock.played_until for counter in self.counters)

    def poll(self, channels: Iterable[int], *, rule: int | None = None, index: int | None = None) -> list[ShownLine]:
        """What one answer to ``check`` shows of these channels, faults in the counts included.

        ``rule`` and ``index`` choose some of the lines; ``None`` is all.
        """
        now, unstopped = self.clock.now(), self.clock.unstopped()
        finished = self.clock.finished
        shown = []
        for channel in channels:
            counters = [
                counter
                for counter in self.counters
                if counter.plan.channel == channel
                and rule in {None, counter.plan.rule}
                and index in {None, counter.plan.index}
            ]
            zero = self.faults.take_on_channel(FaultName.ZERO_AFTER_RESTART, channel, unstopped)
            stale = None if zero else self.faults.take_on_channel(FaultName.STALE_ANSWER, channel, unstopped)
            for counter in counters:
                if not self.answers_for(counter.plan):
                    continue
                totals = (0, 0) if zero else self._stale(counter, now) if stale else self._totals(counter, now)
                shown.append(ShownLine(counter.plan, *totals))
                if finished and not zero and not stale:
                    self._read_at_end[counter.key] = self.clock.played_until
            if counters:
                self._finish_split_reset(channel)
        return shown

    def totals(self, counter: LineCounter) -> tuple[int, int]:
        """What the counters of a line stand at, in and out."""
        return self._totals(counter, self.clock.now())

    def _totals(self, counter: LineCounter, now: float) -> tuple[int, int]:
        return counter.totals(self._day_starts(now), now)

    def _day_starts(self, now: float) -> tuple[float, float]:
        """When in and out last fell to zero because a day began: at its midnight, unless that is late."""
        if self.faults.idle:
            midnight = self.wall.day_start(now)
            return midnight, midnight
        unstopped = self.clock.unstopped()
        late = self.faults.amount(FaultName.LATE_MIDNIGHT, unstopped) or 0.0
        later = late + (self.faults.amount(FaultName.SPLIT_MIDNIGHT, unstopped) or 0.0)
        return self.wall.day_start(now - late) + late, self.wall.day_start(now - later) + later

    def _stale(self, counter: LineCounter, now: float) -> tuple[int, int]:
        """Totals of a while ago on the same day, and lower than now where anybody has been counted."""
        starts = self._day_starts(now)
        fresh = counter.totals(starts, now)
        old = counter.totals(starts, max(*starts, now - _STALE_SECONDS))
        return min(old[0], max(0, fresh[0] - 1)), min(old[1], max(0, fresh[1] - 1))

    def enabled(self, line: LinePlan) -> bool:
        """Whether the line's configuration says that it counts."""
        unstopped = self.clock.unstopped()
        return line.enabled and not self.faults.on_line(FaultName.LINE_DISABLED, line.channel, line.index, unstopped)

    def answers_for(self, line: LinePlan) -> bool:
        """Whether ``check`` has the line in it."""
        if self.faults.idle:
            return line.enabled
        unstopped = self.clock.unstopped()
        missing = self.faults.on_line(FaultName.LINE_MISSING, line.channel, line.index, unstopped)
        return self.enabled(line) and not missing

    def seen_by_hour(self, counter: LineCounter, day: date) -> tuple[list[int], list[int]]:
        """People in and out whom the camera has seen, by the hour of its local day, whatever it has forgotten since."""
        return self._by_hour(counter, self.wall.hours(day), float("-inf"), self.clock.now())

    def hourly(self, counter: LineCounter, day: date) -> tuple[list[int], list[int]]:
        """People in and out by the hour of a camera-local day as its history has them, faults in it included.

        Hours to come are 0, as on real cameras.
        """
        now, unstopped = self.clock.now(), self.clock.unstopped()
        lag = self.faults.amount(FaultName.LATE_HISTORY, unstopped)
        depth = self.faults.amount(FaultName.HISTORY_DEPTH, unstopped)
        in_utc = self.faults.amount(FaultName.UTC_HISTORY, unstopped) is not None
        today = self.wall.local(now).date()
        since = float("inf") if depth and day <= today - timedelta(days=depth) else counter.history_since
        until = now // lag * lag if lag else now
        return self._by_hour(counter, self.wall.hours(day, in_utc=in_utc), since, until)

    @staticmethod
    def _by_hour(
        counter: LineCounter, stretches: Iterable[tuple[int, float, float]], since: float, until: float
    ) -> tuple[list[int], list[int]]:
        hours_in, hours_out = [0] * 24, [0] * 24
        for hour, start, end in stretches:
            hours_in[hour] += counter.seen(Direction.IN, max(start, since), min(end, until))
            hours_out[hour] += counter.seen(Direction.OUT, max(start, since), min(end, until))
        return hours_in, hours_out

    def begin(self, order: FaultOrder, instant: float) -> None:
        """Something goes wrong from now on, for as long as the order says. Raises ``FaultRefused``."""
        line = self.counter(order.channel, order.line).plan.index if order.name in ON_LINES else 1
        by_seconds = order.name in BY_SECONDS
        seconds = float("inf") if order.seconds is None or by_seconds else order.seconds
        if order.name is FaultName.LINE_DISABLED:
            self.counter(order.channel, line).go_blind(instant, instant + seconds)
        once = order.name in ON_COUNTS and order.seconds is None
        self.faults.add(
            ActiveFault(
                order.name,
                until=self.clock.unstopped() + seconds,
                left=order.count or (1 if once else None),
                delay=order.delay,
                channel=order.channel,
                line=line,
                amount=(order.seconds if by_seconds else order.number) or 0.0,
            )
        )

    def counter(self, channel: int, index: int | None) -> LineCounter:
        """A line of a channel, the first unless its index is given. Raises ``FaultRefused``."""
        for counter in self.counters:
            if counter.plan.channel == channel and index in {None, counter.plan.index}:
                return counter
        known = ", ".join(self.plan.line_id(line) for line in self.plan.lines)
        raise FaultRefused(
            f"camera {self.plan.camera_id} has no line {index or 1} on channel {channel}; "
            f"it has {known} (CAMERA-CHANNEL-RULE-INDEX)"
        )

    def _finish_split_reset(self, channel: int) -> None:
        """The poll just answered saw in at zero and out as it was; the next one sees both."""
        if self.split_reset_pending.pop(channel, None) is not None:
            instant = self.clock.mark()
            for counter in self.counters:
                if counter.plan.channel == channel:
                    counter.reset(Direction.OUT, instant)

    def clear_faults(self) -> None:
        """What goes on ends, and the clock is put right; what has happened (lost counts) stays so."""
        instant = self.clock.mark()
        self.faults.clear()
        self.wall.put_right(instant)
        for counter in self.counters:
            counter.open_eyes(instant)
