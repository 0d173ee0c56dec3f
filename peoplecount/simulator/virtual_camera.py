"""A virtual camera: what it counts, what it shows, and what befalls it. It knows nothing of HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from random import Random

from peoplecount.simulator.camera_clock import CameraClock
from peoplecount.simulator.clock import PlayedClock
from peoplecount.simulator.crossings import Direction, LineTraffic, Traffic
from peoplecount.simulator.fault import ON_COUNTS, ON_LINES, FaultName, FaultOrder, FaultRefused
from peoplecount.simulator.fault_board import ActiveFault, FaultBoard
from peoplecount.simulator.line_counter import LineCounter
from peoplecount.simulator.local_days import LocalDays
from peoplecount.simulator.plan import CameraPlan, LinePlan

_RESTART_SECONDS = 20.0
"""How long a restart takes unless the order says otherwise; nobody is counted meanwhile."""

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
        self.faults = FaultBoard()
        self.chance = Random(plan.serial)  # noqa: S311 (nonces of invented cameras)
        self.lock = threading.Lock()
        self._split_reset_pending: dict[int, float] = {}
        self._read_at_end: set[LinePlan] = set()

    @property
    def read_at_end(self) -> bool:
        """Whether every line's totals have been fetched since the clock stopped."""
        return len(self._read_at_end) == len(self.counters)

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
                    self._read_at_end.add(counter.plan)
            if counters:
                self._finish_split_reset(channel)
        return shown

    def totals(self, counter: LineCounter) -> tuple[int, int]:
        """What the counters of a line stand at, in and out."""
        return self._totals(counter, self.clock.now())

    def _totals(self, counter: LineCounter, now: float) -> tuple[int, int]:
        return counter.totals(self.wall.day_start(now), now)

    def _stale(self, counter: LineCounter, now: float) -> tuple[int, int]:
        """Totals of a while ago on the same day, and lower than now where anybody has been counted."""
        day_start = self.wall.day_start(now)
        fresh = counter.totals(day_start, now)
        old = counter.totals(day_start, max(day_start, now - _STALE_SECONDS))
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

    def hourly(self, counter: LineCounter, day: date) -> tuple[list[int], list[int]]:
        """People in and out by the hour of a camera-local day; hours to come are 0, as on real cameras."""
        hours_in, hours_out = [0] * 24, [0] * 24
        now = self.clock.now()
        for hour, start, end in self.wall.hours(day):
            since, until = max(start, counter.history_since), min(end, now)
            hours_in[hour] += counter.seen(Direction.IN, since, until)
            hours_out[hour] += counter.seen(Direction.OUT, since, until)
        return hours_in, hours_out

    def inject(self, order: FaultOrder) -> None:
        """A fault begins or, where it is an incident, happens. Raises ``FaultRefused``."""
        instant = self.clock.mark()
        if order.name is FaultName.RESTART:
            self._restart(instant, order.seconds or _RESTART_SECONDS)
        elif order.name is FaultName.MANUAL_RESET:
            for counter in self.counters:
                counter.forget(instant)
        elif order.name is FaultName.SPLIT_RESET:
            for counter in self.counters:
                counter.reset(Direction.IN, instant)
            self._split_reset_pending = dict.fromkeys(range(self.plan.channels), instant)
        elif order.name is FaultName.CLOCK_STEP:
            self.wall.step(instant, order.seconds or 0.0)
        elif order.name is FaultName.NO_DAYLIGHT_SAVING:
            self.wall.forget_daylight_saving(instant)
        else:
            self._begin(order, instant)

    def _restart(self, instant: float, seconds: float) -> None:
        """Nobody is counted, nobody is answered, and the totals are lost; the history survives."""
        for counter in self.counters:
            counter.go_blind(instant, instant + seconds)
            counter.reset(Direction.IN, instant)
            counter.reset(Direction.OUT, instant)
        self.faults.add(ActiveFault(FaultName.REFUSED, until=self.clock.unstopped() + seconds))

    def _begin(self, order: FaultOrder, instant: float) -> None:
        line = self._line_of(order) if order.name in ON_LINES else 1
        seconds = float("inf") if order.seconds is None else order.seconds
        if order.name is FaultName.LINE_DISABLED:
            for counter in self.counters:
                if (counter.plan.channel, counter.plan.index) == (order.channel, line):
                    counter.go_blind(instant, instant + seconds)
        once = order.name in ON_COUNTS and order.seconds is None
        self.faults.add(
            ActiveFault(
                order.name,
                until=self.clock.unstopped() + seconds,
                left=order.count or (1 if once else None),
                delay=order.delay,
                channel=order.channel,
                line=line,
            )
        )

    def _line_of(self, order: FaultOrder) -> int:
        indexes = [line.index for line in self.plan.lines if line.channel == order.channel]
        if order.line is None and indexes:
            return indexes[0]
        if order.line not in indexes or order.line is None:
            raise FaultRefused(
                f"camera {self.plan.camera_id} has no line {order.line or 1} on channel {order.channel}; "
                f"it has {', '.join(self.plan.line_id(line) for line in self.plan.lines)} (CAMERA-CHANNEL-RULE-INDEX)"
            )
        return order.line

    def _finish_split_reset(self, channel: int) -> None:
        """The poll just answered saw in at zero and out as it was; the next one sees both."""
        if self._split_reset_pending.pop(channel, None) is not None:
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
