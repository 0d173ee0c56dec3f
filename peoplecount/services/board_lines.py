"""What the live board keeps of a line and of a camera, and the sums over lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from sys import intern
from typing import Any

from peoplecount.domain.camera import CameraState
from peoplecount.domain.clock_body import ClockStanding
from peoplecount.domain.event import LogEntry, Quality, parse_utc, utc_text, worst
from peoplecount.domain.figures import Figures
from peoplecount.services.site_day import SiteDay

_FOR_WRITERS = ("inGeneration", "inGenerationStart", "outGeneration", "outGenerationStart")
"""Fields that only concern those who write records."""


@dataclass(frozen=True, slots=True)
class CameraNow:
    """A camera: its newest status, and when it was last read."""

    camera_id: str
    name: str
    site_id: str
    state: str = CameraState.UNKNOWN.value
    reason: str = ""
    since: str | None = None
    seen: datetime | None = None
    """UTC."""

    clock: ClockStanding | None = None
    """``None`` as long as nobody has told of it."""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> CameraNow:
        """A camera that an event speaks of for the first time."""
        return cls(fields["cameraId"], fields["cameraName"], fields["siteId"])

    def named(self, name: str) -> CameraNow:
        """The camera under its newest name."""
        return self if name == self.name else replace(self, name=name)

    def with_status(self, fields: Mapping[str, Any]) -> CameraNow:
        """The camera after a ``CameraStatus``."""
        return replace(
            self,
            name=fields["cameraName"],
            site_id=fields["siteId"],
            state=fields["state"],
            reason=fields["reason"],
            since=fields["since"],
        )

    def with_clock(self, clock: ClockStanding) -> CameraNow:
        """The camera after a ``CameraClock``."""
        return replace(self, clock=clock)

    def seen_at(self, moment: datetime) -> CameraNow:
        """The camera after a reading; an earlier one changes nothing."""
        if self.seen and self.seen >= moment:
            return self
        # Not by replace(), which takes several times as long: all cameras are looked at every few seconds.
        return CameraNow(
            self.camera_id, self.name, self.site_id, self.state, self.reason, self.since, moment, self.clock
        )

    def row(self) -> dict[str, Any]:
        """As it stands in a snapshot."""
        return {
            "cameraId": self.camera_id,
            "cameraName": self.name,
            "siteId": self.site_id,
            "state": self.state,
            "reason": self.reason,
            "since": self.since,
            "lastReadingAt": utc_text(self.seen) if self.seen else None,
        }


@dataclass(frozen=True, slots=True)
class LineNow:
    """A line: the fields of its newest count."""

    fields: Mapping[str, Any]
    camera_id: str
    site_id: str
    day: date
    """The camera-local day that ``inToday`` and ``outToday`` belong to."""

    counted_at: datetime
    """UTC."""

    seen: datetime
    """UTC: its newest reading, whether or not it brought a count."""

    @classmethod
    def of(cls, entry: LogEntry) -> LineNow:
        """From a ``PeopleCountingUpdate``."""
        # Each parsed text has its own copies of the names in it: of thousands of lines that would be megabytes.
        told = json.loads(entry.json())
        fields = {intern(key): value for key, value in told.items() if key not in _FOR_WRITERS}
        day = datetime.fromisoformat(fields["localTime"]).date()
        counted_at = parse_utc(fields["to"])
        return cls(fields, fields["cameraId"], fields["siteId"], day, counted_at, counted_at)

    def corrected(self, fields: Mapping[str, Any]) -> LineNow:
        """The line after a ``CountCorrection`` of an hour of today; of an earlier day it changes nothing here."""
        day = datetime.fromisoformat(fields["localStart"]).date()
        if day < self.day or "inToday" not in fields:
            return self
        today = {name: fields[name] for name in ("inToday", "outToday", "occupancy")}
        return replace(self, fields={**self.fields, **today}, day=day)

    def shown_by_camera(self, day: SiteDay) -> Figures | None:
        """The camera's own totals of today, in our sense of in and out; ``None`` where it has not told them."""
        if datetime.fromisoformat(self.fields["localTime"]).date() < day.date:
            return None
        totals = Figures(self.fields["cameraInTotal"], self.fields["cameraOutTotal"])
        return totals.swapped(self.fields.get("swapped", False))

    def seen_at(self, moment: datetime) -> LineNow:
        """The line after a reading; an earlier one changes nothing."""
        if self.seen >= moment:
            return self
        # Not by replace(), as with the cameras.
        return LineNow(self.fields, self.camera_id, self.site_id, self.day, self.counted_at, moment)

    def is_missing(self, camera: CameraNow, patience: float) -> bool:
        """Whether its camera has been answering for ``patience`` seconds without telling of it."""
        return camera.seen is not None and (camera.seen - self.seen).total_seconds() > patience

    def today(self, day: SiteDay) -> tuple[int | None, int | None]:
        """In and out on the site's day: of the newest count or, where that is older, 0 once the line was read."""
        if self.day >= day.date:
            return self.fields["inToday"], self.fields["outToday"]
        if day.date_of(self.counted_at) >= day.date:  # its camera's clock shows another day than the site's
            return None, None
        if day.date_of(self.seen) >= day.date:
            return 0, 0
        return None, None


def sums(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """In and out today over lines; what is unknown is left out and told by ``complete``.

    A sum is as good as the worst of its lines, and covered as they are in the mean.
    """
    rows = list(lines)
    counted = [row for row in rows if row["inToday"] is not None and row["outToday"] is not None]
    covered = [row["coverageToday"] for row in rows if row["coverageToday"] is not None]
    quality = worst(*(Quality(row["qualityToday"]) for row in rows)) if rows else Quality.MISSING
    return {
        "inToday": sum(row["inToday"] for row in counted) if counted else None,
        "outToday": sum(row["outToday"] for row in counted) if counted else None,
        "complete": bool(rows) and len(counted) == len(rows),
        "qualityToday": quality.value,
        "coverageToday": round(sum(covered) / len(covered), 4) if covered else None,
    }


def line_names(lines: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What lines are called, by id: by their door and, where their own name is another, by that too."""
    return {
        line["lineId"]: line["doorName"]
        if line["lineName"] in {"", line["doorName"]}
        else f"{line['doorName']}, {line['lineName']}"
        for line in lines
    }


def door_rows(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The doors of a snapshot, by name, from its lines."""
    doors: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in lines:
        doors.setdefault((line["siteId"], line["doorId"]), []).append(line)
    rows = [_door_row(site_id, door_id, of_door) for (site_id, door_id), of_door in doors.items()]
    return sorted(rows, key=lambda row: (row["siteId"], row["doorName"], row["doorId"]))


def _door_row(site_id: str, door_id: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    newest = max(lines, key=lambda line: line["to"])
    readings = [line["lastReadingAt"] for line in lines if line["lastReadingAt"]]
    return {
        "doorId": door_id,
        "doorName": newest["doorName"],
        "siteId": site_id,
        **sums(lines),
        "lastReadingAt": min(readings) if len(readings) == len(lines) else None,
    }
