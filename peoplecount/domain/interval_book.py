"""The interval book: which intervals are over, and what was counted in them.

Pure: it is told of counts and corrections in the order of the log and asked, at any moment, what has closed since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from peoplecount.domain.correction import HourCorrection
from peoplecount.domain.event_body import Place
from peoplecount.domain.increment import Increment
from peoplecount.domain.interval import ClosedInterval, Scope, Step
from peoplecount.domain.line import LineKey
from peoplecount.domain.line_tally import LineTally, Span
from peoplecount.domain.told import Told, sum_of
from peoplecount.domain.wall_clock import day_around, interval_around, wall_clock

FURTHEST_BACK = timedelta(days=2)
"""What ended longer ago than this is not closed any more: after an outage of a week a thousand lines would else close
half a million intervals at once. The counts and corrections of that time are in the log like any others."""

GONE_AFTER = timedelta(days=2)
"""A line of which its camera tells no longer, while it tells of others, is not expected after this."""


class Subject(NamedTuple):
    """What has intervals."""

    scope: Scope
    subject_id: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What closing intervals depends on besides the counts."""

    now: datetime
    """UTC."""

    seen: Mapping[LineKey, datetime]
    """When each line was last read; all that was counted up to then has been told."""

    patience: Callable[[str], timedelta]
    """How long after its end a reading of a camera (by its id) is waited for."""

    zone: Callable[[str], tzinfo]
    """The time zone of a site, by its id."""

    coverage: Callable[[LineKey, Sequence[Span]], Sequence[float | None]]
    """The share of each stretch in which a line was read often enough; ``None`` where nobody can say."""


@dataclass(frozen=True, slots=True)
class Closing:
    """An interval that has closed, and where."""

    place: Place
    interval: ClosedInterval


class IntervalBook:
    """Lines with what was told of them, and up to when the intervals of lines, doors and sites are closed."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(sorted(steps, key=lambda step: step.length or timedelta(days=1)))
        self.lines: dict[LineKey, LineTally] = {}
        self.closed: dict[Subject, dict[Step, datetime]] = {}
        self.is_waiting = False
        """Whether an interval that has ended was left open by the last ``close``, because a reading may still come."""
        self._known: dict[tuple[LineKey, datetime, datetime], Told] = {}
        """While the intervals of a site close; after a start it is a whole day of each of its lines."""

    def tell(self, place: Place, increment: Increment, of_site: tzinfo, now: datetime) -> None:
        """People were counted at a line of this place; ``of_site`` is the zone of its site."""
        tally = self.lines.get(increment.key)
        if tally is None:
            tally = LineTally.begun_with(place, increment, not_before=now - FURTHEST_BACK)
            self.lines[increment.key] = tally
        tally.tell(place, increment, of_site, in_fives=Step.FIVE_MINUTES in self.steps)

    def correct(self, correction: HourCorrection) -> None:
        """An hour is known better; one of which everything is closed changes nothing here."""
        if self.is_open(correction):
            self.lines[correction.key].correct(correction)

    def is_open(self, correction: HourCorrection) -> bool:
        """Whether an hour that is known better is in any interval that has not closed."""
        tally = self.lines.get(correction.key)
        return tally is not None and correction.started_at >= self._open_since(correction.key, tally)

    def remove(self, keys: Iterable[LineKey]) -> None:
        """Lines are not expected any more: they are in no sum from now on."""
        for key in keys:
            self.lines.pop(key, None)
        left = self._subjects()
        self.closed = {subject: closed for subject, closed in self.closed.items() if subject in left}

    def close(self, circumstances: Circumstances, breathe: Callable[[], None] = lambda: None) -> Iterator[Closing]:
        """What has closed, site by site: its lines, then its doors, then itself, each in order of time.

        The book moves on with each. ``breathe`` is called after each piece of work: a thousand lines that close
        together are many.
        """
        self.is_waiting = False
        self.remove(self._no_longer_told(circumstances.seen))
        for subjects in self._sites():
            has_closed = False
            for subject, keys in subjects.items():
                self._open(subject, keys, circumstances)
                breathe()
                for closing in self._close_subject(subject, keys, circumstances):
                    has_closed = True
                    yield closing
                    breathe()
            self._known.clear()
            if has_closed:
                self._forget(subjects, breathe)

    def _sites(self) -> Iterable[dict[Subject, list[LineKey]]]:
        """What has intervals, by site. A door whose lines are at two of them goes with the first."""
        found: dict[str, dict[Subject, list[LineKey]]] = {}
        for subject, keys in self._subjects().items():
            found.setdefault(self.lines[keys[0]].place.site_id, {})[subject] = keys
        return found.values()

    def _subjects(self) -> dict[Subject, list[LineKey]]:
        """All lines, then all doors, then all sites, with the lines that belong to each."""
        found: tuple[dict[Subject, list[LineKey]], ...] = ({}, {}, {})
        for key, tally in self.lines.items():
            for of_scope, subject in zip(found, _subjects_of(key, tally.place), strict=True):
                of_scope.setdefault(subject, []).append(key)
        lines, doors, sites = found
        return lines | doors | sites

    def _open(self, subject: Subject, keys: Iterable[LineKey], circumstances: Circumstances) -> None:
        """Begin with the first interval of which anything is known, and leave out what lies too far back."""
        closed = self.closed.setdefault(subject, {})
        zone = self._zone(subject, keys, circumstances)
        since = max(min(self.lines[key].since for key in keys), circumstances.now - FURTHEST_BACK)
        for step in self.steps:
            begin = interval_around(since, step.length, zone)[0]
            closed[step] = max(closed.get(step, begin), begin)
        for step in closed.keys() - set(self.steps):  # a setting has changed
            del closed[step]

    def _close_subject(
        self, subject: Subject, keys: Sequence[LineKey], circumstances: Circumstances
    ) -> Iterator[Closing]:
        zone = self._zone(subject, keys, circumstances)
        for step in self.steps:
            while True:
                begin = self.closed[subject][step]
                end = interval_around(begin, step.length, zone)[1]
                if not self._is_over(end, keys, circumstances):
                    self.is_waiting = self.is_waiting or end <= circumstances.now
                    break
                told = sum_of((self._told(key, begin, end, circumstances), 1.0) for key in keys)
                today = self._today(subject, step, keys[0], end, circumstances)
                self.closed[subject][step] = end
                interval = ClosedInterval(
                    subject.scope,
                    subject.subject_id,
                    begin,
                    end - begin,
                    wall_clock(begin, zone),
                    told.figures,
                    told.quality,
                    told.coverage,
                    today,
                )
                yield Closing(_place(subject.scope, self.lines[keys[0]].place), interval)

    def _is_over(self, end: datetime, keys: Iterable[LineKey], circumstances: Circumstances) -> bool:
        """Whether all lines were read after it, or those that were not have been waited for long enough."""
        now = circumstances.now
        return end <= now and all(
            _seen(circumstances, key, self.lines[key]) >= end
            or now + self.lines[key].error >= end + circumstances.patience(key.camera_id)
            for key in keys
        )

    def _told(self, key: LineKey, begin: datetime, end: datetime, circumstances: Circumstances) -> Told:
        """What is known of a line; its door and its site ask for the same, mostly."""
        told = self._known.get((key, begin, end))
        if told is None:
            tally = self.lines[key]
            seen = _seen(circumstances, key, tally)
            told = tally.told(begin, end, seen, lambda stretches: circumstances.coverage(key, stretches))
            self._known[key, begin, end] = told
        return told

    def _today(
        self, subject: Subject, step: Step, key: LineKey, end: datetime, circumstances: Circumstances
    ) -> Told | None:
        """The day of a line so far, with each of its shortest intervals."""
        if subject.scope is not Scope.LINE or step is not self.steps[0]:
            return None
        zone = self._zone(subject, [key], circumstances)
        midnight = day_around(end - datetime.resolution, zone)[0]
        return self._told(key, midnight, end, circumstances)

    def _zone(self, subject: Subject, keys: Iterable[LineKey], circumstances: Circumstances) -> tzinfo:
        first = self.lines[next(iter(keys))]
        of_site = circumstances.zone(first.place.site_id)
        return first.zone(of_site) if subject.scope is Scope.LINE else of_site

    def _no_longer_told(self, seen: Mapping[LineKey, datetime]) -> list[LineKey]:
        """Lines that a camera does not tell of any more, though it tells of others."""
        newest: dict[str, datetime] = {}
        for key in self.lines:
            if key in seen:
                newest[key.camera_id] = max(newest.get(key.camera_id, seen[key]), seen[key])
        return [key for key in self.lines if key in seen and newest[key.camera_id] - seen[key] > GONE_AFTER]

    def _open_since(self, key: LineKey, tally: LineTally, *, days: bool = True) -> datetime:
        """The beginning of the earliest open interval that a line belongs to, with ``days`` or without."""
        begins = [
            begin
            for subject in _subjects_of(key, tally.place)
            for step, begin in self.closed.get(subject, {}).items()
            if days or step is not Step.DAY
        ]
        return min(begins, default=tally.since)

    def _forget(self, subjects: Mapping[Subject, Sequence[LineKey]], breathe: Callable[[], None]) -> None:
        for key in {key for keys in subjects.values() for key in keys}:
            tally = self.lines[key]
            tally.forget_before(self._open_since(key, tally), self._open_since(key, tally, days=False))
            breathe()


def _subjects_of(key: LineKey, place: Place) -> tuple[Subject, Subject, Subject]:
    return (
        Subject(Scope.LINE, str(key)),
        Subject(Scope.DOOR, place.door_id),
        Subject(Scope.SITE, place.site_id),
    )


def _place(scope: Scope, place: Place) -> Place:
    """The names as far as the scope goes."""
    if scope is Scope.LINE:
        return place
    if scope is Scope.DOOR:
        return Place(place.site_id, place.site_name, "", "", place.door_id, place.door_name)
    return Place(place.site_id, place.site_name, "", "")


def _seen(circumstances: Circumstances, key: LineKey, tally: LineTally) -> datetime:
    """What the camera's clock showed when a line was last read, in UTC: intervals go by that."""
    return max(circumstances.seen.get(key, tally.read_at), tally.read_at) + tally.error
