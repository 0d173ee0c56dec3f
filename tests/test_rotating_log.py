"""The log in files, and what happens where Windows lets none be renamed."""

import logging
import os

import pytest

from peoplecount import rotating_log
from peoplecount.rotating_log import RotatingLog


class Writer:
    """A log that is full after two messages, in a folder where files can be held open as on Windows."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.held, self.now = folder, set(), 1_000.0
        self._rename = os.rename
        monkeypatch.setattr("os.rename", self._try_to_rename)
        monkeypatch.setattr(rotating_log.time, "monotonic", lambda: self.now)
        self.log = RotatingLog(folder / "log.txt", maxBytes=20, backupCount=2, encoding="utf-8")
        self.number = 0

    def _try_to_rename(self, source, target):
        if {os.path.basename(source), os.path.basename(target)} & self.held:
            raise PermissionError(13, "it is being used by another process", source)
        self._rename(source, target)

    def says(self, times):
        for _ in range(times):
            self.number += 1
            self.log.emit(logging.makeLogRecord({"msg": f"line {self.number}"}))

    def files(self):
        return {path.name: path.read_text().split("line ")[1:] for path in sorted(self.folder.iterdir())}


@pytest.fixture
def writer(tmp_path, monkeypatch):
    writer = Writer(tmp_path, monkeypatch)
    yield writer
    writer.log.close()


def _numbers(files):
    return {name: [int(one) for one in lines] for name, lines in files.items()}


def test_a_full_file_is_kept_beside_the_next_and_so_many_of_them(writer):
    writer.says(8)
    assert _numbers(writer.files()) == {"log.txt": [7, 8], "log.txt.1": [5, 6], "log.txt.2": [3, 4]}


def test_while_somebody_has_the_file_open_it_grows_and_nothing_is_lost(writer):
    writer.says(6)
    writer.held.add("log.txt")
    writer.says(4)
    assert _numbers(writer.files()) == {"log.txt": [5, 6, 7, 8, 9, 10], "log.txt.1": [3, 4], "log.txt.2": [1, 2]}
    writer.held.clear()
    writer.says(1)
    assert _numbers(writer.files())["log.txt"][-1] == 11, "tried again later, not with each line"
    writer.now += rotating_log.AGAIN_AFTER
    writer.says(1)
    assert _numbers(writer.files()) == {"log.txt": [12], "log.txt.1": [5, 6, 7, 8, 9, 10, 11], "log.txt.2": [3, 4]}


def test_where_an_earlier_one_is_held_no_message_is_lost_either(writer):
    writer.says(6)
    writer.held.add("log.txt.1")
    writer.says(3)
    assert _numbers(writer.files())["log.txt"] == [5, 6, 7, 8, 9]


def test_a_file_that_was_deleted_is_made_anew(writer):
    writer.says(2)
    (writer.folder / "log.txt").unlink()
    writer.says(1)
    assert _numbers(writer.files()) == {"log.txt": [3]}
