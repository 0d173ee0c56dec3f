"""A camera without a network: people who cross at given moments, and what it says of them when it is asked."""

from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta

from peoplecount.domain.day_history import DayHistory, DayHours
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals

DAY = timedelta(days=1)


class ModelledCamera:
    """One line. ``entered`` and ``left`` are moments (UTC); its clock is ``ahead`` of UTC, zone and error together."""

    def __init__(self, entered, left, *, ahead=timedelta(0), zone=None, camera_id="7"):
        self.key = LineKey(camera_id)
        self.ahead = ahead
        self.zone = zone
        self.serial = "SERIAL"
        self._moments = {"in": sorted(entered), "out": sorted(left)}
        self._resets = []
        self._wiped_at = None

    def local(self, moment):
        """Its wall clock; with a zone it follows that, and is ``ahead`` of it."""
        if self.zone is not None:
            return moment.astimezone(self.zone).replace(tzinfo=None) + self.ahead
        return moment.replace(tzinfo=None) + self.ahead

    def is_reset(self, moment, *, wipes=False):
        """Somebody resets its totals, and clears its history too if it ``wipes``."""
        self._resets.append(moment)
        if wipes:
            self._wiped_at = moment

    def reads(self, moment):
        """What it says when it is polled."""
        totals = Totals(*(self._total(self._moments[way], moment) for way in ("in", "out")))
        line = LineReading(self.key, "Door", totals)
        return Reading(self.key.camera_id, moment, self.local(moment), self.serial, (line,))

    def reads_slowly(self, asked, took, *, read=0.5):
        """What it says where it takes time to answer, and reads its totals when so much of it has passed."""
        halfway = asked + took / 2
        reading = self.reads(asked + took * read)
        return replace(reading, taken_at=halfway, local_time=self.local(halfway), doubt=took / 2)

    def _total(self, moments, moment):
        today = self.local(moment).date()
        since = max((reset for reset in self._resets if reset <= moment), default=None)
        return sum(
            self.local(crossed).date() == today and (since is None or crossed > since)
            for crossed in moments[: bisect_right(moments, moment)]
        )

    def history(self, day, now):
        """Its hourly history of a day, as it is at a moment."""
        entered, left = (self._hours(self._moments[way], day, now) for way in ("in", "out"))
        return DayHistory(day, {self.key: DayHours(day, entered, left)}, {})

    def _hours(self, moments, day, now):
        hours = Counter(
            self.local(crossed).hour
            for crossed in moments
            if crossed <= now
            and self.local(crossed).date() == day
            and (self._wiped_at is None or crossed > self._wiped_at)
        )
        return tuple(hours[hour] for hour in range(24))

    def truth(self, day):
        """People in and out on one of its days."""
        return tuple(sum(self.local(crossed).date() == day for crossed in self._moments[way]) for way in ("in", "out"))

    def days(self, begin, end):
        """Its days from one moment to another."""
        day = self.local(begin).date()
        while day <= self.local(end).date():
            yield day
            day += DAY


def moments(begin, end, every):
    """Evenly spaced moments."""
    while begin <= end:
        yield begin
        begin += every


def midnight(day):
    """The beginning of a day, without a zone."""
    return datetime.combine(day, time())
