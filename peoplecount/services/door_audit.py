"""The door audit of a site, read from the history and put into words."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from peoplecount.domain.clock import Clock
from peoplecount.domain.door_audit import HISTORY_DAYS, LineAudit, SiteAudit, audit
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.line_days import LineDays, hour_of_day
from peoplecount.domain.line_silence import Silence
from peoplecount.domain.occupancy import occupancy_day
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import Sentence, figure, joined, per_cent, say, say_number
from peoplecount.domain.site import Site
from peoplecount.domain.unseen_people import Balance, Explanation, Fault
from peoplecount.services.site_day import zone_of
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.history_rows import HourCount

READ_DAYS = 7
"""Read at once, so that no question keeps others waiting for long."""

MOST_HOURS = 250_000
"""Hours of lines that are read; a site with hundreds of lines is looked at over fewer days."""

HOUR = timedelta(hours=1)

LEAST_READ = 0.5
"""Coverage of an hour of which nothing but live readings is known; with less it says nothing about a line."""

FRESH_SECONDS = 60.0
"""A report is given out again for so long: it is work, and hours change once an hour."""


class AuditUnavailable(Exception):
    """The history cannot be read just now."""


class NoSuchSite(LookupError):
    """There is no site with this id."""


class Hours(Protocol):
    """The history, as far as an audit is concerned."""

    def hours(self, start: datetime, end: datetime, *, site_id: str | None = None) -> Sequence[HourCount]:
        """Hours that begin in a span. Raises ``DatabaseError``."""
        ...


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line in an audit."""

    name: str
    audit: LineAudit
    findings: tuple[str, ...]
    """Sentences; empty where there is nothing to be said."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a site's audit says."""

    site: Site
    looked_at: datetime | None
    """UTC: the end of the newest hour that is over and told, or now, before the first; ``None``: nothing is known."""

    balance: Balance
    sentences: tuple[str, ...]
    """About the site as a whole."""

    rows: tuple[AuditRow, ...]


class DoorAudit:
    """Audits sites."""

    def __init__(
        self,
        history: Hours,
        *,
        sites: Callable[[], Mapping[str, Site]],
        names: Callable[[], Mapping[str, str]],
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``names`` are those of lines by their ids; ``offload`` is for the arithmetic, the history has its own."""
        self._history = history
        self._sites = sites
        self._names = names
        self._clock = clock
        self._offload = offload
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, AuditReport]] = {}

    def read(self, site_id: str) -> AuditReport:
        """The audit of a site as of now, or of a minute ago. Raises ``NoSuchSite`` and ``AuditUnavailable``."""
        site = self._sites().get(site_id)
        if site is None:
            raise NoSuchSite(say("there is no site %(site_id)s", site_id=repr(site_id[:64])))
        with self._lock:  # a page that many people load at once is worked out once
            made_at, report = self._kept.get(site_id, (0.0, None))
            if report is None or self._clock.monotonic() - made_at >= FRESH_SECONDS or report.site != site:
                report = self._make(site)
                self._kept[site_id] = (self._clock.monotonic(), report)
        return report

    def _make(self, site: Site) -> AuditReport:
        try:
            hours = self._read(site.site_id)
        except DatabaseError as error:
            raise AuditUnavailable(
                say("the history of site %(site_id)s cannot be read: %(error)s", site_id=site.site_id, error=error)
            ) from error
        return self._offload(_report, site, hours, self._names(), self._clock.now())

    def _read(self, site_id: str) -> list[HourCount]:
        """From the newest week back, until there is enough."""
        end = self._clock.now()
        found: list[HourCount] = []
        for ago in range(0, HISTORY_DAYS + 1, READ_DAYS):
            until = end - timedelta(days=ago)
            found += self._history.hours(until - timedelta(days=READ_DAYS), until, site_id=site_id)
            if len(found) >= MOST_HOURS:
                break
        return found


def _report(site: Site, hours: Sequence[HourCount], names: Mapping[str, str], now: datetime) -> AuditReport:
    by_line: dict[str, list[tuple[datetime, Figures | None]]] = defaultdict(list)
    for hour in hours:
        by_line[hour.line_id].append((hour.local_start, None if _is_cut_short(hour) else hour.figures))
    known = [hour for hour in hours if hour.figures is not None]
    if not known:
        return AuditReport(site, None, Balance(0, 0, 0, 0), (say("Nothing is recorded of this site yet."),), ())
    over = [hour for hour in known if _is_over(hour, now)]
    newest = max(over or known, key=lambda hour: hour.starts_at)
    day = occupancy_day(newest.local_start, site.reset_time)
    lines = {line_id: LineDays.of(told, site.reset_time) for line_id, told in by_line.items()}
    found = audit(lines, day, hour_of_day(newest.local_start, site.reset_time))
    end = min(newest.starts_at + HOUR, now)
    rows = tuple(
        AuditRow(names.get(one.line_id, one.line_id), one, tuple(_findings(one, site, end))) for one in found.lines
    )
    return AuditReport(site, end, found.balance, tuple(_sentences(found, names)), rows)


def _is_over(hour: HourCount, now: datetime) -> bool:
    """Whether everybody is in it.

    Of the hour under way a line that nobody has crossed has no row yet, and one that somebody has is far from usual.
    """
    return hour.starts_at + HOUR <= now and hour.coverage is not None


def _is_cut_short(hour: HourCount) -> bool:
    """Whether its camera was away for most of it, and never told of that time."""
    return hour.quality is Quality.MEASURED and hour.coverage is not None and hour.coverage < LEAST_READ


def _sentences(found: SiteAudit, names: Mapping[str, str]) -> list[str]:
    balance = found.balance
    if not balance.days:
        return [say("There is no whole day yet on which all lines were counted.")]
    first = _crossed(balance)
    if not balance.is_off:
        return [first, say("That is no more than doors usually miss.")]
    if not balance.explanations:
        return [first, say("No single line explains it: people may also use a way that no line counts.")]
    best, *others = balance.explanations
    told = say(
        "%(name)s explains most of it: %(fault_words)s.",
        name=_name(best, names),
        fault_words=_fault_words(best, balance),
    )
    if others:
        also = ", ".join(_name(one, names) for one in others)
        told = joined([told, say("About as well would do: %(others)s.", others=also)])
    return [first, told]


def _crossed(balance: Balance) -> Sentence:
    told = {"days": _days(balance.days), "crossed": figure(balance.crossed), "net_words": _net_words(balance.net)}
    if not balance.unseen:
        return say(
            "Over %(days)s on which all lines were counted, %(crossed)s people crossed and %(net_words)s.", **told
        )
    return say(
        "Over %(days)s on which all lines were counted, %(crossed)s people crossed and "
        "%(net_words)s; at least %(unseen)s must have crossed unseen.",
        unseen=figure(balance.unseen),
        **told,
    )


def _net_words(net: int) -> str:
    if not net:
        return say("as many came as left")
    if net > 0:
        return say("%(number)s more came than left", number=figure(net))
    return say("%(number)s more left than came", number=figure(-net))


def _findings(line: LineAudit, site: Site, now: datetime) -> list[str]:
    found = []
    if line.silence:
        found.append(_silence_words(line.silence, site, now))
    if line.turned:
        found.append(
            say(
                "Looks drawn backwards since %(since)s: it counts those who come when others usually leave.",
                since=line.turned.since,
            )
        )
    if line.explanation:
        found.append(
            say("%(faults)s, which would explain the site's imbalance.", faults=_FAULTS[line.explanation.fault])
        )
    return found


_FAULTS = {
    Fault.BACKWARDS: say("Looks drawn backwards"),
    Fault.MISSES_COMING: say("May miss people who come"),
    Fault.MISSES_LEAVING: say("May miss people who leave"),
}


def _fault_words(explanation: Explanation, balance: Balance) -> str:
    left = say(
        "%(unseen)s unseen would be left instead of %(unseen2)s",
        unseen=figure(explanation.unseen),
        unseen2=figure(balance.unseen),
    )
    if explanation.fault is Fault.BACKWARDS:
        return say("with its in and out swapped, %(left)s", left=left)
    if explanation.fault is Fault.MISSES_COMING:
        return say("if it sees %(seen)s of those who come, %(left)s", seen=per_cent(explanation.seen), left=left)
    return say("if it sees %(seen)s of those who leave, %(left)s", seen=per_cent(explanation.seen), left=left)


def _silence_words(silence: Silence, site: Site, now: datetime) -> str:
    since = (now - silence.hours * HOUR).astimezone(zone_of(site))
    counted = say("%(number)s counted", number=figure(silence.counted)) if silence.counted else say("nobody was")
    return say(
        "Silent since %(since)s: about %(expected)s people were expected, %(counted)s.",
        since=f"{since:%Y-%m-%d %H:%M}",
        expected=figure(round(silence.expected)),
        counted=counted,
    )


def _name(explanation: Explanation, names: Mapping[str, str]) -> str:
    return names.get(explanation.line_id, explanation.line_id)


def _days(number: int) -> str:
    return say_number("%(num)s day", "%(num)s days", number)
