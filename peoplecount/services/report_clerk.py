"""The report clerk: has reports written when their time has come, and puts them into the outbox."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.report_schedule import CAUGHT_UP_AT_MOST, ReportPeriod, ReportSchedule, period_with
from peoplecount.eventlog.log import LogError
from peoplecount.mail.letter import Letter, Writing
from peoplecount.services.counts import NoSuchPlace
from peoplecount.services.history_report import HistoryUnavailable
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.outbox import About, Fate, Outbox, Posted, letter_id
from peoplecount.services.report_schedules import ReportSchedules

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30.0

PATIENCE = timedelta(hours=6)
"""For so long a report waits for figures that are still on their way; then it is sent, and says what is not known.

It begins anew where the database was away, and with the process: figures of a long outage come after its end.
"""

MOST_KEPT = 500
KEPT_OF_EACH = 4 * CAUGHT_UP_AT_MOST
"""Of each schedule so many stay whatever else was sent: what is not known to have been sent would be sent again."""

_SENT = "report-sent:"

Zones = Callable[[Collection[str] | None], Collection[ZoneInfo]]


class NoMailServer(Exception):
    """No mail server is set, so nothing can be sent."""


class ReportWriter(Protocol):
    """Puts the figures of a period into words."""

    def report(self, schedule: ReportSchedule, period: ReportPeriod) -> Writing:
        """Raises ``HistoryUnavailable``, and ``NoSuchPlace`` where nothing was ever heard of its sites."""
        ...


@dataclass(frozen=True, slots=True)
class SentReport:
    """A report that was sent."""

    schedule_id: str
    period: ReportPeriod
    written: datetime
    """UTC: when it was written last."""

    by: str
    """Who had it sent again; empty: its time had come."""

    @property
    def subject_id(self) -> str:
        """By which its letters are found in the outbox."""
        return f"{self.schedule_id}:{self.period.key}"


class ReportClerk:
    """Has reports sent. ``run`` is for the one process that leads; sending again is for any of them."""

    def __init__(
        self,
        schedules: ReportSchedules,
        store: KeptTexts,
        outbox: Outbox | None,
        writer: ReportWriter,
        *,
        zones: Zones,
        is_settled: Callable[[], bool],
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``zones`` are those of sites, ``None``: all.

        ``is_settled``: whether what was counted so far is in the history; ``clock`` is that of the history.
        """
        self._schedules = schedules
        self._store = store
        self._outbox = outbox
        self._writer = writer
        self._zones = zones
        self._is_settled = is_settled
        self._clock = clock
        self._offload = offload
        self._patient_from: datetime | None = None
        """From when on figures could have come."""

    def run(self, stop: threading.Event) -> None:
        """Look again and again until told to stop."""
        while not stop.wait(max(1.0, LOOK_SECONDS / self._clock.speed)):
            try:
                self.send_due()
            except LogError as error:
                logger.debug("reports wait for the local store: %s", error)
            except Exception:
                logger.exception("reports stumbled, and go on")

    def send_due(self) -> int:
        """Send what is due; how many reports. Raises ``LogError``."""
        if self._outbox is None:
            return 0
        self._patient_from = self._patient_from or self._clock.now()
        sent = 0
        for schedule in self._offload(self._schedules.all):
            if not (schedule.is_on and schedule.recipients):
                continue
            try:
                sent += self._send_due(schedule)
            except LogError:
                raise
            except Exception:  # one that nobody foresaw must not hold up the others
                logger.exception("report %s could not be written, and is tried again", schedule.schedule_id)
        return sent

    def _send_due(self, schedule: ReportSchedule) -> int:
        now, zones = self._clock.now(), self._zones(schedule.sites)
        sent = 0
        for period in schedule.due(now, zones):
            one = SentReport(schedule.schedule_id, period, now, "")
            if self._offload(lambda one=one: self._store.get(_SENT + one.subject_id)) is not None:  # type: ignore[misc]
                continue
            if not self._is_settled() and self._has_patience(schedule.sent_at(period, zones), now):
                continue
            try:
                self._send(schedule, one)
            except HistoryUnavailable:
                logger.debug("a report waits for the database")
                self._patient_from = now
                break
            except NoSuchPlace as error:
                logger.debug("a report has nothing to tell: %s", error)
                continue
            sent += 1
        return sent

    def _has_patience(self, due: datetime, now: datetime) -> bool:
        """Whether one that was due then waits for figures still. A clock that was set back begins again."""
        begun = min(max(due, self._patient_from or due), now)
        return now - begun < PATIENCE

    def send_again(self, schedule_id: str, period: ReportPeriod, who: str) -> SentReport:
        """Send it once more, with the figures of now.

        Raises ``ScheduleRefused``, ``NoMailServer``, ``HistoryUnavailable``, ``NoSuchPlace`` and ``LogError``.
        """
        schedule = self._offload(lambda: self._schedules.find(schedule_id))
        if self._outbox is None:
            raise NoMailServer
        report = SentReport(schedule_id, period, self._clock.now(), who)
        self._send(schedule, report, secrets.token_hex(4))
        return report

    def preview(self, schedule: ReportSchedule) -> Writing:
        """What would be sent of the last period that is over, also without a mail server. Raises as writing does."""
        return self._writer.report(schedule, self.newest_period(schedule))

    def newest_period(self, schedule: ReportSchedule) -> ReportPeriod:
        """The last one that is over at all of its sites."""
        now = self._clock.now()
        today = min((now.astimezone(zone).date() for zone in self._zones(schedule.sites)), default=now.date())
        running = period_with(today, schedule.cadence)
        return period_with(running.first - timedelta(days=1), schedule.cadence)

    def _send(self, schedule: ReportSchedule, report: SentReport, turn: str = "") -> None:
        """Letters first: after a crash in between they are put in again, and known by their ids."""
        writing = self._writer.report(schedule, report.period)
        parts = (schedule.schedule_id, report.period.key, turn)
        letters = [Letter(letter_id(*parts, recipient), recipient, writing) for recipient in schedule.recipients]
        self._offload(lambda: self._keep(report, letters))

    def _keep(self, report: SentReport, letters: list[Letter]) -> None:
        if self._outbox is not None:
            self._outbox.put(About.REPORT, report.subject_id, letters)
        fields = {"written": utc_text(report.written), "by": report.by}
        self._store.put(_SENT + report.subject_id, json.dumps(fields, separators=(",", ":")))
        self._store.settle()
        schedules = {one.schedule_id for one in self._schedules.all()}
        for old in _dispensable(self._sent(), schedules):
            self._store.change(_SENT + old.subject_id, lambda _: None)

    def sent(self) -> list[tuple[SentReport, list[Posted]]]:
        """What was sent, the newest first, and to whom. Raises ``LogError``."""
        return self._offload(self._with_letters)

    def _with_letters(self) -> list[tuple[SentReport, list[Posted]]]:
        posted = self._outbox.history(About.REPORT, most=2_000) if self._outbox else []
        by_subject: dict[str, list[Posted]] = {}
        for one in posted:
            by_subject.setdefault(one.subject_id, []).append(one)
        return [(one, by_subject.get(one.subject_id, [])) for one in self._sent()[:100]]

    def _sent(self) -> list[SentReport]:
        found = (_read(key.removeprefix(_SENT), body) for key, body in self._store.under(_SENT).items())
        return sorted((one for one in found if one), key=lambda one: one.written, reverse=True)


def _dispensable(sent: Sequence[SentReport], schedules: Collection[str]) -> Iterator[SentReport]:
    """What need not be known any more; ``sent`` is the newest first, ``schedules`` are those there are."""
    counted: Counter[str] = Counter()
    needed: set[str] = set()
    for one in sorted(sent, key=lambda one: one.period.first, reverse=True):
        counted[one.schedule_id] += 1
        if one.schedule_id in schedules and counted[one.schedule_id] <= KEPT_OF_EACH:
            needed.add(one.subject_id)
    return (one for one in sent[MOST_KEPT:] if one.subject_id not in needed)


def fates(letters: Collection[Posted]) -> dict[Fate, int]:
    """How many letters have gone, wait, or never will."""
    return {fate: sum(one.fate is fate for one in letters) for fate in Fate}


def _read(subject_id: str, body: str) -> SentReport | None:
    schedule_id, _, key = subject_id.partition(":")
    try:
        fields = json.loads(body)
        return SentReport(schedule_id, ReportPeriod.of_key(key), parse_utc(fields["written"]), str(fields["by"]))
    except (ValueError, KeyError, TypeError):
        return None
