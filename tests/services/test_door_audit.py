"""A site's audit, from its records to words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.site import Site
from peoplecount.services.door_audit import FRESH_SECONDS, MOST_HOURS, AuditUnavailable, DoorAudit, NoSuchSite
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history_rows import HourCount
from tests.support.fake_clock import FakeClock

SHOP = Site("shop", "Shop", "Europe/Zurich")
ZONE = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 5, 18, 16, 0, tzinfo=UTC)  # a Monday, 18:00 there
HOUR = timedelta(hours=1)


class Records:
    """The history of a shop with two doors that people come by in the morning and leave by in the evening."""

    def __init__(self):
        self.is_away = False
        self.asked = 0
        self.rows = []
        start = NOW - timedelta(days=70)
        while start < NOW:
            self.rows += [self.hour("front", start, 40), self.hour("back", start, 20)]
            start += HOUR

    def hour(self, line, start, busy):
        local = start.astimezone(ZONE).replace(tzinfo=None)
        come, leave = (1, 0) if 8 <= local.hour < 13 else (0, 1) if 13 <= local.hour < 18 else (0, 0)
        wave = 1 + local.day % 3
        return HourCount(
            line, line, "shop", start, local, Figures(come * busy * wave, leave * busy * wave), Quality.MEASURED, 1.0
        )

    def change(self, line, figures_of, since=NOW - timedelta(days=70)):
        self.rows = [
            row._replace(figures=figures_of(row.figures)) if row.line_id == line and row.starts_at >= since else row
            for row in self.rows
        ]

    def hours(self, start, end, *, site_id=None):
        if self.is_away:
            raise DatabaseUnavailable("the database is away")
        self.asked += 1
        return [row for row in self.rows if start <= row.starts_at < end and row.site_id == site_id]


@pytest.fixture
def records():
    return Records()


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def audits(records, clock):
    names = {"front": "Front door", "back": "Back door"}
    return DoorAudit(records, sites=lambda: {"shop": SHOP}, names=lambda: names, clock=clock)


def findings(report):
    return {row.name: " ".join(row.findings) for row in report.rows}


def test_a_shop_in_order_is_said_to_be(audits):
    report = audits.read("shop")
    assert findings(report) == {"Front door": "", "Back door": ""}
    assert report.looked_at == NOW
    assert report.sentences[0].startswith("Over 28 days on which all lines were counted,")
    assert report.sentences[0].endswith(" people crossed and as many came as left.")
    assert report.sentences[1:] == ("That is no more than doors usually miss.",)


def test_a_line_drawn_backwards_is_named_in_words(records, audits):
    records.change("front", Figures.swapped)
    report = audits.read("shop")
    assert report.rows[0].name == "Front door"
    assert report.rows[0].findings == ("Looks drawn backwards, which would explain the site's imbalance.",)
    assert report.sentences[0].endswith(" must have crossed unseen.")
    assert "Front door explains most of it: with its in and out swapped, 0 unseen" in report.sentences[1]


def test_a_line_turned_round_today_is_named_today(records, audits):
    records.change("back", Figures.swapped, since=NOW - 18 * HOUR)
    assert findings(audits.read("shop"))["Back door"].startswith("Looks drawn backwards since 2026-05-18")


def test_a_silent_line_is_named_with_what_it_should_have_counted(records, audits):
    records.change("front", lambda _: Figures(), since=NOW - 5 * HOUR)
    found = findings(audits.read("shop"))["Front door"]
    assert found.startswith("Silent since 2026-05-18 13:00: about ")
    assert found.endswith("people were expected, nobody was.")


def test_a_line_that_misses_people_is_named_with_the_share_it_sees(records, audits):
    records.change("front", lambda one: Figures(one.entered, one.left // 2))
    report = audits.read("shop")
    assert "if it sees 50% of those who leave" in report.sentences[1]
    assert findings(report)["Front door"].startswith("May miss people who leave")


def test_hours_that_were_not_counted_are_no_zeros(records, audits):
    records.rows = [
        row._replace(figures=None, quality=Quality.MISSING) if row.starts_at >= NOW - 5 * HOUR else row
        for row in records.rows
    ]
    report = audits.read("shop")
    assert report.looked_at == NOW - 5 * HOUR
    assert findings(report) == {"Front door": "", "Back door": ""}


def test_a_site_without_records_is_said_to_have_none(records, audits):
    records.rows = []
    report = audits.read("shop")
    assert report.rows == ()
    assert report.sentences == ("Nothing is recorded of this site yet.",)
    assert report.looked_at is None


def test_a_site_of_a_day_has_no_balance_yet(records, audits):
    records.rows = [row for row in records.rows if row.starts_at >= NOW - 10 * HOUR]
    assert audits.read("shop").sentences == ("There is no whole day yet on which all lines were counted.",)


def test_a_report_is_worked_out_once_a_minute_and_anew_when_the_site_is_edited(records, audits, clock):
    first = audits.read("shop")
    asked = records.asked
    assert audits.read("shop") is first
    assert records.asked == asked
    clock.passes(FRESH_SECONDS)
    assert audits.read("shop") is not first


def test_a_huge_site_is_looked_at_over_fewer_days(audits, records, monkeypatch):
    monkeypatch.setattr("peoplecount.services.door_audit.MOST_HOURS", MOST_HOURS // 1000)
    audits.read("shop")
    assert records.asked == 1


def test_an_unknown_site_and_a_history_that_is_away_are_told_apart(records, audits):
    with pytest.raises(NoSuchSite, match="no site 'nowhere'"):
        audits.read("nowhere")
    records.is_away = True
    with pytest.raises(AuditUnavailable, match="the database is away"):
        audits.read("shop")


def begin_an_hour(records, **people):
    """The hour under way: a line has a row of it once somebody has crossed."""
    for line, number in people.items():
        row = records.hour(line, NOW, 0)
        records.rows.append(row._replace(figures=Figures(number, 0), coverage=None))


def evenings_are_busy(records):
    """The hour under way is a busy one: 400 people come and go from 18:00 on."""
    at_six = NOW.astimezone(ZONE).hour
    records.rows = [
        row._replace(figures=Figures(200, 200)) if row.local_start.hour == at_six else row for row in records.rows
    ]


@pytest.mark.parametrize("minutes", [0, 1, 30])
def test_the_first_people_of_an_hour_are_not_held_against_the_whole_of_it(records, audits, clock, minutes):
    evenings_are_busy(records)
    begin_an_hour(records, front=5)
    clock.passes(60 * minutes)
    report = audits.read("shop")
    assert findings(report) == {"Front door": "", "Back door": ""}
    assert report.looked_at == NOW


def test_an_hour_that_is_over_and_not_told_yet_is_waited_for(records, audits, clock):
    evenings_are_busy(records)
    begin_an_hour(records, front=5)
    clock.passes(3600 + 60)
    assert findings(audits.read("shop")) == {"Front door": "", "Back door": ""}


def test_a_silent_line_is_found_while_others_are_counted_in_the_hour_under_way(records, audits, clock):
    records.change("front", lambda _: Figures(), since=NOW - 5 * HOUR)
    begin_an_hour(records, back=30)
    clock.passes(600)
    assert findings(audits.read("shop"))["Front door"].startswith("Silent since 2026-05-18 13:00: about ")


def test_a_line_that_counts_again_is_silent_no_more(records, audits, clock):
    records.change("front", lambda _: Figures(), since=NOW - 5 * HOUR)
    begin_an_hour(records, front=12, back=30)
    clock.passes(600)
    assert findings(audits.read("shop"))["Front door"] == ""


def test_an_hour_of_which_hardly_anything_was_read_is_no_silence(records, audits):
    records.change("front", lambda _: Figures(), since=NOW - 5 * HOUR)
    records.rows = [
        row._replace(coverage=0.05) if row.line_id == "front" and row.starts_at >= NOW - 5 * HOUR else row
        for row in records.rows
    ]
    assert findings(audits.read("shop"))["Front door"] == ""


def test_a_site_in_its_first_hour_has_been_looked_at(records, audits, clock):
    records.rows = []
    begin_an_hour(records, front=5)
    clock.passes(600)
    report = audits.read("shop")
    assert report.sentences == ("There is no whole day yet on which all lines were counted.",)
    assert report.looked_at == NOW + timedelta(seconds=600)
