"""How far a line's figures of today can be trusted, as the live board tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from peoplecount.domain.counter import BreakKind
from peoplecount.domain.difference import difference
from peoplecount.domain.event import Quality, parse_utc, worst
from peoplecount.domain.figures import Figures
from peoplecount.domain.sentence import joined, say
from peoplecount.services.board_lines import LineNow
from peoplecount.services.site_day import SiteDay

MOST_BREAKS = 5
"""Breaks kept of a line. After a restart of the service only the newest is there: the log keeps that one at hand."""

_BREAK_FIELDS = ("time", "break", "reason", "unknown")
_WHAT_HAPPENED = {
    BreakKind.RESET.value: say("it reset its totals at"),
    BreakKind.RESTART.value: say("it started anew at"),
    BreakKind.REPLACED.value: say("another one is in its place since"),
}


@dataclass(frozen=True, slots=True)
class LineTrust:
    """The provenance of a line's figures of today; of a camera as a whole it has only breaks."""

    day: date | None = None
    """The camera-local day that quality and coverage are about."""

    quality: Quality = Quality.MEASURED
    coverage: float | None = None
    """Up to the end of the newest interval; ``None`` before the day's first."""

    breaks: tuple[Mapping[str, Any], ...] = ()
    """Newest first."""

    def counted(self, fields: Mapping[str, Any], local: str) -> LineTrust:
        """After a count or a correction; ``local`` is the time of its camera's clock that it is of."""
        day, quality = datetime.fromisoformat(local).date(), Quality(fields["quality"])
        if self.day is None or day > self.day:
            return replace(self, day=day, quality=quality, coverage=None)
        return replace(self, quality=worst(self.quality, quality)) if day == self.day else self

    def closed(self, fields: Mapping[str, Any]) -> LineTrust:
        """After one of the line's intervals: it has looked at the whole day anew."""
        day = datetime.fromisoformat(fields["localStart"]).date()
        if self.day is not None and day < self.day:
            return self
        quality, coverage = Quality(fields["qualityToday"]), fields["coverageToday"]
        return replace(self, day=day, quality=quality, coverage=coverage)

    def broke(self, fields: Mapping[str, Any]) -> LineTrust:
        """After a ``CounterBreak``."""
        newest = {name: fields[name] for name in _BREAK_FIELDS}
        return replace(self, breaks=(newest, *self.breaks)[:MOST_BREAKS])

    def breaks_on(self, day: SiteDay) -> list[Mapping[str, Any]]:
        """Those of the site's day."""
        return [one for one in self.breaks if day.date_of(parse_utc(one["time"])) == day.date]

    def row(self, line: LineNow, day: SiteDay) -> dict[str, Any]:
        """The fields of the line in a snapshot."""
        in_today, out_today = line.today(day)
        is_known = in_today is not None and out_today is not None
        is_of_today = is_known and self.day is not None and self.day >= day.date
        quality = Quality.MEASURED if is_known else Quality.MISSING
        breaks = self.breaks_on(day)
        shown = line.shown_by_camera(day)
        ours = Figures(in_today, out_today) if in_today is not None and out_today is not None else None
        return {
            "qualityToday": (self.quality if is_of_today else quality).value,
            "coverageToday": self.coverage if is_of_today else None,
            "breaks": breaks,
            "cameraInToday": None if shown is None else shown.entered,
            "cameraOutToday": None if shown is None else shown.left,
            "difference": difference(shown, ours, _reason(breaks, day)),
        }


def concerns(subject: str, camera_id: str) -> bool:
    """Whether this is the id of the camera or of one of its lines."""
    return camera_id in {subject, subject.rsplit("-", 3)[0]}


def _reason(breaks: Iterable[Mapping[str, Any]], day: SiteDay) -> str:
    """What explains a difference, as far as it is known."""
    for one in breaks:
        if one["break"] in _WHAT_HAPPENED:
            at = parse_utc(one["time"]).astimezone(day.zone)
            return joined([_WHAT_HAPPENED[one["break"]], f"{at:%H:%M}"])
    return ""
