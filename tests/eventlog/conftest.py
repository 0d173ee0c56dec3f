"""Where logs live: every contract test runs on each home."""

from itertools import cycle

import pytest

from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog

DATABASES = 64
"""Of the Redis that tests share."""


class MemoryHome:
    """A log in memory, which outlives being closed."""

    def __init__(self) -> None:
        self._log = MemoryEventLog()

    def open(self) -> MemoryEventLog:
        self._log.open()
        return self._log


class SQLiteHome:
    """A log in a file; every opening is a process of its own, as far as the file can tell."""

    def __init__(self, folder) -> None:
        self.path = folder / "events.sqlite"
        self._opened: list[SQLiteEventLog] = []

    def open(self) -> SQLiteEventLog:
        log = SQLiteEventLog(self.path)
        log.open()
        self._opened.append(log)
        return log

    def close(self) -> None:
        for log in self._opened:
            log.close()


class RedisHome:
    """A log in a database of a Redis; every opening has connections of its own, as other machines have."""

    _databases = cycle(range(DATABASES))

    def __init__(self, server) -> None:
        from peoplecount.eventlog.redis_log import RedisEventLog  # noqa: PLC0415 - needs redis-py

        self.server = server
        self.address = server.address(next(self._databases))
        self._make = RedisEventLog
        self._opened = []
        log = self.open()
        log.link.ask("FLUSHDB")
        log.close()

    def open(self):
        log = self._make(self.address)
        log.open()
        self._opened.append(log)
        return log

    def close(self) -> None:
        for log in self._opened:
            log.close()


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make_home(request, tmp_path):
    """Makes homes of one kind, each of a log of its own."""
    made = []

    def make():
        if request.param == "memory":
            return MemoryHome()
        if request.param == "sqlite":
            folder = tmp_path / str(len(made))
            folder.mkdir()
            made.append(SQLiteHome(folder))
        else:
            made.append(RedisHome(request.getfixturevalue("shared_redis")))
        return made[-1]

    yield make
    for home in made:
        home.close()


@pytest.fixture
def home(make_home):
    return make_home()


@pytest.fixture
def log(home):
    return home.open()


@pytest.fixture
def sqlite_home(tmp_path):
    home = SQLiteHome(tmp_path)
    yield home
    home.close()


@pytest.fixture
def sqlite_log(sqlite_home):
    return sqlite_home.open()
