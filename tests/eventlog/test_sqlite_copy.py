"""Copies of SQLite files, wherever they are put."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from peoplecount.eventlog import sqlite_copy
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.sqlite_copy import copy_sqlite

LOCKS = Path("/proc/locks")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (7)")
        yield path


def numbers(path):
    with closing(sqlite3.connect(path)) as copy:
        return [row[0] for row in copy.execute("SELECT n FROM t")]


@pytest.mark.parametrize("name", ["copy.sqlite", "of 100% ? #1.sqlite"])
def test_what_is_in_the_file_and_beside_it_is_in_the_copy(source, tmp_path, name):
    copy_sqlite(source, tmp_path / name, LogUnavailable)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(name)] == [name]
    assert numbers(tmp_path / name) == [7]


@pytest.mark.skipif(not LOCKS.exists(), reason="/proc/locks, which Linux has, tells of locks")
def test_of_the_copy_nothing_is_locked_and_no_memory_shared_as_shares_want_it(source, tmp_path, monkeypatch):
    target, seen = tmp_path / "copy.sqlite", []

    class Watched(sqlite3.Connection):
        def execute(self, sql, *parameters):
            found = super().execute(sql, *parameters)
            if "quick_check" in sql:
                inodes = [line.split()[5].rpartition(":")[2] for line in LOCKS.read_text().splitlines()]
                seen.append((str(target.stat().st_ino) in inodes, os.path.exists(f"{target}-shm")))
            return found

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite_copy.sqlite3, "connect", lambda *a, **more: connect(*a, factory=Watched, **more))
    copy_sqlite(source, target, LogUnavailable)
    assert seen == [(False, False)]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_nobody_else_may_read_the_copy(source, tmp_path):
    copy_sqlite(source, tmp_path / "copy.sqlite", LogUnavailable)
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_is_missing_is_said_and_no_empty_file_made(tmp_path):
    with pytest.raises(LogUnavailable, match="missing"):
        copy_sqlite(tmp_path / "missing.sqlite", tmp_path / "copy.sqlite", LogUnavailable)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_replaced(source, tmp_path):
    (tmp_path / "copy.sqlite").write_bytes(b"of before")
    with pytest.raises(LogUnavailable):
        copy_sqlite(source, tmp_path / "copy.sqlite", LogUnavailable)
    assert (tmp_path / "copy.sqlite").read_bytes() == b"of before"
