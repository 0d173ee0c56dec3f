"""Records by the events they were made of."""

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.record_pages import RecordPages, RecordPlaces
from tests.support.counting_line import EIGHT, CountingLine, append

ALL = RecordPlaces()


@pytest.fixture
def log():
    return MemoryEventLog()


def write(log, db):
    writer = RecordWriter(log, db)
    while writer.run_once():
        pass


def event(log, number: int) -> EventId:
    return EventId(log.head().epoch, number)


def people(rows) -> list[int]:
    return [row.entered for row in rows]


def test_they_are_read_from_one_event_to_another_in_the_order_of_the_log(log, connection):
    north, south = CountingLine("north"), CountingLine("south", door_id="d", site_id="s")
    append(log, north.count(1), south.count(2), north.count(3), south.count(4), north.correct(EIGHT, 9))
    write(log, connection)
    pages = RecordPages(connection)
    assert people(pages.page(event(log, 0), None, ALL, 10)) == [1, 2, 3, 4, 5]
    assert people(pages.page(event(log, 1), event(log, 4), ALL, 10)) == [2, 3, 4]
    assert people(pages.page(event(log, 1), None, ALL, 2)) == [2, 3]
    assert people(pages.page(event(log, 5), None, ALL, 2)) == []
    first = pages.page(event(log, 1), None, ALL, 1)[0]
    assert (first.event_id, first.line_id, first.door_id, first.site_id) == (event(log, 2), "south-0-1-1", "d", "s")
    assert (first.started_at, first.local_time.hour, first.in_total) == (EIGHT, 10, 2)
    assert pages.page(event(log, 4), None, ALL, 1)[0].in_total is None


def test_those_of_some_places_only(log, connection):
    north, south = CountingLine("north"), CountingLine("south", door_id="d", site_id="s")
    append(log, north.count(1), south.count(2))
    write(log, connection)
    pages = RecordPages(connection)
    for places in (
        RecordPlaces(camera_ids={"south", "west"}),
        RecordPlaces(door_ids={"d"}),
        RecordPlaces(site_ids={"s"}, door_ids={"d", "e"}),
    ):
        assert people(pages.page(event(log, 0), None, places, 10)) == [2]
    assert pages.page(event(log, 0), None, RecordPlaces({"north"}, {"d"}), 10) == []


def test_they_go_on_through_the_epochs_of_the_log(log, connection):
    line = CountingLine()
    append(log, line.count(1), line.count(2))
    write(log, connection)
    old = event(log, 1)
    log.start_epoch()
    append(log, line.count(3), line.count(4))
    write(log, connection)
    pages = RecordPages(connection)
    assert people(pages.page(old, None, ALL, 10)) == [2, 3, 4]
    assert people(pages.page(old, None, ALL, 2)) == [2, 3]
    assert people(pages.page(old, event(log, 3), ALL, 10)) == [2, 3]
    assert people(pages.page(EventId(old.epoch, 99), None, ALL, 10)) == [3, 4]


def test_it_knows_of_which_epochs_there_are_records(log, connection):
    pages = RecordPages(connection)
    assert not pages.knows(log.head().epoch)
    append(log, CountingLine().count(1))
    write(log, connection)
    assert pages.knows(log.head().epoch)
    assert pages.page(EventId("other", 1), None, ALL, 10) == []
