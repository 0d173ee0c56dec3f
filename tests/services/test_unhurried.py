"""Long work lets others have their turn: how much is done between two rests, not how long it takes."""

import threading

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.interval import Scope, Step
from peoplecount.domain.interval_book import IntervalBook
from peoplecount.domain.line_tally import LineTally
from peoplecount.services import collector, interval_states, live_board, log_follower, projections
from peoplecount.services.board_lines import LineNow
from peoplecount.services.board_picture import BoardPicture
from peoplecount.services.board_state import BoardState
from peoplecount.services.projections import Projections
from peoplecount.services.unhurried import Breath, unhurried
from tests.services.test_collector import Room as PollingRoom
from tests.services.test_collector import roster
from tests.services.test_projections import Room
from tests.support.board_service import BoardService, Gate
from tests.support.counting_line import EIGHT, CountingLine
from tests.support.measured_work import MeasuredWork
from tests.support.shop import SHOP, at

LINES = 120


def test_a_rest_comes_after_so_many_things_and_each_is_handed_on_once():
    heard = []
    items = [heard.append(item) or item for item in unhurried("abcdefg", Breath(3, lambda: heard.append("rest")))]
    assert items == list("abcdefg")
    assert heard == ["a", "b", "c", "rest", "d", "e", "f", "rest", "g"]


def test_short_pieces_go_on_until_a_turn_is_over():
    moments = iter([0.0, 0.001, 0.002, 0.003, 0.010, 0.011, 0.012, 0.014, 0.020])
    heard = []
    breathe = Breath(2, lambda: heard.append("rest"), turn=0.003, now=lambda: next(moments))
    for number in range(12):
        heard.append(number)
        breathe()
    assert heard == [0, 1, 2, 3, 4, 5, "rest", 6, 7, 8, 9, 10, 11, "rest"]


class Town(Room):
    """Very many lines."""

    def __init__(self, work, **settings):
        self.work = work
        lines = [CountingLine(f"cam{number}", door_id=f"door{number}") for number in range(LINES)]
        super().__init__(*lines, **settings)

    def takes_the_lead(self):
        super().takes_the_lead()
        self.projections = Projections(
            self.log,
            self.appender,
            term=self.term,
            roster=self.projections._roster,
            coverage=self.projections._coverage,
            steps=self.steps,
            clock=self.clock,
            breath=Breath(projections.DONE_AT_ONCE, self.work.rest),
        )


@pytest.fixture
def town(monkeypatch):
    work = MeasuredWork(
        monkeypatch,
        (IntervalBook, "tell"),
        (LineTally, "told"),
        (LineTally, "forget_before"),
        (projections, "interval_event"),
        (interval_states, "write_subject"),
        (interval_states, "read_subject"),
    )
    town = Town(work)
    for line in town.lines:
        town.counts(line, 1)
    town.at(8, 20)
    for line in town.lines:
        town.counts(line, 2)
    return town


def demand_rests(work):
    """Around each rest there may be two pieces of another kind, and no more."""
    assert work.at_once <= 3 * projections.DONE_AT_ONCE
    assert sum(work.done.values()) > 10 * work.at_once


def test_lines_that_close_together_leave_others_their_turn(town):
    town.work.begins()
    assert town.settle() == 2 * LINES + 1
    demand_rests(town.work)
    assert all(town.work.all_done(["tell", "told", "forget_before", "interval_event", "write_subject"]))


def test_so_does_reading_what_is_written_down(town):
    town.settle()
    town.takes_the_lead()
    town.work.begins()
    town.settle()
    demand_rests(town.work)
    assert town.work.all_done(["read_subject"]) == [2 * LINES + 1]


def test_what_is_counted_while_intervals_close_is_in_the_next_ones(town):
    """Others have their turn in the midst of it, and what they tell is told once."""
    told = []

    def people_come():
        if town.work.rests in {20, 40, 60}:
            told.append(line := town.lines[town.work.rests])
            town.append(line.count(5, 0))

    town.work.begins()
    town.work.resting = people_come
    town.settle()
    town.work.resting = lambda: None
    town.at(9, 0, 30)
    town.read()
    town.settle()
    assert len(told) == 3
    hours = [one for one in town.intervals(Scope.LINE, Step.HOUR) if one.started_at == EIGHT]
    assert sum(one.figures.entered for one in hours) == 2 * LINES + 3 * 5
    quarters = [one for one in town.intervals(Scope.LINE, Step.QUARTER) if one.started_at >= EIGHT]
    assert sum(one.figures.entered for one in quarters) == sum(one.figures.entered for one in hours)


GATES = [Gate(SHOP, f"Door {number}", f"camera{number}") for number in range(LINES)]


@pytest.fixture
def work(monkeypatch):
    return MeasuredWork(
        monkeypatch,
        (BoardState, "fold"),
        (BoardPicture, "_line_row"),
        (BoardPicture, "_camera_row"),
        (LineNow, "today"),
    )


@pytest.fixture
def shop(work):
    """Everybody has come in by every door, and the board does not know yet."""
    shop = BoardService([SHOP], now=at(14))
    shop.board._rest = work.rest
    shop.follower._rest = work.rest
    for gate in GATES:
        shop.count(gate, 1)
    return shop


def people(snapshot):
    return sum(line["inToday"] for line in snapshot["lines"])


def test_a_board_is_begun_in_steps_and_shown_once_it_is_whole(shop, work):
    shown = set()
    work.begins()
    work.resting = lambda: shown.add((len(shop.board.camera_ids()), shop.board.head.number))
    shop.follower.step()
    assert work.at_once <= live_board.DONE_AT_ONCE + live_board.GLANCED_AT_ONCE < sum(work.done.values())
    assert shown == {(0, 0), (LINES, shop.log.head().number)}  # the second by who looks whether a day has turned


def test_entries_are_taken_up_in_smaller_steps(shop, work):
    work.begins()
    shop.board.load(shop.log.latest())
    assert work.all_done(["fold"]) == [LINES]
    assert work.at_once <= live_board.DONE_AT_ONCE


def test_a_reading_noted_while_the_board_is_begun_is_not_forgotten(shop, work):
    shop.catch_up()
    shop.seen(GATES[0])
    shop.clock.passes(100)
    at_last = []

    def is_read():
        if not at_last:
            at_last.append(shop.clock.now())
            shop.board.note_seen({str(GATES[0].key): shop.clock.now()})

    work.resting = is_read
    shop.board.load(shop.log.latest())
    assert shop.board.last_readings()["camera0"] == at_last[0]


def test_a_snapshot_is_of_one_moment_whatever_comes_while_it_is_made(shop, work):
    shop.catch_up()
    head, before = shop.board.head, people(shop.board.snapshot(at(14)))

    def people_come():
        shop.count(GATES[-1], 1)  # the last that is looked at
        shop.follower.step()

    work.begins()
    work.resting = people_come
    id_, snapshot = shop.board.state(at(14))
    assert shop.board.head.number > head.number
    assert (id_, people(snapshot)) == (head, before)
    work.resting = lambda: None
    assert people(shop.board.snapshot(at(14))) > before


def test_a_snapshot_is_made_in_steps(shop, work):
    shop.catch_up()
    work.begins()
    shop.snapshots()
    assert work.all_done(["_line_row", "_camera_row"]) == [LINES, LINES]
    assert work.at_once <= 4 * live_board.DONE_AT_ONCE  # a line is asked about today more than once


def test_who_comes_while_a_snapshot_is_made_is_given_that_one(shop, work):
    """In threads, as in the service."""
    shop.catch_up()
    shop.clock.passes(10)
    given, others = [], []

    def somebody_comes():
        if not others:
            others.append(threading.Thread(target=lambda: given.append(shop.snapshots())))
            others[0].start()

    work.begins()
    work.resting = somebody_comes
    ours = shop.snapshots()
    others[0].join(10)
    assert given == [ours]
    assert work.all_done(["_line_row"]) == [LINES]


def test_many_entries_are_passed_on_in_steps_and_board_and_stream_agree_at_each(shop, work):
    shop.catch_up()
    for gate in GATES * 2:
        shop.count(gate, 1)
    work.begins()
    agreed = []
    work.resting = lambda: agreed.append(shop.hub.head == shop.board.head)
    assert shop.follower.step()
    assert work.all_done(["fold"]) == [2 * LINES]
    assert work.at_once <= log_follower.AT_ONCE
    assert len(agreed) >= 2 * LINES // log_follower.AT_ONCE
    assert all(agreed)


@pytest.fixture
def polling(monkeypatch):
    """A collector whose rests are counted."""
    work = MeasuredWork(monkeypatch, (PollingRoom, "make"))
    monkeypatch.setattr(collector, "Breath", lambda at_once: Breath(at_once, work.rest))
    room = PollingRoom()
    room.work = work
    return room


def test_many_cameras_are_taken_up_in_steps(polling):
    cameras = [Camera(f"camera{number}", "Camera", "http://192.0.2.1") for number in range(LINES)]
    polling.collector.sync(roster(*cameras))
    assert polling.work.all_done(["make"]) == [LINES]
    assert polling.work.at_once <= collector.ADDED_AT_ONCE
    assert len(polling.scheduler.jobs) == LINES


def test_who_is_stopped_meanwhile_takes_up_no_more_of_them(polling):
    cameras = [Camera(f"camera{number}", "Camera", "http://192.0.2.1") for number in range(LINES)]
    polling.work.resting = polling.collector.stop
    polling.collector.sync(roster(*cameras))
    assert polling.work.all_done(["make"]) == [collector.ADDED_AT_ONCE]
    assert all(poller.closed for poller in polling.pollers)
