"""Following the log."""

import logging
import threading

import pytest

from peoplecount.domain.camera import CameraState
from peoplecount.domain.folding import Folding
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.services import log_follower
from peoplecount.stream.client import SSEClient
from tests.support.board_service import BoardService
from tests.support.shop import BACK, FRONT, SHOP, at, only, until
from tests.support.stream_events import heard
from tests.support.waiting import wait_until


@pytest.fixture
def service() -> BoardService:
    service = BoardService([SHOP], now=at(14))
    service.status(FRONT, CameraState.UP)
    service.catch_up()
    return service


class Listener:
    """A client of the service; hears what is there."""

    def __init__(self, service: BoardService) -> None:
        client = SSEClient(service.hub, service.backlog, service.snapshots, heartbeat=0.0)
        self._frames = client.open_stream()
        self.hear()

    def hear(self) -> list:
        got = []
        for frame in self._frames:
            if frame.startswith(b":"):
                return [one for one in heard(got) if one.name]
            got.append(frame)
        return [one for one in heard(got) if one.name]

    def names(self) -> list[str]:
        return [one.name for one in self.hear()]


def test_new_entries_reach_board_and_streams(service):
    listener = Listener(service)
    service.count(FRONT, 2, 1)
    assert service.follower.step()
    assert listener.names() == ["PeopleCountingUpdate"]
    assert only(service.board.snapshot(at(14))["lines"])["inToday"] == 2


def test_nothing_new_is_nothing_moved(service):
    assert not service.follower.step()


def fold(service):
    """All that the log has becomes as little as it can be."""
    entries = service.log.read(0, 1000)
    service.log.rewrite(service.term, Folding().take(entries))


def test_who_stood_still_while_the_log_was_folded_begins_anew_and_streams_hear_of_the_gap(service):
    service.count(FRONT, 2)
    service.catch_up()
    listener = Listener(service)
    service.count(FRONT, 3)
    service.clock.passes(10)
    service.count(FRONT, 4)
    fold(service)
    service.catch_up()
    assert listener.names() == ["gap", "snapshot"]
    assert only(service.board.snapshot(at(14))["lines"])["inToday"] == 9


def test_a_fold_of_what_was_read_long_ago_is_no_news(service):
    service.count(FRONT, 2)
    service.catch_up()
    listener = Listener(service)
    fold(service)
    service.count(FRONT, 3)
    service.catch_up()
    assert listener.names() == ["PeopleCountingUpdate"]


def test_more_than_a_batch_is_taken_up_without_waiting_for_more(service, monkeypatch):
    monkeypatch.setattr(log_follower, "BATCH", 3)
    for _ in range(10):
        service.count(FRONT, 1)
    steps = 0
    while service.board.head != service.log.head():
        assert service.follower.step()
        steps += 1
    assert steps == 4


def test_entries_of_other_processes_are_found_without_a_wake_up(service):
    service.count(FRONT, 1)
    service.wake.clear()
    assert service.follower.step()
    assert service.board.head == service.log.head()


def test_a_new_epoch_begins_the_board_and_all_streams_anew(service):
    listener = Listener(service)
    service.log.start_epoch()
    service.catch_up()
    assert listener.names() == ["gap", "snapshot"]
    assert service.board.head == service.log.head() == service.hub.head


def test_every_few_seconds_streams_hear_when_cameras_were_read(service):
    service.count(FRONT, 1)
    service.clock.passes(10)
    service.catch_up()
    listener = Listener(service)
    service.clock.passes(10)
    service.seen(FRONT)
    service.follower.step()
    (readings,) = listener.hear()
    assert (readings.name, readings.data["cameras"]) == ("readings", {"front": "2026-05-04T12:00:20.000Z"})
    service.seen(FRONT)
    service.clock.passes(4)
    service.follower.step()
    assert listener.names() == []


def test_pages_are_told_that_the_log_cannot_be_read_once_and_that_it_can_be_again(service, monkeypatch):
    service.count(FRONT, 1)
    service.catch_up()
    listener, stop, told = Listener(service), threading.Event(), []
    answers = iter([LogUnavailable("away"), LogUnavailable("away"), None])

    def step():
        told.extend((one.name, one.data["trouble"]) for one in listener.hear())
        answer = next(answers)
        if answer is None:
            stop.set()
            return False
        raise answer

    monkeypatch.setattr(service.follower, "step", step)
    monkeypatch.setattr(log_follower, "RETRY_SECONDS", 0)
    service.follower.run(stop)
    told.extend((one.name, one.data["trouble"]) for one in listener.hear())
    away = "The event log cannot be read just now: these figures are not renewed."
    assert told == [("snapshot", away), ("snapshot", "")]


def test_streams_hear_of_readings_even_when_there_are_none(service):
    service.clock.passes(20)
    service.follower.step()
    listener = Listener(service)
    service.clock.passes(10)
    service.follower.step()
    assert listener.names() == []
    service.clock.passes(5)
    service.follower.step()
    assert listener.names() == ["readings"]


def test_at_midnight_and_with_the_first_reading_of_the_day_everybody_gets_a_snapshot(service):
    service.count(FRONT, 5)
    service.catch_up()
    listener = Listener(service)
    until(service, at(0, 0, day=5))
    service.follower.step()
    (snapshot,) = listener.hear()
    assert (snapshot.name, snapshot.data["sites"][0]["inToday"]) == ("snapshot", None)
    assert snapshot.last_id == str(service.log.head())
    service.clock.passes(6)
    service.seen(FRONT)
    service.follower.step()
    (snapshot,) = listener.hear()
    assert snapshot.data["sites"][0]["inToday"] == 0


def test_a_log_that_cannot_be_read_is_reported_once_and_followed_again_afterwards(service, monkeypatch, caplog):
    monkeypatch.setattr(log_follower, "RETRY_SECONDS", 0.001)
    caplog.set_level(logging.INFO)
    tries = threading.Semaphore(0)
    counter = service.log.change_counter
    monkeypatch.setattr(service.log, "change_counter", lambda: (tries.release(), counter())[1])
    service.log.close()
    with service.following():
        for _ in range(5):
            assert tries.acquire(timeout=10)
        service.log.open()
        head = service.count(BACK, 1)
        wait_until(lambda: service.board.head == head)
        wait_until(lambda: "the event log can be read again" in caplog.text)
    assert caplog.text.count("cannot be read") == 1


def test_a_log_that_is_away_while_nothing_is_appended_is_asked_until_it_answers(service, monkeypatch):
    """It is found out by the question when cameras were read, which is asked every few seconds only."""
    service.catch_up()
    monkeypatch.setattr(service.log, "change_counter", lambda: 7)
    service.follower.step()
    service.clock.passes(10)
    service.log.close()
    for _ in range(3):
        with pytest.raises(LogUnavailable):
            service.follower.step()
    service.log.open()
    service.follower.step()


def test_the_board_keeps_what_it_shows_while_the_log_is_away(service):
    service.count(FRONT, 5)
    service.catch_up()
    service.log.close()
    assert only(service.board.snapshot(at(14))["lines"])["inToday"] == 5


def test_a_failed_look_is_made_again_even_if_nothing_changes_meanwhile(service, monkeypatch):
    head = service.count(FRONT, 5)
    read = service.log.read

    def fail(after, limit):
        monkeypatch.setattr(service.log, "read", read)
        raise log_follower.LogError("locked")

    monkeypatch.setattr(service.log, "read", fail)
    with pytest.raises(log_follower.LogError):
        service.follower.step()
    service.follower.step()
    assert service.board.head == head


def test_who_comes_together_shares_one_snapshot_until_something_happens(service):
    first = service.snapshots()
    assert service.snapshots() is first
    service.count(FRONT, 1)
    service.catch_up()
    second = service.snapshots()
    assert second is not first
    service.clock.passes(2)
    assert service.snapshots() is not second


def test_what_the_board_cannot_take_up_is_told_once_all_the_same_and_the_next_are_taken_up(
    service, monkeypatch, caplog
):
    listener = Listener(service)
    takes_up, failing = service.board.fold, [True]

    def fold_but_once(entry):
        if failing and failing.pop():
            raise RuntimeError("nobody foresaw this")
        takes_up(entry)

    monkeypatch.setattr(service.board, "fold", fold_but_once)
    service.count(FRONT, 2)
    service.count(FRONT, 3)
    service.catch_up()
    assert listener.names() == ["PeopleCountingUpdate"] * 2
    assert only(service.board.snapshot(at(14))["lines"])["inToday"] == 5
    assert "the board does not show event" in caplog.text
    assert not service.follower.step()
