"""Threads that work until they are told to stop."""

import threading

import pytest

from peoplecount.services import worker_threads
from peoplecount.services.worker_threads import WorkerThreads
from tests.support.waiting import wait_until


@pytest.fixture
def threads():
    one = WorkerThreads(tireless=True)
    yield one
    one.stop()
    one.join(5)


def named(name):
    return [one for one in threading.enumerate() if one.name == name]


def test_each_worker_has_a_thread_of_its_name_until_all_are_told_to_stop(threads):
    begun = threading.Barrier(3)

    def work(stop):
        begun.wait(5)
        stop.wait(5)

    threads.start({"one-worker": work, "another-worker": work})
    begun.wait(5)
    assert threads.are_started
    assert [len(named(name)) for name in ("one-worker", "another-worker")] == [1, 1]
    threads.stop()
    threads.join(5)
    assert named("one-worker") + named("another-worker") == []


def test_they_are_not_waited_for_longer_than_is_said(threads):
    goes_on = threading.Event()
    threads.start({"busy": lambda _: goes_on.wait(5)})
    threads.stop()
    threads.join(0.01)
    assert len(named("busy")) == 1
    goes_on.set()


def test_tireless_ones_go_on_after_an_error_that_nobody_foresaw_and_it_is_said(threads, monkeypatch, caplog):
    monkeypatch.setattr(worker_threads, "RETRY_SECONDS", 0.001)
    tries = []

    def work(stop):
        tries.append(1)
        if len(tries) < 3:
            raise TypeError("a bug")
        stop.wait(5)

    threads.start({"clumsy": work})
    wait_until(lambda: len(tries) == 3)
    assert caplog.text.count("clumsy failed for an unforeseen reason") == 2
    assert caplog.text.count("TypeError: a bug") == 2


def test_one_that_is_done_is_not_begun_again(threads):
    done = []
    threads.start({"short": lambda _: done.append(1)})
    wait_until(lambda: done)
    threads.stop()
    threads.join(5)


def test_stopping_and_joining_before_the_start_is_nothing():
    threads = WorkerThreads()
    threads.stop()
    threads.join(1)
    assert not threads.are_started
