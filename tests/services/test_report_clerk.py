"""Reports go when their time has come: once, late after downtime, by the sites' clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.report_schedule import Cadence, ReportPeriod, ReportSchedule, period_with
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services import report_clerk
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.history_report import HistoryUnavailable
from peoplecount.services.outbox import About
from peoplecount.services.report_clerk import NoMailServer
from peoplecount.services.report_schedules import ScheduleRefused
from tests.support.alerting import ZURICH, Alerting, FakeMail
from tests.support.fake_clock import FakeClock

EPOCH = datetime.fromtimestamp(0, UTC)
DAILY = ReportSchedule("", "Shops", Cadence.DAILY, None, ("anna@x",), "en", time(7), EPOCH)
NEW_YORK = ZoneInfo("America/New_York")


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH).astimezone(UTC)


class Office:
    def __init__(self, folder, now="2026-05-04T12:00", *, mail=True):
        self.store, self.clock = LocalStore(folder / "store.sqlite"), FakeClock(local(now))
        self.mail = FakeMail() if mail else None
        self.starts()

    def starts(self):
        self.alerting = Alerting(self.store, self.clock, AuditLog(self.store, self.clock), self.mail)
        self.clerk = self.alerting.clerk

    def until(self, text):
        """Look every half hour until then."""
        while self.clock.now() < local(text):
            self.clock.passes(1800)
            self.clerk.send_due()

    def subjects(self):
        found = self.alerting.outbox.history(About.REPORT)
        return [one.subject for one in reversed(found)]


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.store.close()


def test_a_day_is_sent_the_next_morning_and_once(office):
    office.alerting.schedules.add(DAILY)
    office.until("2026-05-05T06:30")
    assert office.subjects() == []
    office.until("2026-05-05T23:00")
    assert office.subjects() == ["Shops 2026-05-04_2026-05-04"]
    office.starts()
    office.until("2026-05-06T12:00")
    assert office.subjects() == ["Shops 2026-05-04_2026-05-04", "Shops 2026-05-05_2026-05-05"]


def test_weeks_begin_on_monday_and_months_are_whole(office):
    office.alerting.schedules.add(replace(DAILY, cadence=Cadence.WEEKLY, name="Week"))
    office.alerting.schedules.add(replace(DAILY, cadence=Cadence.MONTHLY, name="Month"))
    office.until("2026-06-01T08:00")
    assert [one for one in office.subjects() if "Week" in one] == [
        "Week 2026-05-04_2026-05-10",
        "Week 2026-05-11_2026-05-17",
        "Week 2026-05-18_2026-05-24",
        "Week 2026-05-25_2026-05-31",
    ]
    assert [one for one in office.subjects() if "Month" in one] == ["Month 2026-05-01_2026-05-31"]


def test_what_should_have_been_sent_while_the_service_was_down_is_sent_late_and_once(office):
    office.alerting.schedules.add(DAILY)
    office.until("2026-05-05T08:00")
    office.clock.passes(3 * 86_400)
    office.starts()
    assert office.clerk.send_due() == 3
    assert office.clerk.send_due() == 0
    assert len(office.subjects()) == len(set(office.subjects())) == 4
    office.clock.passes(60 * 86_400)
    assert office.clerk.send_due() == 7


def test_a_crash_between_the_letters_and_the_note_sends_nothing_twice(office):
    office.alerting.schedules.add(DAILY)
    office.until("2026-05-05T08:00")
    for key in office.store.under("report-sent:"):
        office.store.change(key, lambda _: None)
    office.starts()
    assert office.clerk.send_due() == 1
    assert len(office.subjects()) == 1


def test_a_report_waits_for_figures_that_are_on_their_way_but_not_for_ever(office):
    office.alerting.schedules.add(DAILY)
    office.alerting.is_settled = False
    office.until("2026-05-05T12:30")
    assert office.subjects() == []
    office.until("2026-05-05T13:30")
    assert len(office.subjects()) == 1


def test_a_database_that_is_away_is_waited_for(office):
    office.alerting.schedules.add(DAILY)
    office.alerting.writer.error = HistoryUnavailable("away")
    office.until("2026-05-07T08:00")
    assert office.subjects() == []
    office.alerting.writer.error = None
    assert office.clerk.send_due() == 3


def test_after_an_outage_reports_wait_for_what_is_written_late(office):
    office.alerting.schedules.add(DAILY)
    office.alerting.is_settled = False
    office.alerting.writer.error = HistoryUnavailable("away")
    office.until("2026-05-05T15:00")
    office.alerting.writer.error = None  # it is back, and what was counted meanwhile is being written
    office.until("2026-05-05T17:00")
    assert office.subjects() == []
    office.alerting.is_settled = True
    assert office.clerk.send_due() == 1


def test_after_a_start_reports_wait_for_what_is_on_its_way(office):
    office.alerting.schedules.add(DAILY)
    office.clock.passes(86_400)
    office.starts()
    office.alerting.is_settled = False
    assert office.clerk.send_due() == 0
    office.alerting.is_settled = True
    assert office.clerk.send_due() == 1


def test_of_many_schedules_none_is_sent_again(office, monkeypatch):
    monkeypatch.setattr(report_clerk, "MOST_KEPT", 10)
    made = [office.alerting.schedules.add(replace(DAILY, name=name)) for name in ("North", "South", "West")]
    for _ in range(9):
        office.clock.passes(86_400)
        assert office.clerk.send_due() == 3
        assert office.clerk.send_due() == 0
    office.alerting.schedules.remove(made[0].schedule_id)
    office.clock.passes(86_400)
    assert office.clerk.send_due() == 2
    kept = office.store.under("report-sent:")
    assert sum(made[0].schedule_id in key for key in kept) < 9
    assert len(kept) < 30


def test_a_report_that_cannot_be_written_holds_up_no_other(office, monkeypatch):
    write = office.alerting.writer.report

    def stumbles(schedule, period):
        if schedule.name == "Odd":
            raise KeyError("nobody foresaw that")
        return write(schedule, period)

    monkeypatch.setattr(office.alerting.writer, "report", stumbles)
    office.alerting.schedules.add(replace(DAILY, name="Odd"))
    office.alerting.schedules.add(DAILY)
    office.clock.passes(86_400)
    assert office.clerk.send_due() == 1


def test_one_that_is_off_or_begun_anew_sends_nothing_of_the_time_before(office):
    made = office.alerting.schedules.add(replace(DAILY, is_on=False))
    office.until("2026-05-08T12:00")
    office.alerting.schedules.change(replace(made, is_on=True))
    office.until("2026-05-09T12:00")
    assert office.subjects() == ["Shops 2026-05-08_2026-05-08"]


def test_it_is_sent_again_when_somebody_wants_it_and_the_note_says_who(office):
    made = office.alerting.schedules.add(replace(DAILY, recipients=("anna@x", "bea@x")))
    day = ReportPeriod(date(2026, 5, 3), date(2026, 5, 3))
    assert office.alerting.reports.newest_period(made) == day
    for _ in range(2):
        office.alerting.reports.send("anna", made.schedule_id, day)
    assert office.subjects() == ["Shops 2026-05-03_2026-05-03"] * 4
    ((sent, letters),) = office.alerting.reports.sent()
    assert (sent.by, sent.period, len(letters)) == ("anna", day, 4)


def test_without_a_mail_server_nothing_is_sent_and_that_is_said(tmp_path):
    office = Office(tmp_path, mail=False)
    made = office.alerting.schedules.add(DAILY)
    office.clock.passes(86_400)
    assert office.clerk.send_due() == 0
    with pytest.raises(NoMailServer):
        office.clerk.send_again(made.schedule_id, ReportPeriod(date(2026, 5, 3), date(2026, 5, 3)), "anna")
    office.store.close()


def test_a_schedule_that_is_no_more_is_told(office):
    with pytest.raises(ScheduleRefused):
        office.clerk.send_again("none", ReportPeriod(date(2026, 5, 3), date(2026, 5, 3)), "anna")


@pytest.mark.parametrize("at", [time(0), time(2, 30), time(7)])
@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)])
def test_where_clocks_change_every_day_is_sent_once_and_not_before_it_is_over(at, day):
    schedule = replace(DAILY, at=at, begun=local(f"{day}T12:00"))
    now, sent = schedule.begun, []
    while now < schedule.begun + timedelta(days=3):
        new = [one for one in schedule.due(now, [ZURICH]) if one not in sent]
        for one in new:
            assert now.astimezone(ZURICH).date() > one.last
        sent += new
        now += timedelta(minutes=15)
    assert sent == [period_with(day + number * timedelta(days=1), Cadence.DAILY) for number in range(3)]


def test_sites_of_several_time_zones_are_sent_when_it_is_that_time_in_all_of_them():
    period = ReportPeriod(date(2026, 5, 4), date(2026, 5, 4))
    assert DAILY.sent_at(period, [ZURICH, NEW_YORK]) == datetime(2026, 5, 5, 11, tzinfo=UTC)
    assert DAILY.sent_at(period, []) == datetime(2026, 5, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "first", "last"),
    [
        (Cadence.DAILY, "2026-02-28", "2026-02-28"),
        (Cadence.WEEKLY, "2026-02-23", "2026-03-01"),
        (Cadence.MONTHLY, "2026-02-01", "2026-02-28"),
    ],
)
def test_a_day_is_in_one_period_of_each_kind(cadence, first, last):
    found = period_with(date(2026, 2, 28), cadence)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert ReportPeriod.of_key(found.key) == found
