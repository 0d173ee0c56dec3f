from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.history_notes import HistoryNotes
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import call_here
from peoplecount.domain.renamed_line import Renaming
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper, read_notes, write_notes
from peoplecount.services.history_requests import HistoryRequests

EAST = LineKey("a-camera")
FULL = HistoryNotes(
    serial="S1",
    clock=BucketClock.UTC,
    clock_unknown_since=datetime(2026, 5, 6, 12, tzinfo=UTC),
    names={EAST: "Östliche Tür"},
    renamings={EAST: Renaming("East", "Östliche Tür", datetime(2026, 5, 6, 15, 2))},
    unchecked=frozenset({date(2026, 5, 5)}),
    wanted=frozenset({date(2026, 5, 4), date(2026, 5, 5)}),
    failures=3,
    not_before=datetime(2026, 5, 6, 13, tzinfo=UTC),
    trouble="the camera does not offer it",
)


def test_notes_are_read_as_they_were_written():
    assert read_notes(write_notes(FULL)) == FULL
    assert read_notes(write_notes(HistoryNotes())) == HistoryNotes()


def test_notes_outlive_the_process(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    HistoryNotesKeeper(store, call_here).keep("7", FULL)
    again = HistoryNotesKeeper(store, call_here)
    assert again.of("7") == FULL
    assert again.of("8") == HistoryNotes()
    store.close()


def test_notes_that_did_not_change_are_not_written(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    notes = HistoryNotesKeeper(store, call_here)
    notes.keep("7", FULL)
    version = store.get("history:7").version
    notes.keep("7", FULL)
    assert store.get("history:7").version == version
    store.close()


def test_requests_are_kept_until_they_were_taken_up(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    requests = HistoryRequests(store, call_here)
    assert requests.peek({"7"}) == {}
    requests.leave({"7": [date(2026, 5, 4)], "8": [date(2026, 5, 4)]})
    requests.leave({"7": [date(2026, 5, 5)]})
    taken = HistoryRequests(store, call_here).peek({"7"})
    assert taken == {"7": {date(2026, 5, 4), date(2026, 5, 5)}}

    requests.leave({"7": [date(2026, 5, 6)]})  # by somebody else, meanwhile
    requests.done(taken)
    assert requests.peek({"7", "8"}) == {"7": {date(2026, 5, 6)}, "8": {date(2026, 5, 4)}}
    requests.done(requests.peek({"7", "8"}))
    assert store.get("history-requests") is None
    store.close()


@pytest.mark.parametrize("damage", ["{", "[]", "null", '{"serial":"S1"}', write_notes(FULL)[:-9]])
def test_notes_that_cannot_be_read_begin_anew_and_that_is_said(tmp_path, caplog, damage):
    store = LocalStore(tmp_path / "store.sqlite")
    store.put("history:7", damage)
    notes = HistoryNotesKeeper(store, call_here)
    assert notes.of("7") == HistoryNotes()
    assert "the notes on the history of camera 7 cannot be read" in caplog.text
    notes.keep("7", FULL)
    assert HistoryNotesKeeper(store, call_here).of("7") == FULL
    store.close()


@pytest.mark.parametrize("damage", ["{", "[]", '{"7":["2026-99-99"]}', '{"7":3}'])
def test_requests_that_cannot_be_read_keep_no_later_ones_back(tmp_path, caplog, damage):
    store = LocalStore(tmp_path / "store.sqlite")
    store.put("history-requests", damage)
    requests = HistoryRequests(store, call_here)
    assert requests.peek({"7"}) == {}
    assert "make them again" in caplog.text
    requests.leave({"7": [date(2026, 5, 4)]})
    assert requests.peek({"7"}) == {"7": {date(2026, 5, 4)}}
    store.close()
