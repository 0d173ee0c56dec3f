"""Rows of counts: lines as the history has them, put together by line, door or site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from peoplecount.domain.event import Quality, utc_text
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope
from peoplecount.domain.told import UNTOLD, Told, sum_of
from peoplecount.domain.wall_clock import wall_clock
from peoplecount.services.owed_history import OwedLines
from peoplecount.services.unhurried import unhurried
from peoplecount.storage.scope_sums import ScopeSum


class LineStretch(NamedTuple):
    """What the history has of one line in one stretch of time."""

    line_id: str
    door_id: str
    site_id: str
    begin: datetime
    """UTC."""

    end: datetime
    figures: Figures | None
    quality: Quality
    coverage: float | None
    """``None``: not known, or not yet."""

    local_start: datetime | None = None
    """By the camera's clock, where the history says so."""

    is_whole: bool = True
    """Whether something is known of all of it."""

    is_untold: bool = False
    """Whether the history says nothing of it, and only of what was before and after it."""

    def untold(self, begin: datetime) -> LineStretch:
        """Another stretch of the line, as long, of which nothing is known."""
        later = begin - self.begin
        local_start = self.local_start + later if self.local_start else None
        return self._replace(
            begin=begin,
            end=self.end + later,
            figures=UNTOLD.figures,
            quality=UNTOLD.quality,
            coverage=UNTOLD.coverage,
            local_start=local_start,
            is_whole=False,
            is_untold=True,
        )


@dataclass(frozen=True, slots=True)
class Names:
    """What sites, doors and lines are called, and the time zones of the sites."""

    sites: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    doors: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    lines_by_site: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> Names:
        """As a snapshot of the live board has them; what is no longer there goes by its id."""
        return cls(
            {site["siteId"]: site["siteName"] for site in snapshot["sites"]},
            {site["siteId"]: ZoneInfo(site["timeZone"]) for site in snapshot["sites"]},
            {door["doorId"]: door["doorName"] for door in snapshot["doors"]},
            {line["lineId"]: line["lineName"] for line in snapshot["lines"]},
            Counter(line["siteId"] for line in snapshot["lines"]),
        )

    def lines_of_site(self, site_id: str) -> int:
        """How many lines a site has now; 0 where it is not known."""
        return self.lines_by_site.get(site_id, 0)

    def zone(self, site_id: str) -> ZoneInfo:
        """The time zone of a site; UTC where it is not known."""
        return self.zones.get(site_id) or ZoneInfo("UTC")


class CountRow(NamedTuple):
    """People of a line, door or site in a stretch of time, and how far that can be trusted."""

    site_id: str
    site_name: str
    door_id: str | None
    door_name: str | None
    line_id: str | None
    line_name: str | None
    begin: datetime
    """UTC."""

    end: datetime
    local_start: datetime
    zone: str
    """IANA name, the site's."""

    figures: Figures | None
    quality: Quality
    coverage: float | None
    is_complete: bool
    """Whether something is known of every part of it."""

    @property
    def subject(self) -> str:
        """The id of the line, door or site."""
        return self.line_id or self.door_id or self.site_id

    def fields(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "siteId": self.site_id,
            "siteName": self.site_name,
            "doorId": self.door_id,
            "doorName": self.door_name,
            "lineId": self.line_id,
            "lineName": self.line_name,
            "from": utc_text(self.begin),
            "to": utc_text(self.end),
            "localStart": self.local_start.isoformat(timespec="seconds"),
            "timeZone": self.zone,
            "in": None if self.figures is None else self.figures.entered,
            "out": None if self.figures is None else self.figures.left,
            "quality": self.quality.value,
            "coverage": None if self.coverage is None else round(self.coverage, 4),
            "complete": self.is_complete,
        }


def without_gaps(stretches: Iterable[LineStretch], length: timedelta) -> Iterator[LineStretch]:
    """Of each line all stretches from its first to its last; of those that are missing in between nothing is known."""
    by_line: dict[str, dict[datetime, list[LineStretch]]] = {}
    for stretch in stretches:
        by_line.setdefault(stretch.line_id, {}).setdefault(stretch.begin, []).append(stretch)
    for found in by_line.values():
        first, last = min(found), max(found)
        for number in range((last - first) // length + 1):
            begin = first + number * length
            yield from found.get(begin) or [found[first][0].untold(begin)]


def rows_of(
    stretches: Iterable[LineStretch],
    scope: Scope,
    names: Names,
    wanted: Callable[[datetime, str], bool],
    owed: OwedLines,
) -> Iterator[CountRow]:
    """Summed by the scope's subjects, in order of time and subject; where those are ``wanted``, and as they are taken.

    Of ``owed`` lines nothing is known besides.
    A page of a day with many lines would otherwise cost as much as the whole day.
    """
    groups: dict[tuple[datetime, str], list[LineStretch]] = {}
    for stretch in stretches:
        groups.setdefault((stretch.begin, _subject(stretch, scope)), []).append(stretch)
    return (_row(groups[key], scope, names, owed) for key in sorted(groups) if wanted(*key))


def rows_of_sums(
    sums: Iterable[ScopeSum],
    untold: Iterable[LineStretch],
    scope: Scope,
    length: timedelta,
    names: Names,
    wanted: Callable[[datetime, str], bool],
    owed: OwedLines,
) -> Iterator[CountRow]:
    """The same of what the database has summed up; ``untold`` are stretches of lines that are not in its sums."""
    known = {(one.start, one.subject): one for one in sums}
    holes: dict[tuple[datetime, str], list[LineStretch]] = {}
    for stretch in untold:
        holes.setdefault((stretch.begin, _subject(stretch, scope)), []).append(stretch)
    keys = (key for key in sorted(known.keys() | holes.keys()) if wanted(*key))
    return (
        _sum_row(known[key], len(holes.get(key, ())) + owed.at(key[1], key[0], key[0] + length), scope, length, names)
        if key in known
        else _row(holes[key], scope, names, owed)
        for key in unhurried(keys)
    )


def _sum_row(one: ScopeSum, holes: int, scope: Scope, length: timedelta, names: Names) -> CountRow:
    """``holes`` are stretches more of which nothing is known."""
    zone = names.zone(one.site_id)
    is_known, is_complete = one.missing < one.rows, not one.missing and not holes
    door_id = one.subject if scope is Scope.DOOR else None
    return CountRow(
        one.site_id,
        names.sites.get(one.site_id, one.site_id),
        door_id,
        None if door_id is None else names.doors.get(door_id, door_id),
        None,
        None,
        one.start,
        one.start + length,
        wall_clock(one.start, zone),
        zone.key,
        Figures(one.entered, one.left) if is_known else None,
        one.quality if is_complete else Quality.MISSING,
        one.covered / (one.rows + holes) if one.coverages == one.rows else None,
        is_complete,
    )


def _subject(stretch: LineStretch, scope: Scope) -> str:
    if scope is Scope.LINE:
        return stretch.line_id
    return stretch.door_id if scope is Scope.DOOR else stretch.site_id


def _row(parts: Sequence[LineStretch], scope: Scope, names: Names, owed: OwedLines) -> CountRow:
    first = parts[0]
    is_line, has_door = scope is Scope.LINE, scope is not Scope.SITE
    lacking = [UNTOLD] * owed.at(_subject(first, scope), first.begin, first.end)
    all_told = [*map(_told, parts), *lacking]
    told = all_told[0] if len(all_told) == 1 else sum_of((one, 1.0) for one in all_told)
    is_covered = all(part.coverage is not None for part in parts)
    zone = names.zone(first.site_id)
    return CountRow(
        first.site_id,
        names.sites.get(first.site_id, first.site_id),
        first.door_id if has_door else None,
        names.doors.get(first.door_id, first.door_id) if has_door else None,
        first.line_id if is_line else None,
        names.lines.get(first.line_id, first.line_id) if is_line else None,
        first.begin,
        first.end,
        (first.local_start if is_line else None) or wall_clock(first.begin, zone),
        zone.key,
        told.figures,
        told.quality,
        told.coverage if is_covered else None,
        told.is_complete and all(part.is_whole for part in parts),
    )


def _told(part: LineStretch) -> Told:
    return Told(part.figures, part.quality, part.coverage or 0.0)
