"""Where logs live: every contract test runs on each home."""

import pytest

from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.eventlog.sqlite_log import SQLiteEventLog


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


@pytest.fixture(params=["memory", "sqlite"])
def home(request, tmp_path):
    if request.param == "memory":
        yield MemoryHome()
    else:
        home = SQLiteHome(tmp_path)
        yield home
        home.close()


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
