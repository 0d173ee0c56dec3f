"""The live board: what is true now, folded from the log."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import read_clock
from peoplecount.domain.clock_vote import OwnClock
from peoplecount.domain.event import EventKind, LogEntry, NewEvent, parse_utc, utc_text
from peoplecount.domain.event_id import EventId
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LatestEntries
from peoplecount.services.board_clocks import clock_row, clocks_told, own_clock, own_clock_fields
from peoplecount.services.board_lines import CameraNow, LineNow, door_rows, line_names, sums
from peoplecount.services.board_occupancy import SiteInside, is_open
from peoplecount.services.board_trust import LineTrust, concerns
from peoplecount.services.site_day import SiteDay
from peoplecount.stream.selection import Whereabouts, whereabouts

DEFAULT_INTERVAL = 20.0
"""Seconds between two polls where nobody says; twice the usual ones."""

STALE_INTERVALS = 3
"""A reading older than this many polls is shown as old."""

LEAST_STALE_SECONDS = 30.0

_NOTHING = EventId("", 0)


class LiveBoard:
    """Sites, doors, cameras and lines as they stand, one in each process. Any thread may call it; nothing blocks."""

    def __init__(
        self,
        sites: Callable[[], Sequence[Site]],
        intervals: Callable[[], Mapping[str, float]] = dict,
        speed: float = 1.0,
    ) -> None:
        """``intervals`` gives the seconds between two polls of a camera; ``speed`` is that of the clock."""
        self._sites = sites
        self._intervals = intervals
        self._speed = speed
        self._lock = threading.Lock()
        self._clear(_NOTHING)
        self._version = 0

    @property
    def head(self) -> EventId:
        """The newest entry folded."""
        return self._head

    @property
    def version(self) -> int:
        """Grows with everything that is folded or noted."""
        return self._version

    def _clear(self, head: EventId) -> None:
        self._head = head
        self._lines: dict[str, LineNow] = {}
        self._trust: dict[str, LineTrust] = {}
        self._cameras: dict[str, CameraNow] = {}
        self._inside: dict[str, SiteInside] = defaultdict(SiteInside)
        self._site_names: dict[str, str] = {}
        self._own: OwnClock | None = None

    def load(self, latest: LatestEntries) -> None:
        """Forget everything and begin from the newest entry of each line and camera."""
        with self._lock:
            seen = {key: line.seen for key, line in self._lines.items()}
            self._clear(latest.head)
            for entry in latest.entries:
                self._fold(entry)
            self._note_seen(seen)
            self._head = latest.head
            self._version += 1

    def fold(self, entry: LogEntry) -> None:
        """Take up the next entry of the log."""
        with self._lock:
            self._fold(entry)
            self._head = entry.event_id
            self._version += 1

    def _fold(self, entry: LogEntry) -> None:
        if entry.event.kind is EventKind.COUNT:
            self._fold_count(entry)
        elif entry.event.kind is EventKind.COUNT_CORRECTION:
            self._fold_correction(json.loads(entry.event.body))
        elif entry.event.kind is EventKind.INTERVAL_CLOSED and entry.event.subject:
            self._trust_in(entry.event.subject, lambda trust: trust.closed(json.loads(entry.event.body)))
        elif entry.event.kind is EventKind.COUNTER_BREAK:
            fields = json.loads(entry.event.body)
            self._trust_in(fields["lineId"] or fields["cameraId"], lambda trust: trust.broke(fields))
        elif entry.event.kind is EventKind.CAMERA_STATUS:
            self._fold_status(json.loads(entry.event.body))
        elif entry.event.kind is EventKind.CAMERA_CLOCK:
            self._fold_clock(entry.event)
        elif entry.event.kind is EventKind.OCCUPANCY_CHANGED:
            self._inside[entry.event.site_id] = self._inside[entry.event.site_id].after(json.loads(entry.event.body))

    def _fold_count(self, entry: LogEntry) -> None:
        line = LineNow.of(entry)
        fields = line.fields
        known = self._lines.get(fields["lineId"])
        self._lines[fields["lineId"]] = line.seen_at(known.seen) if known else line
        self._trust_in(fields["lineId"], lambda trust: trust.counted(fields, fields["localTime"]))
        inside = self._inside[fields["siteId"]]
        self._inside[fields["siteId"]] = inside.counted(line.counted_at, fields["occupancy"])
        self._site_names[fields["siteId"]] = fields["siteName"]
        camera = self._camera(fields).named(fields["cameraName"])
        self._cameras[camera.camera_id] = camera.seen_at(line.counted_at)

    def _fold_correction(self, fields: Mapping[str, Any]) -> None:
        """An hour is known better; where it is one of today, so is today."""
        line = self._lines.get(fields["lineId"])
        if line is None or "inToday" not in fields:
            return
        self._lines[fields["lineId"]] = line.corrected(fields)
        self._trust_in(fields["lineId"], lambda trust: trust.counted(fields, fields["localStart"]))
        inside = self._inside[fields["siteId"]]
        self._inside[fields["siteId"]] = inside.counted(parse_utc(fields["time"]), fields["occupancy"])

    def _trust_in(self, subject: str, change: Callable[[LineTrust], LineTrust]) -> None:
        self._trust[subject] = change(self._trust_of(subject))

    def _trust_of(self, subject: str) -> LineTrust:
        return self._trust.get(subject, LineTrust())

    def _fold_status(self, fields: Mapping[str, Any]) -> None:
        camera_id = fields["cameraId"]
        self._own = None
        self._site_names[fields["siteId"]] = fields["siteName"]
        if fields["state"] == CameraState.REMOVED:
            self._cameras.pop(camera_id, None)
            self._lines = {key: line for key, line in self._lines.items() if line.camera_id != camera_id}
            self._trust = {key: trust for key, trust in self._trust.items() if not concerns(key, camera_id)}
        else:
            self._cameras[camera_id] = self._camera(fields).with_status(fields)

    def _fold_clock(self, event: NewEvent) -> None:
        camera = self._camera(json.loads(event.body))
        self._cameras[camera.camera_id] = camera.with_clock(read_clock(event))
        self._own = None

    def _own_clock(self) -> OwnClock:
        """What the cameras say of our clock; asked again once one of them has told of its own."""
        if self._own is None:
            self._own = own_clock(self._cameras.values())
        return self._own

    def _camera(self, fields: Mapping[str, Any]) -> CameraNow:
        return self._cameras.get(fields["cameraId"]) or CameraNow.of(fields)

    def note_seen(self, seen: Mapping[str, datetime]) -> None:
        """Take up when lines were last read; times never go back, lines nobody has heard of are left out."""
        with self._lock:
            self._note_seen(seen)
            self._version += 1

    def _note_seen(self, seen: Mapping[str, datetime]) -> None:
        for line_id, moment in seen.items():
            line = self._lines.get(line_id)
            if line is not None:
                self._lines[line_id] = line.seen_at(moment)
                self._cameras[line.camera_id] = self._cameras[line.camera_id].seen_at(moment)

    def last_readings(self) -> dict[str, datetime]:
        """When each camera was last read, where it ever was."""
        with self._lock:
            return {key: camera.seen for key, camera in self._cameras.items() if camera.seen}

    def camera_ids(self) -> frozenset[str]:
        """The cameras on the board."""
        with self._lock:
            return frozenset(self._cameras)

    def whereabouts(self) -> dict[str, Whereabouts]:
        """Which sites and doors each camera looks at."""
        with self._lock:
            return whereabouts(
                (line.fields for line in self._lines.values()), (one.row() for one in self._cameras.values())
            )

    def line_names(self) -> dict[str, str]:
        """What lines are called, by id."""
        with self._lock:
            return line_names(line.fields for line in self._lines.values())

    def camera_states(self) -> dict[str, int]:
        """How many cameras are in which state."""
        with self._lock:
            return dict(Counter(camera.state for camera in self._cameras.values()))

    def own_clock(self) -> OwnClock:
        """What the cameras say of our clock."""
        with self._lock:
            return self._own_clock()

    def turning(self, now: datetime) -> Hashable:
        """A value that changes when what the board shows changes by other means than an entry of the log.

        These are a new day, the first reading of a day, a line that its camera tells of no longer or again, a site
        that was edited, and what the clocks say together.
        """
        with self._lock:
            days = self._days(now)
            unknown = sum(line.today(days[line.site_id])[0] is None for line in self._lines.values())
            inside = tuple(self._occupancy(day) is None for day in days.values())
            intervals = self._intervals()
            missing = frozenset(key for key, line in self._lines.items() if self._is_missing(line, intervals))
            turned = tuple((day.site, day.date, day.occupancy_date, is_open(day.site, now)) for day in days.values())
            return turned, inside, unknown, missing, clocks_told(self._cameras.values(), self._own_clock())

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """The whole board, JSON-ready. ``None`` stands for what is not known; it is never 0.

        ``inToday`` and ``outToday`` belong to the site's local day at ``now``; ``complete`` is false where a line that
        belongs to a sum is not known and so not in it.
        """
        return self.state(now)[1]

    def state(self, now: datetime) -> tuple[EventId, dict[str, Any]]:
        """The snapshot, and the newest entry that is in it."""
        with self._lock:
            return self._head, self._snapshot(now)

    def _snapshot(self, now: datetime) -> dict[str, Any]:
        days = self._days(now)
        intervals, own = self._intervals(), self._own_clock()
        lines = [self._line_row(key, days, intervals) for key in sorted(self._lines)]
        return {
            "kind": EventKind.SNAPSHOT.value,
            "time": utc_text(now),
            "speed": self._speed,
            **own_clock_fields(own),
            "sites": [self._site_row(day, lines) for day in days.values()],
            "doors": door_rows(lines),
            "cameras": [
                camera.row()
                | clock_row(camera.clock, own)
                | {"staleAfter": self._patience(camera.camera_id, intervals)}
                | {"breaks": self._trust_of(camera.camera_id).breaks_on(days[camera.site_id])}
                for camera in sorted(self._cameras.values(), key=lambda camera: (camera.name, camera.camera_id))
            ],
            "lines": lines,
        }

    def _days(self, now: datetime) -> dict[str, SiteDay]:
        """Sites in their order, and those that only events know."""
        known = {site.site_id: site for site in self._sites()}
        heard_of = {line.site_id for line in self._lines.values()} | {c.site_id for c in self._cameras.values()}
        strangers = [Site(key, self._site_names.get(key, key), "UTC") for key in sorted(heard_of - known.keys())]
        used = [site for site in known.values() if site.site_id in heard_of or not heard_of]
        return {site.site_id: SiteDay(site, now) for site in (*used, *strangers)}

    def _line_row(self, line_id: str, days: Mapping[str, SiteDay], intervals: Mapping[str, float]) -> dict[str, Any]:
        line = self._lines[line_id]
        in_today, out_today = line.today(days[line.site_id])
        return {
            **line.fields,
            "inToday": in_today,
            "outToday": out_today,
            "lastReadingAt": utc_text(line.seen),
            "missing": self._is_missing(line, intervals),
            **self._trust_of(line_id).row(line, days[line.site_id]),
        }

    def _is_missing(self, line: LineNow, intervals: Mapping[str, float]) -> bool:
        return line.is_missing(self._cameras[line.camera_id], self._patience(line.camera_id, intervals))

    def _patience(self, camera_id: str, intervals: Mapping[str, float]) -> float:
        """Seconds after which a reading is old."""
        interval = intervals.get(camera_id, DEFAULT_INTERVAL)
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
            "openingHours": site.opening_hours or None,
            "open": is_open(site, day.now),
            **self._inside[site.site_id].row(day, self._occupancy(day)),
            **sums(line for line in lines if line["siteId"] == site.site_id),
        }

    def _occupancy(self, day: SiteDay) -> int | None:
        """People inside: as the site's newest count said or, where that was on an earlier occupancy day, nobody."""
        site_id = day.site.site_id
        counted = self._inside[site_id].on(day)
        if counted is not None:
            return counted
        read = [line.seen for line in self._lines.values() if line.site_id == site_id]
        return 0 if any(day.occupancy_date_of(seen) >= day.occupancy_date for seen in read) else None
