"""Settling a day: the hour ledger of a camera, its events, and what they do to today's figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import Gap, LineDay
from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.counting import CountState
from peoplecount.domain.day_history import HOURS_A_DAY, DayHistory, DayHours
from peoplecount.domain.event import NewEvent
from peoplecount.domain.hour_ledger import CLOCK_DOUBT, HourLedger
from peoplecount.domain.line import Line, LineKey
from peoplecount.domain.roster import Roster
from peoplecount.domain.settling import reassert, reorient, settle
from peoplecount.eventlog.log import Append
from peoplecount.services.count_events import CountEvents
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.site_day import zone_of

CLOCK_MOVED = "the camera's clock was moved by hours on that day, so it is not known when its hours were"


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of settling a day."""

    corrected: int = 0
    """Hours that have another figure now."""

    confirmed: int = 0
    """Hours whose figure stays and is no estimate any more."""

    refused: Mapping[LineKey, str] = field(default_factory=dict)
    """Lines of which nothing was taken from the history, each with the reason."""


class DaySettlement:
    """Settles days of one camera; ``told`` is what to append for it."""

    def __init__(
        self,
        camera: Camera,
        counts: CountState,
        ledger: HourLedger,
        events: CountEvents,
        now: datetime,
        *,
        doubt_of: Callable[[LineKey], timedelta],
    ) -> None:
        """``doubt_of`` is how far from when it is said to have been a line's last reading may have been."""
        self.told: list[NewEvent] = []
        self._camera = camera
        self._counts = counts
        self._ledger = ledger
        self._events = events
        self._now = now
        self._doubt_of = doubt_of

    def settle(self, history: DayHistory) -> Settlement:
        """Hold a day against what the camera remembers."""
        day = history.day
        if not self._ledger.is_sure(day):
            history = DayHistory(day, {}, {**history.missing, **dict.fromkeys(history.hours, CLOCK_MOVED)})
        lines: dict[LineKey, LineDay] = {}
        corrections: dict[LineKey, tuple[HourCorrection, ...]] = {}
        for key in self._counts.lines.keys() & (history.hours.keys() | history.missing.keys()):
            if key in history.missing:
                lines[key] = replace(self._line(day, key), refusal=history.missing[key])
                continue
            lines[key], corrections[key] = self._settle_line(key, history.hours[key])
        refused = {key: line.refusal for key, line in lines.items() if line.refusal}
        is_whole = all(len(hours.entered) == HOURS_A_DAY for hours in history.hours.values())
        is_whole = is_whole and bool(lines) and all(self._through(key, day) == HOURS_A_DAY for key in lines)
        self._ledger.settle(day, lines, is_settled=is_whole and not refused)
        self._ledger.mark_asked(day, self._now, "; ".join(sorted(set(refused.values()))))
        return self._tell(day, corrections, refused)

    def note_asked(self, day: date, note: str) -> Settlement:
        """Remember that the day's history could not be had."""
        self._ledger.mark_asked(day, self._now, note)
        return Settlement()

    def reorient(self) -> Settlement:
        """Tell all kept hours the way the lines are drawn."""
        total = Settlement()
        for day, known in sorted(self._ledger.days.items()):
            if not self._ledger.is_sure(day):
                continue
            for key, line in known.lines.items():
                if key not in self._counts.lines or not self._is_drawn_otherwise(day, key, line):
                    continue
                slots, through = self._ledger.slots(day), self._through(key, day)
                settled = reorient(self._direction(key), line, slots, through=through)
                if settled.line != line:
                    self._ledger.settle(day, {key: settled.line}, is_settled=False)
                done = self._tell(day, {key: settled.corrections}, {})
                total = Settlement(total.corrected + done.corrected)
        return total

    def reassert(self, day: date, slots: Mapping[LineKey, Sequence[int]]) -> Settlement:
        """Say again what hours of a day are."""
        if not self._ledger.is_sure(day):
            return Settlement()
        bounds = self._ledger.slots(day)
        corrections = {}
        for key, wanted in slots.items():
            through = self._through(key, day) if key in self._counts.lines else 0
            over = [slot for slot in wanted if slot < through]
            corrections[key] = reassert(self._direction(key), self._ledger.line(day, key), bounds, over)
        return self._tell(day, corrections, {})

    def _settle_line(self, key: LineKey, hours: DayHours) -> tuple[LineDay, tuple[HourCorrection, ...]]:
        line, slots = self._line(hours.day, key), self._ledger.slots(hours.day)
        through = self._through(key, hours.day)
        total = self._counts.lines[key].total_of(hours.day)
        settled = settle(self._direction(key), line, hours, slots, through=through, total=total)
        return settled.line, settled.corrections

    def _line(self, day: date, key: LineKey) -> LineDay:
        """A line on a day; unread all day where that was before it was known."""
        if self._ledger.was_known(key, day):
            return self._ledger.line(day, key)
        bounds = self._ledger.slots(day).bounds
        return LineDay(gaps=(Gap(bounds[0], bounds[-1]),))

    def _through(self, key: LineKey, day: date) -> int:
        """How many hours of a day will get nothing added any more: they were surely over when it was last read."""
        line = self._counts.lines[key]
        if line.entered.fall is not None or line.left.fall is not None:
            return 0  # whoever is counted when the fall is understood may have come in any hour since
        read_at = min(line.entered.read_at, line.left.read_at)
        if self._ledger.sight is not None:
            read_at = self._ledger.sight.by_camera(read_at)
        read_by = read_at - self._doubt_of(key) - CLOCK_DOUBT
        return sum(end <= read_by for end in self._ledger.slots(day).bounds[1:])

    def _is_drawn_otherwise(self, day: date, key: LineKey, line: LineDay) -> bool:
        slots, direction = self._ledger.slots(day), self._direction(key)
        return any(cell.swapped != direction.is_swapped(slots.begin(slot)) for slot, cell in line.cells.items())

    def _direction(self, key: LineKey) -> Line:
        known = (line for line in self._camera.lines if line.key == key)
        return next(known, Line(key, "", ""))

    def _tell(
        self, day: date, corrections: Mapping[LineKey, Iterable[HourCorrection]], refused: Mapping[LineKey, str]
    ) -> Settlement:
        corrected = confirmed = 0
        for key, of_line in sorted(corrections.items()):
            for correction in of_line:
                corrected += correction.new != correction.old
                confirmed += correction.new == correction.old
            self.told.extend(self._events.of_corrections(key, day, corrections[key], self._now))
        return Settlement(corrected, confirmed, refused)


def amended(
    memory: CountMemory,
    roster: Roster,
    camera: Camera,
    now: datetime,
    work: Callable[[DaySettlement], Settlement],
    *,
    keep_days: int,
) -> tuple[Settlement, Append | None]:
    """Settle in ``memory``; what came of it, and what to append for it, or ``None`` where it changed nothing."""
    camera_id = camera.camera_id
    ledger = memory.ledger(camera_id, zone_of(roster.site_of(camera)), keep_days)
    events = CountEvents(memory, roster, camera)
    days = DaySettlement(
        camera, memory.counts.get(camera_id, CountState()), ledger, events, now, doubt_of=memory.counts.doubt_of
    )
    settlement = work(days)
    if not (days.told or ledger.changed):
        return settlement, None
    changes = memory.changes_of_ledger(camera_id, ledger, keep_days)
    if days.told:
        sites = (memory.change_of_occupancy(site) for site in sorted(events.sites))
        changes += [memory.change_of_counts(camera_id), *sites]
    return settlement, Append(tuple(days.told), tuple(changes))
