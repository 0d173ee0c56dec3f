"""The two sets of real door counts, by the hour, as sites."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from peoplecount.domain.figures import Figures
from peoplecount.domain.occupancy_lessons import Hour
from peoplecount.simulator.replay import Replay, read_replay

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class CountedSite:
    """A site with what each of its lines counted in each hour (UTC), and the hour at which nobody is inside."""

    name: str
    reset: time
    zone: ZoneInfo
    lines: dict[str, dict[datetime, Figures]]

    def hours(self) -> list[Hour]:
        """What all lines together counted."""
        sums: dict[datetime, Figures] = defaultdict(Figures)
        for counts in self.lines.values():
            for start, figures in counts.items():
                sums[start] += figures
        return [Hour(start, sums[start]) for start in sorted(sums)]

    def resets(self) -> list[datetime]:
        """The resets between the first hour and the last, in order."""
        hours = self.hours()
        day, last = hours[0].starts_at.date(), hours[-1].starts_at
        found = []
        while (reset := self.reset_of(day)) <= last:
            if reset >= hours[0].starts_at:
                found.append(reset)
            day += timedelta(days=1)
        return found

    def reset_of(self, day: date) -> datetime:
        return datetime.combine(day, self.reset, self.zone).astimezone(UTC)


def calit2() -> CountedSite | None:
    """The main door of the CalIt2 building, or nothing where the file is not here."""
    path = DATA / "calit2" / "CalIt2.data"
    return _site("CalIt2 building", time(4), path, "") if path.exists() else None


def platform(name: str) -> CountedSite | None:
    """A platform of the Hardbrücke stop, ``Ost`` or ``West``, or nothing where the file is not here."""
    path = DATA / "hardbruecke" / "frequenzen_hardbruecke_2020.zip"
    return _site(f"Hardbrücke {name}", time(3), path, f"{name}-") if path.exists() else None


def all_sites() -> list[CountedSite]:
    """Those whose files are here."""
    return [site for site in (calit2(), platform("Ost"), platform("West")) if site]


def _site(name: str, reset: time, path: Path, prefix: str) -> CountedSite:
    replay = _read(path)
    zone = ZoneInfo(replay.time_zone)
    lines = {line: _hourly(replay, line, zone) for line in replay.lines if line.startswith(prefix)}
    return CountedSite(name, reset, zone, lines)


@lru_cache(maxsize=2)
def _read(path: Path) -> Replay:
    return read_replay(path)


def _hourly(replay: Replay, line: str, zone: ZoneInfo) -> dict[datetime, Figures]:
    counts: dict[datetime, Figures] = defaultdict(Figures)
    for day in replay.days:
        for second, entered, left in replay.intervals(line, day):
            local = datetime.combine(day, time(second // 3600), zone)
            counts[local.astimezone(UTC)] += Figures(entered, left)
    return dict(counts)
