"""While cameras are still asked about their past, no figure without it is called complete."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peoplecount.domain.history_period import Grain, HistoryPeriod
from peoplecount.domain.interval import Scope
from peoplecount.domain.owed_history import OwedDays, OwedSpan
from peoplecount.domain.place_sum import PlaceSum
from peoplecount.domain.roll_up import HOUR, QUARTER
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services.counts import Counts
from peoplecount.services.history_places import HistoryPlaces
from peoplecount.services.history_report import HistoryDesk
from peoplecount.services.owed_history import OwedHistory, OwedLines, note_owed
from peoplecount.services.place_sums import DirectSums
from peoplecount.storage.history import History
from peoplecount.storage.place_history import PlaceHistory
from tests.support.board_service import BoardService
from tests.support.databases import *  # noqa: F403 - fixtures
from tests.support.past import Past
from tests.support.shop import FRONT, LEFT, RIGHT, SHOP, at

ZONE = ZoneInfo(SHOP.time_zone)


class Town(BoardService):
    """A shop with three lines, one of which has its past already; it is two in the afternoon of the fourth of May."""

    def __init__(self, db):
        super().__init__([SHOP], now=at(14))
        self.owed: dict[str, OwedDays] = {}
        self.is_readable = True
        for gate in (FRONT, LEFT, RIGHT):
            self.count(gate, 1, 0)
        self.catch_up()
        self.past = Past(db)
        board = lambda: self.snapshots().fields  # noqa: E731
        places = HistoryPlaces(board, lambda: {SHOP.site_id: SHOP}, self.clock)
        spans = OwedHistory(self._read, board).spans
        self.desk = HistoryDesk(DirectSums(PlaceHistory(db)), places, self.clock, owed=spans)
        self.counts = Counts(History(db), board, self.clock, owed=spans)

    def _read(self):
        if not self.is_readable:
            raise LocalStoreUnavailable("the store is away")
        return self.owed

    def owes(self, gate, first, last):
        self.owed[str(gate.key)] = OwedDays(date(2026, 5, first), date(2026, 5, last))

    def report(self, **asked):
        return self.desk.report(
            self.desk.ask({"from": "2026-05-01", "to": "2026-05-03", "step": "day"} | asked, None), None
        )

    def rows(self, **asked):
        query = self.counts.ask({"from": "2026-05-01", "to": "2026-05-04"} | asked)
        return self.counts.page(query)[0]


@pytest.fixture
def town(embedded):
    town = Town(embedded)
    town.past.counts(FRONT, at(0, day=1), 2, hours=72)
    return town


def test_a_period_lacks_what_its_lines_owe(town):
    assert town.report(site="shop").total.is_whole
    town.owes(LEFT, 1, 2)
    report = town.report(site="shop")
    assert (report.total.entered, report.total.is_whole) == (144, False)
    assert report.total.known_share == pytest.approx(72 / (72 + 48))
    assert [row.total.unseen for row in report.rows] == [24, 24, 0]
    assert list(report.owing) == [LEFT.place.door_name]
    town.owes(RIGHT, 3, 3)
    assert [row.total.unseen for row in town.report(site="shop").rows] == [24, 24, 24]


@pytest.mark.parametrize("step", ["15", "60", "day", "week", "month"])
@pytest.mark.parametrize("site", ["shop", ""])
def test_whatever_the_steps_and_for_all_sites_together(town, step, site):
    town.owes(LEFT, 1, 2)
    report = town.report(step=step, site=site, to="2026-05-02")
    assert report.total.known_share == pytest.approx(0.5)


def test_only_hours_that_are_asked_for_are_lacking(town):
    town.owes(LEFT, 1, 2)
    report = town.report(site="shop", days="holidays")
    assert (report.total.rows, report.total.unseen) == (0, 0)


def test_doors_lack_what_their_own_lines_owe(town):
    town.past.counts(LEFT, at(0, day=3), 1, hours=24)
    town.owes(LEFT, 1, 2)
    shares = {
        child.place.subject: child.total.known_share for child in town.report(site="shop").children if child.total
    }
    assert shares == {FRONT.place.door_id: 1.0, LEFT.place.door_id: pytest.approx(1 / 3)}
    assert town.report(site="shop", door=FRONT.place.door_id).total.is_whole
    assert not town.report(site="shop", door=LEFT.place.door_id).total.is_whole


@pytest.mark.parametrize("step", ["15", "60", "day"])
def test_sums_of_the_api_are_not_complete_without_it(town, step):
    complete = [row.is_complete for row in town.rows(scope="site", step=step)]
    assert complete
    assert all(complete)
    before = town.counts.version(town.counts.ask({"from": "2026-05-01", "scope": "site"}))
    town.owes(LEFT, 1, 2)
    rows = town.rows(scope="site", step=step)
    assert {row.local_start.day: row.is_complete for row in rows} == {1: False, 2: False, 3: True}
    assert {row.local_start.day: row.coverage for row in rows} == {1: 0.5, 2: 0.5, 3: 1.0}
    assert all(row.is_complete for row in town.rows(scope="door", step=step)), (
        "the door with figures has all of its own"
    )
    assert all(row.is_complete for row in town.rows(scope="line", step=step))
    assert town.counts.version(town.counts.ask({"from": "2026-05-01", "scope": "site"})) != before


def test_while_it_cannot_be_read_it_is_what_it_was(town):
    town.owes(LEFT, 1, 2)
    assert not town.report(site="shop").total.is_whole
    town.is_readable = False
    assert not town.report(site="shop").total.is_whole


def test_a_line_that_is_not_on_the_board_owes_nothing(town):
    town.owed["gone-0-1-1"] = OwedDays(date(2026, 5, 1), date(2026, 5, 3))
    assert town.report(site="shop").total.is_whole


spans = st.lists(st.tuples(st.integers(-50, 120), st.integers(1, 100), st.sampled_from(["a", "b"])), max_size=4)


@given(spans, st.integers(1, 80), st.sampled_from([HOUR, QUARTER]))
def test_what_is_owed_is_the_sum_of_its_hours_whatever_the_parts(drawn, hours, step):
    begin = datetime(2026, 5, 1, tzinfo=UTC)
    owed = [
        OwedSpan(f"{number}", door, "s", begin + since * HOUR, begin + (since + length) * HOUR)
        for number, (since, length, door) in enumerate(drawn)
    ]
    period = HistoryPeriod(date(2026, 5, 1), date(2026, 5, 4), ZONE)
    totals = []
    for grain in (Grain.HOUR, Grain.DAY, Grain.WEEK):
        for wanted in (None, lambda _: True):
            parts = list(period.parts(grain))
            sums = [PlaceSum() for _ in parts]
            note_owed(sums, parts, owed, step, until=begin + hours * HOUR, wanted=wanted, zone=ZONE)
            totals.append(sum(one.unseen for one in sums))
    assert totals == [pytest.approx(totals[0])] * len(totals)
    lines, since = OwedLines(owed, Scope.SITE), (begin - period.start) // HOUR
    each = [period.start + number * HOUR for number in range(hours + since)]
    assert totals[0] == pytest.approx(sum(lines.at("s", one, one + HOUR) for one in each) * (HOUR / step))
