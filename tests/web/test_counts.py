"""Counts of earlier times over HTTP: the API and the export, on a real database."""

import csv
import io
from datetime import timedelta
from itertools import islice

import pytest
from sqlalchemy import insert

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.domain.line import LineKey
from peoplecount.domain.position import Mark, Position
from peoplecount.services import count_rows
from peoplecount.services.count_rows import CountRow
from peoplecount.services.counts import Counts
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import History
from peoplecount.storage.positions import LinePosition, save_positions
from peoplecount.storage.schema import hour_counts
from peoplecount.web.app import create_app
from peoplecount.web.counts import COLUMNS, csv_of
from tests.support.board_service import BoardService
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.shop import FRONT, LEFT, RIGHT, SHOP, at, until

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


class Shop(BoardService):
    """A shop whose counts are written into a database."""

    def __init__(self, db):
        super().__init__([SHOP], now=at(8))
        self.writer = RecordWriter(self.log, db)
        self.counts = Counts(History(db), lambda: self.snapshots().fields, self.clock)
        self.client = create_app(self.context(counts=self.counts)).test_client()

    def closes(self, gate, begin, length=HOUR, figures=None, quality=Quality.MEASURED, coverage=1.0):
        """An interval of a line is over."""
        interval = ClosedInterval(
            Scope.LINE,
            str(gate.key),
            begin,
            length,
            begin.replace(tzinfo=None) + 2 * HOUR,
            figures,
            quality if figures is not None else Quality.MISSING,
            coverage if figures is not None else 0.0,
        )
        self.append(interval_event(gate.place, interval, self.clock.now()))

    def write(self):
        while self.writer.run_once():
            pass
        self.catch_up()

    def rows(self, **asked):
        answer = self.client.get("/api/v1/counts", query_string={"from": "2026-05-04"} | asked)
        assert answer.status_code == 200, answer.json
        return answer.json["value"]


@pytest.fixture
def shop(embedded):
    """Two hours at three lines: one was not read in the second hour."""
    shop = Shop(embedded)
    until(shop, at(8, 30))
    for gate, entered, left in ((FRONT, 5, 1), (LEFT, 7, 2), (RIGHT, 1, 0)):
        shop.count(gate, entered, left)
    until(shop, at(9, 40))
    shop.count(FRONT, 4, 4)
    shop.count(LEFT, 2, 0)
    until(shop, at(10, 1))
    for gate, figures in ((FRONT, (5, 1)), (LEFT, (7, 2)), (RIGHT, (1, 0))):
        shop.closes(gate, at(8), figures=Figures(*figures))
    shop.closes(FRONT, at(9), figures=Figures(4, 4), coverage=0.8)
    shop.closes(LEFT, at(9), figures=Figures(2, 0))
    shop.closes(RIGHT, at(9))
    shop.write()
    return shop


def pairs(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_hours_of_lines_with_their_provenance(shop):
    rows = shop.rows()
    assert pairs(rows, "lineId", "from", "in", "out", "quality", "coverage", "complete") == [
        ("front-0-1-1", "2026-05-04T06:00:00.000Z", 5, 1, "measured", 1.0, True),
        ("wide-0-1-1", "2026-05-04T06:00:00.000Z", 7, 2, "measured", 1.0, True),
        ("wide-0-1-2", "2026-05-04T06:00:00.000Z", 1, 0, "measured", 1.0, True),
        ("front-0-1-1", "2026-05-04T07:00:00.000Z", 4, 4, "measured", 0.8, True),
        ("wide-0-1-1", "2026-05-04T07:00:00.000Z", 2, 0, "measured", 1.0, True),
        ("wide-0-1-2", "2026-05-04T07:00:00.000Z", None, None, "missing", 0.0, False),
    ]
    assert pairs(rows[:1], "siteName", "doorName", "lineName", "localStart", "to", "timeZone") == [
        ("Shop", "Front", "Front", "2026-05-04T08:00:00", "2026-05-04T07:00:00.000Z", "Europe/Zurich")
    ]


def test_sums_carry_the_worst_quality_the_mean_coverage_and_whether_they_are_complete(shop):
    assert pairs(shop.rows(scope="door"), "doorName", "in", "out", "quality", "coverage", "complete") == [
        ("Front", 5, 1, "measured", 1.0, True),
        ("Wide", 8, 2, "measured", 1.0, True),
        ("Front", 4, 4, "measured", 0.8, True),
        ("Wide", 2, 0, "missing", 0.5, False),
    ]
    assert pairs(shop.rows(scope="site"), "siteId", "doorId", "lineId", "in", "quality", "coverage", "complete") == [
        ("shop", None, None, 13, "measured", 1.0, True),
        ("shop", None, None, 6, "missing", 0.6, False),
    ]


def test_days_are_sums_of_hours_and_say_how_much_of_the_day_is_known(shop):
    until(shop, at(0, 1, day=5))
    (site,) = shop.rows(scope="site", step="day")
    assert (site["in"], site["out"], site["localStart"], site["complete"]) == (19, 7, "2026-05-04T00:00:00", False)
    assert site["coverage"] == pytest.approx((1.8 + 2 + 1) / 3 / 24, abs=1e-3)
    assert pairs(shop.rows(step="day"), "lineId", "in") == [("front-0-1-1", 9), ("wide-0-1-1", 9), ("wide-0-1-2", 1)]


def test_an_interval_that_is_not_over_is_left_out(shop):
    assert shop.rows(scope="site", step="day") == []
    shop.count(FRONT, 50)
    shop.write()
    assert max(row["to"] for row in shop.rows()) == "2026-05-04T08:00:00.000Z"


def test_between_two_intervals_that_are_known_an_unknown_one_is_told_as_such(shop):
    until(shop, at(12, 1))
    shop.closes(FRONT, at(11), figures=Figures(0, 0))
    shop.write()
    rows = shop.rows(line="front-0-1-1")
    assert pairs(rows, "in", "quality") == [(5, "measured"), (4, "measured"), (None, "missing"), (0, "measured")]


def test_quarters_of_one_door(shop):
    rows = shop.rows(step="15", door="shop-front")
    assert pairs(rows[:1], "from", "in", "quality") == [("2026-05-04T06:15:00.000Z", 5, "measured")]
    assert {row["lineId"] for row in rows} == {"front-0-1-1"}


@pytest.mark.parametrize("limit", [1, 2, 5, 6])
def test_pages_follow_each_other_without_gap_or_repetition(shop, limit):
    whole, found, cursor = shop.rows(), [], None
    for _ in range(10):
        asked = {"from": "2026-05-04", "limit": limit} | ({"cursor": cursor} if cursor else {})
        page = shop.client.get("/api/v1/counts", query_string=asked).json
        assert len(page["value"]) <= limit
        found += page["value"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "from is missing"),
        ({"from": "yesterday"}, "is written %2B), nor a day such as 2026-05-04"),
        ({"from": "2026-02-30"}, "there is no day 2026-02-30"),
        ({"from": "2026-05-04T08:00:00"}, "with its zone"),
        ({"from": "2026-05-04", "to": "2026-05-04"}, "from must lie before to"),
        ({"from": "1926-05-04"}, "3700 days at most"),
        ({"from": "2026-05-04", "step": "30"}, "allowed are 15, 60, day"),
        ({"from": "2026-05-04", "scope": "world"}, "allowed are line, door, site"),
        ({"from": "2026-05-04", "limit": "0"}, "from 1 to 10000"),
        ({"from": "2026-05-04", "cursor": "x"}, "the one of the page before"),
        ({"from": "2026-05-04", "scope": "site", "line": "a-0-1-1"}, "needs scope=line"),
        ({"from": "2026-05-04", "colour": "red"}, "'colour' is not known here"),
        ({"from": "2026-05-04", "site": "shop\0"}, "site: 'shop\\x00' holds a character that no id has"),
        ({"from": "2026-05-04", "scope": "door", "door": "\0"}, "door: "),
        ({"from": "2026-05-04", "line": "front\n"}, "line: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(shop, asked, words):
    for address in ("/api/v1/counts", "/export/counts.csv"):
        answer = shop.client.get(address, query_string=asked)
        assert answer.status_code == 400
        assert words in answer.json["description"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"site": "shpo"}, "No site 'shpo' here, nor counts of one then. Sites: shop."),
        ({"door": "front"}, "No door 'front' here, nor counts of one then. Doors: shop-front, shop-wide."),
        ({"line": "front-0-1-2"}, "Lines: front-0-1-1, wide-0-1-1, wide-0-1-2."),
        ({"site": "shop", "line": "\ufffe"}, "No line '\\ufffe' here"),
    ],
)
def test_what_nobody_knows_is_not_there_and_what_is_there_is_named(shop, asked, words):
    for address in ("/api/v1/counts", "/export/counts.csv"):
        answer = shop.client.get(address, query_string={"from": "2026-05-04"} | asked)
        assert answer.status_code == 404
        assert words in answer.json["description"]


def test_a_line_that_was_removed_is_asked_for_as_before(shop):
    board = shop.snapshots().fields
    gone = board | {"lines": [line for line in board["lines"] if line["lineId"] != "front-0-1-1"]}
    shop.counts._board = lambda: gone
    assert pairs(shop.rows(line="front-0-1-1"), "in") == [(5,), (4,)]


def test_of_a_line_that_is_there_nothing_is_an_answer(shop):
    answer = shop.client.get("/api/v1/counts?from=2026-05-01&to=2026-05-02&line=front-0-1-1&site=shop")
    assert (answer.status_code, answer.json["value"]) == (200, [])


def test_times_may_be_given_with_any_zone(shop):
    rows = shop.rows(**{"from": "2026-05-04T09:00:00+02:00", "to": "2026-05-04T08:00:00Z"}, scope="site")
    assert pairs(rows, "localStart") == [("2026-05-04T09:00:00",)]


def test_the_export_has_the_same_rows_with_one_header_and_empty_cells_for_what_is_not_known(shop):
    answer = shop.client.get("/export/counts.csv", query_string={"from": "2026-05-04", "scope": "door"})
    assert answer.content_type == "text/csv; charset=utf-8"
    assert 'filename="counts-20260504-20260504-door-60.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["door"], row["in"], row["quality"], row["coverage"], row["complete"]) for row in rows] == [
        ("Front", "5", "measured", "1.0", "true"),
        ("Wide", "8", "measured", "1.0", "true"),
        ("Front", "4", "measured", "0.8", "true"),
        ("Wide", "2", "missing", "0.5", "false"),
    ]
    lines = list(
        csv.DictReader(io.StringIO(shop.client.get("/export/counts.csv?from=2026-05-04&line=wide-0-1-2").text))
    )
    assert [(row["in"], row["out"], row["quality"], row["time_zone"]) for row in lines] == [
        ("1", "0", "measured", "Europe/Zurich"),
        ("", "", "missing", "Europe/Zurich"),
    ]


def test_the_export_of_days_has_today_so_far_and_says_that_it_is_not_over(shop):
    asked = {"from": "2026-05-03", "step": "day", "scope": "site"}

    def rows():
        text = shop.client.get("/export/counts.csv", query_string=asked).text
        return pairs(csv.DictReader(io.StringIO(text)), "local_start", "in", "out", "complete", "under_way")

    assert rows() == [("2026-05-04T00:00:00", "19", "7", "false", "true")]
    assert shop.rows(scope="site", step="day") == [], "the API has what is over"
    until(shop, at(0, 1, day=5))
    assert rows() == [("2026-05-04T00:00:00", "19", "7", "false", "false")]
    yesterday = shop.client.get("/export/counts.csv", query_string=asked | {"to": "2026-05-04"})
    assert yesterday.text.count("\r\n") == 1


def test_a_name_is_no_formula_in_a_spreadsheet(shop):
    nasty = type(FRONT)(SHOP, '=HYPERLINK("http://192.0.2.1")', "nasty")
    shop.count(nasty, 1)
    until(shop, at(12))
    shop.write()
    rows = csv.DictReader(io.StringIO(shop.client.get("/export/counts.csv?from=2026-05-04&scope=door").text))
    assert {row["door"][0] for row in rows if "HYPERLINK" in row["door"]} == {"'"}


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("Main;=1+1", "Main;'=1+1"),
        ("Main; -1", "Main;' -1"),
        ("North-East (A=B)", "North-East (A=B)"),
        ("", ""),
    ],
)
def test_no_part_of_a_name_is_a_formula_however_cells_are_parted(name, cell):
    _, row = csv_of([row_named(name)])
    assert next(csv.reader([row]))[COLUMNS.index("line")] == cell


def row_named(name):
    zone = "Europe/Zurich"
    return CountRow(
        "s", "Shop", "d", "Door", "l", name, at(8), at(9), at(10), zone, Figures(1, 0), Quality.MEASURED, 1.0, True
    )


def test_a_database_that_is_away_is_said_without_its_secrets(shop):
    def fail(*_args, **_options):
        raise DatabaseUnavailable("login failed for user 'sa'")

    shop.counts._history.hours = fail
    for address in ("/api/v1/counts", "/export/counts.csv"):
        answer = shop.client.get(address, query_string={"from": "2026-05-04"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert "sa" not in answer.json["error"].split()


class WatchedHistory:
    """A history that notes what is asked of it."""

    def __init__(self, history):
        self._history = history
        self.asked = []

    def __getattr__(self, name):
        def ask(*args, **options):
            found = getattr(self._history, name)(*args, **options)
            self.asked.append((name, len(found) if isinstance(found, list) else 1))
            return found

        return ask


@pytest.mark.parametrize("asked", [{}, {"scope": "site"}, {"line": "front-0-1-1"}, {"step": "day", "scope": "door"}])
def test_years_without_counts_take_few_looks_at_the_database(shop, asked):
    until(shop, at(0, 1, day=5))
    history = shop.counts._history = WatchedHistory(shop.counts._history)
    begun = {"from": "2017-05-04", "to": "2026-05-05T00:00:00+02:00"}
    assert shop.rows(**begun | asked) == shop.rows(**{"from": "2026-05-04"} | asked)
    assert len(history.asked) < 40


def busy_history(db, lines):
    """A history as after an empty year: on one day, many lines in every hour."""
    rows = [
        {
            "line_id": str(LineKey(f"line{line}")),
            "starts_at": at(2) + number * HOUR,
            "door_id": f"d-{line % 10}",
            "site_id": "shop",
            "local_start": at(2).replace(tzinfo=None) + number * HOUR,
            "in_count": 1,
            "out_count": 0,
            "quality": "measured",
            "coverage": 1.0,
        }
        for number in range(22)
        for line in range(lines)
    ]
    keys = [LineKey(f"line{line}") for line in range(lines)]
    mark = Mark(Generation(at(2).date()), 22)
    after = {key: LinePosition(Position(mark, mark), at(23)) for key in keys}

    def write(transaction):
        transaction.change_each(insert(hour_counts), rows)
        save_positions(transaction, {}, after)

    db.transaction(write)
    return WatchedHistory(History(db))


@pytest.mark.parametrize("asked", [{}, {"scope": "door"}, {"scope": "site"}])
def test_many_lines_behind_an_empty_year_are_not_read_all_at_once(shop, embedded, asked):
    shop.clock.passes(60 * 86_400)
    history = busy_history(embedded, lines=400)
    counts = Counts(history, lambda: shop.snapshots().fields, shop.clock)
    query = counts.ask({"from": "2025-05-04", "to": "2026-05-06"} | asked)
    for taken in (counts.page(query)[0], list(islice(counts.rows(query), 1000))):
        assert sum(row.figures.entered for row in taken if row.figures) >= 1000
        assert max(found for _, found in history.asked) <= 5_500


def test_a_page_makes_no_more_rows_than_are_on_it(shop, monkeypatch):
    made = []
    row_of = count_rows._row
    monkeypatch.setattr(count_rows, "_row", lambda *args: (made.append(args), row_of(*args))[1])
    rows = shop.client.get("/api/v1/counts?from=2026-05-04&limit=2").json
    assert (len(rows["value"]), len(made)) == (2, 3)
    made.clear()
    shop.client.get("/api/v1/counts", query_string={"from": "2026-05-04", "limit": 2, "cursor": rows["next"]})
    assert len(made) == 3


@pytest.mark.parametrize("step", ["15", "60", "day"])
@pytest.mark.parametrize(
    ("begin", "end"),
    [("0001-01-02", "0002-01-01"), ("0001-01-02T00:00:00Z", "0009-01-01"), ("1969-12-31", "1970-01-01")],
)
def test_the_beginning_of_the_calendar_is_a_time_like_others(shop, begin, end, step):
    answer = shop.client.get(f"/api/v1/counts?from={begin}&to={end}&step={step}")
    assert (answer.status_code, answer.json["value"]) == (200, [])


def test_without_a_history_there_is_nothing_to_ask(shop):
    client = create_app(shop.context()).test_client()
    assert client.get("/api/v1/counts?from=2026-05-04").status_code == 404
