"""The desk for reports by mail: their schedules, and what was sent."""

from __future__ import annotations

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.report_schedule import ReportPeriod, ReportSchedule
from peoplecount.mail.letter import Writing
from peoplecount.services.alert_desk import MailDesk
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.outbox import Posted
from peoplecount.services.report_clerk import ReportClerk, SentReport
from peoplecount.services.report_schedules import ReportSchedules


class ReportDesk:
    """Calls raise ``LogError``; greenlets may call."""

    def __init__(
        self,
        schedules: ReportSchedules,
        clerk: ReportClerk,
        mail: MailDesk,
        log: AuditLog,
        offload: Offload = call_here,
    ) -> None:
        self._schedules = schedules
        self._clerk = clerk
        self.mail = mail
        self._log = log
        self._offload = offload

    def schedules(self) -> list[ReportSchedule]:
        """All of them."""
        return self._offload(self._schedules.all)

    def schedule(self, schedule_id: str) -> ReportSchedule:
        """One of them. Raises ``ScheduleRefused``."""
        return self._offload(lambda: self._schedules.find(schedule_id))

    def add(self, who: str, schedule: ReportSchedule) -> ReportSchedule:
        """One more, from now on. Raises ``ScheduleRefused``."""
        made = self._offload(lambda: self._schedules.add(schedule))
        self._log.note(who, "added", Subject.REPORT, made.schedule_id, made.name, after=_facts(made))
        return made

    def change(self, who: str, schedule: ReportSchedule) -> None:
        """It is otherwise from now on. Raises ``ScheduleRefused``."""
        was = self._offload(lambda: self._schedules.change(schedule))
        before, after = _facts(was), _facts(schedule)
        self._log.note(who, "changed", Subject.REPORT, schedule.schedule_id, schedule.name, before=before, after=after)

    def remove(self, who: str, schedule_id: str) -> ReportSchedule:
        """What it was. Raises ``ScheduleRefused``."""
        was = self._offload(lambda: self._schedules.remove(schedule_id))
        self._log.note(who, "removed", Subject.REPORT, schedule_id, was.name, before=_facts(was))
        return was

    def sent(self) -> list[tuple[SentReport, list[Posted]]]:
        """What was sent, the newest first, and to whom."""
        return self._clerk.sent()

    def newest_period(self, schedule: ReportSchedule) -> ReportPeriod:
        """The last one that is over."""
        return self._clerk.newest_period(schedule)

    def preview(self, schedule: ReportSchedule) -> Writing:
        """The last report as it would be sent; it need not be entered. Raises what ``ReportClerk.preview`` raises."""
        return self._clerk.preview(schedule)

    def send(self, who: str, schedule_id: str, period: ReportPeriod) -> SentReport:
        """Send it now, also where it was sent before. Raises what ``ReportClerk.send_again`` raises."""
        report = self._clerk.send_again(schedule_id, period, who)
        name = self.schedule(schedule_id).name
        self._log.note(who, "sent", Subject.REPORT, schedule_id, name, after={"period": period.key})
        return report


def _facts(one: ReportSchedule) -> dict[str, Value]:
    return {
        "name": one.name,
        "period": one.cadence.value,
        "sites": "all" if one.sites is None else ", ".join(sorted(one.sites)),
        "recipients": ", ".join(one.recipients),
        "language": one.language,
        "at": one.at.isoformat("minutes"),
        "on": one.is_on,
    }
