import threading

import pytest

from peoplecount.eventlog.local_store import LocalStore
from peoplecount.eventlog.log import LocalStoreUnavailable
from peoplecount.services import database_doubts
from peoplecount.services.database_doubts import DatabaseDoubts
from tests.support.waiting import wait_until


@pytest.fixture
def store(tmp_path):
    store = LocalStore(tmp_path / "store.sqlite")
    store.open()
    yield store
    store.close()


class Reconciler:
    def __init__(self, doubts, *cameras):
        self.doubted = 0
        self._doubts, self._cameras = doubts, cameras

    def look(self):
        self._doubts._look(self._cameras, self.doubt)

    def doubt(self):
        self.doubted += 1


def test_everybody_looks_into_its_own_cameras_once(store):
    doubts = DatabaseDoubts(store)
    one, other, third = Reconciler(doubts, "a", "b"), Reconciler(doubts, "c"), Reconciler(doubts, "d")
    doubts.leave(["a"])
    doubts.leave(["b", "c"])
    for _ in range(2):
        for machine in (one, other, third):
            machine.look()
    assert [machine.doubted for machine in (one, other, third)] == [1, 1, 0]
    assert store.get("database-doubts") is None


def test_what_nobody_polls_waits(store):
    doubts = DatabaseDoubts(store)
    one = Reconciler(doubts, "a")
    doubts.leave(["b"])
    one.look()
    assert one.doubted == 0
    Reconciler(doubts, "b").look()
    assert store.get("database-doubts") is None


def test_what_cannot_be_read_is_passed_over(store):
    store.put("database-doubts", "{[")
    one = Reconciler(DatabaseDoubts(store), "a")
    one.look()
    assert one.doubted == 0


def test_it_goes_on_while_the_store_is_away(store, monkeypatch):
    monkeypatch.setattr(database_doubts, "LOOK_SECONDS", 0.01)
    doubts, stop = DatabaseDoubts(store), threading.Event()
    asked = []

    def polled():
        asked.append(len(asked))
        if len(asked) < 3:
            raise LocalStoreUnavailable("away")
        return ("a",)

    one = Reconciler(doubts, "a")
    doubts.leave(["a"])
    thread = threading.Thread(target=doubts.worker(polled, one.doubt), args=(stop,))
    thread.start()
    wait_until(lambda: one.doubted == 1)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
