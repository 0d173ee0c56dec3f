from datetime import date, timedelta

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import NOBODY, Figures
from peoplecount.domain.hour_ledger import HourLedger
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey
from tests.support.keeping import at

KEY, DAY = LineKey("7"), date(2026, 5, 4)
ENDED = at("2026-05-04T10:59:55")


def straddling(doubt):
    growth = Growth(Generation(DAY), 0, 3, 5)
    local = ENDED.replace(tzinfo=None)
    ledger = HourLedger({})
    ledger.tell(Increment(KEY, ENDED - timedelta(seconds=10), ENDED, local, growth, growth), doubt)
    return ledger.line(DAY, KEY).cell(10).straddling


def test_people_of_a_reading_near_the_end_of_an_hour_may_be_of_the_next_where_the_camera_was_slow():
    assert straddling(timedelta(0)) == Figures()
    assert straddling(timedelta(seconds=4)) == Figures(2, 2)


def test_nor_are_those_of_an_outage_that_ended_just_there_of_either_hour_for_certain():
    growth = Growth(Generation(DAY), 0, 3, 5)
    ledger = HourLedger({})
    began = ENDED - timedelta(hours=2)
    increment = Increment(KEY, began, ENDED, ENDED.replace(tzinfo=None), growth, growth, Quality.ESTIMATED)
    ledger.tell(increment, timedelta(seconds=4))
    line = ledger.line(DAY, KEY)
    assert line.cell(8).straddling == line.cell(10).straddling == Figures(2, 2)
    assert line.cell(9).straddling == NOBODY
