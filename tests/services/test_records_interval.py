"""Records of a coarser grain: one row for a line's changes within some minutes."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from peoplecount.domain.event import Quality
from peoplecount.domain.spread import stretch_of
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.errors import RowsLost
from peoplecount.storage.schema import hour_counts, positions, quarter_hours, records
from tests.services.test_record_batch import contents, empty, rows_of, sums
from tests.services.test_record_writer import LosesRows
from tests.support.counting_line import EIGHT, CountingLine, append

MINUTE = timedelta(minutes=1)
FIVE = 5 * MINUTE
HOUR = 60 * MINUTE


@pytest.fixture
def log():
    return MemoryEventLog()


def write_all(log, db, grain=FIVE, **options):
    writer = RecordWriter(log, db, grain=grain, **options)
    while writer.run_once():
        pass
    return writer


def kept(db):
    return db.execute(select(records).order_by(records.c.ended_at, records.c.record_id))


def test_changes_within_the_interval_are_one_row_named_after_the_last(log, connection):
    line = CountingLine()
    append(log, line.count(3, 1), line.count(0, 2, after=MINUTE), line.count(4, after=MINUTE))
    write_all(log, connection)
    (row,) = kept(connection)
    assert (row.in_count, row.out_count, row.in_total, row.out_total) == (7, 3, 7, 3)
    assert (row.started_at, row.ended_at) == (EIGHT, EIGHT + timedelta(seconds=130))
    assert row.local_time == datetime(2026, 5, 4, 10, 2, 10)
    assert (row.event_number, row.quality) == (3, "measured")


def test_a_row_grows_from_batch_to_batch_and_from_start_to_start(log, connection):
    line = CountingLine()
    for people in (1, 2, 4, 8):
        append(log, line.count(people))
        write_all(log, connection)
    (row,) = kept(connection)
    assert (row.in_count, row.in_total, row.event_number) == (15, 15, 4)
    assert row.started_at == EIGHT


def test_the_next_interval_is_the_next_row(log, embedded):
    line = CountingLine()
    append(log, *(line.count(1, after=MINUTE) for _ in range(12)))
    write_all(log, embedded)
    assert [(row.in_count, row.ended_at) for row in kept(embedded)] == [
        (5, EIGHT + FIVE),
        (5, EIGHT + 2 * FIVE),
        (2, EIGHT + 12 * MINUTE),
    ]


@pytest.mark.parametrize("change", ["door", "site", "reset", "other line"])
def test_what_must_be_told_apart_stays_apart(log, embedded, change):
    line = CountingLine()
    append(log, line.count(1))
    write_all(log, embedded)
    if change == "door":
        line.door_id = "other"
    elif change == "site":
        line.site_id = "other"
    elif change == "reset":
        line.reset()
    else:
        line = CountingLine(index=2)
    append(log, line.count(2), line.count(3))
    write_all(log, embedded)
    assert sorted(row.in_count for row in kept(embedded)) == [1, 5]


def test_what_took_longer_than_the_interval_stays_by_itself(log, embedded):
    line = CountingLine()
    append(log, line.count(1), line.count(9, after=8 * MINUTE), line.count(2))
    write_all(log, embedded)
    assert [(row.in_count, row.ended_at - row.started_at) for row in kept(embedded)] == [
        (1, timedelta(seconds=10)),
        (9, 8 * MINUTE),
        (2, timedelta(seconds=10)),
    ]


def test_corrections_stay_by_themselves(log, embedded):
    line = CountingLine()
    append(log, line.count(5), line.correct(EIGHT, 3), line.correct(EIGHT, 4))
    write_all(log, embedded)
    assert [
        (row.in_count, row.in_total) for row in embedded.execute(select(records).order_by(records.c.record_id))
    ] == [
        (-2, None),
        (1, None),
        (5, 5),
    ]


def test_what_was_written_already_does_not_grow_again(log, connection):
    line = CountingLine()
    append(log, line.count(3), line.count(4))
    write_all(log, connection)
    log.start_epoch()
    write_all(log, connection)
    append(log, line.count(5))
    write_all(log, connection)
    (row,) = kept(connection)
    assert row.in_count == row.in_total == 12


def test_the_grain_may_be_changed_at_any_time(log, embedded):
    line = CountingLine()
    for grain in (None, FIVE, MINUTE, None, 15 * MINUTE):
        append(log, line.count(1), line.count(1))
        write_all(log, embedded, grain)
    assert sums(embedded, records) == sums(embedded, quarter_hours) == {("cam-0-1-1", "in"): 10}
    assert [row.in_count for row in embedded.execute(select(records).order_by(records.c.record_id))] == [1, 5, 1, 3]


def test_a_row_that_a_server_does_not_let_grow_is_noticed(log, embedded):
    line = CountingLine()
    append(log, line.count(5))
    write_all(log, embedded)
    append(log, line.count(2))
    with pytest.raises(RowsLost, match="records"):
        RecordWriter(log, LosesRows(embedded, records), grain=FIVE).run_once()
    assert [row.in_count for row in kept(embedded)] == [5]


def busy_hours(seed):
    """Lines at several doors, read every few seconds with an outage here and there, one that is reset, corrections."""
    dice = random.Random(seed)
    log = MemoryEventLog()
    lines = [CountingLine(f"cam{number}", index, swapped=index == 2) for number in range(2) for index in (1, 2)]
    for number in range(400):
        line = dice.choice(lines)
        if dice.random() < 0.02:
            line.reset()
        if dice.random() < 0.02:
            line.door_id = dice.choice(["door", "side"])
        after = timedelta(seconds=dice.choice([5, 10, 10, 10, 20, 61, 400, 2000]))
        append(log, line.count(dice.randrange(4), dice.randrange(3), after=after))
        if number % 100 == 99 and line.read_at > EIGHT + 2 * HOUR:
            append(log, line.correct(EIGHT, dice.randrange(30), dice.randrange(30), quality=Quality.BACK_FILLED))
    return log


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("grain", [MINUTE, FIVE, 15 * MINUTE])
def test_hours_and_sums_are_those_of_single_changes_however_it_is_cut_and_replayed(embedded, seed, grain):
    dice = random.Random(seed)
    log = busy_hours(seed)
    write_all(log, embedded, None)
    expected, people, changes = contents(embedded), sums(embedded, records), len(kept(embedded))
    quarters = quarters_of(embedded)
    empty(embedded)
    for _ in range(3):
        writer = RecordWriter(log, embedded, grain=grain, batch=dice.randrange(1, 80))
        for _ in range(dice.randrange(1, 6)):
            writer.run_once()
        log.start_epoch()  # from the beginning again
    write_all(log, embedded, grain, batch=dice.randrange(1, 100))
    assert contents(embedded) == expected
    assert quarters_of(embedded) == quarters
    assert sums(embedded, records) == sums(embedded, hour_counts) == people
    assert len(kept(embedded)) < changes
    assert_one_row_a_slot(embedded, grain)


def quarters_of(db):
    return {tuple(row[:4]): tuple(row[4:]) for row in rows_of(db, quarter_hours)}


def assert_one_row_a_slot(db, grain):
    slots = Counter(
        (row.line_id, row.door_id, row.quality, row.in_generation, row.out_generation, stretch_of(row.ended_at, grain))
        for row in kept(db)
        if row.in_total is not None and row.ended_at - row.started_at <= grain
    )
    assert set(slots.values()) == {1}


def test_it_is_the_same_on_every_database(connection):
    log = busy_hours(7)
    write_all(log, connection, FIVE, batch=37)
    assert sums(connection, records) == sums(connection, hour_counts) == sums(connection, quarter_hours)
    assert_one_row_a_slot(connection, FIVE)
    totals = {row.line_id: (row.in_total, row.out_total) for row in rows_of(connection, positions)}
    once = contents(connection), [tuple(row) for row in kept(connection)]
    log.start_epoch()
    write_all(log, connection, FIVE)
    assert (contents(connection), [tuple(row) for row in kept(connection)]) == once
    assert {row.line_id: (row.in_total, row.out_total) for row in rows_of(connection, positions)} == totals
