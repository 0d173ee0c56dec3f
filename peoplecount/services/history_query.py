"""What is asked of the history's pages: which place, which time, in which steps, beside what, and by which view."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from peoplecount.domain.history_period import Beside, Grain
from peoplecount.domain.interval import Scope
from peoplecount.domain.sentence import figure, say
from peoplecount.services.counts_query import BadQuery

FIRST, LAST = date(1970, 1, 2), date(2199, 12, 31)
LONGEST = 1100
"""Days on a page: three years."""

MOST_PARTS = 800
"""Of a period on a page; exports have no such limit. A month by the hour, eight days by the quarter of an hour."""

DAYS_OF_ALL = 2
"""That are shown of all sites by the hour."""

USUAL = 30
"""Days that are shown where nobody says which."""

ALLOWED = ("site", "door", "line", "from", "to", "step", "compare", "hours", "days", "known")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
E = TypeVar("E", bound=StrEnum)


class Hours(StrEnum):
    """Which hours of the day count, by the site's opening hours as they are now."""

    ALL = "all"
    OPEN = "open"
    CLOSED = "closed"


class Days(StrEnum):
    """Which days count, by the site's holidays as they are now."""

    ALL = "all"
    ORDINARY = "ordinary"
    HOLIDAYS = "holidays"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A question that makes sense."""

    first: date
    """By the site's calendar, as all dates here."""

    last: date
    """Included."""

    grain: Grain
    site_id: str | None = None
    door_id: str | None = None
    line_id: str | None = None
    beside: Beside = Beside.NOTHING
    hours: Hours = Hours.ALL
    days: Days = Days.ALL
    known: date | None = None
    """Figures as they were known at the end of this day; ``None``: as they are known now."""

    @classmethod
    def parse(cls, asked: Mapping[str, str], today: date) -> HistoryQuery:
        """From parameters as they came; ``today`` is the place's. Raises ``BadQuery``."""
        strange = sorted(asked.keys() - set(ALLOWED))
        if strange:
            raise BadQuery(
                say(
                    "%(name)s is not known here; allowed are %(allowed)s.",
                    name=strange[0][:40],
                    allowed=", ".join(ALLOWED),
                )
            )
        last = _date("to", asked["to"]) if asked.get("to") else today
        first = _date("from", asked["from"]) if asked.get("from") else last - timedelta(days=USUAL - 1)
        _demand_order(first, last)
        grain = _choice("step", asked["step"], Grain) if asked.get("step") else fitting((last - first).days + 1)
        return cls(
            first,
            last,
            grain,
            _id("site", asked.get("site", "")),
            _id("door", asked.get("door", "")),
            _id("line", asked.get("line", "")),
            _choice("compare", asked.get("compare") or Beside.NOTHING.value, Beside),
            _choice("hours", asked.get("hours") or Hours.ALL.value, Hours),
            _choice("days", asked.get("days") or Days.ALL.value, Days),
            _date("known", asked["known"]) if asked.get("known") else None,
        )

    @property
    def scope(self) -> Scope:
        """What figures are of."""
        if self.line_id:
            return Scope.LINE
        return Scope.DOOR if self.door_id else Scope.SITE

    @property
    def is_filtered(self) -> bool:
        """Whether only some hours or days count."""
        return self.hours is not Hours.ALL or self.days is not Days.ALL

    def parameters(self) -> dict[str, str]:
        """The same question as parameters: always the same ones in the same order, and nothing that goes by itself."""
        told = {
            "site": self.site_id or "",
            "door": self.door_id or "",
            "line": self.line_id or "",
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "step": self.grain.value,
            "compare": self.beside.value if self.beside is not Beside.NOTHING else "",
            "hours": self.hours.value if self.hours is not Hours.ALL else "",
            "days": self.days.value if self.days is not Days.ALL else "",
            "known": self.known.isoformat() if self.known else "",
        }
        return {name: value for name, value in told.items() if value}

    def demand_sense(self) -> None:
        """Raise ``BadQuery`` where parts of it do not go together."""
        parts = parts_of(self.grain, (self.last - self.first).days + 1)
        if parts > MOST_PARTS:
            longest = MOST_PARTS // parts_of(self.grain, 1)
            allowed = ", ".join(one.value for one in Grain if parts_of(one, (self.last - self.first).days + 1) <= 800)
            raise BadQuery(
                say(
                    "step: parts of %(step)s are shown of %(most)s days at most, and these are %(days)s. Allowed for "
                    "them: %(allowed)s.",
                    step=self.grain.value,
                    most=figure(longest),
                    days=figure((self.last - self.first).days + 1),
                    allowed=allowed,
                )
            )
        days = (self.last - self.first).days + 1
        if self.site_id is None and self.grain.length is not None and days > DAYS_OF_ALL:
            raise BadQuery(
                say(
                    "step: all sites together are shown by the hour and the quarter of an hour of %(most)s days at "
                    "most, and these are %(days)s. Choose a site, or a longer step.",
                    most=figure(DAYS_OF_ALL),
                    days=figure(days),
                )
            )
        if (self.hours is not Hours.ALL or self.days is not Days.ALL) and self.site_id is None:
            raise BadQuery(say("hours, days: opening hours and holidays are a site's; choose a site."))


def fitting(days: int) -> Grain:
    """The step in which so many days read well."""
    for most, grain in ((2, Grain.HOUR), (92, Grain.DAY), (400, Grain.WEEK)):
        if days <= most:
            return grain
    return Grain.MONTH


def parts_of(grain: Grain, days: int) -> int:
    """How many parts so many days have, about; one at least."""
    if grain is Grain.QUARTER:
        return days * 96
    if grain is Grain.HOUR:
        return days * 24
    return max(1, days // {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 30}[grain])


def _demand_order(first: date, last: date) -> None:
    if last < first:
        raise BadQuery(
            say(
                "from, to: %(first)s comes after %(last)s; the first day goes into from, the last one into to.",
                first=first.isoformat(),
                last=last.isoformat(),
            )
        )
    if (last - first).days >= LONGEST:
        raise BadQuery(
            say(
                "from, to: %(most)s days at most are shown on a page, and these are %(days)s.",
                most=figure(LONGEST),
                days=figure((last - first).days + 1),
            )
        )


def _id(name: str, text: str) -> str | None:
    """Control characters are in no id, and some databases refuse to be asked for them."""
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in text):
        raise BadQuery(say("%(name)s: this holds a character that no id has.", name=name))
    return text or None


def _date(name: str, text: str) -> date:
    if not _DATE.fullmatch(text):
        raise BadQuery(
            say("%(name)s: %(given)s is no day; write it as in 2026-05-04.", name=name, given=repr(text[:40]))
        )
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(say("%(name)s: there is no day %(day)s.", name=name, day=text)) from error
    if not FIRST <= found <= LAST:
        raise BadQuery(
            say(
                "%(name)s: %(day)s is out of reach; days from %(first)s to %(last)s are allowed.",
                name=name,
                day=text,
                first=FIRST.isoformat(),
                last=LAST.isoformat(),
            )
        )
    return found


def _choice(name: str, text: str, kind: type[E]) -> E:
    allowed = [one.value for one in kind]
    if text not in allowed:
        raise BadQuery(
            say(
                "%(name)s: %(given)s is not known; allowed are %(allowed)s.",
                name=name,
                given=repr(text[:40]),
                allowed=", ".join(allowed),
            )
        )
    return kind(text)
