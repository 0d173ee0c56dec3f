from datetime import timedelta

import pytest

from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.registros_keeping import Apart, Together
from peoplecount.services.registros_writer import RegistrosWriter
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.registros_shape import look_at
from tests.support.counting_line import EIGHT, CountingLine, append
from tests.support.fake_clock import FakeClock
from tests.support.installation import Installation

MINUTE = timedelta(minutes=1)


@pytest.fixture
def log():
    return MemoryEventLog()


@pytest.fixture
def clock():
    return FakeClock(EIGHT)


class Attached:
    """A writer on an installation; ``together`` with our tables, or apart from them."""

    def __init__(self, log, installation, clock, own=None):
        self.log, self.installation, self.clock = log, installation, clock
        self.theirs = ProxyDB(installation.connection, pause=lambda seconds: None)
        self.own = ProxyDB(own, pause=lambda seconds: None) if own else self.theirs
        self.writer = self.restarted()

    def restarted(self):
        keeping = (
            Together(self.own, self.clock.now)
            if self.own is self.theirs
            else Apart(self.own, self.theirs, self.clock.now)
        )
        connection = self.installation.connection

        def look():
            return look_at(self.theirs, connection.product, self.installation.table_name, connection.schema)

        self.writer = RegistrosWriter(self.log, keeping, look, self.theirs, clock=self.clock)
        return self.writer

    def counts(self, *events):
        append(self.log, *events)

    def catches_up(self):
        while self.writer.run_once():
            pass

    def rows(self, camera_id=None):
        return self.installation.rows(camera_id)


@pytest.fixture(params=["together", "apart"])
def attach(request, blank, make_connection, log, clock):
    def attach(**options):
        installation = Installation(blank, **options).make()
        own = blank if request.param == "together" else make_connection("sqlite", "own")
        upgrade(own)
        return Attached(log, installation, clock, None if own is blank else own)

    return attach


def test_a_row_holds_the_totals_of_both_lines_and_comes_where_they_differ(attach):
    attached = attach()
    attached.catches_up()
    left, right = CountingLine("7", 1), CountingLine("7", 2)
    attached.counts(left.count(3, 1), right.count(0, 2))
    attached.counts(left.count(1, 0))
    attached.catches_up()
    assert attached.rows() == [("7", 3, 1, 0, 2), ("7", 4, 1, 0, 2)]
    attached.restarted().run_once()
    assert len(attached.rows()) == 2
