"""The reconciler's threads, with cameras that keep it waiting."""

import threading
from datetime import UTC, date, datetime

import pytest

from peoplecount.domain.offload import call_here
from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable, LogUnavailable, StaleTerm
from peoplecount.services.camera_history import Pace
from peoplecount.services.database_doubts import DatabaseDoubts
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_progress import HistoryProgress
from peoplecount.services.history_requests import HistoryRequests
from peoplecount.services.reconciler import REQUEST_SECONDS, SEARCHES_AT_ONCE, Reconciler
from peoplecount.storage.errors import DatabaseUnavailable
from tests.support.fake_clock import FakeClock
from tests.support.waiting import wait_until


class Crowd:
    """So many cameras whose searches last until they are let go."""

    def __init__(self, number, folder):
        self.cameras = {str(one): object() for one in range(number)}
        self.open = threading.Event()
        self.lock = threading.Lock()
        self.running = []
        self.most = 0
        self.twice = []
        self.looks = []
        self.fails = {}
        self.kept = {}
        self.store = LocalStore(folder / "store.sqlite")
        self.notes = HistoryNotesKeeper(self.store, call_here)
        self.requests = HistoryRequests(self.store, call_here)
        self.doubts = DatabaseDoubts(self.store)
        self.errors = []
        self.check = Check()
        self.clock = FakeClock(datetime(2026, 5, 6, 12, tzinfo=UTC))
        self.reconciler = Reconciler(
            lambda: self.cameras,
            lambda source: History(self, source),
            kept_days=lambda camera_id: self.kept.get(camera_id, ()),
            notes=self.notes,
            requests=self.requests,
            doubts=self.doubts,
            check=self.check,
            clock=self.clock,
            on_log_error=self.errors.append,
        )

    def look(self, camera_id):
        with self.lock:
            if camera_id in self.running:
                self.twice.append(camera_id)
            self.running.append(camera_id)
            self.most = max(self.most, len(self.running))
            self.looks.append(camera_id)
        self.open.wait(10)
        with self.lock:
            self.running.remove(camera_id)
        if camera_id in self.fails:
            raise self.fails[camera_id]
        return Pace.LATER


class History:
    def __init__(self, crowd, source):
        self.source = source
        self.progress = HistoryProgress()
        self.camera_id = next(key for key, one in crowd.cameras.items() if one is source)
        self._crowd = crowd

    def step(self):
        return self._crowd.look(self.camera_id)


class Check:
    def __init__(self):
        self.says = {}
        self.asked = []

    def reassert(self, camera_id, day):
        self.asked.append((camera_id, day))
        said = self.says.get(day, 0)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def crowd(tmp_path):
    made = []

    def gather(number):
        made.append(Crowd(number, tmp_path))
        return made[-1]

    yield gather
    for one in made:
        one.open.set()
        one.store.close()


def running(crowd):
    stop = threading.Event()
    threads = [threading.Thread(target=crowd.reconciler.run, args=(stop,)) for _ in range(SEARCHES_AT_ONCE)]
    for thread in threads:
        thread.start()

    def end():
        stop.set()
        crowd.open.set()
        for thread in threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in threads)

    return end


def test_few_cameras_are_searched_at_once_and_each_by_one_at_a_time(crowd):
    town = crowd(20)
    end = running(town)
    wait_until(lambda: len(town.running) == SEARCHES_AT_ONCE)
    town.open.set()
    wait_until(lambda: len(set(town.looks)) == 20)
    end()
    assert town.most == SEARCHES_AT_ONCE
    assert town.twice == []
    assert len(town.looks) == 20  # the clock stands still, so nobody's turn comes again


def test_a_camera_is_looked_at_again_after_a_while(crowd):
    town = crowd(1)
    town.open.set()
    assert town.reconciler.work()
    assert not town.reconciler.work()
    town.clock.passes(31)
    assert town.reconciler.work()
    assert town.looks == ["0", "0"]


def test_a_camera_that_is_gone_is_forgotten_and_one_that_changed_begins_anew(crowd):
    town = crowd(2)
    town.open.set()
    while town.reconciler.work():
        pass
    del town.cameras["0"]
    town.cameras["1"] = object()
    while town.reconciler.work():
        pass
    assert town.looks[2:] == ["1"]
    assert set(town.reconciler.progress()) == {"1"}


def test_a_fault_at_one_camera_stops_no_other(crowd, caplog):
    town = crowd(3)
    town.open.set()
    town.fails["0"] = ZeroDivisionError("ours")
    while town.reconciler.work():
        pass
    assert sorted(town.looks) == ["0", "1", "2"]
    assert "camera 0 could not be reconciled for an unforeseen reason" in caplog.text
    town.clock.passes(60)
    while town.reconciler.work():
        pass
    assert sorted(town.looks) == ["0", "1", "1", "2", "2"]


@pytest.mark.parametrize("error", [LogUnavailable("disk full"), StaleTerm("another leads")])
def test_a_log_that_refuses_is_told_to_the_session(crowd, error):
    town = crowd(1)
    town.fails["0"] = error
    end = running(town)
    town.open.set()
    wait_until(lambda: town.errors)
    end()
    assert town.errors == [error]


def test_settled_days_are_held_against_the_database_until_they_agree(crowd):
    town = crowd(1)
    town.open.set()
    first, second = date(2026, 5, 4), date(2026, 5, 5)
    town.check.says = {second: 3, first: None}
    town.notes.keep("0", town.notes.of("0").wants([first, second]))
    town.reconciler.work()
    assert town.reconciler.progress()["0"].reasserted == 3
    assert town.notes.of("0").unchecked == {first, second}

    town.check.says = {second: 0, first: DatabaseUnavailable("away")}
    while town.reconciler.work():
        pass
    assert town.notes.of("0").unchecked == {first}
    town.check.says = {first: 0}
    town.clock.passes(31)
    while town.reconciler.work():
        pass
    assert town.notes.of("0").unchecked == frozenset()


def test_a_request_is_taken_up_at_once(crowd):
    town = crowd(1)
    town.open.set()
    while town.reconciler.work():
        pass
    town.clock.passes(3)
    town.requests.leave({"0": [date(2026, 5, 4)], "gone": [date(2026, 5, 4)]})
    while town.reconciler.work():
        pass
    assert len(town.looks) > 1
    assert town.notes.of("0").wanted == {date(2026, 5, 4)}
    assert town.requests.peek({"0", "gone"}) == {"gone": {date(2026, 5, 4)}}


def test_once_the_database_is_in_doubt_all_days_that_are_over_are_held_against_it(crowd):
    two = crowd(2)
    two.kept = {"0": [date(2026, 5, 4), date(2026, 5, 6), date(2026, 5, 5)]}
    two.open.set()
    two.doubts.leave(two.cameras)
    two.clock.passes(5)
    while two.reconciler.work():
        pass
    assert sorted(two.check.asked) == [("0", date(2026, 5, 4)), ("0", date(2026, 5, 5))]
    assert two.notes.of("0").unchecked == frozenset()


def test_a_doubt_is_done_with_only_once_it_is_noted(crowd):
    town = crowd(2)
    camera, other = town.cameras
    town.kept = {camera: [date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)]}
    town.check.says = dict.fromkeys(town.kept[camera])  # it cannot be told yet
    town.doubts.leave([camera, "of another machine"])
    keep, town.notes.keep = town.notes.keep, _fails
    with pytest.raises(LocalStoreUnavailable):
        town.reconciler.work()
    town.notes.keep = keep
    assert town.doubts.peek(town.cameras) == {camera}, "whoever polls it next takes it up"
    town.clock.passes(REQUEST_SECONDS)
    town.open.set()
    town.reconciler.work()
    assert town.doubts.peek(town.cameras) == set()
    assert town.doubts.peek(["of another machine"]) == {"of another machine"}
    noted = HistoryNotesKeeper(town.store, call_here)
    assert noted.of(camera).unchecked == {date(2026, 5, 4), date(2026, 5, 5)}
    assert noted.of(other).unchecked == frozenset()


def _fails(*_arguments):
    raise LocalStoreUnavailable("away")
