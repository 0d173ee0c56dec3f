from datetime import timedelta

import pytest

from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.eventlog.log import LoadedStates
from peoplecount.services.count_keeper import KEPT_DAYS
from peoplecount.services.coverage import LoggedCoverage
from tests.support.keeping import Keeping, at

KEY = LineKey("7")
MINUTE = timedelta(minutes=1)


class SharedLog:
    """What another machine is told of a log."""

    def __init__(self, log):
        self._log = log
        self.asked = []

    def states_of(self, keys, line_ids):
        self.asked = keys
        loaded, seen = self._log.load_states(), self._log.seen()
        states = {key: state for key, state in loaded.states.items() if key in keys}
        return LoadedStates(loaded.head, states), {line: seen[line] for line in line_ids if line in seen}


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def keeping(request):
    """A line that is read every minute for two hours, but for half an hour; nobody comes after the first."""
    keeping = Keeping(zone=request.param)
    begin = at("2026-03-04 10:00")
    for minute in [*range(60), *range(90, 121)]:
        moment = begin + minute * MINUTE
        line = LineReading(KEY, "Line", Totals(min(minute, 40), 0))
        reading = Reading("7", moment, moment.replace(tzinfo=None), "serial", (line,))
        keeping.takes(reading, every=MINUTE)
    keeping.keeper.flush_seen()
    return keeping


def logged(keeping):
    return LoggedCoverage(SharedLog(keeping.log), roster=lambda: keeping.roster, keep_days=KEPT_DAYS)


def stretches(*hours):
    return [(at(f"2026-03-04 {begin}"), at(f"2026-03-04 {end}")) for begin, end in hours]


def test_another_machine_tells_the_same_of_a_line(keeping):
    asked = stretches(
        ("09:00", "10:00"), ("10:00", "10:30"), ("11:00", "11:30"), ("10:30", "12:00"), ("12:00", "13:00")
    )
    told = keeping.keeper.coverage(KEY, asked)
    assert logged(keeping).coverage(KEY, asked) == told
    assert told[1] == 1.0
    assert 0 <= told[2] < 0.1
    assert told[4] == 0.0


def test_it_asks_for_the_days_of_the_stretches_and_no_others(keeping):
    log = SharedLog(keeping.log)
    view = LoggedCoverage(log, roster=lambda: keeping.roster, keep_days=KEPT_DAYS)
    view.coverage(KEY, stretches(("10:00", "10:30")))
    assert log.asked == ["camera:7", "hours:2026-03-03:7", "hours:2026-03-04:7", "hours:2026-03-05:7"]


def test_of_a_line_that_nobody_has_read_nothing_is_known(keeping):
    assert logged(keeping).coverage(LineKey("7", index=9), stretches(("10:00", "10:30"))) == [None]
    assert logged(keeping).coverage(LineKey("8"), stretches(("10:00", "10:30"))) == [None]
    assert logged(keeping).coverage(KEY, []) == []
