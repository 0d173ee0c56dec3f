"""A picture of the live board at one moment: what it shows, and when that turns by the clock alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.event import EventKind, utc_text
from peoplecount.domain.site import Site
from peoplecount.services.board_clocks import clock_row, clocks_told, own_clock_fields
from peoplecount.services.board_lines import CameraNow, LineNow, door_rows, sums
from peoplecount.services.board_occupancy import is_open
from peoplecount.services.board_state import BoardState
from peoplecount.services.site_day import SiteDay
from peoplecount.services.unhurried import unhurried

DEFAULT_INTERVAL = 20.0
"""Seconds between two polls where nobody says; twice the usual ones."""

STALE_INTERVALS = 3
"""A reading older than this many polls is shown as old."""

LEAST_STALE_SECONDS = 30.0


class BoardPicture:
    """Made of a state that does not change any more, so that others may go on while it is looked at."""

    def __init__(
        self,
        state: BoardState,
        now: datetime,
        sites: Sequence[Site],
        intervals: Mapping[str, float],
        speed: float,
        breathe: Callable[[], None],
    ) -> None:
        """``breathe`` is called after each line, camera and site."""
        self._state = state
        self._now = now
        self._intervals = intervals
        self._speed = speed
        self._breathe = breathe
        self._days = _days(state, sites, now)

    def snapshot(self) -> dict[str, Any]:
        """The whole board, JSON-ready. ``None`` stands for what is not known; it is never 0."""
        own = self._state.own_clock()
        lines = [self._line_row(key) for key in unhurried(sorted(self._state.lines), self._breathe)]
        at: dict[str, list[dict[str, Any]]] = {}
        for line in lines:
            at.setdefault(line["siteId"], []).append(line)
        days = unhurried(self._days.items(), self._breathe)
        return {
            "kind": EventKind.SNAPSHOT.value,
            "time": utc_text(self._now),
            "speed": self._speed,
            **own_clock_fields(own),
            "sites": [self._site_row(day, at.get(site_id, ())) for site_id, day in days],
            "doors": door_rows(lines),
            "cameras": [self._camera_row(camera, own) for camera in unhurried(self._in_order(), self._breathe)],
            "lines": lines,
        }

    def outline(self) -> dict[str, Any]:
        """How sites and cameras are, without their lines: a small part of the work of a snapshot."""
        days = unhurried(self._days.values(), self._breathe)
        return {
            "sites": [self._outline_row(day) for day in days],
            "cameras": [camera.row() for camera in unhurried(self._in_order(), self._breathe)],
        }

    def _outline_row(self, day: SiteDay) -> dict[str, Any]:
        site = day.site
        return {
            "siteId": site.site_id,
            "siteName": site.name,
            "timeZone": day.zone.key,
            "capacity": site.capacity,
            "open": is_open(site, day.now),
            "occupancy": self._occupancy(day),
        }

    def turning(self) -> Hashable:
        """A value that changes when what the board shows changes by other means than an entry of the log."""
        lines, days = self._state.lines, self._days.values()
        unknown, missing = 0, set()
        for key, line in unhurried(lines.items(), self._breathe):
            unknown += line.today(self._days[line.site_id])[0] is None
            if self._is_missing(line):
                missing.add(key)
        inside = tuple(self._occupancy(day) is None for day in unhurried(days, self._breathe))
        turned = tuple((day.site, day.date, day.occupancy_date, is_open(day.site, self._now)) for day in days)
        clocks = clocks_told(self._state.cameras.values(), self._state.own_clock())
        return turned, inside, unknown, frozenset(missing), clocks

    def _in_order(self) -> list[CameraNow]:
        return sorted(self._state.cameras.values(), key=lambda camera: (camera.name, camera.camera_id))

    def _camera_row(self, camera: CameraNow, own: OwnClock) -> dict[str, Any]:
        return {
            **camera.row(),
            **clock_row(camera.clock, own),
            "staleAfter": self._patience(camera.camera_id),
            "breaks": self._state.trust_of(camera.camera_id).breaks_on(self._days[camera.site_id]),
        }

    def _line_row(self, line_id: str) -> dict[str, Any]:
        line = self._state.lines[line_id]
        in_today, out_today = line.today(self._days[line.site_id])
        return {
            **line.fields,
            "inToday": in_today,
            "outToday": out_today,
            "lastReadingAt": utc_text(line.seen),
            "missing": self._is_missing(line),
            **self._state.trust_of(line_id).row(line, self._days[line.site_id]),
        }

    def _is_missing(self, line: LineNow) -> bool:
        camera = self._state.cameras[line.camera_id]
        if camera.seen == line.seen:  # nearly always, and quicker to see
            return False
        return line.is_missing(camera, self._patience(line.camera_id))

    def _patience(self, camera_id: str) -> float:
        """Seconds after which a reading is old."""
        interval = self._intervals.get(camera_id, DEFAULT_INTERVAL)
        return max(LEAST_STALE_SECONDS * self._speed, STALE_INTERVALS * interval)

    def _site_row(self, day: SiteDay, lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        site = day.site
        return {
            "siteId": site.site_id,
            "siteName": site.name,
            "timeZone": day.zone.key,
            "date": day.date.isoformat(),
            "resetTime": site.reset_time.isoformat("minutes"),
            "capacity": site.capacity,
            "busyFrom": site.levels.busy,
            "fullFrom": site.levels.full,
            "openingHours": site.opening_hours or None,
            "open": is_open(site, day.now),
            **self._state.inside[site.site_id].row(day, self._occupancy(day)),
            **sums(lines),
        }

    def _occupancy(self, day: SiteDay) -> int | None:
        """People inside: as the site's newest count said or, where that was on an earlier occupancy day, nobody."""
        site_id = day.site.site_id
        counted = self._state.inside[site_id].on(day)
        if counted is not None:
            return counted
        seen = self._newest_readings.get(site_id)
        return 0 if seen is not None and day.occupancy_date_of(seen) >= day.occupancy_date else None

    @cached_property
    def _newest_readings(self) -> Mapping[str, datetime]:
        """When any line of each site was read last, UTC."""
        found: dict[str, datetime] = {}
        for line in self._state.lines.values():
            known = found.get(line.site_id)
            if known is None or line.seen > known:
                found[line.site_id] = line.seen
        return found


def _days(state: BoardState, sites: Sequence[Site], now: datetime) -> dict[str, SiteDay]:
    """Sites in their order, and those that only events know."""
    known = {site.site_id: site for site in sites}
    heard_of = {line.site_id for line in state.lines.values()} | {c.site_id for c in state.cameras.values()}
    strangers = [Site(key, state.site_names.get(key, key), "UTC") for key in sorted(heard_of - known.keys())]
    used = [site for site in known.values() if site.site_id in heard_of or not heard_of]
    return {site.site_id: SiteDay(site, now) for site in (*used, *strangers)}
