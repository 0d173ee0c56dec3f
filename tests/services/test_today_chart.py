"""Today's curves."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.site import Site
from peoplecount.services.record_writer import RecordWriter
from peoplecount.services.site_quarters import AT_ONCE
from peoplecount.services.today_chart import AGAIN, SOON, ChartUnavailable, TodayChart
from peoplecount.storage.errors import DatabaseUnavailable
from peoplecount.storage.history import RECORDS, History
from tests.support.board_service import BoardService, Figures, Gate
from tests.support.pauses import Pauses
from tests.support.shop import BACK, FRONT, SHOP, at, only


@pytest.fixture
def service() -> BoardService:
    service = BoardService([SHOP], now=at(14, 5))
    service.count(FRONT, 30, 12)
    service.catch_up()
    return service


def curve(service: BoardService) -> dict:
    return only(TodayChart(service.history, service.board, service.clock).read()["sites"])


def stored(gate: Gate, start: datetime, entered: int, left: int, quality: Quality = Quality.MEASURED) -> Figures:
    return Figures(str(gate.key), gate.site.site_id, start, entered, left, quality)


def test_quarters_of_the_local_day_sum_all_lines(service):
    service.count(BACK, 4, 4)
    service.catch_up()
    service.history.rows = [stored(FRONT, at(9), 20, 2), stored(BACK, at(9), 4, 4), stored(FRONT, at(9, 15), 10, 10)]
    day = curve(service)
    assert day["start"] == "2026-05-03T22:00:00.000Z"
    assert len(day["in"]) == 96
    assert (day["in"][36], day["out"][36]) == (24, 6)
    assert (day["in"][37], day["out"][37]) == (10, 10)


def test_a_quarter_without_a_row_is_zero_where_the_camera_was_read_and_a_gap_where_not(service):
    service.history.rows = [stored(FRONT, at(9), 30, 12)]
    day = curve(service)
    assert day["in"][0] == 0  # all of the camera's totals were counted by us, so it was nobody
    assert day["in"][56] == 0
    assert day["in"][57:] == [None] * 39  # not yet


def test_before_the_first_reading_of_a_camera_that_had_counted_already_nothing_is_known():
    service = BoardService([SHOP], now=at(14, 5))
    service._totals[FRONT.key] = (100, 90)
    service.count(FRONT, 0, 0)
    service.count(FRONT, 3, 0)
    line = service.log.read(1, 1)[0].event.body
    assert '"cameraInTotal":103' in line
    service.catch_up()
    service.board._state.lines[str(FRONT.key)].fields["inToday"] = 3  # what we counted, beside the camera's 103
    service.history.rows = [stored(FRONT, at(14), 3, 0)]
    day = curve(service)
    assert day["in"][55] is None
    assert day["in"][56] == 3


def test_a_line_that_is_not_known_makes_quarters_partial(service):
    service.count(BACK, 4, 4)
    service.clock.passes(3600)
    service.seen(FRONT)
    service.catch_up()
    service.clock.passes(6)
    service.catch_up()
    day = curve(service)
    assert day["partial"] == [57, 58, 59, 60]
    assert day["in"][58] == 0


def test_a_line_whose_next_reading_is_not_late_is_known_in_the_quarter_that_has_just_begun(service):
    for gate in (FRONT, BACK):
        service.count(gate, 1, 1)
    service.catch_up()
    service.clock.passes((at(15) - service.clock.now()).total_seconds() - 5)
    service.seen(FRONT, BACK)
    service.catch_up()
    service.clock.passes(10)
    day = curve(service)
    assert (day["in"][60], day["partial"]) == (0, [])
    service.clock.passes(600)
    assert curve(service)["in"][60] is None


def test_quarters_that_were_not_measured_are_named(service):
    service.history.rows = [
        stored(FRONT, at(9), 1, 0),
        stored(FRONT, at(10), 1, 0, Quality.ESTIMATED),
        stored(BACK, at(10), 1, 0),
    ]
    assert curve(service)["estimated"] == [40]


@pytest.mark.parametrize(("day", "quarters"), [((2026, 3, 29), 92), ((2026, 10, 25), 100)])
def test_days_on_which_clocks_change_are_shorter_or_longer(day, quarters):
    service = BoardService([SHOP], now=datetime(*day, 12, tzinfo=UTC))
    service.count(FRONT, 1)
    service.catch_up()
    assert len(curve(service)["in"]) == quarters


def test_a_quarter_of_which_nothing_is_known_is_a_gap_and_no_zero(service):
    missing = replace(stored(FRONT, at(9), 0, 0, Quality.MISSING), coverage=0.0)
    service.history.rows = [missing, replace(stored(FRONT, at(9, 15), 30, 12), coverage=0.9)]
    day = curve(service)
    assert (day["in"][36], day["out"][36], day["quality"][36], day["coverage"][36]) == (None, None, None, 0.0)
    assert (day["in"][37], day["quality"][37], day["coverage"][37]) == (30, "measured", 0.9)
    assert day["estimated"] == day["partial"] == []


def test_what_is_missing_of_one_line_makes_the_sum_partial(service):
    service.count(BACK, 4, 4)
    service.catch_up()
    service.history.rows = [
        replace(stored(FRONT, at(9), 0, 0, Quality.MISSING), coverage=0.0),
        replace(stored(BACK, at(9), 4, 4, Quality.CORRECTED), coverage=0.5),
    ]
    day = curve(service)
    assert (day["in"][36], day["quality"][36], day["coverage"][36]) == (4, "corrected", 0.25)
    assert (day["partial"], day["estimated"]) == ([36], [36])


def test_a_known_zero_is_shown_as_one_where_the_totals_alone_do_not_tell(service):
    """The line was corrected today, so that its totals are not those of the camera any more."""
    service.board._state.lines[str(FRONT.key)].fields["inToday"] = 29
    service.history.rows = [replace(stored(FRONT, at(8), 0, 0), coverage=1.0), stored(FRONT, at(9), 29, 12)]
    day = curve(service)
    assert day["in"][31] is None
    assert day["in"][32:38] == [0, 0, 0, 0, 29, 0]


def test_the_answer_says_up_to_which_event_it_goes(service):
    service.history.up_to = service.log.head()
    answer = TodayChart(service.history, service.board, service.clock).read()
    assert answer["asOf"] == str(service.log.head())
    assert answer["stepSeconds"] == 900


def test_sites_have_days_of_their_own(service):
    tokyo = Site("tokyo", "Tokyo", "Asia/Tokyo")
    service.sites.append(tokyo)
    gate = Gate(tokyo, "Front", "tokyo")
    service.count(gate, 5)
    service.catch_up()
    early = at(14, 5) - timedelta(hours=13)
    service.history.rows = [stored(gate, early.replace(minute=0), 5, 0)]
    shop, other = TodayChart(service.history, service.board, service.clock).read()["sites"]
    assert sum(number or 0 for number in shop["in"]) == 0
    assert sum(number or 0 for number in other["in"]) == 5
    assert other["start"] == "2026-05-03T15:00:00.000Z"


def test_what_is_written_while_the_chart_is_read_is_not_counted_twice(service, embedded):
    """The page adds all events after ``asOf`` to the curve, so the curve must hold none of them."""

    class WritesMeanwhile:
        """A database that is written to right after somebody has read the cursor."""

        busy = True

        def execute(self, statement, parameters=None):
            rows = embedded.execute(statement, parameters)
            if self.busy and parameters == {"writer": RECORDS}:
                self.busy = False
                RecordWriter(service.log, embedded).run_once()
            return rows

    chart = TodayChart(History(WritesMeanwhile()), service.board, service.clock).read()
    people = sum(entered or 0 for entered in only(chart["sites"])["in"])
    later = service.log.read(EventId.parse(chart["asOf"]).number if chart["asOf"] else 0, 100)
    assert people + sum(json.loads(entry.event.body)["in"] for entry in later) == 30


def test_a_history_that_cannot_be_read_is_said_once_in_the_log_and_to_visitors_without_details(service, caplog):
    chart = TodayChart(service.history, service.board, service.clock)
    for _ in range(2):
        service.history.error = DatabaseUnavailable("login failed for user 'sa' at 192.0.2.9:1433")
        for _ in range(2):
            with pytest.raises(ChartUnavailable) as away:
                chart.read()
        assert str(away.value) == "the history cannot be read just now"
        service.history.error = None
        chart.read()
    assert [record.getMessage().count("192.0.2.9") for record in caplog.records] == [1, 1]


def test_the_day_is_read_before_anybody_asks_for_it_and_again_when_the_history_was_away(service):
    asked = []
    history = service.history
    sums = history.sums

    def counted(*question):
        asked.append(question)
        return sums(*question)

    history.sums = counted
    chart = TodayChart(history, service.board, service.clock)
    fails, works = (
        (lambda: setattr(history, "error", DatabaseUnavailable("away"))),
        (lambda: setattr(history, "error", None)),
    )
    pauses = Pauses(fails, works)
    chart.keep_ready(pauses)
    assert pauses.seconds == [SOON, AGAIN, AGAIN]
    before = len(asked)
    assert before == 96 / AT_ONCE
    chart.read()
    assert len(asked) == before
