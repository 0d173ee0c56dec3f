"""Redis servers for tests, where Redis is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest


@contextmanager
def installed_redis(**options: str) -> Iterator:
    """One of its own; skips the test where there is none."""
    pytest.importorskip("redis", reason="redis-py is not installed (requirements-redis.txt)")
    from tests.support.redis_server import is_installed, running_redis  # noqa: PLC0415 - needs redis-py

    if not is_installed():
        pytest.skip("Redis is not installed")
    with running_redis(**options) as server:
        yield server


@pytest.fixture(scope="session")
def shared_redis() -> Iterator:
    """A Redis that stays up, started for the first test that wants one; its databases are for one test each."""
    with installed_redis() as server:
        yield server


@pytest.fixture
def redis_server() -> Iterator:
    """A Redis of one test's own, to be killed and put back."""
    with installed_redis() as server:
        yield server


@pytest.fixture
def make_redis() -> Iterator:
    """Starts Redis servers with a configuration of their own."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(installed_redis(**options))
