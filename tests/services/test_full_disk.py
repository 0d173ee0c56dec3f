"""A disk without room: polls go on, and who came meanwhile is told once there is room again."""

import contextlib
import os
import subprocess
from datetime import timedelta

import pytest

from peoplecount.domain.camera import Camera
from peoplecount.domain.event_body import read_increment
from peoplecount.domain.line import LineKey
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.log import LogUnavailable
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.count_keeper import CountKeeper
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock

resource = pytest.importorskip("resource", reason="this system has no limits of files")

CAMERA = Camera("cam", "Camera", "http://192.0.2.1", site_id="shop")
ROSTER = Roster({"cam": CAMERA}, {"shop": Site("shop", "Shop", "UTC")})
KEY = LineKey("cam")


class SmallDisk:
    """A file system in memory, which the superuser may mount."""

    says = "the disk is full"

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "peoplecount-test", self.folder]
        try:
            self.is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            self.is_mounted = False

    @contextlib.contextmanager
    def full(self):
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)
        yield
        filler.unlink()

    def close(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder], capture_output=True, check=True)


class LimitedFiles:
    """Files that may not grow, as a quota would have it."""

    says = "the disk reports an error"
    is_mounted = True

    def __init__(self, folder):
        self.folder = folder / "files"
        self.folder.mkdir()

    @contextlib.contextmanager
    def full(self):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        largest = max(os.stat(path).st_size for path in self.folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def close(self):
        pass


@pytest.fixture(params=[SmallDisk, LimitedFiles])
def disk(request, tmp_path):
    one = request.param(tmp_path)
    if not one.is_mounted:  # nobody but the superuser may
        one = LimitedFiles(tmp_path)
    yield one
    one.close()


class Door:
    """A line of a camera that is polled, with its log on a disk."""

    def __init__(self, folder):
        self.clock = FakeClock()
        self.log = SQLiteEventLog(folder / "events.sqlite")
        appender = DirectAppender(self.log, self.clock.now)
        self.keeper = CountKeeper(self.log, appender, term=self.log.raise_term(), roster=lambda: ROSTER)
        self.people = 0
        self.poll()

    def poll(self):
        self.clock.passes(10)
        now = self.clock.now()
        reading = Reading(
            "cam", now, now.replace(tzinfo=None), "serial", (LineReading(KEY, "Line", Totals(self.people, 0)),)
        )
        self.keeper.observe(CAMERA, reading, expected_every=timedelta(seconds=10))

    def told(self):
        return sum(read_increment(entry.event).people.entered for entry in self.log.read(0, 10**6))


def test_people_who_come_while_the_disk_is_full_are_told_when_there_is_room_again(disk):
    door = Door(disk.folder)
    with disk.full():
        failures = []
        for _ in range(2000):  # what is already allotted to the write-ahead log is used up first
            door.people += 1
            try:
                door.poll()
            except LogUnavailable as error:
                failures.append(str(error))
            if len(failures) == 5:
                break
        assert [disk.says in words for words in failures] == [True] * 5
        told = door.told()
        assert told < door.people
    door.people += 1
    door.poll()
    assert door.told() == door.people
    last = door.log.read(door.log.head().number - 1, 1)[0]
    assert read_increment(last.event).people.entered == door.people - told
    door.log.close()
