"""One direction of one line: a camera's running total, and what it means when it falls.

A total only grows until the camera resets it: at its midnight, by hand, or by a restart that loses counts. But
a fall may also be a slip that is mended by itself: a rebooting camera shows 0 for some polls and then its old
totals again, or an answer is stale. So a fall is held until a later reading tells which it was. Nothing is lost
by waiting, because after a reset the total holds all that came since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from peoplecount.domain.increment import Generation, Growth

LONGEST_HOLD = timedelta(minutes=10)
"""How long a fall is held at most. A rebooting camera shows 0 for up to some minutes; waiting at 0 costs nothing, for
there is nobody to count."""

FASTEST_PEOPLE_PER_SECOND = 5.0
"""More than this cannot cross one line in one direction. The busiest five minutes of the real data held 276."""

MIDNIGHT_SLACK = timedelta(minutes=2)
"""How near midnight a fall may be seen and still be the midnight reset: clocks are read to the second and drift."""


LATE_RESET = time(1, 10)
"""A camera that was never told of daylight-saving time resets an hour after the midnight its clock shows."""

START_SLACK = timedelta(minutes=2)
"""A camera that starts tells the time of it before a time server has set its clock again."""


class BreakKind(StrEnum):
    """Why a total stopped growing."""

    MIDNIGHT = "midnight reset"
    RESET = "reset"
    GLITCH = "glitch"
    LOWERED = "lowered"
    REPLACED = "camera replaced"
    RESTART = "restart"
    """A reset, and the camera says that it started anew just then."""

    LINE_CHANGED = "line changed"
    CLOCK_STEP = "clock step"
    DAYLIGHT_SAVING = "daylight-saving shift"
    ZONE = "time zone changed"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a reading was taken, by our clock (UTC) and by the camera's (local, without a zone)."""

    utc: datetime
    local: datetime
    restarted_at: datetime | None = None
    """UTC, when the camera says it last started anew; ``None`` where it was not asked or does not know."""

    def day(self, ahead: timedelta = timedelta()) -> date:
        """The camera's local day, ``ahead`` of the moment; never further on than any place on earth can be.

        A camera whose clock is years ahead would otherwise begin a generation that nothing later can follow.
        """
        return min((self.local + ahead).date(), self.utc.date() + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Fall:
    """A total that was lower than the one before, and nobody knows yet why."""

    total: int
    """At ``first_seen``; the lowest so far."""

    day: date
    """The camera-local day; the new one already when midnight was near."""

    is_early: bool
    """Seen within the first hour of its day: a camera without a daylight-saving rule resets that late."""

    first_seen: datetime
    last_seen: datetime

    def seen_by(self, now: datetime) -> Fall:
        """The fall with no moment in it after ``now`` (UTC)."""
        return replace(self, first_seen=min(self.first_seen, now), last_seen=min(self.last_seen, now))


@dataclass(frozen=True, slots=True)
class Counter:
    """One direction of one line, as it stood at its last accepted reading."""

    generation: Generation
    start: int
    """The total at which the generation began."""

    total: int
    read_at: datetime
    """UTC, the last accepted reading."""

    read_day: date
    """The camera's local day then."""

    fall: Fall | None = None
    lost_total: int | None = None
    """The total before the last reset: should the camera come back to it the same day, the reset was a slip."""

    @property
    def has_fallen_within_a_day(self) -> bool:
        """Whether a fall is held that is no midnight's."""
        return self.fall is not None and not _is_at_midnight(self, self.fall)

    @classmethod
    def first(cls, total: int, moment: Moment) -> Counter:
        """The base: what the camera counted before is not ours."""
        return cls(Generation(moment.day()), start=total, total=total, read_at=moment.utc, read_day=moment.day())

    def still_at(self, moment: datetime) -> Counter:
        """The counter as it is where nobody has come by a later reading of its day (UTC)."""
        # Not by replace(), which takes ten times as long: this is what most readings of most lines come to.
        return Counter(self.generation, self.start, self.total, moment, self.read_day, None, self.lost_total)

    def read_by(self, now: datetime) -> Counter:
        """The counter with no moment in it after ``now`` (UTC): our own clock may have been set back meanwhile."""
        if self.read_at <= now and (self.fall is None or self.fall.last_seen <= now):
            return self
        return replace(self, read_at=min(self.read_at, now), fall=self.fall and self.fall.seen_by(now))


@dataclass(frozen=True, slots=True)
class Step:
    """What one reading made of a counter."""

    counter: Counter
    growth: Growth
    """Empty (``before == after``) where nobody came, or a fall is held."""

    broke: BreakKind | None = None


def advance(counter: Counter, total: int, moment: Moment) -> Step:
    """Judge the next total of a counter."""
    if counter.fall is not None:
        return _settle(counter, counter.fall, total, moment)
    if total < counter.total:
        return _hold(replace(counter, fall=_fall(counter, total, moment)))
    if _came_back(counter, total, moment):
        return _return(counter, total, moment)
    return _grow(counter, total, moment)


def replace_camera(counter: Counter, total: int, moment: Moment) -> Step:
    """Another device stands behind the line now: its total is a new base."""
    generation = counter.generation.next(moment.day())
    return _begin(generation, start=total, before=total, total=total, moment=moment, broke=BreakKind.REPLACED)


def _settle(counter: Counter, fall: Fall, total: int, moment: Moment) -> Step:
    """A later reading after a fall."""
    if total < fall.total:
        return _hold(replace(counter, fall=_fall(counter, total, moment)))
    if total >= counter.total and not _is_new_day(counter, fall, total, moment):
        return _grow(counter, total, moment, broke=BreakKind.GLITCH)
    if _is_doubtful(counter, fall, total, moment) and moment.utc - fall.first_seen < LONGEST_HOLD:
        return _hold(replace(counter, fall=replace(fall, last_seen=moment.utc)))
    if not _is_from_zero(counter, fall):
        return _rebase(counter, fall, total, moment)
    return _reset(counter, fall, total, moment)


def _is_new_day(counter: Counter, fall: Fall, total: int, moment: Moment) -> bool:
    """Whether a total that is back at the old one may have grown there from zero since midnight."""
    return _is_at_midnight(counter, fall) and is_possible(total - fall.total, moment.utc - fall.last_seen)


def _is_at_midnight(counter: Counter, fall: Fall) -> bool:
    """Whether a midnight that has brought no reset yet lies between the last accepted reading and the fall."""
    return fall.day > counter.generation.day and (fall.day > counter.read_day or fall.is_early)


def _is_doubtful(counter: Counter, fall: Fall, total: int, moment: Moment) -> bool:
    """Whether a lower total says nothing yet (0), or is more than can have come since zero or since the fall."""
    return (
        total == 0
        or not _is_from_zero(counter, fall)
        or not is_possible(total - fall.total, moment.utc - fall.last_seen)
    )


def _is_from_zero(counter: Counter, fall: Fall) -> bool:
    """Whether a total can have grown from zero to where it was when the fall was seen."""
    return is_possible(fall.total, fall.first_seen - counter.read_at)


def is_possible(people: int, span: timedelta) -> bool:
    """Whether so many can have crossed one line in one direction in this time."""
    return people <= FASTEST_PEOPLE_PER_SECOND * max(1.0, span.total_seconds())


def _fall(counter: Counter, total: int, moment: Moment) -> Fall:
    slack = min(max(moment.utc - counter.read_at, timedelta(seconds=5)), MIDNIGHT_SLACK)
    is_early = moment.local.time() < LATE_RESET
    return Fall(total, moment.day(slack), is_early, first_seen=moment.utc, last_seen=moment.utc)


def _came_back(counter: Counter, total: int, moment: Moment) -> bool:
    """Whether the camera has found the totals again that it seemed to have lost."""
    return (
        counter.lost_total is not None
        and total >= counter.lost_total
        and moment.day() == counter.generation.day
        and not is_possible(total - counter.total, moment.utc - counter.read_at)
    )


def _return(counter: Counter, total: int, moment: Moment) -> Step:
    """Take back a reset that was none: who was counted since it is in the old total too."""
    assert counter.lost_total is not None  # noqa: S101 - narrows the type; _came_back has seen to it
    before = min(total, counter.lost_total + counter.total - counter.start)
    generation = counter.generation.next(counter.generation.day)
    return _begin(generation, start=before, before=before, total=total, moment=moment, broke=BreakKind.GLITCH)


def _reset(counter: Counter, fall: Fall, total: int, moment: Moment) -> Step:
    generation = counter.generation.next(max(fall.day, moment.day()))
    broke = BreakKind.MIDNIGHT if _is_at_midnight(counter, fall) else _reset_within_a_day(counter, fall, moment)
    step = _begin(generation, start=0, before=0, total=total, moment=moment, broke=broke)
    return replace(step, counter=replace(step.counter, lost_total=counter.total))


def _reset_within_a_day(counter: Counter, fall: Fall, moment: Moment) -> BreakKind:
    """Whether the camera started anew just then, as far as it says."""
    started = moment.restarted_at
    if started is None or not counter.read_at - START_SLACK <= started <= fall.first_seen + START_SLACK:
        return BreakKind.RESET
    return BreakKind.RESTART


def _rebase(counter: Counter, fall: Fall, total: int, moment: Moment) -> Step:
    """The camera has taken people back and stays with it: go on from there, for zero it never was at."""
    generation = counter.generation.next(moment.day())
    broke = BreakKind.LOWERED
    return _begin(generation, start=fall.total, before=fall.total, total=total, moment=moment, broke=broke)


def _begin(generation: Generation, *, start: int, before: int, total: int, moment: Moment, broke: BreakKind) -> Step:
    counter = Counter(generation, start=start, total=total, read_at=moment.utc, read_day=moment.day())
    return Step(counter, Growth(generation, start=start, before=before, after=total), broke)


def _grow(counter: Counter, total: int, moment: Moment, broke: BreakKind | None = None) -> Step:
    growth = Growth(counter.generation, counter.start, before=counter.total, after=total)
    return Step(replace(counter, total=total, read_at=moment.utc, read_day=moment.day(), fall=None), growth, broke)


def _hold(counter: Counter) -> Step:
    return Step(counter, Growth(counter.generation, counter.start, before=counter.total, after=counter.total))
