"""Alert rules: what somebody wants to be told of, how soon, how often, and when not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from peoplecount.domain.sentence import say
from peoplecount.domain.threshold import Threshold


class AlertKind(StrEnum):
    """What a rule looks at."""

    OVER = "over"
    """As many people inside a site as its threshold, or more."""

    UNDER = "under"
    """Fewer people inside a site than its threshold, while it is open."""

    CAMERA = "camera"
    """A camera that does not answer, or refuses us."""

    DOOR = "door"
    """A line that counts nobody although it should."""

    DATABASE = "database"
    """The database is away, or far behind."""

    @property
    def is_of_sites(self) -> bool:
        """Whether it is looked at site by site."""
        return self is not AlertKind.DATABASE

    @property
    def has_threshold(self) -> bool:
        """Whether it needs a number of people."""
        return self in (AlertKind.OVER, AlertKind.UNDER)


_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-\N{EN DASH}]\s*([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of each day in which nobody is sent anything; what is still so at their end is sent then."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """``22:00-07:00``. Raises ``ValueError``."""
        found = _HOURS.fullmatch(text.strip())
        hours = [int(part) for part in found.groups()] if found else [0, 0, 0, 0]
        begin, end = time(hours[0], hours[1]), time(hours[2], hours[3])
        if begin == end:
            raise ValueError(
                say("%(text)s are no hours of the day such as 22:00-07:00", text=repr(text[:40])),
            )
        return cls(begin, end)

    def __str__(self) -> str:
        """As it is typed in, and kept."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"

    def has(self, local: datetime) -> bool:
        """Whether a moment of the wall clock is in them."""
        now = local.time()
        if self.begin < self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule. It makes an alert of its own for each site that it is for."""

    rule_id: str
    kind: AlertKind
    name: str
    sites: frozenset[str] | None = None
    """Ids of the sites it is for; ``None``: all, also those to come."""

    threshold: Threshold | None = None
    margin: int = 0
    """By so many people the figure must be back beyond the threshold before an alert is over (hysteresis)."""

    lasts: timedelta = timedelta(0)
    """What is so, or no longer so, for less is not believed."""

    gap: timedelta = timedelta(minutes=30)
    """The least time between two notices that something is wrong, of one site (quiet time)."""

    quiet_hours: QuietHours | None = None
    recipients: tuple[str, ...] = ()
    """Addresses mail is sent to; none: it is shown on screen only."""

    language: str = "en"
    """Of that mail."""

    tells_recovery: bool = True
    is_on: bool = True

    def is_for(self, site_id: str) -> bool:
        """Whether it looks at a site."""
        return self.sites is None or site_id in self.sites


_TWO_MINUTES = timedelta(minutes=2)

USUAL_RULES = (
    # On replayed days of sites about as full as they may be: up to 15 alerts a day at once, three after two minutes.
    AlertRule("full", AlertKind.OVER, "", threshold=Threshold(100, is_share=True), margin=5, lasts=_TWO_MINUTES),
    AlertRule("cameras", AlertKind.CAMERA, "", lasts=timedelta(minutes=5)),
    AlertRule("doors", AlertKind.DOOR, "", gap=timedelta(hours=6)),
    AlertRule("database", AlertKind.DATABASE, "", lasts=timedelta(minutes=10)),
)
"""Until somebody changes them. They are shown on screen, and sent to nobody."""
