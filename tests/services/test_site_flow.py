"""Who has crossed since some moment, read from the log."""

from datetime import UTC, datetime, timedelta

from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import Quality
from peoplecount.domain.event_body import Place, Standing, count_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.increment import Generation, Growth, Increment
from peoplecount.domain.line import LineKey
from peoplecount.eventlog.log import Append
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.site_flow import SiteFlow, first_after

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Day:
    def __init__(self):
        self.log = MemoryEventLog()
        self.term = self.log.raise_term()

    def counts(self, minute, entered, left, camera="7", site="s1"):
        to = START + minute * MINUTE
        generation = Generation(to.date())
        increment = Increment(
            LineKey(camera),
            to - MINUTE,
            to,
            to.replace(tzinfo=None),
            Growth(generation, 0, 0, entered),
            Growth(generation, 0, 0, left),
        )
        self._append(count_event(Place(site, "Store", camera, "Camera"), increment, Standing(0, 0, 0)), to)

    def corrects(self, minute, old, new):
        at = START + minute * MINUTE
        correction = HourCorrection(
            LineKey("7"),
            at,
            at + 60 * MINUTE,
            at.replace(tzinfo=None),
            old,
            new,
            Quality.ESTIMATED,
            Quality.CORRECTED,
            1.0,
            CorrectionReason.OUTAGE,
        )
        self._append(correction_event(Place("s1", "Store", "7", "Camera"), correction, at), at + 90 * MINUTE)

    def _append(self, event, now):
        self.log.append(self.term, [Append((event,))], now)

    def since(self, minute, camera=""):
        return SiteFlow(self.log, "s1", START + minute * MINUTE, camera)


def test_it_sums_what_came_later_at_the_site_and_nothing_else():
    day = Day()
    for minute in range(30):
        day.counts(minute, 1, 0)
        day.counts(minute, 100, 100, site="s2")
    assert day.since(19).catch_up() == Figures(10, 0)


def test_it_goes_on_from_where_it_had_read_to():
    day = Day()
    day.counts(1, 5, 2)
    flow = day.since(0)
    assert flow.catch_up() == Figures(5, 2)
    day.counts(2, 1, 1)
    assert flow.catch_up() == flow.catch_up() == Figures(6, 3)


def test_it_can_tell_of_one_camera():
    day = Day()
    day.counts(1, 5, 2)
    day.counts(2, 9, 9, camera="8")
    assert day.since(0, camera="7").catch_up() == Figures(5, 2)


def test_a_correction_counts_where_its_hour_began_later():
    day = Day()
    day.corrects(0, Figures(10, 2), Figures(8, 3))
    day.corrects(60, None, Figures(4, 0))
    assert day.since(60).catch_up() == Figures(4, 0)
    assert day.since(0).catch_up() == Figures(2, 1)


def test_where_to_begin_is_found_without_reading_everything():
    day = Day()
    for minute in range(500):
        day.counts(minute, 1, 0)
    reads = []
    read = day.log.read
    day.log.read = lambda after, limit: reads.append(limit) or read(after, limit)
    assert first_after(day.log, START + 399 * MINUTE) == 400
    assert len(reads) < 12
    assert first_after(day.log, START - MINUTE) == 0
    assert first_after(day.log, START + 9999 * MINUTE) == 500


def test_an_empty_log_has_nothing_to_tell():
    assert Day().since(0).catch_up() == Figures()
