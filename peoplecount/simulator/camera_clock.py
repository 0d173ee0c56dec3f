"""A camera's own clock: it may be wrong, be set, or not know about daylight saving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

from peoplecount.simulator.local_days import LocalDays

_QUARTER = 900.0
"""Seconds. All time zones of today shift at, and by, whole quarters of an hour."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the clock is set from an instant on."""

    since: float
    ahead: float
    """Seconds by which it runs ahead of UTC as it is."""

    days: LocalDays

    def local(self, instant: float) -> datetime:
        """The wall clock, with its zone."""
        return datetime.fromtimestamp(instant + self.ahead, self.days.zone)

    def midnight(self, instant: float) -> float:
        """The instant at which the camera's calendar day began, by this setting."""
        believed = instant + self.ahead
        return self.days.start_of(self.days.day_of(believed)) - self.ahead


class CameraClock:
    """Which local time the camera believes in, now and in the past.

    What counts is what it believes: counters fall to zero when its own calendar day changes, be it at
    midnight or because its clock was set over midnight.
    """

    def __init__(self, zone: tzinfo, *, daylight_saving: bool = True, at: float = 0.0) -> None:
        self._zone = zone
        self._home = LocalDays(zone if daylight_saving else standard_time(zone, at))
        self._utc = LocalDays(UTC)
        self._settings = [Setting(float("-inf"), 0.0, self._home)]
        self._day = (0.0, 0.0, 0.0)

    def step(self, instant: float, seconds: float) -> None:
        """Set the clock forward, or back where negative."""
        last = self._settings[-1]
        self._set(Setting(instant, last.ahead + seconds, last.days))

    def forget_daylight_saving(self, instant: float) -> None:
        """From now on it shows standard time all year round."""
        self._set(Setting(instant, self._settings[-1].ahead, LocalDays(standard_time(self._zone, instant))))

    def move_to(self, instant: float, zone: tzinfo) -> None:
        """From now on it shows the time of another zone."""
        self._set(Setting(instant, self._settings[-1].ahead, LocalDays(zone)))

    def put_right(self, instant: float) -> None:
        """Undo all steps and changes of rule, as a time server would."""
        self._set(Setting(instant, 0.0, self._home))

    def _set(self, setting: Setting) -> None:
        last = self._settings[-1]
        if (setting.ahead, setting.days.zone) != (last.ahead, last.days.zone):
            self._settings.append(setting)
            self._day = (0.0, 0.0, 0.0)

    def local(self, instant: float) -> datetime:
        """The wall clock."""
        return self._setting_at(instant).local(instant)

    def believed_utc(self, instant: float) -> datetime:
        """What it takes UTC to be."""
        return datetime.fromtimestamp(instant + self._setting_at(instant).ahead, UTC)

    def zone(self, instant: float) -> tzinfo:
        """The zone it is set to, whether or not it knows the rule for summer time there."""
        zone = self._setting_at(instant).days.zone
        return self._zone if isinstance(zone, timezone) else zone

    def daylight_saving(self, instant: float) -> bool:
        """Whether it knows the rule."""
        return not isinstance(self._setting_at(instant).days.zone, timezone)

    def day_start(self, instant: float) -> float:
        """When the camera's current day began: its midnight, or the moment its clock was set into another day."""
        start, end, of = self._day
        if start <= instant < end and of <= instant:
            return start
        setting = self._setting_at(instant)
        start = self._find_day_start(instant)
        if setting is self._settings[-1]:
            believed_day = setting.days.day_of(instant + setting.ahead)
            self._day = (start, setting.days.end_of(believed_day) - setting.ahead, setting.since)
        return start

    def _find_day_start(self, instant: float) -> float:
        number = self._settings.index(self._setting_at(instant))
        while True:
            setting = self._settings[number]
            midnight = setting.midnight(instant)
            if midnight >= setting.since:
                return midnight
            before = self._settings[number - 1]
            if before.local(setting.since).date() != setting.local(setting.since).date():
                return setting.since
            number, instant = number - 1, setting.since

    def days(self, start: float, end: float) -> list[date]:
        """The days its calendar showed between two instants, in order; one it skipped is among them."""
        shown = [self.local(start).date(), self.local(end).date()]
        for before, setting in pairwise(self._settings):
            if start < setting.since <= end:
                shown += [before.local(setting.since).date(), setting.local(setting.since).date()]
        first, last = min(shown), max(shown)
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def hours(self, day: date, *, in_utc: bool = False) -> list[tuple[int, float, float]]:
        """The stretches of true time that the camera files under its local ``day``: (hour, from, to).

        An hour that the clock shows twice is filed twice under the same number, one it skips not at all. ``in_utc``:
        as if it knew no zone.
        """
        stretches = []
        for number, setting in enumerate(self._settings):
            until = self._settings[number + 1].since if number + 1 < len(self._settings) else float("inf")
            days = self._utc if in_utc else setting.days
            believed, end = days.start_of(day), days.end_of(day)
            while believed < end:
                start = max(believed - setting.ahead, setting.since)
                stop = min(believed + _QUARTER - setting.ahead, until)
                if start < stop:
                    hour = datetime.fromtimestamp(believed, days.zone).hour
                    stretches.append((hour, start, stop))
                believed += _QUARTER
        return stretches

    def _setting_at(self, instant: float) -> Setting:
        for setting in reversed(self._settings):
            if setting.since <= instant:
                return setting
        return self._settings[0]


def standard_time(zone: tzinfo, instant: float) -> tzinfo:
    """The zone without its summer time: a fixed offset."""
    year = datetime.fromtimestamp(instant, UTC).year
    offsets = []
    for month in (1, 7):
        moment = datetime(year, month, 1, tzinfo=zone)
        # Ireland's tz data call winter the saving, with a negative shift; so the smaller offset is meant, not dst().
        offsets.append(moment.utcoffset() or timedelta(0))
    return timezone(min(offsets))
