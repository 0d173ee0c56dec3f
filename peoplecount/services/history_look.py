"""A look at the past: what is the same for a period and the one beside it, and what is read for either."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.history_period import ONE_DAY, Grain, HistoryPeriod, Part, day_start
from peoplecount.domain.interval import Scope
from peoplecount.domain.owed_history import OwedSpan
from peoplecount.domain.place_sum import PlaceStretch, PlaceSum
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.services.history_ends import note_ends
from peoplecount.services.history_filter import HistoryFilter, Holidays
from peoplecount.services.history_places import HistoryPlaces, NamedPlace, Place
from peoplecount.services.history_query import HistoryQuery
from peoplecount.services.history_sums import Summed, WeekHours, cut_at, merged, sum_up, together
from peoplecount.services.owed_history import note_owed, subject_of
from peoplecount.storage.place_history import Where

SPLIT_AT_MOST = 35
"""Days of which doors are told apart where only some hours count: that has to be made out hour by hour."""

Until = Callable[[ZoneInfo], datetime]
"""How far a period is looked at in a time zone, UTC."""


class PlaceSums(Protocol):
    """Where figures of earlier times come from. All raise ``DatabaseError``."""

    def stretches(
        self, step: timedelta, scope: Scope, start: datetime, end: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """By the hour or quarter of an hour and by place, in order of time."""
        ...

    def totals(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        """Of a whole period, by place."""
        ...

    def days(self, period: HistoryPeriod, sites: Collection[str]) -> Sequence[PlaceStretch]:
        """Of sites in that time zone together, by day."""
        ...

    def learned_later(
        self, scope: Scope, start: datetime, end: datetime, known: datetime, where: Where
    ) -> Sequence[PlaceStretch]:
        """What was learned about hours since a moment, to be taken away."""
        ...


@dataclass(frozen=True, slots=True)
class HistoryChild:
    """A place within a place."""

    place: NamedPlace
    total: PlaceSum | None
    """``None``: nothing is told of it here."""

    period: HistoryPeriod
    """By its own calendar."""


@dataclass(frozen=True, slots=True)
class HistoryLook:
    """What is the same for a period and the one beside it."""

    sums: PlaceSums
    query: HistoryQuery
    place: Place
    own: Collection[str] | None
    places: HistoryPlaces
    holidays: Holidays
    now: datetime
    owed: Sequence[OwedSpan] = ()
    """Times of lines, of any site, of which cameras are still being asked."""

    def until(self, zone: ZoneInfo) -> datetime:
        """How far the period is looked at."""
        known = self._known(zone)
        return min(self.now, known) if known else self.now

    def _known(self, zone: ZoneInfo) -> datetime | None:
        """When a day was over there after which nothing was learned; ``None``: everything counts."""
        return day_start(self.query.known + ONE_DAY, zone) if self.query.known else None

    def same_moment(self, period: HistoryPeriod, beside: HistoryPeriod, zone: ZoneInfo) -> datetime:
        """How far the period beside it is looked at."""
        there = replace(period, zone=zone)
        return there.same_moment(self.until(zone), replace(beside, zone=zone), self.query.grain)

    def stands(self, period: HistoryPeriod, parts: Sequence[Part]) -> Iterator[tuple[bool, bool]]:
        """Of each part whether it has begun nowhere yet, and whether it has, and is not over everywhere."""
        begun: dict[int, bool] = {}
        is_open: dict[int, bool] = {}
        for zone in self.places.zones(self.query.site_id, self.own):
            until = self.until(zone)
            for place, part in _placed(parts, period, zone, self.query.grain):
                begun[place] = begun.get(place, False) or part.start < until
                is_open[place] = is_open.get(place, False) or until < part.end
        for place, part in enumerate(parts):
            has_begun = begun.get(place, part.start < self.now)
            yield not has_begun, has_begun and is_open.get(place, False)

    @property
    def where(self) -> Where:
        """Of which places."""
        query = self.query
        sites = [query.site_id] if query.site_id else self.own
        if query.line_id:  # a line's key finds its rows; it may have been at other doors
            return Where(sites if self.own is not None else None, None, query.line_id)
        return Where(sites, query.door_id)

    def summed(self, period: HistoryPeriod, parts: Sequence[Part], until: Until) -> Summed:
        """The parts of a period, each up to where it is looked at. Raises ``DatabaseError``."""
        query = self.query
        if query.site_id is None:
            return self._all_sites(period, parts, until)
        step = QUARTER if query.grain is Grain.QUARTER else HOUR
        end = until(period.zone)
        found = self._before(end, self._stretches(step, query.scope, period, self.where), step)
        filtered = HistoryFilter.of(query, self.place.opening_hours, self.holidays, step)
        wanted = filtered.wanted if filtered else None
        summed = sum_up(found, parts, step, period.zone, until=end, wanted=wanted)
        note_ends(summed.parts, parts, found, step, period.zone, until=end, wanted=wanted)
        note_owed(summed.parts, parts, self.owed_here(), step, until=end, wanted=wanted, zone=period.zone)
        return summed

    def owed_here(self) -> list[OwedSpan]:
        """What is owed of the place that is asked for."""
        query, own = self.query, self.own
        asked = ((query.site_id, Scope.SITE), (query.door_id, Scope.DOOR), (query.line_id, Scope.LINE))
        return [
            span
            for span in self.owed
            if (own is None or span.site_id in own)
            and all(subject in {None, subject_of(span, scope)} for subject, scope in asked)
        ]

    def _before(self, end: datetime, found: Sequence[PlaceStretch], step: timedelta) -> Sequence[PlaceStretch]:
        """What is under way now has been counted so far, and no further, anyway."""
        return cut_at(end, found, step) if end < self.now else found

    def _stretches(self, step: timedelta, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        found = self.sums.stretches(step, scope, period.start, period.end, where)
        later = self._learned_later(scope, period, where) if step is HOUR else ()
        return merged(found, later) if later else found

    def _all_sites(self, period: HistoryPeriod, parts: Sequence[Part], until: Until) -> Summed:
        """Each by its own calendar, then together."""
        sums = [PlaceSum() for _ in parts]
        for zone, sites in self._by_zone().items():
            own_period = replace(period, zone=zone)
            places, own_parts = zip(*_placed(parts, period, zone, self.query.grain), strict=True)
            end = until(zone)
            by_site: dict[str, list[PlaceStretch]] = {}
            stretches = self._of_sites(own_period, sites, end)
            for one in stretches:
                by_site.setdefault(one.subject, []).append(one)
            step = self.query.grain.length or ONE_DAY
            here = [PlaceSum() for _ in own_parts]
            # Not site by site: one that was opened since was not missed.
            note_ends(here, own_parts, stretches, step, zone, until=end)
            for of_site in by_site.values():
                for into, more in zip(here, sum_up(of_site, own_parts, step, zone, until=end).parts, strict=True):
                    into.include(more)
            owed = (span for span in self.owed if span.site_id in sites)
            note_owed(here, own_parts, owed, step, until=end, zone=zone)
            for place, more in zip(places, here, strict=True):
                sums[place].include(more)
        return Summed(sums, WeekHours())

    def _of_sites(self, period: HistoryPeriod, sites: Collection[str], end: datetime) -> Sequence[PlaceStretch]:
        """By the hour or quarter of an hour by site, or by the day all together."""
        where = Where(sites)
        step = self.query.grain.length
        if step is not None:
            return self._before(end, self._stretches(step, Scope.SITE, period, where), step)
        if not period.start < end < period.end:
            return self._days(period, where) if end > period.start else ()
        day = end.astimezone(period.zone).date()
        found = list(self._days(replace(period, last=day - ONE_DAY), where)) if day > period.first else []
        cut = replace(period, first=day, last=day)
        hours = self._before(end, self._stretches(HOUR, Scope.SITE, cut, where), HOUR)
        return [*found, together("", cut.start, hours)] if hours else found

    def _days(self, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        found = self.sums.days(period, where.sites or ())
        later, zone = self._learned_later(Scope.SITE, period, where), period.zone
        if not later:
            return found
        return merged(found, [one._replace(subject="", start=_midnight_before(one.start, zone)) for one in later])

    def _by_zone(self) -> Mapping[ZoneInfo, Collection[str]]:
        found: dict[ZoneInfo, list[str]] = {}
        for site_id, zone in self.places.sites(self.own).items():
            found.setdefault(zone, []).append(site_id)
        return found

    def children(self, period: HistoryPeriod) -> tuple[Scope, list[HistoryChild], bool]:
        """What it consists of, and whether figures are told."""
        scope, named = self.places.inside(self.query, self.own)
        if not named:
            return scope, [], False
        is_told = not self.query.is_filtered or period.days <= SPLIT_AT_MOST
        found = self._of_children(scope, period) if is_told else {}
        known = {one.subject for one in named}
        gone = self._named(scope, found.keys() - known)
        zones = self.places.sites(self.own) if scope is Scope.SITE else {}
        children = [
            HistoryChild(one, found.get(one.subject), replace(period, zone=zones.get(one.subject, period.zone)))
            for one in [*named, *gone]
        ]
        self._note_owed(scope, children)
        return scope, sorted(children, key=_most_first) if is_told else children, is_told

    def _note_owed(self, scope: Scope, children: Sequence[HistoryChild]) -> None:
        filtered = HistoryFilter.of(self.query, self.place.opening_hours, self.holidays, HOUR)
        wanted = filtered.wanted if filtered else None
        for child in children if self.owed else ():
            if child.total is not None:
                spans = [span for span in self.owed_here() if subject_of(span, scope) == child.place.subject]
                zone, whole = child.period.zone, Part(child.period.start, child.period.end, child.period.start)
                note_owed([child.total], [whole], spans, HOUR, until=self.until(zone), wanted=wanted, zone=zone)

    def _named(self, scope: Scope, subjects: Collection[str]) -> list[NamedPlace]:
        """What is not on the board any more."""
        if scope is Scope.DOOR:
            return self.places.former_doors(subjects)
        return [self.places.site(one) if scope is Scope.SITE else NamedPlace(one, one) for one in sorted(subjects)]

    def _of_children(self, scope: Scope, period: HistoryPeriod) -> Mapping[str, PlaceSum]:
        if self.query.is_filtered:
            return self._by_hour(scope, period, self.until(period.zone))
        if self.query.known is not None:
            period = replace(period, last=min(period.last, self.query.known))
        if period.days < 1:
            return {}
        wheres = [(period, self.where)]
        if self.query.site_id is None:
            wheres = [(replace(period, zone=zone), Where(sites)) for zone, sites in self._by_zone().items()]
        found: dict[str, PlaceSum] = {}
        for own_period, where in wheres:
            for one in self.sums.totals(scope, own_period, where):
                found.setdefault(one.subject, PlaceSum()).add(one)
            for one in self._learned_later(scope, own_period, where):
                if one.subject in found:
                    found[one.subject].add(one)
        return found

    def _learned_later(self, scope: Scope, period: HistoryPeriod, where: Where) -> Sequence[PlaceStretch]:
        known = self._known(period.zone)
        return () if known is None else self.sums.learned_later(scope, period.start, period.end, known, where)

    def _by_hour(self, scope: Scope, period: HistoryPeriod, until: datetime) -> Mapping[str, PlaceSum]:
        filtered = HistoryFilter.of(self.query, self.place.opening_hours, self.holidays, HOUR)
        found: dict[str, PlaceSum] = {}
        for one in self._stretches(HOUR, scope, period, self.where):
            if one.start < until and (filtered is None or filtered.wanted(one.start.astimezone(period.zone))):
                found.setdefault(one.subject, PlaceSum()).add(one)
        return found


def _most_first(child: HistoryChild) -> tuple[int, str]:
    return -(child.total.entered if child.total else 0), child.place.name.casefold()


def _midnight_before(moment: datetime, zone: ZoneInfo) -> datetime:
    return day_start(moment.astimezone(zone).date(), zone)


def _placed(parts: Sequence[Part], period: HistoryPeriod, zone: ZoneInfo, grain: Grain) -> Iterator[tuple[int, Part]]:
    """The period's parts by the calendar of a zone, each with the place of the one of ``parts`` that it belongs to.

    Hours belong to the one that begins when their clocks show the same; one that clocks show only there to the one
    before.
    """
    if zone == period.zone or grain.length is None:
        yield from enumerate(parts if zone == period.zone else replace(period, zone=zone).parts(grain))
        return
    starts = [part.local for part in parts]
    places = {(part.local, part.turn): place for place, part in enumerate(parts)}
    for part in replace(period, zone=zone).parts(grain):
        yield places.get((part.local, part.turn), max(bisect_right(starts, part.local) - 1, 0)), part
