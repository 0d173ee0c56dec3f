"""What the service runs on: greenlets in a gunicorn worker, threads in tests and one-off commands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
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
    outcome = get_hub().threadpool.apply(_outcome, (function, args, kwargs))
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


def _gevent_scheduler() -> Scheduler:
    from apscheduler.schedulers.gevent import GeventScheduler  # noqa: PLC0415 - imports what it runs on

    return cast("Scheduler", GeventScheduler(timezone=UTC))


def _background_scheduler() -> Scheduler:
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415 - the other of the two

    return cast("Scheduler", BackgroundScheduler(timezone=UTC))
