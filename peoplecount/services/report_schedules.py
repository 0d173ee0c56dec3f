"""The schedules of reports, in the local store."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.report_schedule import Cadence, ReportSchedule
from peoplecount.domain.sentence import say
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

MOST_SCHEDULES = 200
_KEY = "report-schedules"


class ScheduleRefused(Exception):
    """What was asked of schedules makes no sense; the message says why."""


class ReportSchedules:
    """All schedules. Calls block for as long as the store takes; all raise ``LogError``."""

    def __init__(self, store: KeptTexts, clock: Clock) -> None:
        """``clock`` is that of the history."""
        self._store = store
        self._clock = clock

    def all(self) -> list[ReportSchedule]:
        """In the order in which they were made."""
        kept = self._store.get(_KEY)
        return read_schedules(kept.body if kept else None)

    def find(self, schedule_id: str) -> ReportSchedule:
        """One of them. Raises ``ScheduleRefused``."""
        return _found(self.all(), schedule_id)

    def add(self, schedule: ReportSchedule) -> ReportSchedule:
        """One more, from now on; it gets an id. Raises ``ScheduleRefused``."""
        made = replace(schedule, schedule_id=secrets.token_hex(4), begun=self._clock.now())

        def work(known: list[ReportSchedule]) -> list[ReportSchedule]:
            if len(known) >= MOST_SCHEDULES:
                raise ScheduleRefused(say("There are as many schedules as there may be. Remove one first."))
            return [*known, made]

        self._change(work)
        return made

    def change(self, schedule: ReportSchedule) -> ReportSchedule:
        """Put it in the place of the one with its id; what that was. Raises ``ScheduleRefused``.

        One that is sent at other times, of other periods or again after a pause begins anew: nothing of the time
        before is sent late.
        """
        before: list[ReportSchedule] = []

        def work(known: list[ReportSchedule]) -> list[ReportSchedule]:
            was = _found(known, schedule.schedule_id)
            before.append(was)
            same = (was.cadence, was.at, was.is_on) == (schedule.cadence, schedule.at, schedule.is_on)
            now = replace(schedule, begun=was.begun if same else self._clock.now())
            return [now if one.schedule_id == now.schedule_id else one for one in known]

        self._change(work)
        return before[-1]

    def remove(self, schedule_id: str) -> ReportSchedule:
        """What it was. Raises ``ScheduleRefused``."""
        before: list[ReportSchedule] = []

        def work(known: list[ReportSchedule]) -> list[ReportSchedule]:
            before.append(_found(known, schedule_id))
            return [one for one in known if one.schedule_id != schedule_id]

        self._change(work)
        return before[-1]

    def _change(self, work: Callable[[list[ReportSchedule]], list[ReportSchedule]]) -> None:
        self._store.change(_KEY, lambda body: write_schedules(work(read_schedules(body))))
        self._store.settle()


def write_schedules(schedules: Sequence[ReportSchedule]) -> str:
    """JSON."""
    return json.dumps([_fields(one) for one in schedules], ensure_ascii=False, separators=(",", ":"))


def read_schedules(body: str | None) -> list[ReportSchedule]:
    """What ``write_schedules`` wrote; one that cannot be read is left out, and said."""
    found = []
    for fields in json.loads(body or "[]"):
        try:
            found.append(_schedule(fields))
        except (ValueError, KeyError, TypeError):
            logger.warning("a schedule of reports cannot be read, and is left out: %.200r", fields.get("schedule"))
    return found


def _found(known: Sequence[ReportSchedule], schedule_id: str) -> ReportSchedule:
    found = next((one for one in known if one.schedule_id == schedule_id), None)
    if found is None:
        raise ScheduleRefused(say("There is no such schedule any more."))
    return found


def _fields(one: ReportSchedule) -> dict[str, Any]:
    return {
        "schedule": one.schedule_id,
        "name": one.name,
        "cadence": one.cadence.value,
        "sites": None if one.sites is None else sorted(one.sites),
        "recipients": list(one.recipients),
        "language": one.language,
        "at": one.at.isoformat("minutes"),
        "begun": utc_text(one.begun),
        "on": one.is_on,
    }


def _schedule(fields: Mapping[str, Any]) -> ReportSchedule:
    return ReportSchedule(
        schedule_id=str(fields["schedule"]),
        name=str(fields["name"]),
        cadence=Cadence(fields["cadence"]),
        sites=None if fields["sites"] is None else frozenset(map(str, fields["sites"])),
        recipients=tuple(map(str, fields["recipients"])),
        language=str(fields["language"]),
        at=time.fromisoformat(fields["at"]),
        begun=parse_utc(fields["begun"]),
        is_on=bool(fields["on"]),
    )
