"""Many callers, one transaction."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peoplecount.domain.event_id import EventId
from peoplecount.domain.offload import call_here
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.log import Append, LogUnavailable, StaleState, StaleTerm, State
from peoplecount.eventlog.memory_log import MemoryEventLog
from tests.support.events import NOON, changing, said, some
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Killed(BaseException):
    """What gevent throws into a greenlet that is killed."""


class SlowLog(MemoryEventLog):
    """A log whose transactions end when they are told to."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.failures: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()

    def append(self, term, batch, now):
        self.batches.append(len(batch))
        assert self.gate.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        return super().append(term, batch, now)


@pytest.fixture
def log():
    return SlowLog()


@pytest.fixture
def term(log):
    return log.raise_term()


@pytest.fixture
def group(log):
    return GroupCommit(log, call_here, lambda: NOON)


@pytest.fixture
def callers():
    with ThreadPoolExecutor(20) as pool:
        yield pool


def texts(log):
    return [said(entry.event) for entry in log.read(0, 1000)]


def occupy(log, group, term, callers):
    """A commit under way, so that what is appended next has to wait."""
    log.gate.clear()
    first = callers.submit(group.append, term, some("first"))
    wait_until(lambda: log.batches)
    return first


def queue_up(group, count):
    wait_until(lambda: len(group._waiting) == count)


def test_one_caller_gets_the_id_of_its_last_event(log, group, term):
    assert group.append(term, some("a", "b")) == EventId(log.head().epoch, 2)
    assert group.append(term, Append()) == EventId(log.head().epoch, 2)
    assert log.read(0, 1)[0].appended_at == NOON


def test_all_who_come_during_a_commit_share_the_next_one(log, group, term, callers):
    first = occupy(log, group, term, callers)
    others = [callers.submit(group.append, term, some(f"{number}")) for number in range(10)]
    queue_up(group, 10)
    log.gate.set()
    assert first.result(20).number == 1
    assert {other.result(20).number for other in others} == set(range(2, 12))
    assert log.batches == [1, 10]


def test_everyone_gets_the_id_of_its_own_event(log, group, term, callers):
    occupy(log, group, term, callers)
    parts = [some("a"), some("b", "c", "d"), Append(), some("e")]
    pending = [group.submit(term, part) for part in parts]
    log.gate.set()
    assert [one.wait().number for one in pending] == [2, 5, 5, 6]
    assert texts(log) == ["first", "a", "b", "c", "d", "e"]


def test_the_log_keeps_the_order_in_which_appends_were_submitted_not_waited_for(log, group, term):
    pending = [group.submit(term, some(text)) for text in "abcdef"]
    for one in reversed(pending):
        one.wait()
    assert texts(log) == list("abcdef")
    assert [one.wait().number for one in pending] == [1, 2, 3, 4, 5, 6], "waiting again gives the same"
    assert log.batches == [6]


def test_only_the_one_with_the_stale_state_is_refused(log, group, term):
    pending = [
        group.submit(term, changing("key", 0, "one", "a")),
        group.submit(term, changing("key", 0, "late", "b")),
        group.submit(term, changing("key", 1, "two", "c")),
    ]
    assert pending[0].wait().number == 1
    with pytest.raises(StaleState):
        pending[1].wait()
    assert pending[2].wait().number == 2
    assert log.load_states().states == {"key": State(2, "two")}
    assert texts(log) == ["a", "c"]


def test_an_earlier_term_is_refused_beside_the_one_that_leads(log, group, term):
    old, new = group.submit(term, some("a")), group.submit(log.raise_term(), some("b"))
    assert new.wait().number == 1
    with pytest.raises(StaleTerm):
        old.wait()
    assert texts(log) == ["b"]


def test_when_the_log_is_unavailable_all_of_that_transaction_hear_it_and_the_next_one_works(log, group, term):
    log.failures.append(LogUnavailable("disk full"))
    pending = [group.submit(term, some(text)) for text in "abc"]
    for one in pending:
        with pytest.raises(LogUnavailable, match="disk full"):
            one.wait()
    assert group.append(term, some("d")).number == 1


def test_an_error_nobody_thought_of_reaches_everybody_too(log, group, term):
    log.failures.append(ZeroDivisionError("a bug"))
    pending = [group.submit(term, some(text)) for text in "abc"]
    for one in pending:
        with pytest.raises(ZeroDivisionError):
            one.wait()
    assert group.append(term, some("d")).number == 1


def test_a_leader_killed_before_its_commit_begins_leaves_the_others_to_another(log, term, callers):
    asked, may_die = threading.Event(), threading.Event()

    def offload(function, *args):
        if not asked.is_set():
            asked.set()
            assert may_die.wait(20)
            raise Killed
        return function(*args)

    group = GroupCommit(log, offload, lambda: NOON)
    leader = callers.submit(group.append, term, some("killed"))
    assert asked.wait(20)
    others = [callers.submit(group.append, term, some("kept")) for _ in range(5)]
    queue_up(group, 6)
    may_die.set()
    with pytest.raises(Killed):
        leader.result(20)
    assert {other.result(20).number for other in others} == {1, 2, 3, 4, 5}
    assert texts(log) == ["kept"] * 5


def test_a_leader_killed_before_its_commit_begins_takes_its_append_back(log, term):
    late = []

    def offload(function, *args):
        late.append(lambda: function(*args))
        raise Killed

    group = GroupCommit(log, offload, lambda: NOON)
    pending = group.submit(term, some("killed"))
    with pytest.raises(Killed):
        pending.wait()
    late[0]()  # the pool gets round to it after all
    with pytest.raises(Killed):
        pending.wait()
    assert texts(log) == []
    assert len(group._free_lead) == 1, "or two would commit side by side"


def test_a_leader_killed_while_its_commit_runs_does_not_let_a_second_one_run_beside_it(log, term, callers):
    started: list[threading.Thread] = []

    def offload(function, *args):
        if not started:
            started.append(threading.Thread(target=function, args=args))
            started[0].start()
            wait_until(lambda: log.batches)
            raise Killed
        return function(*args)

    group = GroupCommit(log, offload, lambda: NOON)
    log.gate.clear()
    with pytest.raises(Killed):
        group.append(term, some("first"))
    others = [callers.submit(group.append, term, some("later")) for _ in range(5)]
    queue_up(group, 5)
    assert log.batches == [1], "the lead is not free as long as the commit runs"
    log.gate.set()
    for other in others:
        other.result(20)
    started[0].join()
    assert texts(log) == ["first", *["later"] * 5]


def test_a_follower_killed_while_it_waits_takes_its_append_back(log, group, term, callers, monkeypatch):
    first = occupy(log, group, term, callers)
    pending = group.submit(term, some("killed"))

    def die(timeout):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(group._changed, "wait", die)
        with pytest.raises(Killed):
            pending.wait()
    log.gate.set()
    first.result(20)
    group.append(term, some("next"))
    assert texts(log) == ["first", "next"]


def test_greenlets_under_gevent_that_are_killed_at_random_leave_nobody_waiting(tmp_path):
    pytest.importorskip("gevent")
    script = ROOT / "tests" / "support" / "gevent_appends.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "events.sqlite")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "nobody left waiting" in done.stdout
