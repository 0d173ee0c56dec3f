"""Whatever happens to the service: registros holds what the older software would have written, in its order."""

import copy
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from peoplecount.domain.increment import Generation
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.storage.errors import DatabaseError
from peoplecount.storage.sqlite import SQLiteConnection
from tests.services.test_registros_writer import Attached
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.installation import Installation
from tests.support.own_tables import make_tables


def copy_of(log):
    """What a backup of the log's file would be."""
    other = MemoryEventLog()
    kept = {name: copy.copy(value) for name, value in log.__dict__.items() if name not in {"_lock", "_closed"}}
    other.__dict__.update(kept)
    return other


CAMERAS = ("7", "8")
FATES = st.lists(st.sampled_from(["kept", "lost", "done"]), min_size=1, max_size=4)


class OlderSoftware:
    """Polls, and writes a row where it differs from the camera's last."""

    def __init__(self) -> None:
        self.rows = {camera: [] for camera in CAMERAS}

    def polls(self, camera, totals):
        if not self.rows[camera] or self.rows[camera][-1] != totals:
            self.rows[camera].append(totals)


class Registros(RuleBasedStateMachine):
    """One installation, of which everything may fail but the table itself."""

    @initialize(apart=st.booleans(), numbered=st.booleans())
    def begins(self, apart, numbered):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.connections = [SQLiteConnection(folder / "theirs.db")]
        installation = Installation(self.connections[0], numbered=numbered).make()
        if apart:
            self.connections.append(SQLiteConnection(folder / "own.db"))
        make_tables(self.connections[-1])
        self.log = MemoryEventLog()
        self.attached = Attached(self.log, installation, FakeClock(EIGHT), self.connections[1] if apart else None)
        self.attached.catches_up()
        self.older = OlderSoftware()
        self.lines = {camera: [CountingLine(camera, index) for index in (1, 2)] for camera in CAMERAS}
        self.before = []
        self.kept = None

    def teardown(self):
        if hasattr(self, "connections"):
            for connection in self.connections:
                connection.disconnect()
            self._folder.cleanup()

    @rule(camera=st.sampled_from(CAMERAS), people=st.tuples(*[st.integers(0, 2)] * 4))
    def people_cross(self, camera, people):
        one, two = self.lines[camera]
        append(self.log, one.count(*people[:2]), two.count(*people[2:]))
        self.older.polls(camera, (*one.totals, *two.totals))

    @rule(camera=st.sampled_from(CAMERAS))
    def midnight_comes(self, camera):
        for line in self.lines[camera]:
            line.totals = (0, 0)
            line.generation = Generation(line.generation.day).next(
                line.generation.day.replace(year=line.generation.day.year + 1)
            )
        self.people_cross(camera, (0, 0, 0, 0))

    @rule()
    def it_writes(self):
        with suppress(DatabaseError):
            self.attached.writer.run_once()

    @rule()
    def it_is_restarted(self):
        self.attached.restarts()

    @rule(fates=FATES)
    def answers_get_lost(self, fates):
        self.attached.theirs.loses(*fates)

    @rule(fates=FATES)
    def our_own_store_fails(self, fates):
        self.attached.own.loses(*fates)

    @rule()
    def everything_is_told_again(self):
        """As after a crash, or from a log that was put back to a moment after the last row."""
        self.log.start_epoch()

    @rule()
    def the_log_is_copied(self):
        self.kept = copy_of(self.log), copy.deepcopy(self.lines)

    @rule()
    def the_copy_is_put_back(self):
        """All was written by then, so nothing is lost: cameras are counted on from what the copy knew of them."""
        if self.kept is None:
            return
        self.all_is_well_again()
        log, lines = self.kept
        self.log.__dict__.update(copy_of(log).__dict__)
        self.log.start_epoch()
        for camera in CAMERAS:
            events = []
            for then, now in zip(copy.deepcopy(lines[camera]), self.lines[camera], strict=True):
                if then.generation != now.generation:
                    then.totals, then.generation = (0, 0), now.generation
                events.append(then.count(now.totals[0] - then.totals[0], now.totals[1] - then.totals[1]))
            append(self.log, *events)
            self.older.polls(camera, tuple(figure for line in self.lines[camera] for figure in line.totals))

    @rule()
    def all_is_well_again(self):
        self.attached.theirs.loses()
        self.attached.own.loses()
        self.attached.catches_up()
        for camera in CAMERAS:
            assert [row[1:] for row in self.attached.rows(camera)] == self.older.rows[camera]

    @invariant()
    def rows_stay_as_they_are(self):
        if hasattr(self, "attached"):
            rows = self.attached.rows()
            assert rows[: len(self.before)] == self.before
            self.before = copy.copy(rows)


TestRegistros = Registros.TestCase
TestRegistros.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
