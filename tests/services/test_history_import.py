from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from peoplecount.domain.camera import Camera
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.history_import import HistoryImport
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.registros import Registros
from peoplecount.storage.registros_shape import look_at
from peoplecount.storage.schema import hour_counts, quarter_hours
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.installation import Installation
from tests.support.own_tables import make_tables

ZURICH = ZoneInfo("Europe/Zurich")
MORNING = datetime(2026, 5, 4, 8)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
ROSTER = Roster(
    {"7": Camera("7", "Hall", "http://192.0.2.7")}, {DEFAULT_SITE_ID: Site(DEFAULT_SITE_ID, "Main", "Europe/Zurich")}
)


@pytest.fixture(params=[True, False], ids=["numbered", "dated only"])
def installation(request, blank):
    made = Installation(blank, numbered=request.param).make()
    make_tables(blank)
    yield made
    made.take_away()


def imports(installation, now=LATER):
    connection = installation.connection
    shape = look_at(connection, connection.product, installation.table_name, connection.schema)
    work = HistoryImport(connection, ROSTER, ZURICH, now=now)
    return work.run(Registros(shape).pages(connection))


def a_day(installation, day, people):
    """A person a minute from eight in the morning, by the server's clock in Zürich; zeros at midnight."""
    midnight = datetime(2026, 5, day)
    installation.writes("7", 0, 0, 0, 0, at=midnight)
    for count in range(1, people + 1):
        installation.writes(
            "7", count, count // 2, 0, 0, at=midnight + timedelta(hours=8, minutes=count - 1, seconds=30)
        )


def hours(connection):
    rows = connection.execute(select(hour_counts).order_by(hour_counts.c.starts_at))
    return [(row.starts_at, row.local_start.hour, row.in_count, row.out_count, row.quality) for row in rows]


def test_days_become_hours_and_quarters_marked_imported(installation):
    for day in (4, 5):
        a_day(installation, day, 90)
    done = imports(installation)
    eight = datetime(2026, 5, 4, 6, tzinfo=UTC)
    day, hour = timedelta(days=1), timedelta(hours=1)
    expected = [
        (eight, 8, 60, 30, "imported"),
        (eight + hour, 9, 30, 15, "imported"),
        (eight + day, 8, 60, 30, "imported"),
        (eight + day + hour, 9, 30, 15, "imported"),
    ]
    assert hours(installation.connection) == expected
    (row,) = installation.connection.execute(
        select(func.count(), func.sum(quarter_hours.c.in_count)).select_from(quarter_hours)
    )
    assert tuple(row) == (12, 180)
    assert (done.hours, done.people.entered, done.lines) == (4, 180, {"7-0-1-1"})
    assert len(installation.rows()) == 182  # nothing is changed there


def test_it_may_be_done_again(installation):
    a_day(installation, 4, 90)
    imports(installation)
    before = hours(installation.connection)
    again = imports(installation)
    assert (again.hours, again.left_alone) == (0, 2)
    assert hours(installation.connection) == before


def test_hours_that_are_known_stay_as_they_are(installation):
    a_day(installation, 4, 90)
    log, line = MemoryEventLog(), CountingLine("7", read_at=EIGHT - timedelta(hours=2))
    append(log, line.count(5, 5))
    RecordWriter(log, installation.connection).run_once()
    done = imports(installation)
    assert [row[2:] for row in hours(installation.connection)] == [(5, 5, "measured"), (30, 15, "imported")]
    assert done.left_alone == 1


def test_what_is_not_over_yet_is_left_to_counting(installation):
    a_day(installation, 4, 90)
    done = imports(installation, now=datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
    assert done.hours == 1


def test_lines_that_were_counted_here_keep_their_ids(installation):
    a_day(installation, 4, 10)
    log = MemoryEventLog()
    line = CountingLine("7", read_at=EIGHT + timedelta(days=3))
    append(log, line.count(1))
    RecordWriter(log, installation.connection).run_once()
    imports(installation)
    asked = select(hour_counts.c.line_id).distinct()
    assert [row[0] for row in installation.connection.execute(asked)] == ["7-0-1-1"]
