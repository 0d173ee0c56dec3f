"""The log as streams read it."""

import threading

import pytest

from peoplecount.domain.offload import call_here
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.log_backlog import READERS, LogBacklog
from peoplecount.stream.backlog import BacklogUnavailable
from tests.support.events import NOON, some
from tests.support.waiting import wait_until


@pytest.fixture
def log():
    log = MemoryEventLog()
    log.append(log.raise_term(), [some("a", "b", "c")], NOON)
    return log


class HeldLog:
    """A log whose batches are read when a test lets them be."""

    def __init__(self, log) -> None:
        self._log = log
        self.reading = 0
        self.most = 0
        self.go_on = threading.Event()

    def __getattr__(self, name):
        return getattr(self._log, name)

    def choose(self, *asked):
        self.reading += 1
        self.most = max(self.most, self.reading)
        self.go_on.wait(5)
        self.reading -= 1
        return self._log.choose(*asked)


def test_many_who_catch_up_leave_room_for_others(log):
    held = HeldLog(log)
    backlog = LogBacklog(held, call_here)
    got = []
    threads = [threading.Thread(target=lambda: got.append(backlog.read(0, 10))) for _ in range(10)]
    for thread in threads:
        thread.start()
    wait_until(lambda: held.reading == READERS)
    assert backlog.extent().head == log.head()
    assert backlog.before(NOON).number == 0
    held.go_on.set()
    for thread in threads:
        thread.join(5)
    assert held.most == READERS
    assert [len(stretch.entries) for stretch in got] == [3] * 10


def test_a_log_that_cannot_be_read_takes_nobodys_turn(log):
    backlog = LogBacklog(log, call_here)
    log.close()
    for _ in range(READERS + 1):
        with pytest.raises(BacklogUnavailable):
            backlog.read(0, 10)
    log.open()
    assert len(backlog.read(0, 2).entries) == 2
