from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import CameraDay, Gap, HourCell, LineDay
from peoplecount.domain.event import Quality
from peoplecount.domain.event_id import EventId
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.services.database_check import MOST_TIMES, DatabaseCheck
from peoplecount.services.day_settlement import Settlement
from peoplecount.storage.errors import DatabaseUnavailable
from tests.support.fake_clock import FakeClock

EAST = LineKey("7")
DAY = date(2026, 5, 6)
TOLD = {hour: Figures(hour, 1) for hour in range(24)}


@dataclass
class Row:
    line_id: str
    starts_at: datetime
    figures: Figures | None
    quality: Quality = Quality.MEASURED


class Database:
    """Has rows as if a writer had put them there."""

    quality = Quality.MEASURED

    def __init__(self):
        self.hours_of = dict(TOLD)
        self.written = EventId("e", 10)
        self.away = False

    def hours(self, start, end, *, line_ids=None):
        if self.away:
            raise DatabaseUnavailable("it is away")
        assert list(line_ids) == [str(EAST)]
        rows = [
            Row(str(EAST), datetime(2026, 5, 6, hour, tzinfo=UTC), figures, self.quality)
            for hour, figures in self.hours_of.items()
        ]
        return [row for row in rows if start <= row.starts_at < end]

    def written_up_to(self):
        return self.written


class Ledger:
    """Remembers what was said again; ``obedient`` writes it into the database at once."""

    def __init__(self, database):
        self.database = database
        self.said = []
        self.obedient = True

    def days(self, camera_id):
        return {DAY: CameraDay(DAY, (), {EAST: LineDay({hour: HourCell(told) for hour, told in TOLD.items()})})}

    def reassert(self, camera, day, slots, now):
        self.said.append((camera.camera_id, day, slots))
        if self.obedient:
            self.database.hours_of.update({slot: TOLD[slot] for slot in slots[EAST]})
        return Settlement(corrected=len(slots[EAST]))


class Room:
    def __init__(self):
        self.database = Database()
        self.ledger = Ledger(self.database)
        self.head = EventId("e", 10)
        roster = Roster({"7": Camera("7", "Entrance", "http://192.0.2.7")}, {"default": Site("default", "S", "UTC")})
        self.check = DatabaseCheck(
            self.ledger, self.database, head=lambda: self.head, roster=lambda: roster, clock=FakeClock()
        )


@pytest.fixture
def room():
    return Room()


def test_a_database_that_has_what_was_told_is_left_alone(room):
    assert room.check.reassert("7", DAY) == 0
    assert room.ledger.said == []


def test_hours_it_has_otherwise_or_not_at_all_are_said_again(room):
    room.database.hours_of[9] = Figures(100, 1)
    del room.database.hours_of[0]
    room.database.hours_of[1] = None
    assert room.check.reassert("7", DAY) == 3
    assert room.ledger.said == [("7", DAY, {EAST: (0, 1, 9)})]
    assert room.check.reassert("7", DAY) == 0


def test_rows_of_several_doors_are_summed_up(room):
    halves = [Row(str(EAST), datetime(2026, 5, 6, 9, tzinfo=UTC), half) for half in (Figures(4, 1), Figures(5, 0))]
    rest = [Row(str(EAST), datetime(2026, 5, 6, hour, tzinfo=UTC), TOLD[hour]) for hour in TOLD if hour != 9]
    room.database.hours = lambda start, end, *, line_ids=None: halves + rest
    assert room.check.reassert("7", DAY) == 0


def test_a_database_that_is_behind_is_waited_for(room):
    room.database.written = EventId("e", 9)
    room.database.hours_of[9] = Figures(100, 1)
    assert room.check.reassert("7", DAY) is None
    room.head = EventId("e", 5000)  # what came later need not be there
    assert room.check.reassert("7", DAY) is None
    room.database.written = EventId("e", 10)
    assert room.check.reassert("7", DAY) == 1


def test_a_database_without_a_cursor_has_nothing_yet(room):
    room.database.written = None
    assert room.check.reassert("7", DAY) is None


def test_a_log_that_was_put_back_is_waited_for_anew(room):
    room.database.written = EventId("e", 9)
    assert room.check.reassert("7", DAY) is None
    room.head, room.database.written = EventId("f", 4), EventId("f", 4)
    assert room.check.reassert("7", DAY) is None
    assert room.check.reassert("7", DAY) == 0


def test_a_database_that_does_not_take_it_is_not_told_for_ever(room, caplog):
    room.ledger.obedient = False
    room.database.hours_of[9] = Figures(100, 1)
    said = [room.check.reassert("7", DAY) for _ in range(MOST_TIMES + 1)]
    assert said == [1] * MOST_TIMES + [0]
    assert "does not take what is said of them" in caplog.text


def test_a_database_that_is_away_is_somebody_elses_news(room):
    room.database.away = True
    with pytest.raises(DatabaseUnavailable):
        room.check.reassert("7", DAY)


def test_cameras_and_days_nobody_knows_of_are_done_with(room):
    assert room.check.reassert("a camera that is gone", DAY) == 0
    assert room.check.reassert("7", date(2026, 1, 1)) == 0


def test_hours_that_were_only_filled_in_do_not_replace_what_the_database_saw_live(room):
    day = room.ledger.days("7")[DAY]
    begin = datetime(2026, 5, 6, tzinfo=UTC)
    unread = replace(day.lines[EAST], gaps=(Gap(begin, begin.replace(hour=9)),))
    room.ledger.days = lambda camera_id: {DAY: replace(day, lines={EAST: unread})}
    room.database.hours_of[8] = Figures(60, 60)
    del room.database.hours_of[3]
    assert room.check.reassert("7", DAY) == 1
    assert [said[2] for said in room.ledger.said] == [{EAST: (3,)}]
    room.database.quality = Quality.ESTIMATED  # spread over an outage, or filled in and spoilt since
    assert room.check.reassert("7", DAY) == 1
    assert [said[2] for said in room.ledger.said][1:] == [{EAST: (8,)}]
