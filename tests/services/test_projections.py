"""The projections: every interval closes once, with what is known of it."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.correction import CorrectionReason, HourCorrection
from peoplecount.domain.correction_body import correction_event
from peoplecount.domain.event import EventKind, Quality
from peoplecount.domain.event_body import Place, Status, status_event
from peoplecount.domain.figures import Figures
from peoplecount.domain.folding import Folding
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_body import read_interval
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import Append, LogUnavailable, StaleTerm
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services import projections as projections_module
from peoplecount.services.projections import Projections
from tests.support.appending import DirectAppender
from tests.support.counting_line import EIGHT, CountingLine
from tests.support.fake_clock import FakeClock

SITES = {"site": Site("site", "Site", "Europe/Zurich")}
CAMERAS = {key: Camera(key, "Camera", "http://192.0.2.1", site_id="site") for key in ("cam", "other")}
STEPS = (Step.QUARTER, Step.HOUR, Step.DAY)


class Room:
    """A log with counting lines in front and the projections behind it."""

    def __init__(self, *lines, log=None, steps=STEPS):
        self.clock = FakeClock(EIGHT)
        self.log = log or MemoryEventLog()
        self.lines = lines or (CountingLine(),)
        self.steps = steps
        self.covered = {}
        self.meanwhile = []
        """Events that others append while intervals close."""
        self.unread_before = datetime.min.replace(tzinfo=UTC)
        self.takes_the_lead()

    def takes_the_lead(self):
        self.term = self.log.raise_term()
        self.appender = DirectAppender(self.log, self.clock.now)
        self.projections = Projections(
            self.log,
            self.appender,
            term=self.term,
            roster=lambda: Roster(CAMERAS, SITES),
            coverage=self.coverage,
            steps=self.steps,
            clock=self.clock,
        )

    def coverage(self, key, stretches):
        """Asked for while intervals close."""
        meanwhile, self.meanwhile = self.meanwhile, []
        self.append(*meanwhile)
        return [
            0.0 if begin < self.unread_before else self.covered.get((str(key), begin, end), 1.0)
            for begin, end in stretches
        ]

    def at(self, hour, minute=0, second=0, *, day=4):
        """It is that time, UTC."""
        moment = datetime(2026, 5, day, hour, minute, second, tzinfo=UTC)
        self.clock.passes((moment - self.clock.now()).total_seconds())
        return moment

    def counts(self, line, entered, left=0):
        """A line is read now, and so many have crossed since its last count."""
        self.append(line.count(entered, left, after=self.clock.now() - line.read_at))
        self.read(line)

    def read(self, *lines):
        """Lines are read now, and nothing has changed."""
        self.log.note_seen(self.term, {str(line.key): self.clock.now() for line in lines or self.lines})

    def append(self, *events):
        self.log.append(self.term, [Append(events)], self.clock.now())

    def settle(self):
        """The projections go on until there is nothing to do."""
        closed = 0
        for _ in range(3):
            closed += self.projections.step()
        return closed

    def intervals(self, scope=None, step=None):
        entries = [entry for entry in self.log.read(0, 100_000) if entry.event.kind is EventKind.INTERVAL_CLOSED]
        found = [read_interval(entry.event) for entry in entries]
        return [one for one in found if scope in {None, one.scope} and step in {None, one.step}]

    def told(self, scope, step):
        """When each interval begins, and its figures."""
        return [(f"{one.started_at:%H:%M}", people(one)) for one in self.intervals(scope, step)]


def people(interval):
    return None if interval.figures is None else (interval.figures.entered, interval.figures.left)


@pytest.fixture
def line():
    return CountingLine()


@pytest.fixture
def room(line):
    room = Room(line)
    room.counts(line, 0)
    return room


def test_a_quarter_closes_once_its_line_was_read_after_it(room, line):
    room.at(8, 5)
    room.counts(line, 3, 1)
    room.at(8, 14, 59)
    room.read()
    assert room.settle() == 0
    room.at(8, 15, 4)
    assert room.settle() == 0
    room.read()
    assert room.settle() == 3
    assert [(one.scope, one.subject, people(one)) for one in room.intervals()] == [
        (Scope.LINE, "cam-0-1-1", (3, 1)),
        (Scope.DOOR, "door", (3, 1)),
        (Scope.SITE, "site", (3, 1)),
    ]
    (interval,) = room.intervals(Scope.LINE)
    assert (interval.started_at, interval.length) == (EIGHT, timedelta(minutes=15))
    assert interval.local_start == datetime(2026, 5, 4, 10, 0)
    assert (interval.quality, interval.coverage) == (Quality.MEASURED, 1.0)
    assert room.settle() == 0


def test_where_nobody_came_the_interval_says_zero_and_where_nobody_looked_that_it_is_not_known(room, line):
    room.at(8, 15, 2)
    room.read()
    room.settle()
    room.at(8, 31)
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (0, 0)), ("08:15", (0, 0))]
    room.at(8, 46)
    room.settle()
    missing = room.intervals(Scope.LINE, Step.QUARTER)[-1]
    assert (missing.figures, missing.quality, missing.coverage) == (None, Quality.MISSING, 0.0)


def test_a_line_that_is_not_read_is_waited_for_two_polls_and_half_a_minute(room):
    room.at(8, 10)
    room.read()
    room.at(8, 15, 49)
    assert room.settle() == 0
    room.at(8, 15, 50)
    assert room.settle() == 3
    (interval,) = room.intervals(Scope.LINE)
    assert (interval.figures, interval.quality) == (Figures(0, 0), Quality.MEASURED)
    assert interval.coverage == pytest.approx(10 / 15, abs=1e-4)


def test_a_door_and_a_site_close_when_all_their_lines_were_read():
    room = Room(CountingLine(), CountingLine("other", door_id="back"))
    first, second = room.lines
    room.counts(first, 0)
    room.counts(second, 0)
    room.at(8, 7)
    room.counts(first, 3)
    room.counts(second, 4)
    room.at(8, 15, 1)
    room.read(first)
    room.settle()
    assert room.told(Scope.DOOR, Step.QUARTER) == [("08:00", (3, 0))]
    assert room.intervals(Scope.SITE) == []
    room.at(8, 15, 9)
    room.read(second)
    room.settle()
    assert room.told(Scope.SITE, Step.QUARTER) == [("08:00", (7, 0))]


def test_hours_and_local_days_close_as_well_and_a_day_is_the_sum_of_its_hours(room, line):
    for hour in range(8, 23):
        room.at(hour, 30)
        room.counts(line, 2, 1)
        room.at(hour, 59, 58)
        room.read()
        room.settle()
    room.at(23, 0, 8)
    room.read()
    room.settle()
    hours = room.intervals(Scope.LINE, Step.HOUR)
    assert [people(one) for one in hours] == [(2, 1)] * 15
    for scope in Scope:
        (day,) = room.intervals(scope, Step.DAY)
        assert (day.local_start, day.length) == (datetime(2026, 5, 4), timedelta(hours=24))
        assert people(day) == (28, 14)  # what came from 22:30 UTC on is of the next day in Zurich
        assert day.quality is Quality.MISSING  # nobody knows what was before the first reading
        assert day.coverage == pytest.approx(14 / 24, abs=1e-3)


def test_people_counted_over_more_than_an_interval_are_spread_and_estimated(room, line):
    room.at(8, 14, 55)
    room.read()
    room.at(9, 0, 5)
    room.append(line.count(9, 0, after=timedelta(minutes=60, seconds=5)))
    room.read()
    room.settle()
    assert sum(pair[0] for _, pair in room.told(Scope.LINE, Step.QUARTER)) == 9
    assert {one.quality for one in room.intervals(Scope.LINE, Step.QUARTER)} == {Quality.ESTIMATED}


def test_what_is_told_later_of_a_closed_interval_is_in_the_longer_ones_that_are_open(room, line):
    room.at(8, 10)
    room.read()
    for minute in (16, 31, 46):
        room.at(8, minute)
        room.settle()
    closed = room.told(Scope.LINE, Step.QUARTER)
    assert closed == [("08:00", (0, 0)), ("08:15", None), ("08:30", None)]
    room.at(8, 50)
    room.append(line.count(40, 0, after=timedelta(minutes=50)))
    room.at(9, 0, 3)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER)[:3] == closed
    assert room.told(Scope.LINE, Step.HOUR) == [("08:00", (40, 0))]


def corrected(line, start, new, old=None, quality=Quality.CORRECTED):
    return correction_event(
        Place("site", "Site", "cam", "Camera", "door", "Door", "Line"),
        HourCorrection(
            line.key,
            start,
            start + timedelta(hours=1),
            (start + timedelta(hours=2)).replace(tzinfo=None),
            old=old,
            new=new,
            old_quality=Quality.ESTIMATED if old else Quality.MISSING,
            quality=quality,
            coverage=0.5,
            reason=CorrectionReason.OUTAGE,
        ),
        start + timedelta(hours=2),
    )


def test_a_correction_is_in_the_day_and_the_hour_is_not_told_again(room, line):
    room.at(8, 30)
    room.counts(line, 10, 4)
    room.at(9, 0, 5)
    room.read()
    room.settle()
    room.append(corrected(line, EIGHT, Figures(13, 4), Figures(10, 4)))
    room.append(corrected(line, EIGHT, Figures(13, 4), Figures(10, 4)))  # it says what the hour is
    room.at(22, 0, 9)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.HOUR)[0] == ("08:00", (10, 4))
    assert people(room.intervals(Scope.LINE, Step.DAY)[0]) == (13, 4)
    assert people(room.intervals(Scope.SITE, Step.DAY)[0]) == (13, 4)
    assert room.intervals(Scope.LINE, Step.QUARTER)[-1].today.quality is Quality.MISSING


def test_an_hour_that_is_corrected_while_it_closes_closes_as_it_was_corrected(room, line):
    room.at(8, 10)
    room.counts(line, 10, 4)
    room.settle()
    room.at(9, 0, 4)
    room.read()
    room.meanwhile = [corrected(line, EIGHT, Figures(13, 4), Figures(10, 4))]
    room.settle()
    room.settle()
    assert not room.meanwhile
    assert room.told(Scope.LINE, Step.HOUR)[-1] == ("08:00", (13, 4))
    kinds = [entry.event.kind for entry in room.log.read(0, 1000)]
    hour = max(place for place, kind in enumerate(kinds) if kind is EventKind.INTERVAL_CLOSED)
    assert kinds.index(EventKind.COUNT_CORRECTION) < hour


def test_a_correction_of_a_day_that_is_closed_opens_nothing(room, line):
    room.at(8, 30)
    room.append(corrected(line, EIGHT - timedelta(days=3), Figures(50, 50)))
    room.at(22, 0, 9)
    room.read()
    room.settle()
    assert people(room.intervals(Scope.LINE, Step.DAY)[0]) == (0, 0)


def test_each_interval_closes_once_whatever_happens_in_between(line):
    """The process is killed after each append; the next one goes on from the log."""
    room = Room(line)
    room.counts(line, 0)
    for minute in range(5, 300, 5):
        room.at(8 + minute // 60, minute % 60, 1)
        room.counts(line, minute % 3, minute % 2)
        if minute % 25 == 0:
            room.takes_the_lead()
        room.settle()
        if minute % 35 == 0:
            room.appender.break_with(LogUnavailable("disk full"))
            room.at(8 + minute // 60, minute % 60, 2)
            with suppress(LogUnavailable):
                room.projections._remember()
            room.appender.break_with(None)
    keys = [(one.scope, one.subject, one.started_at, one.step) for one in room.intervals()]
    assert len(keys) == len(set(keys))
    quarters = room.intervals(Scope.LINE, Step.QUARTER)
    assert [one.started_at for one in quarters] == [EIGHT + timedelta(minutes=15) * n for n in range(len(quarters))]
    assert len(quarters) == 19
    told = sum(one.figures.entered for one in quarters)
    assert told == sum(minute % 3 for minute in range(5, 286, 5))


def test_where_an_append_may_have_been_kept_or_not_memory_is_void(room, line):
    room.at(8, 15, 5)
    room.read()
    room.projections.step()
    room.appender.break_with(LogUnavailable("disk full"))
    with pytest.raises(LogUnavailable):
        room.projections.step()
    room.appender.break_with(None)
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (0, 0))]


def test_whoever_was_replaced_appends_nothing(room, line):
    room.settle()
    room.log.raise_term()
    room.at(8, 16)
    room.projections.step()
    with pytest.raises(StaleTerm):
        room.projections.step()
    assert room.intervals() == []


def test_a_log_that_is_put_back_is_followed_from_the_states_it_brought_along(room, line):
    room.at(8, 10)
    room.counts(line, 5)
    room.at(8, 15, 5)
    room.read()
    room.settle()
    entries, states, number = list(room.log._entries), dict(room.log._states), room.log._number
    room.at(8, 30, 5)
    room.counts(line, 7)
    room.settle()
    assert len(room.told(Scope.LINE, Step.QUARTER)) == 2
    room.log._entries, room.log._states, room.log._number = entries, states, number
    room.log.start_epoch()
    room.counts(line, 0)
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (5, 0)), ("08:15", (0, 0))]


def test_a_removed_camera_is_waited_for_no_longer():
    room = Room(CountingLine(), CountingLine("other"))
    for one in room.lines:
        room.counts(one, 0)
    room.settle()
    room.append(status_event(Status(Place("site", "Site", "other", "Camera"), "removed", EIGHT)))
    room.at(8, 15, 3)
    room.read(room.lines[0])
    room.settle()
    assert {one.subject for one in room.intervals(Scope.LINE)} == {"cam-0-1-1"}
    assert room.told(Scope.SITE, Step.QUARTER) == [("08:00", (0, 0))]
    room.takes_the_lead()
    room.at(8, 30, 3)
    room.read(room.lines[0])
    room.settle()
    assert {one.subject for one in room.intervals(Scope.LINE)} == {"cam-0-1-1"}


def test_a_line_its_camera_tells_of_no_longer_is_expected_for_two_days():
    room = Room(CountingLine(), CountingLine(index=2))
    for one in room.lines:
        room.counts(one, 0)
    stays, goes = room.lines
    for hour, day in ((8, 5), (7, 6)):
        room.at(hour, 1, day=day)
        room.read(stays)
        room.settle()
    assert room.intervals(Scope.DOOR, Step.QUARTER)[-1].quality is Quality.MISSING
    room.at(8, 16, day=6)
    room.read(stays)
    room.settle()
    newest = room.intervals(Scope.DOOR, Step.QUARTER)[-1]
    assert (newest.started_at, newest.quality) == (datetime(2026, 5, 6, 8, tzinfo=UTC), Quality.MEASURED)
    told = [one.started_at for one in room.intervals(Scope.LINE, Step.QUARTER) if one.subject == str(goes.key)]
    assert max(told) == datetime(2026, 5, 6, 6, 45, tzinfo=UTC)


def test_after_a_week_away_no_more_than_two_days_are_closed(room, line):
    room.settle()
    room.at(8, 1, day=14)
    room.counts(line, 70)
    room.settle()
    hours = room.intervals(Scope.LINE, Step.HOUR)
    assert len(hours) == 48
    assert hours[0].started_at == datetime(2026, 5, 12, 8, tzinfo=UTC)


def test_a_sum_is_as_good_as_its_worst_part_and_covered_as_they_are_in_the_mean():
    room = Room(CountingLine(), CountingLine("other"))
    first, second = room.lines
    room.counts(first, 0)
    room.counts(second, 0)
    room.at(8, 5)
    room.counts(first, 4)
    room.covered["other-0-1-1", EIGHT, EIGHT + timedelta(minutes=15)] = 0.5
    room.at(8, 15)
    room.read()
    room.settle()
    (site,) = room.intervals(Scope.SITE)
    assert (people(site), site.quality, site.coverage) == ((4, 0), Quality.MEASURED, 0.75)
    room.at(8, 30, 5)
    room.read(first)
    room.at(8, 31)
    room.settle()
    site = room.intervals(Scope.SITE)[-1]
    assert (people(site), site.quality) == ((0, 0), Quality.MISSING)


def test_every_quarter_tells_how_far_the_day_can_be_trusted(room, line):
    room.at(8, 15, 5)
    room.read()
    room.settle()
    body = json.loads(room.log.latest().entries[-1].event.body)
    assert (body["lineId"], body["step"], body["minutes"]) == ("cam-0-1-1", "15", 15)
    assert (body["qualityToday"], body["coverageToday"]) == ("missing", round(0.25 / 10.25, 4))


def test_five_minutes_may_be_asked_for(line):
    room = Room(line, steps=(Step.FIVE_MINUTES, *STEPS))
    room.counts(line, 0)
    room.at(8, 4)
    room.counts(line, 3)
    room.at(8, 5, 9)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.FIVE_MINUTES) == [("08:00", (3, 0))]


def test_lines_that_close_together_are_appended_in_parts(monkeypatch):
    monkeypatch.setattr(projections_module, "APPENDED_AT_ONCE", 4)
    room = Room(*(CountingLine(f"c{number}", door_id=f"door{number}") for number in range(9)))
    for one in room.lines:
        room.counts(one, 1)
    sizes = []
    submit = room.appender.submit
    room.appender.submit = lambda term, append: (sizes.append(len(append.events)), submit(term, append))[1]
    room.at(8, 15, 5)
    room.read()
    assert room.settle() == 9 + 9 + 1
    assert sizes[:5] == [4, 4, 4, 4, 3]


def test_an_event_nobody_can_read_is_said_once_and_passed_over(room, line, caplog):
    broken = line.count(1)
    room.append(type(broken)(broken.kind, "site", "cam", "door", "", '{"lineId":"nonsense"}'))
    room.append(type(broken)(broken.kind, "site", "cam", "door", "", '{"lineId":"nonsense"}'))
    room.at(8, 15, 5)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (0, 0))]
    assert sum("left out of the intervals" in record.message for record in caplog.records) == 1


def test_a_camera_in_another_zone_has_its_own_hours_and_days():
    room = Room(CountingLine())
    (line,) = room.lines
    in_india = timedelta(hours=5, minutes=30)
    event = line.count(0)
    body = json.loads(event.body)
    body["localTime"] = (line.read_at + in_india).replace(tzinfo=None).isoformat()
    body["utcOffset"] = 330
    room.append(type(event)(event.kind, "site", "cam", "door", event.subject, json.dumps(body)))
    room.at(8, 30, 5)
    room.read()
    room.settle()
    (hour,) = room.intervals(Scope.LINE, Step.HOUR)
    assert (hour.started_at, hour.local_start) == (
        datetime(2026, 5, 4, 7, 30, tzinfo=UTC),
        datetime(2026, 5, 4, 13, 0),
    )
    assert room.intervals(Scope.SITE, Step.HOUR) == []


def test_days_have_23_and_25_hours_where_clocks_change():
    march = CountingLine(read_at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC))
    room = Room(march)
    room.clock.passes((march.read_at - EIGHT).total_seconds())
    event = march.count(0, after=timedelta(0))
    body = json.loads(event.body) | {"localTime": "2026-03-29T00:00:00", "utcOffset": 60}
    room.append(type(event)(event.kind, "site", "cam", "door", event.subject, json.dumps(body)))
    room.settle()
    room.clock.passes(23 * 3600 + 5)
    room.read()
    room.settle()
    for scope in Scope:
        (day,) = room.intervals(scope, Step.DAY)
        assert (day.local_start, day.length) == (datetime(2026, 3, 29), timedelta(hours=23))


def test_intervals_go_by_the_cameras_clock_as_its_history_does(room, line):
    """It is a minute late: what it counts up to 08:16 of our time is of its quarter before."""
    event = line.count(0, after=timedelta(minutes=5))
    body = json.loads(event.body) | {"localTime": "2026-05-04T10:04:00", "utcOffset": 120}
    room.append(type(event)(event.kind, "site", "cam", "door", event.subject, json.dumps(body)))
    room.at(8, 15, 10)
    room.read()
    assert room.settle() == 0
    event = line.count(6, after=timedelta(minutes=10, seconds=50))
    body = json.loads(event.body) | {"localTime": "2026-05-04T10:14:50", "utcOffset": 120}
    room.append(type(event)(event.kind, "site", "cam", "door", event.subject, json.dumps(body)))
    room.at(8, 16, 1)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (6, 0))]


def back_filled(line, start, end, entered):
    """The history of a line told of an hour that was over before its first reading."""
    line.read_at = start
    event = line.count(entered, after=end - start)
    body = json.loads(event.body) | {"quality": "back-filled"}
    return type(event)(event.kind, "site", "cam", "door", event.subject, json.dumps(body))


def test_of_a_day_that_was_filled_in_from_the_history_hours_without_people_are_known_to_be_empty(line):
    room = Room(line)
    room.append(back_filled(line, EIGHT - timedelta(hours=2), EIGHT - timedelta(hours=1), 12))
    room.append(back_filled(line, EIGHT, EIGHT + timedelta(minutes=20), 3))
    room.at(8, 20)
    room.unread_before = EIGHT + timedelta(minutes=20)
    room.read()
    room.settle()
    room.takes_the_lead()
    room.at(9, 0, 5)
    room.read()
    room.settle()
    hours = room.intervals(Scope.LINE, Step.HOUR)
    assert [people(one) for one in hours] == [(0, 0)] * 8 + [(12, 0), (0, 0), (3, 0)]
    assert {one.quality for one in hours} == {Quality.BACK_FILLED}
    assert room.intervals(Scope.LINE, Step.QUARTER)[-1].today.quality is not Quality.MISSING


def test_nobody_is_told_twice_by_a_fold_of_what_was_not_read_yet(room, line, caplog):
    room.at(8, 15, 4)
    room.read()
    room.settle()
    room.at(8, 20)
    room.counts(line, 3)
    room.settle()
    room.at(8, 21)
    room.counts(line, 4)
    room.log.rewrite(room.term, Folding().take(room.log.read(0, 100)))
    room.at(8, 25)
    room.counts(line, 5)
    room.at(8, 30, 4)
    room.read()
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER)[-1] == ("08:15", (5, 0)), "as far as known, and nobody twice"
    assert "trimmed or folded before its intervals were closed" in caplog.text


def test_folded_entries_that_were_read_long_ago_change_nothing(room, line):
    room.at(8, 5)
    room.counts(line, 3)
    room.settle()
    room.log.rewrite(room.term, Folding().take(room.log.read(0, 100)))
    room.at(8, 6)
    room.counts(line, 4)
    room.at(8, 15, 4)
    room.read()
    room.settle()
    room.takes_the_lead()
    room.settle()
    assert room.told(Scope.LINE, Step.QUARTER) == [("08:00", (7, 0))]
