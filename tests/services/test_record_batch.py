"""What corrections and closed intervals do to the history."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import Scope
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import RowsLost
from peoplecount.storage.quarter_stamps import load_stamps
from peoplecount.storage.schema import (
    corrections,
    hour_counts,
    positions,
    quarter_hours,
    records,
    writer_cursor,
)
from tests.services.test_record_writer import LosesRows
from tests.support.counting_line import EIGHT, SUMMER_TIME, CountingLine, append

HOUR = timedelta(hours=1)
QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)


@pytest.fixture
def log():
    return MemoryEventLog()


def write_all(log, db, **options):
    writer = RecordWriter(log, db, **options)
    while writer.run_once():
        pass
    return writer


def rows_of(db, table):
    return db.execute(select(table))


def sums(db, table):
    people = Counter()
    for row in rows_of(db, table):
        people[row.line_id, "in"] += row.in_count
        people[row.line_id, "out"] += row.out_count
    return {key: count for key, count in people.items() if count}


def test_a_correction_is_a_signed_record_a_row_of_its_own_and_the_hours_new_figure(log, connection):
    line = CountingLine()
    append(log, line.count(5, 1), line.correct(EIGHT, 3, 4, coverage=0.75))
    write_all(log, connection)
    counted, corrected = rows_of(connection, records)
    assert (counted.in_count, counted.out_count, counted.quality) == (5, 1, "measured")
    assert (corrected.in_count, corrected.out_count, corrected.quality) == (-2, 3, "corrected")
    assert (corrected.started_at, corrected.ended_at) == (EIGHT, EIGHT + HOUR)
    assert corrected.local_time == datetime(2026, 5, 4, 11)
    assert (corrected.in_total, corrected.out_total, corrected.in_generation, corrected.out_generation) == (None,) * 4
    (hour,) = rows_of(connection, hour_counts)
    assert (hour.in_count, hour.out_count, hour.quality, hour.coverage) == (3, 4, "corrected", 0.75)
    (row,) = rows_of(connection, corrections)
    assert (row.old_in, row.old_out, row.new_in, row.new_out) == (5, 1, 3, 4)
    assert (row.old_quality, row.quality, row.coverage) == ("measured", "corrected", 0.75)
    assert (row.line_id, row.door_id, row.site_id) == ("cam-0-1-1", "door", "site")
    assert (row.starts_at, row.ends_at, row.local_start) == (EIGHT, EIGHT + HOUR, datetime(2026, 5, 4, 10))
    assert (row.reason, row.known_at) == ("the camera's history has another figure", EIGHT)
    assert row.event_number == corrected.event_number == 2
    assert sums(connection, records) == sums(connection, hour_counts) == sums(connection, quarter_hours)


def test_the_database_corrects_what_it_holds_and_not_what_the_event_thinks_it_held(log, embedded):
    """The event says the hour had been 0; here it is 5."""
    line = CountingLine()
    append(log, line.count(5))
    write_all(log, embedded)
    append(log, line.correct(EIGHT, 6))
    write_all(log, embedded)
    assert [row.in_count for row in rows_of(embedded, records)] == [5, 1]
    assert rows_of(embedded, corrections)[0].old_in == 5


def test_an_hour_the_database_knew_nothing_of_had_no_old_figure(log, embedded):
    append(log, CountingLine().correct(EIGHT, 8, 4, quality=Quality.BACK_FILLED, coverage=0.0))
    write_all(log, embedded)
    (row,) = rows_of(embedded, corrections)
    assert (row.old_in, row.old_out, row.old_quality) == (None, None, "missing")
    assert [(quarter.in_count, quarter.quality) for quarter in rows_of(embedded, quarter_hours)] == [
        (2, "estimated")
    ] * 4
    assert rows_of(embedded, positions) == []


def test_a_correction_said_twice_is_written_once(log, connection):
    line = CountingLine()
    append(log, line.count(5), line.correct(EIGHT, 3), line.correct(EIGHT, 3))
    write_all(log, connection)
    append(log, line.correct(EIGHT, 3))
    write_all(log, connection)
    assert len(rows_of(connection, corrections)) == 1
    assert len(rows_of(connection, records)) == 2


def test_a_figure_that_is_confirmed_makes_no_record_but_is_told(log, embedded):
    line = CountingLine()
    append(log, line.count(6, after=2 * HOUR), line.correct(EIGHT, 3, quality=Quality.BACK_FILLED))
    write_all(log, embedded)
    assert len(rows_of(embedded, records)) == 1
    (row,) = rows_of(embedded, corrections)
    assert (row.old_in, row.new_in, row.old_quality, row.quality) == (3, 3, "estimated", "back-filled")


def test_each_door_of_the_hour_gets_its_share_of_the_record(log, embedded):
    line = CountingLine(door_id="old")
    append(log, line.count(2))
    line.door_id = "new"
    append(log, line.count(6), line.correct(EIGHT, 12))
    write_all(log, embedded)
    counted, corrected = rows_of(embedded, records)[:2], rows_of(embedded, records)[2:]
    assert [(row.door_id, row.in_count) for row in counted] == [("old", 2), ("new", 6)]
    assert {(row.door_id, row.in_count) for row in corrected} == {("old", 1), ("new", 3)}


def test_a_swapped_line_is_written_in_our_sense_and_its_totals_in_the_cameras(log, connection):
    line = CountingLine(swapped=True)
    append(log, line.count(5, 1), line.count(2, 0))
    write_all(log, connection)
    first, second = rows_of(connection, records)
    assert (first.in_count, first.out_count, first.in_total, first.out_total) == (1, 5, 5, 1)
    assert (second.in_count, second.out_count) == (0, 2)
    assert sums(connection, hour_counts) == {("cam-0-1-1", "in"): 1, ("cam-0-1-1", "out"): 7}
    (position,) = rows_of(connection, positions)
    assert (position.in_total, position.out_total) == (7, 1)


def test_closed_intervals_give_hours_and_quarters_their_coverage(log, connection):
    line = CountingLine()
    append(
        log,
        line.count(5),
        line.close(EIGHT, QUARTER, Figures(5), coverage=0.5),
        line.close(EIGHT + QUARTER, QUARTER, Figures()),
        line.close(EIGHT + 2 * QUARTER, QUARTER, None, quality=Quality.MISSING, coverage=0.0),
        line.close(EIGHT, HOUR, Figures(5), quality=Quality.ESTIMATED, coverage=0.625),
    )
    write_all(log, connection)
    quarters = sorted(rows_of(connection, quarter_hours), key=lambda row: row.starts_at)
    assert [(row.in_count, row.quality, row.coverage) for row in quarters] == [
        (5, "measured", 0.5),
        (0, "measured", 1.0),
        (0, "missing", 0.0),
    ]
    (hour,) = rows_of(connection, hour_counts)
    assert (hour.in_count, hour.quality, hour.coverage) == (5, "estimated", 0.625)
    assert len(rows_of(connection, records)) == 1


def test_hours_before_the_clock_was_changed_are_called_what_it_showed_then(log, connection):
    line, before = CountingLine(read_at=EIGHT - 2 * HOUR), SUMMER_TIME - HOUR
    # Counted at 08:30 over an outage, by a clock that was put forward at 08:00.
    counted = line.count(30, 10, after=timedelta(hours=2, minutes=30))
    corrected = line.correct(EIGHT - HOUR, 9, 4, ahead=before)
    closed = line.close(EIGHT - 2 * HOUR, HOUR, Figures(12, 4), ahead=before)
    append(log, counted)
    write_all(log, connection)
    append(log, corrected, closed)
    write_all(log, connection)
    hours = sorted(rows_of(connection, hour_counts), key=lambda hour: hour.starts_at)
    assert [hour.local_start.hour for hour in hours] == [7, 8, 10]
    assert [hour.in_count for hour in hours] == [12, 9, 6]


@pytest.mark.parametrize(
    ("length", "scope"),
    [(timedelta(minutes=5), Scope.LINE), (timedelta(days=1), Scope.LINE), (HOUR, Scope.DOOR), (QUARTER, Scope.SITE)],
)
def test_intervals_of_other_lengths_and_of_doors_and_sites_are_not_of_the_history(log, embedded, length, scope):
    append(log, CountingLine().close(EIGHT, length, Figures(), scope=scope))
    writer = write_all(log, embedded)
    assert rows_of(embedded, hour_counts) == rows_of(embedded, quarter_hours) == []
    assert (writer.written_up_to(), writer.state.refused) == (log.head(), 0)


@pytest.mark.parametrize("minutes", [7, 14])
def test_an_hour_that_begins_on_no_quarter_is_set_aside(log, embedded, minutes):
    """It would stand beside the row it is about, and double it."""
    line = CountingLine()
    append(log, line.count(1), line.correct(EIGHT + timedelta(minutes=minutes), 9), line.count(1))
    writer = write_all(log, embedded)
    assert writer.state.refused == 1
    assert sums(embedded, hour_counts) == {("cam-0-1-1", "in"): 2}


@pytest.mark.parametrize("table", [corrections, hour_counts, quarter_hours, records], ids=lambda table: table.name)
def test_corrections_a_server_loses_without_a_word_are_noticed(log, embedded, table):
    line = CountingLine()
    append(log, line.correct(EIGHT, 5), line.correct(EIGHT + HOUR, 6))
    with pytest.raises(RowsLost, match=table.name):
        RecordWriter(log, LosesRows(embedded, table)).run_once()
    assert rows_of(embedded, corrections) == rows_of(embedded, hour_counts) == []


def busy_log(seed):
    """Four lines for some hours, each of which is corrected, confirmed or left once it is over."""
    dice = random.Random(seed)
    log = MemoryEventLog()
    lines = [CountingLine(f"cam{number}", index, swapped=index == 2) for number in range(2) for index in (1, 2)]
    for _ in range(90):
        line = dice.choice(lines)
        before = line.read_at
        after = timedelta(minutes=dice.choice([1, 1, 5, 20, 130]))
        append(log, line.count(dice.randrange(5), dice.randrange(4), after=after))
        over = line.read_at.replace(minute=0) - HOUR
        while over + HOUR > before and over >= EIGHT:  # hours that ended with this reading
            settle(dice, log, line, over)
            over -= HOUR
    return log, lines


def settle(dice, log, line, hour):
    """An hour is closed and corrected, in either order; some twice, as after a restart."""
    events = [line.close(hour, HOUR, Figures(), coverage=0.5)]
    if dice.random() < 0.7:
        events.insert(dice.randrange(2), line.correct(hour, dice.randrange(20), dice.randrange(20)))
    if dice.random() < 0.2:
        events.append(line.correct(hour, dice.randrange(20), dice.randrange(20), quality=Quality.BACK_FILLED))
    append(log, *events)


def contents(db):
    """What stands in the history, without what may differ: which row came from which event."""
    hours = {
        tuple(row[:4]): (row.in_count, row.out_count, row.quality, row.coverage) for row in rows_of(db, hour_counts)
    }
    return hours, {row.line_id: (row.in_total, row.out_total) for row in rows_of(db, positions)}


def empty(db):
    for table in (records, corrections, hour_counts, quarter_hours, positions, writer_cursor):
        db.execute(delete(table))


@pytest.mark.parametrize("seed", range(4))
def test_however_it_is_cut_and_however_often_it_is_replayed_the_history_is_the_same(embedded, seed):
    dice = random.Random(seed)
    log, _ = busy_log(seed)
    write_all(log, embedded, batch=1000)
    expected, people = contents(embedded), sums(embedded, records)
    assert people == sums(embedded, hour_counts) == sums(embedded, quarter_hours)
    empty(embedded)
    for _ in range(3):
        writer = RecordWriter(log, embedded, batch=dice.randrange(1, 60))
        for _ in range(dice.randrange(1, 5)):
            writer.run_once()
        log.start_epoch()  # from the beginning again
    write_all(log, embedded, batch=dice.randrange(1, 100))
    assert contents(embedded) == expected
    assert sums(embedded, records) == sums(embedded, hour_counts) == sums(embedded, quarter_hours) == people


def test_it_is_the_same_on_every_database(connection):
    log, lines = busy_log(11)
    write_all(log, connection, batch=37)
    assert sums(connection, records) == sums(connection, hour_counts) == sums(connection, quarter_hours)
    totals = {row.line_id: (row.in_total, row.out_total) for row in rows_of(connection, positions)}
    assert totals == {str(line.key): line.totals for line in lines if line.read_at > EIGHT}
    once = contents(connection)
    log.start_epoch()
    write_all(log, connection)
    assert contents(connection) == once


def test_an_hour_that_changes_without_its_quarters_has_another_stamp(log, connection):
    line = CountingLine(read_at=EIGHT + 40 * MINUTE)
    append(log, line.count(5, 1, after=10 * MINUTE))
    write_all(log, connection)
    before = load_stamps(connection, EIGHT, EIGHT + HOUR)
    quarters = list(map(tuple, rows_of(connection, quarter_hours)))
    append(log, line.correct(EIGHT, 5, 1, quality=Quality.BACK_FILLED, coverage=0.5))
    write_all(log, connection)
    assert list(map(tuple, rows_of(connection, quarter_hours))) == quarters
    after = load_stamps(connection, EIGHT, EIGHT + HOUR)
    assert {start for start in after if after[start] != before.get(start)} == {EIGHT}


def test_an_hour_that_grows_by_its_last_quarter_has_another_stamp_where_it_begins(log, connection):
    """It counts for the day that it begins in, and may end on the next one."""
    line = CountingLine(read_at=EIGHT)
    append(log, line.count(5, 1, after=10 * MINUTE))
    write_all(log, connection)
    before = load_stamps(connection, EIGHT, EIGHT + HOUR)
    append(log, line.count(1, after=40 * MINUTE))
    write_all(log, connection)
    assert load_stamps(connection, EIGHT, EIGHT + HOUR)[EIGHT] != before[EIGHT]
