"""Running a blocking call where it stops nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Offload(Protocol):
    """Runs ``function(*args)`` elsewhere and waits for it: gevent's thread pool in production."""

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` returns, or the exception it raises."""
        ...


def call_here(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The plain call, for tests and one-off commands."""
    return function(*args, **kwargs)
