from datetime import UTC, date, datetime, timedelta

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.line import LineKey

EAST = LineKey("7")
NOON, LOCAL = datetime(2026, 5, 6, 12, tzinfo=UTC), datetime(2026, 5, 6, 14)
YESTERDAY = date(2026, 5, 5)


def test_a_reading_that_tells_nothing_new_changes_nothing():
    notes = HistoryNotes().read("S1", {EAST: "East"}, LOCAL)
    assert notes.read("S1", {EAST: "East"}, LOCAL + timedelta(hours=1)) is notes
    assert notes.read("", {EAST: "East"}, LOCAL) is notes
    assert notes.read("S1", {}, LOCAL) is notes


def test_a_new_name_is_noted_with_the_old_one():
    notes = HistoryNotes().read("S1", {EAST: "East"}, LOCAL).read("S1", {EAST: "Main door"}, LOCAL)
    assert notes.names == {EAST: "Main door"}
    assert notes.renamings[EAST].old == "East"
    assert notes.renamings[EAST].seen_at == LOCAL


def test_another_device_remembers_otherwise_but_what_was_wanted_is_wanted():
    notes = HistoryNotes().read("S1", {EAST: "East"}, LOCAL).found(BucketClock.UTC).wants([YESTERDAY])
    other = notes.read("S2", {EAST: "Other"}, LOCAL)
    assert (other.serial, other.clock, other.renamings) == ("S2", None, {})
    assert other.wanted == {YESTERDAY}


def test_a_camera_that_gives_no_history_is_asked_ever_more_rarely():
    notes = HistoryNotes()
    pauses = []
    for _ in range(6):
        notes = notes.failed("no", NOON)
        assert notes.not_before is not None
        pauses.append(notes.not_before - NOON)
    hours = [pause / timedelta(hours=1) for pause in pauses]
    assert hours == [1 / 12, 1, 6, 24, 24, 24]
    assert notes.trouble == "no"


def test_an_answer_ends_the_trouble():
    notes = HistoryNotes().failed("no", NOON).answered()
    assert notes == HistoryNotes()
    assert notes.answered() is notes


def test_what_somebody_wants_is_asked_at_once_and_checked_in_the_database():
    notes = HistoryNotes().failed("no", NOON).wants([YESTERDAY])
    assert notes.not_before is None
    assert notes.unchecked == notes.wanted == {YESTERDAY}
    asked = notes.asked(YESTERDAY, is_over=True)
    assert (asked.wanted, asked.unchecked) == (frozenset(), {YESTERDAY})
    assert asked.checked(YESTERDAY).unchecked == frozenset()


def test_a_day_under_way_is_not_checked_in_the_database():
    assert HistoryNotes().asked(YESTERDAY, is_over=False).unchecked == frozenset()


def test_once_the_clock_is_found_its_doubt_is_forgotten():
    notes = HistoryNotes().clock_doubted(NOON).clock_doubted(NOON + timedelta(hours=1))
    assert notes.clock_unknown_since == NOON
    found = notes.found(BucketClock.LOCAL)
    assert (found.clock, found.clock_unknown_since) == (BucketClock.LOCAL, None)
