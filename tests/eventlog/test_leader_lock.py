"""Of all processes at most one leads."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from peoplecount.eventlog.leader_lock import LeaderLock
from peoplecount.eventlog.log import LogUnavailable

ROOT = Path(__file__).parents[2]

HOLD = (
    "import sys; from pathlib import Path; from peoplecount.eventlog.leader_lock import LeaderLock; "
    "lock = LeaderLock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "leader.lock"


@pytest.fixture
def lock(path):
    lock = LeaderLock(path)
    yield lock
    lock.release()


@pytest.fixture
def holder(path):
    """Another process that has the lead."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "True\n"
    yield child
    child.kill()
    child.wait(20)
    child.stdin.close()
    child.stdout.close()


def test_the_first_one_leads_and_may_ask_again(lock):
    assert not lock.still_holds()
    assert lock.try_acquire()
    assert lock.try_acquire()
    assert lock.still_holds()


def test_one_release_is_enough_however_often_it_was_asked_for(lock, path):
    lock.try_acquire()
    lock.try_acquire()
    lock.release()
    lock.release()
    assert not lock.still_holds()
    second = LeaderLock(path)
    assert second.try_acquire()
    second.release()


def test_a_second_one_in_the_same_process_does_not_lead(lock, path):
    lock.try_acquire()
    second = LeaderLock(path)
    assert not second.try_acquire()
    assert not second.still_holds()
    second.release()
    assert lock.still_holds()


def test_another_thread_may_ask_and_release(lock, path):
    lock.try_acquire()
    answers = []
    thread = threading.Thread(target=lambda: (answers.append(lock.still_holds()), lock.release()))
    thread.start()
    thread.join()
    assert answers == [True]
    second = LeaderLock(path)
    assert second.try_acquire()
    second.release()


def test_while_another_process_leads_this_one_does_not_and_when_it_dies_it_does(lock, holder):
    assert not lock.try_acquire()
    assert not lock.still_holds()
    holder.kill()
    holder.wait(20)
    assert lock.try_acquire()


def test_the_file_names_the_process_that_leads_for_people(lock, holder, path):
    lock.try_acquire()
    assert path.read_text() == f"{holder.pid}\n"


def test_a_lock_whose_file_was_deleted_is_not_held_any_more(lock, path):
    lock.try_acquire()
    path.unlink()
    assert not lock.still_holds()
    other = LeaderLock(path)
    assert other.try_acquire()
    assert not lock.still_holds()
    assert not lock.try_acquire(), "the other one leads now"
    other.release()
    assert lock.try_acquire()
    assert lock.still_holds()


def test_a_path_that_cannot_be_locked_is_named(tmp_path):
    with pytest.raises(LogUnavailable, match="cannot be locked"):
        LeaderLock(tmp_path).try_acquire()
