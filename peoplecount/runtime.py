"""What the service runs on: greenlets in a gunicorn worker, threads in tests and one-off commands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import cast

from gevent import get_hub, monkey

from peoplecount.domain.offload import Offload, P, T, call_here
from peoplecount.services.collector import Scheduler


@dataclass(frozen=True, slots=True)
class Runtime:
    """The two things that differ."""

    offload: Offload
    make_scheduler: Callable[[], Scheduler]


def this_runtime() -> Runtime:
    """The runtime of this process: greenlets if gevent has patched it."""
    # A slot that is missed because the poll before still runs is counted by the collector.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    if monkey.is_module_patched("threading"):
        return Runtime(_in_thread_pool, _gevent_scheduler)
    return Runtime(call_here, _background_scheduler)


def _in_thread_pool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    return cast("T", get_hub().threadpool.apply(function, args, kwargs))


def _gevent_scheduler() -> Scheduler:
    from apscheduler.schedulers.gevent import GeventScheduler  # noqa: PLC0415 - imports what it runs on

    return cast("Scheduler", GeventScheduler(timezone=UTC))


def _background_scheduler() -> Scheduler:
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415 - the other of the two

    return cast("Scheduler", BackgroundScheduler(timezone=UTC))
