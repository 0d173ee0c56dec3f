"""The pages of the history, on a real database."""

import csv
import io
import json
import re
import threading
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Visitor, Way
from peoplecount.eventlog.history_sums import HistorySums
from peoplecount.log_form import PlainForm
from peoplecount.services.counts import Counts
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.holiday_calendar import HolidayCalendars
from peoplecount.services.kept_sums import KeptSums, SumsKeeper
from peoplecount.services.last_known_sums import LastKnownSums
from peoplecount.services.place_sums import DirectSums
from peoplecount.services.stamp_book import StampBook
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.place_history import PlaceHistory
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService, Gate
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.libre_office import sheets_shown
from tests.support.past import Past
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at

BANK = Gate(SHOP.__class__("bank", "Bank", "Europe/Zurich"), "Hall", "hall")


class Limited:
    """Somebody who may see one site."""

    def __init__(self, *sites):
        self._visitor = Visitor("anna", Role.VIEWER, way=Way.NOBODY, sites=frozenset(sites))

    def visitor(self, asked):
        return self._visitor

    def of_holders(self, holders):
        return {}


class Town(BoardService):
    """Two sites with a past; it is two in the afternoon of the fourth of May."""

    def __init__(self, db):
        super().__init__([SHOP, BANK.site], now=at(14))
        for gate in (FRONT, LEFT, RIGHT, BACK, BANK):
            self.count(gate, 1, 0)
        self.catch_up()
        self.past = Past(db)
        self.places = HistoryPlaces(
            lambda: self.snapshots().fields, lambda: {site.site_id: site for site in self.sites}, self.clock
        )
        self.desk = HistoryDesk(DirectSums(PlaceHistory(db)), self.places, self.clock)
        counts = Counts(History(db), lambda: self.snapshots().fields, self.clock)
        self.client = create_app(self.context(history=self.desk, counts=counts)).test_client()

    gates = (FRONT, LEFT, RIGHT, BACK)

    @staticmethod
    def at(hour, day):
        return at(hour, day=day)

    def page(self, path="/history", **asked):
        answer = self.client.get(path, query_string=asked, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def town(embedded):
    town = Town(embedded)
    for day in (1, 2, 3, 4):
        for gate in (FRONT, LEFT):
            town.past.counts(gate, at(0, day=day), hours=9)
            town.past.counts(gate, at(9, day=day), 10 * day, 2, hours=3)
            town.past.counts(gate, at(12, day=day), hours=2 if day == 4 else 12)
    town.past.counts(BANK, at(9), 500, 400)
    return town


def words(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def rows(page, css="figures-of"):
    table = page.split(f'class="{css}"')[1].split("</table>")[0]
    return [words(row).strip() for row in re.findall(r"<tr.*?</tr>", table.split("<tbody>")[1], re.DOTALL)]


MAY = {"from": "2026-05-01", "to": "2026-05-04", "step": "day"}


def test_the_address_has_the_whole_question_always_in_the_same_way(town):
    answer = town.client.get("/history", query_string={"site": "shop", "hours": "all", "known": ""})
    assert answer.status_code == 302
    assert answer.location == "/history?site=shop&from=2026-04-05&to=2026-05-04&step=day"
    assert town.client.get(answer.location).status_code == 200


def test_a_site_is_told_by_the_day_as_chart_and_table(town):
    page = town.page(site="shop", **MAY)
    assert rows(page) == [
        "Fri, 1 May 2026 60 12 100% measured",
        "Sat, 2 May 2026 120 12 100% measured",
        "Sun, 3 May 2026 180 12 100% measured",
        "Mon, 4 May 2026 so far 240 12 100% measured",
    ]
    assert "<title>Sun, 3 May 2026: 180 in, 12 out, measured</title>" in page
    assert "Busiest Mon, 4 May 2026 240 in" in words(page)
    assert re.findall("<script.*?>", page) == ['<script type="module" src="/static/js/export.js">'], (
        "for large files alone"
    )
    assert "style=" not in page


def test_the_table_of_today_leads_to_that_day_by_the_quarter_of_an_hour(town):
    page = town.client.get("/sites/shop").text
    link = unescape(re.search(r'<a href="(/history[^"]+)" data-day-history', page)[1])
    assert link == "/history?site=shop&from=2026-05-04&to=2026-05-04&step=15"
    assert town.client.get(link).status_code == 200, "its address is whole"


def test_shares_of_how_a_sum_was_come_by_add_up(town):
    town.past.counts(BANK, at(0, day=1) - timedelta(days=30), hours=30 * 24)
    town.past.counts(BANK, at(0, day=1), 1, quality=Quality.ESTIMATED)
    told = words(town.client.get("/history?site=bank&from=2026-04-01&to=2026-05-01&step=week").text)
    shares = re.search(r"([0-9]+)% measured, under 1% estimated, ([0-9]+)% not known", told)
    assert int(shares[1]) + int(shares[2]) == 99


def test_all_sites_stand_beside_each_other_and_lead_on(town):
    page = town.page(**MAY)
    assert [row.split(" measured")[0] for row in rows(page, "children")] == ["Shop 600 48 100%", "Bank 500 400 100%"]
    assert 'href="/history?site=bank&amp;from=2026-05-01&amp;to=2026-05-04&amp;step=day"' in page
    assert "740 412" in rows(page)[-1]


def test_doors_and_lines_have_pages_of_their_own(town):
    page = town.page(site="shop", **MAY)
    assert [row.split(" measured")[0] for row in rows(page, "children")] == [
        "Front 300 24 100%",
        "Wide 300 24 100%",
        "Back – – –",
    ]
    door = town.page(door="shop-wide", **MAY)
    assert "Wide" in door
    assert [row.split(" measured")[0] for row in rows(door, "children")] == ["Left 300 24 100%", "Right – – –"]
    line = town.page(line="wide-0-1-1", **MAY)
    assert rows(line)[2] == "Sun, 3 May 2026 90 6 100% measured"
    assert "Shop" in line
    assert 'class="children"' not in line


def test_a_gap_is_a_gap_and_not_nobody(town):
    town.past.counts(BACK, at(12, day=3), hours=1, quality=Quality.MISSING, coverage=0.0)
    town.past.counts(BACK, at(13, day=3), 0, 0, hours=1)
    page = town.page(site="shop", door="shop-back", **{"from": "2026-05-03", "to": "2026-05-03", "step": "60"})
    told = rows(page)
    assert told[12] == "Sun, 3 May 2026, 12:00 – – 0% not known"
    assert told[13] == "Sun, 3 May 2026, 13:00 0 0 100% measured"
    assert told[5] == "Sun, 3 May 2026, 05:00 – – 0% not known"
    assert page.count('class="bar-of unknown"') == 23


def test_hours_that_nobody_was_there_for_lower_what_is_known(town):
    for hour in (6, 9):
        town.past.counts(BACK, at(hour, day=3), 1, 1)
    told = rows(town.page(site="shop", **{"from": "2026-05-03", "to": "2026-05-03", "step": "60"}))
    assert told[6] == "Sun, 3 May 2026, 06:00 1 1 100% measured"
    assert told[7] == "Sun, 3 May 2026, 07:00 0 0 67% 67% measured, 33% not known"
    assert told[10] == "Sun, 3 May 2026, 10:00 60 4 100% measured", "it may have been taken away"


@pytest.mark.parametrize("place", [{}, {"site": "shop"}])
def test_before_anybody_counted_is_not_known_whatever_was_counted_since(town, place):
    page = town.page(**place, **{"from": "2026-04-01", "to": "2026-04-30", "step": "day"})
    assert "No data for this period" in page
    page = town.page(**place, **{"from": "2026-04-01", "to": "2026-05-04", "step": "month"})
    assert rows(page)[0] == "April 2026 \N{EN DASH} \N{EN DASH} 0% not known"
    assert "Complete 1" in words(page)
    week = {"from": "2026-04-27", "to": "2026-05-03", "step": "week"}
    file = list(csv.DictReader(io.StringIO(town.page("/history.csv", **place, **week))))
    assert [(row["complete"], 0.4 < float(row["known"]) < 0.5) for row in file] == [("false", True)]


def test_more_is_not_told_to_have_come_where_only_more_is_known(town):
    days = {"from": "2026-05-01", "to": "2026-05-03", "step": "day", "compare": "previous"}
    a_week_before = at(9, day=3) - timedelta(days=7)
    town.past.counts(FRONT, a_week_before, 6, 2, hours=1)
    told = words(town.page(site="shop", **days))
    assert "In 360 compared with 6" in told
    assert "of the compared period: 1%" in told
    town.past.counts(LEFT, a_week_before - 57 * timedelta(hours=1), hours=57)
    town.past.counts(LEFT, a_week_before, 30, 2, hours=15)
    assert "In 360 \N{MINUS SIGN}21% compared with 456" in words(town.page(site="shop", **days))


def test_a_site_without_cameras_keeps_its_past_in_the_sum_of_all(town):
    old = Gate(SHOP.__class__("old", "Old mill", "Europe/Zurich"), "Gate", "gate")
    town.past.counts(old, at(9, day=3), 70, 60, hours=1)
    before = rows(town.page(**MAY))[2]
    town.sites.append(old.site)
    page = town.page(**MAY)
    assert (before.split()[4], rows(page)[2].split()[4]) == ("180", "250")
    assert "Old mill 70 60" in " ".join(rows(page, "children"))
    assert "Old mill" in town.page(site="old", **MAY)


def test_a_period_stands_beside_the_one_before_up_to_the_same_time(town):
    town.past.counts(FRONT, at(0, day=4) - timedelta(days=7), hours=9)
    town.past.counts(FRONT, at(9, day=4) - timedelta(days=7), 30, 3, hours=8)
    page = town.page(site="shop", compare="previous", **{"from": "2026-05-04", "to": "2026-05-04", "step": "day"})
    assert rows(page) == ["Mon, 4 May 2026 so far 240 12 150 15 +60% 100% measured"]
    assert "Compared with Mon, 27 Apr 2026, up to the same time." in words(page)
    hours = town.page(site="shop", compare="previous", **{"from": "2026-05-04", "to": "2026-05-04", "step": "60"})
    assert rows(hours)[9] == "Mon, 4 May 2026, 09:00 80 4 30 3 +167% 100% measured"


@pytest.mark.parametrize("place", [{}, {"site": "bank"}])
@pytest.mark.parametrize(
    ("first", "step", "compare", "told"),
    [
        ("2026-05-04", "day", "previous", "845 169 845 169"),
        ("2026-05-01", "day", "previous", "845 169 845 169"),
        ("2026-05-04", "week", "year", "845 169 845 169"),
        ("2026-05-01", "month", "previous", "5,165 1,033 5,165 1,033"),
        ("2026-05-04", "60", "previous", "5 1 5 1"),
    ],
)
def test_level_traffic_is_the_same_up_to_the_same_time(embedded, place, first, step, compare, told):
    town = Town(embedded)
    town.clock.passes(5 * 60)
    for start in (at(0) - timedelta(days=370), at(0) - timedelta(days=40)):
        town.past.counts(BANK, start, 60, 12, hours=24 * 39)
    town.past.counts(BANK, at(0, day=3), 60, 12, hours=24 + 14)
    town.past.counts(BANK, at(14), 5, 1)
    to = "2026-05-31" if step == "month" else "2026-05-04"
    page = town.page(**place, **{"from": first, "to": to, "step": step, "compare": compare})
    running = next(row for row in rows(page) if "so far" in row)
    assert f"so far {told} ±0%" in running
    assert re.search(r"In [0-9,]+ ±0% compared with [0-9,]+ Out", words(page))


def test_figures_are_shown_as_they_were_known_on_a_day(town):
    town.past.learns(FRONT, at(9, day=2), at(9, day=4), (15, 2), (20, 2))
    town.past.learns(FRONT, at(10, day=2), at(9, day=4), None, (20, 2))
    now = rows(town.page(site="shop", **MAY))
    then = rows(town.page(site="shop", known="2026-05-03", **MAY))
    assert now[1] == "Sat, 2 May 2026 120 12 100% measured"
    assert then[1].startswith("Sat, 2 May 2026 95 10 98% 98% measured, 2% not known")
    assert len(then) == 3, "the fourth had not come"
    everywhere = rows(town.page(known="2026-05-03", **MAY))
    assert everywhere[1].startswith("Sat, 2 May 2026 95 10 ")


def test_opening_hours_are_a_view_that_follows_what_is_set_now(town):
    asked = {"site": "shop", "hours": "open", **MAY}
    assert "none, so it is open all day" in town.page(**asked)
    town.sites[0] = SHOP.__class__("shop", "Shop", "Europe/Zurich", opening_hours="Mo-Sa 10:30-20:00")
    page = town.page(**asked)
    assert "Mo-Sa 10:30-20:00" in page
    assert rows(page)[0] == "Fri, 1 May 2026 40 8 100% measured", "ten to eleven is open in part"
    assert rows(page)[2] == "Sun, 3 May 2026 – – – not known"
    assert rows(page, "children")[0].startswith("Front 140 12")
    closed = town.page(**asked | {"hours": "closed"})
    assert rows(closed)[0] == "Fri, 1 May 2026 20 4 100% measured"
    town.sites[0] = SHOP
    assert rows(town.page(site="shop", **MAY))[0] == "Fri, 1 May 2026 60 12 100% measured"


def test_holidays_are_a_view_and_are_named(town):
    calendars = HolidayCalendars({"": "CH-ZH, 2026-05-03"})
    town.places._holidays, town.desk._holidays = calendars.of_site, calendars.calendar
    ordinary = rows(town.page(site="shop", days="ordinary", **MAY))
    assert [row.split(" 2026 ")[1] for row in ordinary[1:3]] == ["120 12 100% measured", "holiday – – – not known"]
    only = rows(town.page(site="shop", days="holidays", **MAY))
    assert only[2] == "Sun, 3 May 2026 holiday 180 12 100% measured"


def test_the_week_has_its_hours_and_says_what_it_does_not_know(town):
    page = town.page(site="shop", **MAY)
    week = page.split('class="heat"')[1].split("</table>")[0]
    days = {
        row.split()[0]: row.split()[1:]
        for row in (words(row) for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", week))
    }
    assert days["Mon"][9:13] == ["80", "80", "80", "0"]
    assert days["Mon"][14] == "–", "not yet"
    assert days["Sun"][9] == "60"
    assert days["Tue"] == ["–"] * 24


def test_nonsense_is_answered_in_words_with_what_is_allowed(town):
    for asked, said in (
        ({"step": "5"}, "allowed are 15, 60, day, week, month"),
        ({"from": "today"}, "write it as in 2026-05-04"),
        ({"sites": "shop"}, "sites is not known here"),
    ):
        answer = town.client.get("/history", query_string=asked)
        assert answer.status_code == 400
        assert said in unescape(answer.text)
    assert "given twice" in town.client.get("/history?step=day&step=day").text
    answer = town.client.get("/history?site=none", follow_redirects=True)
    assert answer.status_code == 404
    assert "There are: bank, shop." in answer.text


def test_nobody_learns_of_sites_that_are_not_theirs(town):
    client = create_app(town.context(history=town.desk, access=Limited("shop"))).test_client()
    page = client.get("/history", query_string=MAY, follow_redirects=True)
    assert page.request.args["site"] == "shop", "the only one is what is meant"
    assert "Bank" not in page.text
    for asked in ({"site": "bank"}, {"door": "bank-hall"}, {"line": "hall-0-1-1"}, {"site": "none"}):
        answer = client.get("/history", query_string=asked)
        assert answer.status_code == 404
        assert "bank," not in answer.text
    for kind, theirs in (("door", "bank-hall"), ("line", "hall-0-1-1")):
        there, never = (client.get("/history.csv", query_string={kind: one}).json for one in (theirs, "never"))
        for told in (there, never):
            del told["requestId"]
        assert json.dumps(there).replace(theirs, "never") == json.dumps(never)
    both = create_app(town.context(history=town.desk, access=Limited("shop", "other"))).test_client()
    everywhere = both.get("/history", query_string=MAY).text
    assert "Bank" not in everywhere
    assert rows(everywhere)[-1].startswith("Mon, 4 May 2026 so far 240 12")


def test_with_the_database_away_the_page_says_so_with_a_reference_that_is_in_the_log(town, monkeypatch, caplog):
    caplog.handler.setFormatter(PlainForm())

    def away(*_, **__):
        raise DatabaseUnavailable("no route to db.example")

    monkeypatch.setattr(PlaceHistory, "stretches", away)
    answer = town.client.get("/history?site=shop", follow_redirects=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert "cannot be read just now" in answer.text
    assert "db.example" not in answer.text
    reference = re.search(r"reference ([0-9a-f]{12})", answer.text)[1]
    assert caplog.text.endswith(f"no route to db.example (request {reference})\n")


def test_every_table_can_be_taken_along_with_the_same_figures(town):
    asked = {"site": "shop", "compare": "previous", **MAY}
    answer = town.client.get("/history.csv", query_string=asked)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="history-20260501-20260504.csv"'
    first, *_, last = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (first["from_utc"], first["local_start"]) == ("2026-04-30T22:00:00.000Z", "2026-05-01T00:00:00")
    assert (first["time_zone"], first["site"], first["door_id"]) == ("Europe/Zurich", "Shop", "")
    assert (first["in"], first["out"], first["quality"], first["known"]) == ("60", "12", "measured", "1.0")
    assert (first["in_before"], first["complete"], last["complete"]) == ("", "true", "false")
    week = town.client.get("/history.csv", query_string=asked | {"table": "week"}).text.splitlines()
    assert week[10:14] == [
        "Monday,9,Europe/Zurich,80.0,4.0,1.0",
        "Monday,10,Europe/Zurich,80.0,4.0,1.0",
        "Monday,11,Europe/Zurich,80.0,4.0,1.0",
        "Monday,12,Europe/Zurich,0.0,0.0,1.0",
    ]
    places = town.client.get("/history.csv", query_string=asked | {"table": "places"}).text.splitlines()
    assert places[:2] == [
        "from_utc,to_utc,time_zone,door_id,door,in,out,quality,known,coverage",
        "2026-04-30T22:00:00.000Z,2026-05-04T22:00:00.000Z,Europe/Zurich,shop-front,Front,300,24,measured,1.0,1.0",
    ]
    assert town.client.get("/history.csv", query_string=asked | {"table": "x"}).status_code == 400


@pytest.mark.parametrize("place", [{}, {"site": "shop"}, {"door": "shop-wide"}, {"line": str(LEFT.key)}])
def test_every_row_of_every_table_says_whose_clock_it_goes_by(town, place):
    names = {"": ["parts", "places"], "line": ["parts", "week"]}.get(next(iter(place), ""), ["parts", "week", "places"])
    for name in names:
        answer = town.client.get("/history.csv", query_string=place | MAY | {"table": name})
        told = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert {row["time_zone"] for row in told} == {"Europe/Zurich"}, name


def test_a_workbook_has_cells_of_their_types_and_says_what_it_is(town):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is in requirements-dev.txt")
    answer = town.client.get("/history.xlsx", query_string={"site": "shop", **MAY})
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["parts", "about", "week", "places"]
    header, first, *_ = book["parts"].iter_rows(values_only=True)
    row = dict(zip(header, first, strict=True))
    assert (row["from_utc"], row["local_start"]) == (datetime(2026, 4, 30, 22), datetime(2026, 5, 1))
    assert (row["in"], row["out"], row["known"], row["complete"], row["door"]) == (60, 12, 1, True, None)
    assert header[:5] == ("local_start", "time_zone", "site", "in", "out"), "as people read, what is empty last"
    assert header[-5:] == ("from_utc", "to_utc", "site_id", "door_id", "line_id")
    assert [sheet.freeze_panes for sheet in book] == ["A2"] * 4
    about = dict(book["about"].iter_rows(min_row=2, values_only=True))
    assert about["title"] == "People counted at Shop, 2026-05-01 to 2026-05-04"
    assert about["time zone"] == "Europe/Zurich"
    assert about["address"].endswith("/history?site=shop&from=2026-05-01&to=2026-05-04&step=day")


def test_libreoffice_opens_a_workbook_and_sees_the_same_figures(town, tmp_path):
    asked = {"site": "shop", **MAY}
    sheets = sheets_shown(town.client.get("/history.xlsx", query_string=asked).data, tmp_path)
    assert sorted(sheets) == ["about", "parts", "places", "week"]
    assert sheets["parts"][0].startswith('"local_start","time_zone","site","in","out"')
    first = sheets["parts"][1].split(",")
    assert first[0].startswith("2026-05-01 00:00"), "a time, which is no text"
    assert first[1:5] == ['"Europe/Zurich"', '"Shop"', "60", "12"], "texts, and numbers"
    told = list(csv.DictReader(io.StringIO(town.client.get("/history.csv", query_string=asked).text)))
    shown = list(csv.DictReader(sheets["parts"]))
    assert [row["known"] for row in shown[:1]] == ["100%"]
    for name in ("site", "door", "in", "out", "quality", "holiday"):
        assert [row[name] for row in shown] == [row[name] for row in told], name
    assert len(sheets["week"]) == 1 + 7 * 24


def test_no_name_becomes_a_formula(town):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is in requirements-dev.txt")
    evil = Gate(SHOP, "=HYPERLINK(1)", "evil")
    town.count(evil, 1, 0)
    town.catch_up()
    town.past.counts(evil, at(9), 1, 1)
    asked = {"site": "shop", "door": evil.place.door_id, **MAY}
    text = town.client.get("/history.csv", query_string=asked).text
    assert ",'=HYPERLINK(1)," in text
    book = openpyxl.load_workbook(io.BytesIO(town.client.get("/history.xlsx", query_string=asked).data))
    [cell] = [column[1] for column in book["parts"].iter_cols() if column[0].value == "door"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")


def test_it_speaks_spanish(town):
    town.client.set_cookie("language", "es")
    page = town.client.get("/history?site=shop", follow_redirects=True, headers={"Accept-Language": "es"}).text
    assert "Las horas de la semana" in page
    assert "lun" in page


def test_a_time_of_which_nothing_is_known_says_what_to_do(town):
    page = town.page(site="shop", **{"from": "2020-01-01", "to": "2020-01-02", "step": "day"})
    assert "No data for this period" in page
    assert "Look at today" in page


@pytest.fixture
def summed_up(town, tmp_path):
    """The town with sums of its past days, and a database that can be taken away."""
    history, store = PlaceHistory(town.past.db), HistorySums(tmp_path / "history.sqlite")
    zones = {ZoneInfo("Europe/Zurich"): ["bank", "shop"]}
    book = StampBook(history, town.clock)
    SumsKeeper(history, store, book, lambda: zones, town.clock).keep_up(threading.Event())
    kept = KeptSums(DirectSums(history), store, book, lambda: zones)
    desk = HistoryDesk(kept, town.places, town.clock, last_known=LastKnownSums(store, book, lambda: zones))
    town.client = create_app(town.context(history=desk)).test_client()
    return town


def taken_away(town, monkeypatch):
    def away(*_, **__):
        raise DatabaseUnavailable("no route to db.example")

    town.page(site="shop", **MAY)
    monkeypatch.setattr(town.past.db, "execute", away)


def test_with_the_database_away_a_site_shows_what_was_summed_up(summed_up, monkeypatch):
    taken_away(summed_up, monkeypatch)
    page = summed_up.page(site="shop", **MAY)
    assert rows(page) == [
        "Fri, 1 May 2026 60 12 100% measured",
        "Sat, 2 May 2026 120 12 100% measured",
        "Sun, 3 May 2026 180 12 100% measured",
        "Mon, 4 May 2026 so far – – 0% not known",
    ]
    assert "The database does not answer just now" in page
    assert "/history.csv" not in page, "a file would go on telling it"
    assert "Wide 180 18" in words(page)


@pytest.mark.parametrize(
    ("asked", "told"), [({}, "In 360 Out 36"), ({"site": "shop", "door": "shop-wide"}, "In 180 Out 18")]
)
def test_with_the_database_away_all_sites_and_a_door_do_too(summed_up, monkeypatch, asked, told):
    taken_away(summed_up, monkeypatch)
    for step in ("day", "week"):
        page = summed_up.page(**asked, **MAY | {"step": step})
        assert "The database does not answer just now" in page
        assert told in words(page)


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-05-04", "to": "2026-05-04", "step": "60"},
        MAY | {"step": "15"},
        MAY | {"known": "2026-05-03"},
        MAY | {"door": "shop-wide", "line": str(LEFT.key)},
    ],
)
def test_of_what_was_not_summed_up_the_page_says_that_it_cannot_be_read(summed_up, monkeypatch, asked):
    taken_away(summed_up, monkeypatch)
    answer = summed_up.client.get("/history", query_string={"site": "shop", **asked}, follow_redirects=True)
    assert (answer.status_code, "cannot be read just now" in answer.text) == (503, True)
    exported = summed_up.client.get("/history.csv", query_string={"site": "shop", **MAY}, follow_redirects=True)
    assert exported.status_code == 503


def test_that_history_is_still_arriving_is_said(town):
    class Fleet:
        days = 3

        def history_days(self):
            return self.days

    client = create_app(town.context(history=town.desk, fleet=Fleet())).test_client()
    asked = {"query_string": {"site": "shop", **MAY}}
    assert "still being read: 3 days of cameras are left" in client.get("/history", **asked).text
    Fleet.days = 0
    assert "own history" not in unescape(client.get("/history", **asked).text)
    Fleet.days = None
    assert "own history is still to be read is not known yet" in unescape(client.get("/history", **asked).text)


def test_a_removed_door_goes_by_the_name_it_had(town):
    town.past.counts(Gate(SHOP, "Old", "old"), at(9, day=2), 7, 3)
    town.places._former = lambda ids: {one: "Old gate" for one in ids if one == "shop-old"}
    page = town.page(site="shop", **MAY)
    assert "Old gate 7 3" in words(page)
    assert ">Old gate" in town.page(site="shop", door="shop-old", **MAY)
