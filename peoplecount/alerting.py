"""Alerts, and reports by mail: what looks, what writes and what sends, connected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from zoneinfo import ZoneInfo

from peoplecount.domain.alert_rule import AlertKind
from peoplecount.domain.alert_state import Verdict
from peoplecount.domain.clock import REAL_TIME
from peoplecount.domain.event_id import EventId
from peoplecount.installation import Installation
from peoplecount.mail.smtp import Security, SmtpPlace, SmtpServer
from peoplecount.program_files import program_files
from peoplecount.services.alert_book import AlertBook
from peoplecount.services.alert_courier import AlertCourier, AlertWorker
from peoplecount.services.alert_desk import AlertDesk, MailDesk
from peoplecount.services.alert_rules import AlertRules
from peoplecount.services.alert_sights import AlertSights, Audits, SilentLines, verdict_on_database
from peoplecount.services.alert_watch import AlertWatch
from peoplecount.services.camera_watch import Report
from peoplecount.services.database_trouble import trouble_of
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.mail_sender import MailSender
from peoplecount.services.outbox import Outbox, Posted
from peoplecount.services.played_clock import PlayedClock
from peoplecount.services.report_clerk import ReportClerk
from peoplecount.services.report_desk import ReportDesk
from peoplecount.services.report_schedules import ReportSchedules
from peoplecount.services.site_day import zone_of
from peoplecount.services.worker_threads import Worker
from peoplecount.services.writer_state import WriterState
from peoplecount.settings import Settings
from peoplecount.web.languages import Languages
from peoplecount.web.letters.alert_letter import AlertLetters
from peoplecount.web.letters.report_letter import ReportLetters
from peoplecount.web.letters.sheet import LetterPress


def mail_place(settings: Settings) -> SmtpPlace | None:
    """Where mail is sent, by the settings; ``None``: nowhere."""
    if not settings.smtp_host:
        return None
    return SmtpPlace(
        settings.smtp_host,
        settings.smtp_from,
        settings.smtp_port,
        settings.smtp_user,
        settings.smtp_password,
        Security(settings.smtp_security),
        settings.smtp_ca_file,
    )


class Alerting:
    """What all processes have of it; ``workers`` are for the one that leads."""

    def __init__(
        self,
        installation: Installation,
        *,
        board: LiveBoard,
        history: HistoryDesk,
        audits: Audits,
    ) -> None:
        settings, folder, log = installation.settings, installation.folder, installation.audit_log()
        self._installation = installation
        self._folder = folder
        self._offload = installation.runtime.offload
        self._board = board
        self._clock = installation.clock
        self._audits = audits
        self._zone = ZoneInfo(settings.time_zone)
        self._real_time = PlayedClock(REAL_TIME)  # people are told in real time, also where a day is played
        self._rules = AlertRules(folder.store)
        self._book = AlertBook(folder.store, self._real_time)
        place = mail_place(settings)
        self._server = SmtpServer(place, self._real_time.now) if place else None
        self._outbox = Outbox(folder.store, self._real_time) if place else None
        files = program_files()
        languages, press = Languages(files / "translations"), LetterPress(files / "templates")
        self._letters = AlertLetters(press, languages.book, self._zone_of, settings.public_url)
        mail = MailDesk(self._server, place.name if place else "", self._outbox, self._letters, log, self._offload)
        self.desk = AlertDesk(self._rules, self._book, mail, log, self._offload)
        schedules = ReportSchedules(folder.store, self._clock)
        self._writer_state: Callable[[], WriterState | None] = lambda: None
        self._courier: AlertCourier | None = None
        self._clerk = ReportClerk(
            schedules,
            folder.store,
            self._outbox,
            ReportLetters(press, history, languages.book, settings.public_url, self._offload),
            zones=self._zones,
            is_settled=self._is_settled,
            clock=self._clock,
            offload=self._offload,
        )
        self.reports = ReportDesk(schedules, self._clerk, mail, log, self._offload)

    def workers(
        self,
        report: Report,
        outage: Callable[[], type[Exception] | None],
        writer_state: Callable[[], WriterState | None],
    ) -> Mapping[str, Worker]:
        """What runs while this process leads; ``report`` appends, the others tell how writing goes."""
        self._writer_state = writer_state

        def database() -> tuple[Verdict, str]:
            writer = writer_state()
            return verdict_on_database(trouble_of(outage(), writer), writer)

        silent = SilentLines(self._audits, self._sites_with_doors)
        watch = AlertWatch(
            self._folder.log,
            report,
            rules=lambda: self._offload(self._rules.all),
            sights=AlertSights(
                lambda: self._board.outline(self._clock.now()), silent, database=database, zone=self._zone
            ),
            is_ready=lambda: bool(self._board.head.epoch),
            clock=self._real_time,
            offload=self._offload,
        )
        self._courier = courier = AlertCourier(
            self._folder.log,
            self._folder.store,
            rules=self._rules,
            book=self._book,
            outbox=self._outbox,
            writer=self._letters,
            clock=self._real_time,
            offload=self._offload,
        )
        workers: dict[str, Worker] = {"alerts": AlertWorker(watch, courier).run, "silent-doors": silent.run}
        if self._server is not None and self._outbox is not None:
            sender = MailSender(self._outbox, self._server, self._real_time, offload=self._offload)
            workers |= {"mail": sender.run, "reports": self._clerk.run}
        return workers

    def reached(self) -> dict[str, EventId | None]:
        """Up to which event people have been told of alerts; empty where this process never led."""
        return {"alerts": self._courier.reached} if self._courier else {}

    def letters(self) -> list[Posted] | None:
        """Those that wait; ``None`` where nothing is mailed. Raises ``LogError``."""
        return None if self._outbox is None else self._outbox.waiting()

    def _sites_with_doors(self) -> Collection[str]:
        """Those whose silent doors any rule is for."""
        rules = [one for one in self._offload(self._rules.all) if one.is_on and one.kind is AlertKind.DOOR]
        return [one.site_id for one in self._installation.sites() if any(rule.is_for(one.site_id) for rule in rules)]

    def _zone_of(self, site_id: str) -> ZoneInfo:
        site = self._installation.rosters.current().sites.get(site_id)
        return zone_of(site) if site else self._zone

    def _zones(self, sites: Collection[str] | None) -> Collection[ZoneInfo]:
        known = self._installation.sites()
        return {zone_of(site) for site in known if sites is None or site.site_id in sites}

    def _is_settled(self) -> bool:
        """Whether all that was counted is in the history, as far as this process can tell."""
        writer = self._writer_state()
        return writer is not None and not writer.error and writer.lag is not None and writer.progress is None
