"""What the service runs on: greenlets in a gunicorn worker, threads in tests and one-off commands."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import cast

import gevent
from apscheduler.executors.base import BaseExecutor, MaxInstancesReachedError
from apscheduler.job import Job
from apscheduler.triggers.base import BaseTrigger
from gevent import monkey
from gevent.queue import SimpleQueue
from gevent.threadpool import ThreadPool

from peoplecount.domain.offload import Offload, P, T, call_here
from peoplecount.eventlog.native import Native
from peoplecount.services.collector import NextTime, Scheduler

LOG_THREADS = 8
"""Appends share one at a time; the rest is for streams that catch up from the log."""

MOST_IDLE = 32
"""Greenlets that stay when their jobs are done. As many jobs come together of a thousand cameras a second."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What differs between the two."""

    offload: Offload
    """For the log and the local store, which take several threads at once."""

    database_thread: Callable[[], Offload]
    """Makes one for the database: a thread of its own, for one connection and one call at a time.

    SQLAlchemy's locks are gevent's own once it has patched, and those must not be contended by threads of a pool:
    waiting threads are woken late or never.
    """

    make_scheduler: Callable[[], Scheduler]
    native: Native = field(default_factory=Native)
    """For connections to Redis, which are used in native threads."""


def this_runtime() -> Runtime:
    """The runtime of this process: greenlets if gevent has patched it."""
    # A slot that is missed because the poll before still runs is counted by the collector.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if monkey.is_module_patched("threading"):
        # Not only once it is needed: reading it in takes 30 ms, in which everybody would wait who is served by then.
        import_module("apscheduler.schedulers.gevent")
        return Runtime(PoolOffload(LOG_THREADS), lambda: PoolOffload(1), _gevent_scheduler, _unpatched())
    return Runtime(call_here, lambda: call_here, _background_scheduler)


def _unpatched() -> Native:
    """What the system gave before gevent put its own in its place."""
    start = monkey.get_original("_thread", "start_new_thread")
    return Native(
        make_socket=monkey.get_original("socket", "socket"),
        resolve=monkey.get_original("socket", "getaddrinfo"),
        tls=monkey.get_original("ssl", "SSLContext"),
        start_thread=lambda work: start(work, ()),
        sleep=monkey.get_original("time", "sleep"),
    )


def put_the_loop_first(seconds: float = 0.001) -> None:
    """Let the loop's thread have its turn sooner: Python lets others finish 5 ms each before it is given one.

    Measured with three native threads that compute: half of the loop's waits are over 12 ms then, and over 5 ms so.
    """
    sys.setswitchinterval(seconds)


class PoolOffload:
    """Runs calls in native threads, while other greenlets go on."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: ThreadPool | None = None

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` returns, or the exception it raises."""
        if self._pool is None:  # made where it is first used: after the fork, in the hub's own thread
            self._pool = ThreadPool(self._threads)
        # What is logged there is about the same request.
        outcome = self._pool.apply(copy_context().run, (_outcome, function, args, kwargs))
        if isinstance(outcome, _Raised):
            raise outcome.error
        return cast("T", outcome)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


def _outcome(function: Callable[..., T], args: Sequence[object], kwargs: Mapping[str, object]) -> T | _Raised:
    """What the function returns or raises. Errors travel as values, for gevent prints what a pool's thread raises."""
    try:
        return function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - raised again where it was called
        return _Raised(error)


class PlannedTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no hints
    """Asks when a job runs next, each time anew."""

    def __init__(self, next_time: NextTime) -> None:
        self._next_time = next_time
        self._asked: tuple[datetime | None, datetime] | None = None
        self._answer = datetime.max.replace(tzinfo=UTC)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The scheduler's question, which it asks twice for each run."""
        asked = previous_fire_time, now
        if asked != self._asked:
            self._answer, self._asked = self._next_time(*asked), asked
        return self._answer


class GreenletExecutor(BaseExecutor):  # type: ignore[misc]  # APScheduler has no hints
    """Runs each job in a greenlet, as APScheduler's own for gevent does, but not in a new one each time.

    Without the events, log lines and looks at the time that come with each run there: nobody listens to them, and they
    cost a fifth of a poll. Nor are there locks: all greenlets are of one loop, and none is switched to in between.
    Making a greenlet takes three times as long as waking one that waits, because Python gives it a stack of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._running: set[str] = set()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._most_idle = MOST_IDLE
        self._idle = 0
        """Greenlets that wait for a job and have not been promised one."""

    def submit_job(self, job: Job, _run_times: Sequence[datetime]) -> None:
        """Called by the scheduler. Raises ``MaxInstancesReachedError`` where the job runs already."""
        if job.id in self._running:
            raise MaxInstancesReachedError(job)
        self._running.add(job.id)
        if self._idle:
            self._idle -= 1
        else:
            gevent.spawn(self._work)
        self._jobs.put(job)

    def _do_submit_job(self, job: Job, run_times: Sequence[datetime]) -> None:
        """What ``BaseExecutor`` would call."""
        self.submit_job(job, run_times)

    def shutdown(self, wait: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - APScheduler's signature
        """Called by the scheduler: greenlets end with what they do, at once where that is nothing."""
        idle, self._idle, self._most_idle = self._idle, 0, 0
        for _ in range(idle):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._run(job)
            if self._idle >= self._most_idle:
                return
            self._idle += 1

    def _run(self, job: Job) -> None:
        try:
            job.func(*job.args, **job.kwargs)
        except BaseException:  # whatever it is, the job runs again at its next time
            self._logger.exception("Error running job %s", job.id)
        finally:
            self._running.discard(job.id)


def _gevent_scheduler() -> Scheduler:
    from apscheduler.schedulers.gevent import GeventScheduler  # noqa: PLC0415 - imports what it runs on

    return cast("Scheduler", GeventScheduler(timezone=UTC, executors={"default": GreenletExecutor()}))


def _background_scheduler() -> Scheduler:
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415 - the other of the two

    return cast("Scheduler", BackgroundScheduler(timezone=UTC))
