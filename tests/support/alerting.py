"""Alerts and reports of a shop, without a service that looks and sends by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from peoplecount.domain.report_schedule import ReportPeriod, ReportSchedule
from peoplecount.mail.letter import Enclosure, Letter, Writing
from peoplecount.mail.smtp import MailFailure
from peoplecount.services.alert_book import AlertBook
from peoplecount.services.alert_desk import AlertDesk, MailDesk
from peoplecount.services.alert_rules import AlertRules
from peoplecount.services.outbox import Outbox
from peoplecount.services.report_clerk import ReportClerk
from peoplecount.services.report_desk import ReportDesk
from peoplecount.services.report_schedules import ReportSchedules
from tests.support.people import People

ZURICH = ZoneInfo("Europe/Zurich")


@dataclass
class FakeMail:
    """A mail server that takes everything, or fails as it is told to."""

    letters: list[Letter] = field(default_factory=list)
    failures: list[MailFailure] = field(default_factory=list)

    def send(self, letter: Letter) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.letters.append(letter)
        return "250 taken"


class PlainWriter:
    """Says what it was given."""

    error: Exception | None = None

    def alert(self, fields, language):
        text = f"{fields['notice']} {fields['siteId']} {fields['ruleKind']}"
        return Writing(text, f"{text} in {language}", f"<p>{text}</p>")

    def test(self, language):
        return Writing("test", f"in {language}", "<p>test</p>")

    def report(self, schedule: ReportSchedule, period: ReportPeriod) -> Writing:
        if self.error:
            raise self.error
        return Writing(f"{schedule.name} {period.key}", "text", "<p>html</p>", (Enclosure("a.xlsx", "a/b", b"x"),))


class Alerting:
    """The desks on a store, a clock and a mail server of a test."""

    def __init__(self, store, clock, audit_log, mail: FakeMail | None = None) -> None:
        self.mail, self.writer = mail, PlainWriter()
        self.outbox = Outbox(store, clock) if mail else None
        self.rules, self.book = AlertRules(store), AlertBook(store, clock)
        mail_desk = MailDesk(mail, "mail.example:587" if mail else "", self.outbox, self.writer, audit_log)
        self.desk = AlertDesk(self.rules, self.book, mail_desk, audit_log)
        self.schedules = ReportSchedules(store, clock)
        self.is_settled = True
        self.clerk = ReportClerk(
            self.schedules,
            store,
            self.outbox,
            self.writer,
            zones=lambda sites: {ZURICH},
            is_settled=lambda: self.is_settled,
            clock=clock,
        )
        self.reports = ReportDesk(self.schedules, self.clerk, mail_desk, audit_log)


def alerting_of(people: People, mail: FakeMail | None = None) -> Alerting:
    return Alerting(people.store, people.clock, people.audit_log, mail)
