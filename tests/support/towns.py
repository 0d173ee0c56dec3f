"""Towns with several machines: one for all tests of a module, each of which begins and ends with everybody agreeing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.redis_servers import installed_redis


@pytest.fixture(scope="module")
def postgres_binaries() -> Path:
    """Where initdb and postgres are."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-dev.txt)")
    postgres = pytest.importorskip("tests.support.postgres", reason="PostgreSQL is not started on this system")
    if (binaries := postgres.binaries()) is None:
        pytest.skip("PostgreSQL is not installed")
    return Path(binaries)


@pytest.fixture(scope="module")
def start_redis() -> Iterator[Callable[..., Any]]:
    """Starts Redis servers that are there until the end of the module."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(installed_redis(**options))


@pytest.fixture(scope="module")
def town_of_lines(
    tmp_path_factory: pytest.TempPathFactory, postgres_binaries: Path, start_redis: Callable[..., Any]
) -> Iterator[Any]:
    """Each machine reaches Redis, and nothing else, by a line that can be cut."""
    from tests.support.postgres import running_postgres  # noqa: PLC0415 - POSIX only
    from tests.support.shared_town import ProxiedTown  # noqa: PLC0415 - the same

    folder, redis = tmp_path_factory.mktemp("town"), start_redis()
    with running_postgres(postgres_binaries) as server, ProxiedTown(folder, server, redis, start_redis) as town:
        yield town


@pytest.fixture(scope="module")
def town_of_networks(request: pytest.FixtureRequest, postgres_binaries: Path) -> Iterator[Any]:
    """Each machine has a network, where that can be made; elsewhere machines are cut off from Redis alone."""
    from tests.support.namespaced_town import namespaced_town  # noqa: PLC0415 - POSIX only
    from tests.support.namespaces import why_not  # noqa: PLC0415 - Linux only

    request.getfixturevalue("start_redis")()  # skips where there is none
    if reason := why_not():
        if os.environ.get("CI"):
            pytest.skip(f"networks cannot be made: {reason}")  # fails the run: see skip_rule.py
        print(f"Without networks: {reason}")
        yield request.getfixturevalue("town_of_lines")
        return
    folder = request.getfixturevalue("tmp_path_factory").mktemp("town")
    with namespaced_town(folder, postgres_binaries) as town:
        yield town
