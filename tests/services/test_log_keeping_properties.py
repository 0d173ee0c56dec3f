"""Whatever is appended, folded, trimmed, written and put back: everybody is told once, or a gap is."""

import json
import shutil
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("hypothesis", reason="hypothesis is in requirements-dev.txt")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import func, select

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.offload import call_here
from peoplecount.domain.reading import LineReading, Reading, Totals
from peoplecount.domain.roster import Roster
from peoplecount.domain.site import Site
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.log_keeping import LogKeeping
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import hour_counts, records
from peoplecount.storage.sqlite import SQLiteConnection
from peoplecount.stream.client import SSEClient
from peoplecount.stream.hub import Hub
from peoplecount.stream.order import Order
from peoplecount.stream.snapshot import Snapshot
from tests.support.appending import DirectAppender
from tests.support.fake_clock import FakeClock
from tests.support.own_tables import make_tables
from tests.support.stream_events import heard

MORNING = datetime(2026, 5, 4, 0, 0, 10, tzinfo=UTC)
CAMERA = Camera("cam", "Camera", "http://192.0.2.1", site_id="shop")
ROSTER = Roster({"cam": CAMERA}, {"shop": Site("shop", "Shop", "UTC")})
KEYS = (LineKey("cam", 0, 1, 1), LineKey("cam", 0, 1, 2))
WALK = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=len(KEYS), max_size=len(KEYS))


class Account:
    """What a client of the stream has added up since its last snapshot or gap, beside what was in that."""

    def __init__(self, streams) -> None:
        self._streams = streams
        self.last_id = None
        self.people = 0

    def listens(self) -> None:
        """Connects anew, with the id it has, and listens to all that is there."""
        hub, backlog = Hub(), LogBacklog(self._streams.log, call_here)
        hub.reset(backlog.extent().head)
        client = SSEClient(hub, backlog, self._streams.snapshot, Order(start=self.last_id), heartbeat=0.0)
        frames = client.open_stream()
        for frame in frames:
            for event in heard([frame]):
                self._take(event)
            if frame.startswith(b":"):
                break
        frames.close()
        self.last_id = client.cursor

    def _take(self, event) -> None:
        if event.name == "snapshot":
            self.people = event.data["cameras"][0]["people"]
        elif event.name == "PeopleCountingUpdate":
            self.people += event.data["in"]


class Doors(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "events.sqlite"
        self.copy = self.path.with_name("copy.sqlite")
        self.log = SQLiteEventLog(self.path)
        self.clock = FakeClock(MORNING)
        self.totals = dict.fromkeys(KEYS, (0, 0))
        connection = SQLiteConnection(self.path.with_name("database.sqlite"))
        make_tables(connection)
        self.db = ProxyDB(connection, pause=lambda seconds: None)
        self.restart()
        self.poll()
        self.keep_copy()
        self.accounts = [Account(self), Account(self)]

    def restart(self):
        self.term = self.log.raise_term()
        appender = DirectAppender(self.log, self.clock.now)
        self.keeper = CountKeeper(self.log, appender, term=self.term, roster=lambda: ROSTER)
        self.writer = RecordWriter(self.log, self.db, batch=5)
        self.keeping = self._keeping(10**12)

    def _keeping(self, budget):
        return LogKeeping(
            self.log,
            term=self.term,
            written_up_to=self.writer.written_up_to,
            keep=timedelta(hours=2),
            budget=budget,
            clock=self.clock,
            monotonic=lambda: 0.0,
        )

    def poll(self):
        now = self.clock.now()
        lines = tuple(LineReading(key, "Line", Totals(*self.totals[key])) for key in KEYS)
        reading = Reading("cam", now, now.replace(tzinfo=None), "serial", lines)
        self.keeper.observe(CAMERA, reading, expected_every=timedelta(minutes=5))

    @rule(walks=st.lists(WALK, min_size=4, max_size=10), minutes=st.sampled_from([3, 9]))
    def people_cross(self, walks, minutes):
        if self.clock.now() + timedelta(minutes=minutes * len(walks)) > MORNING + timedelta(hours=22):
            return
        for walk in walks:
            self.clock.passes(60 * minutes)
            for key, (entered, left) in zip(KEYS, walk, strict=True):
                self.totals[key] = (self.totals[key][0] + entered, self.totals[key][1] + left)
            self.poll()

    @rule(batches=st.integers(1, 4))
    def the_database_is_there_for_a_moment(self, batches):
        for _ in range(batches):
            self.writer.run_once()

    @rule(database_is_known=st.booleans())
    def the_log_is_out_of_room(self, database_is_known):
        if not database_is_known:
            self.writer = RecordWriter(self.log, self.db, batch=5)
        self._keeping(1).tend(threading.Event())

    @rule(walks=st.lists(WALK, min_size=8, max_size=8), which=st.integers(0, 1))
    def a_client_is_away_while_the_log_is_folded(self, walks, which):
        self.people_cross(walks, 9)
        self.accounts[which].listens()
        self.people_cross(walks, 9)
        self.the_log_is_out_of_room(database_is_known=False)
        self.a_client_comes_back_and_has_everybody_once(which)

    @rule()
    def old_events_are_trimmed(self):
        self.keeping.tend(threading.Event())

    @rule()
    def keep_copy(self):
        self.log.close()
        shutil.copy(self.path, self.copy)
        self.log.open()

    @precondition(lambda self: self.copy.exists())
    @rule()
    def the_log_is_put_back(self):
        """As ``discover_rewind`` would find; the camera still knows its totals."""
        self.log.close()
        for companion in ("", "-wal", "-shm"):
            Path(f"{self.path}{companion}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.path)
        self.log.open()
        self.log.start_epoch()
        self.restart()
        self.poll()

    @rule(which=st.integers(0, 1))
    def a_client_comes_back_and_has_everybody_once(self, which):
        self.accounts[which].listens()
        assert self.accounts[which].people == self._told()

    @rule()
    def the_database_has_everybody_once(self):
        self.poll()
        while self.writer.run_once():
            pass
        entered, left = (sum(total[side] for total in self.totals.values()) for side in (0, 1))
        assert self._sums(records) == self._sums(hour_counts) == (entered, left)

    def teardown(self):
        if hasattr(self, "log"):
            self.the_database_has_everybody_once()
            self.log.close()
            self.db.disconnect()
            self.folder.cleanup()

    def snapshot(self):
        cameras = [{"cameraId": "cam", "siteId": "shop", "people": self._told()}]
        return Snapshot(
            self.log.head(), {"kind": "snapshot", "sites": [], "doors": [], "cameras": cameras, "lines": []}
        )

    def _told(self):
        """Everybody of whom the log tells, folded or trimmed as it is: the newest totals are kept at hand."""
        latest = [json.loads(entry.event.body) for entry in self.log.latest().entries]
        return sum(body["cameraInTotal"] for body in latest if body["kind"] == "PeopleCountingUpdate")

    def _sums(self, table):
        (row,) = self.db.execute(select(func.sum(table.c.in_count), func.sum(table.c.out_count)))
        return int(row[0] or 0), int(row[1] or 0)


TestDoors = Doors.TestCase
TestDoors.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
