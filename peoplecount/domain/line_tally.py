"""The tally of one line: who crossed, by the stretches of the clock that are not closed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.count_book import CountBook, Crossings
from peoplecount.domain.event import Quality, worst
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Increment
from peoplecount.domain.roll_up import HOUR, QUARTER, Cell, RollUp
from peoplecount.domain.spread import spread
from peoplecount.domain.told import UNTOLD, Told, sum_of
from peoplecount.domain.wall_clock import day_around

SHORTEST = timedelta(minutes=5)
_1970 = datetime(1970, 1, 1, tzinfo=UTC)

Span = tuple[datetime, datetime]
"""When a stretch of time begins and ends."""

Coverage = Callable[[Sequence[Span]], Sequence[float | None]]
"""The share of each stretch (of our time) in which a line was read often enough; ``None`` where nobody can say."""


@dataclass(slots=True)
class LineTally:
    """What was told of one line, by the same arithmetic as in the history: hours, and quarters that sum up to them."""

    line_id: str
    place: Place
    """As the newest count gave it."""

    since: datetime
    """UTC by the camera's clock: nothing is known of what was before, unless a count says so."""

    read_at: datetime
    """UTC: its newest count. Readings that changed nothing may have followed."""

    offset: timedelta = timedelta()
    """The camera's wall clock less UTC, at its newest count."""

    in_step: bool = True
    """Whether that was the offset of its site: then it is taken to change with it."""

    error: timedelta = timedelta()
    """How far the camera's clock was ahead of ours then. Hours go by the camera's clock, as in the history."""

    filled_until: datetime | None = None
    """Up to when the camera's history told all that came since its midnight: where it told of nobody, nobody came."""

    book: CountBook = field(default_factory=CountBook)
    fives: dict[datetime, Cell] = field(default_factory=dict)
    """Five minutes, by their beginning; filled where intervals of that length are asked for."""

    @classmethod
    def begun_with(cls, place: Place, increment: Increment, not_before: datetime) -> LineTally:
        """A line that is heard of for the first time."""
        since = max(increment.sight.by_camera(increment.started_at), not_before)
        return cls(str(increment.key), place, since, increment.ended_at)

    def tell(self, place: Place, increment: Increment, of_site: tzinfo, *, in_fives: bool) -> None:
        """People were counted at the line, or it was read; ``of_site`` is the zone of its site."""
        if place != self.place:
            self.place = place
        place = self.place  # equal, but the same names for all cells: there are dozens a line
        self.read_at = max(self.read_at, increment.ended_at)
        self.offset, self.error = increment.sight.offset, increment.sight.error
        self.in_step = self.offset == increment.ended_at.astimezone(of_site).utcoffset()
        if increment.quality is Quality.BACK_FILLED:
            self._fill(increment)
        if not increment.people:
            return
        crossings = Crossings.between(
            increment.started_at,
            increment.ended_at,
            line_id=self.line_id,
            door_id=place.door_id,
            site_id=place.site_id,
            sight=increment.sight,
            people=increment.people,
            quality=increment.quality,
        )
        self.book.add(crossings)
        if in_fives:
            self._tell_fives(increment)

    def _fill(self, increment: Increment) -> None:
        until = increment.sight.by_camera(increment.ended_at)
        midnight, _ = day_around(until - datetime.resolution, timezone(self.offset))
        self.since = min(self.since, midnight)
        self.filled_until = max(self.filled_until or until, until)

    def correct(self, correction: HourCorrection) -> None:
        """An hour is known better. Its five minutes have closed by then and stay as they were told."""
        self.book.correct(correction, self.place.door_id, self.place.site_id)

    def zone(self, of_site: tzinfo) -> tzinfo:
        """The zone of the camera's wall clock."""
        return of_site if self.in_step else timezone(self.offset)

    def told(self, begin: datetime, end: datetime, seen: datetime, coverage: Coverage) -> Told:
        """What is known of a stretch of the camera's time, by a line that was last read at ``seen`` of it."""
        [covered] = self._covered([(begin, end)], seen, coverage)
        if covered == 1.0 or end - begin <= HOUR:  # otherwise some hours may be known and others not
            return self._told_of_part(begin, end, covered)
        hours = [(hour, min(hour + HOUR, end)) for hour in _hours(begin, end)]
        return sum_of(
            (self._told_of_part(*hour, share), (hour[1] - hour[0]) / HOUR)
            for hour, share in zip(hours, self._covered(hours, seen, coverage), strict=True)
        )

    def forget_before(self, hours: datetime, shorter: datetime) -> None:
        """Drop what no interval asks for any more: hours, and shorter stretches, that ended by then."""
        self.book = CountBook(_from(self.book.hours, HOUR, hours), _from(self.book.quarters, QUARTER, shorter))
        self.fives = {begin: cell for begin, cell in self.fives.items() if begin + SHORTEST > shorter}

    def _told_of_part(self, begin: datetime, end: datetime, covered: float) -> Told:
        found = list(self._cells(begin, end))
        if found:
            figures = sum((cell.figures for cell in found), Figures())
            return Told(figures, worst(*(cell.quality for cell in found)), covered)
        if covered > 0:
            return Told(Figures(), Quality.MEASURED, covered)
        is_filled = self.filled_until is not None and self.since <= begin and end <= self.filled_until
        return Told(Figures(), Quality.BACK_FILLED, 0.0) if is_filled else UNTOLD

    def _covered(self, stretches: Sequence[Span], seen: datetime, coverage: Coverage) -> list[float]:
        """The share of each stretch that was covered; the time after the last reading is a gap like any other."""
        known = [(max(begin, self.since), min(end, seen)) for begin, end in stretches]
        asked = [one for one in known if one[0] < one[1]]
        answers = coverage([(begin - self.error, end - self.error) for begin, end in asked])
        shares = dict(zip(asked, answers, strict=True))
        return [
            _all_where_unsaid(shares[one]) * ((one[1] - one[0]) / (end - begin)) if one in shares else 0.0
            for one, (begin, end) in zip(known, stretches, strict=True)
        ]

    def _cells(self, begin: datetime, end: datetime) -> Iterator[Cell]:
        """The cells that make up a stretch: hours where it is made of them, else what is shorter."""
        if end - begin < QUARTER:
            return iter([self.fives[begin]] if begin in self.fives else [])
        is_of_hours = end - begin > HOUR or (end - begin == HOUR and self._is_full_hour(begin))
        roll_up = self.book.hours if is_of_hours else self.book.quarters
        return (roll_up[stretch] for stretch in roll_up.between(self.line_id, begin, end))

    def _is_full_hour(self, moment: datetime) -> bool:
        return (moment - _1970 + self.offset) % HOUR == timedelta(0)

    def _tell_fives(self, increment: Increment) -> None:
        people, clock = increment.people, increment.sight
        span = (clock.by_camera(increment.started_at), clock.by_camera(increment.ended_at), SHORTEST)
        entered, left = spread(people.entered, *span), spread(people.left, *span)
        is_long = increment.ended_at - increment.started_at > SHORTEST
        quality = worst(increment.quality, Quality.ESTIMATED) if is_long else increment.quality
        for begin in entered.keys() | left.keys():
            cell = self.fives.setdefault(begin, Cell(quality=Quality.MISSING))
            cell.add(entered.get(begin, 0), left.get(begin, 0), quality)


def _all_where_unsaid(share: float | None) -> float:
    return 1.0 if share is None else share


def _from(roll_up: RollUp, length: timedelta, limit: datetime) -> RollUp:
    """The rows that ended after ``limit``."""
    return RollUp({stretch: roll_up[stretch] for stretch in roll_up if stretch.starts_at + length > limit})


def _hours(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += HOUR
