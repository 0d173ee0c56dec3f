from datetime import timedelta

from peoplecount.domain.event import LogEntry, Quality
from peoplecount.domain.event_id import EventId
from peoplecount.services.new_records import CountEntry, NewRecords
from tests.support.counting_line import EIGHT, CountingLine

TEN_SECONDS = timedelta(seconds=10)


def entries(*events):
    return [CountEntry.read(LogEntry(EventId("e", number), EIGHT, event)) for number, event in enumerate(events, 1)]


def new_records(before, counts):
    new = NewRecords.of(before, counts)
    return list(new.records.values()), new.after


def test_an_entry_carries_place_and_increment():
    line = CountingLine(door_id="d", site_id="s")
    (entry,) = entries(line.count(2, 1))
    assert (entry.door_id, entry.site_id, entry.increment.key) == ("d", "s", line.key)
    assert (entry.increment.entered.people, entry.increment.left.people) == (2, 1)


def test_what_is_written_already_is_left_out():
    line = CountingLine()
    counts = entries(line.count(1), line.count(1))
    _, reached = new_records({}, counts)
    again, after = new_records(reached, counts)
    assert again == []
    assert after == reached


def test_of_an_overlapping_increment_only_the_rest_is_taken_and_it_begins_where_the_history_ends():
    written = CountingLine()
    _, reached = new_records({}, entries(written.count(3)))
    longer = CountingLine()
    (record,), _ = new_records(reached, entries(longer.count(5, after=2 * TEN_SECONDS)))
    assert record.entered == 2
    assert (record.started_at, record.ended_at) == (EIGHT + TEN_SECONDS, EIGHT + 2 * TEN_SECONDS)
    assert record.quality is Quality.MEASURED


def test_a_hole_is_bridged_from_the_end_of_the_history():
    line = CountingLine()
    _, reached = new_records({}, entries(line.count(1)))
    line.count(4)
    (record,), _ = new_records(reached, entries(line.count(2)))
    assert (record.entered, record.quality) == (6, Quality.ESTIMATED)
    assert record.started_at == EIGHT + TEN_SECONDS


def test_lines_do_not_mix():
    one, other = CountingLine(index=1), CountingLine(index=2)
    found, after = new_records({}, entries(one.count(1), other.count(2), one.count(3)))
    assert [(record.key.index, record.entered) for record in found] == [(1, 1), (2, 2), (1, 3)]
    assert {key.index: line.position.entered.total for key, line in after.items()} == {1: 4, 2: 2}


def put_back_before_a_reset():
    """What is written, and the line as a log sees it that was put back to before a reset: its total has grown since."""
    written = CountingLine()
    events = [written.count(30)]
    written.reset()
    _, reached = new_records({}, entries(*events, written.count(5), written.count(4)))
    log = CountingLine()
    log.count(30)
    return reached, log


def test_a_log_that_lost_a_reset_is_followed_again_from_its_first_reading_after_what_is_written():
    reached, log = put_back_before_a_reset()
    found = NewRecords.of(reached, entries(log.count(6, after=4 * TEN_SECONDS), log.count(2, 1), log.count(3)))
    assert [(record.entered, record.left) for record in found.records.values()] == [(2, 1), (3, 0)]
    assert found.ignored == {log.key}, "of whom it counts across the end of what is written, some are written"
    assert found.after[log.key].position.entered == (log.generation, 41)


def test_what_such_a_log_says_again_is_not_written_again():
    reached, log = put_back_before_a_reset()
    counts = entries(log.count(6, after=4 * TEN_SECONDS), log.count(2), log.count(3))
    _, after = new_records(reached, counts)
    assert new_records(after, counts) == ([], after)


def test_nobody_is_taken_from_before_what_is_written():
    reached, log = put_back_before_a_reset()
    found = NewRecords.of(reached, entries(log.count(6), log.count(7)))
    assert (dict(found.records), found.after) == ({}, reached)
