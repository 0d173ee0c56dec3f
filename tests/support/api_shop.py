"""A shop behind the API: its board, its log and the database its counts are written into, without a service."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from peoplecount.domain.camera import CameraState
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.interval import ClosedInterval, Scope
from peoplecount.domain.interval_body import interval_event
from peoplecount.services.counts import Counts
from peoplecount.services.missed_counts import MissedCounts
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.history import History
from peoplecount.storage.record_pages import RecordPages
from peoplecount.web.app import create_app
from tests.support.board_service import BoardService, Gate
from tests.support.fresh_database import FreshDatabase
from tests.support.shop import BACK, FRONT, LEFT, RIGHT, SHOP, at, until

HOUR = timedelta(hours=1)
GATES = (FRONT, LEFT, RIGHT, BACK)


class ApiShop(BoardService):
    """Counts at four lines; nothing happens but what a test lets happen."""

    def __init__(self, folder: Path, hours: int = 3, **context):
        super().__init__([SHOP], now=at(8))
        self.database = FreshDatabase(folder / "counts.db")
        self.writer = RecordWriter(self.log, self.database)
        self.past = History(self.database)
        self.counts = Counts(self.past, lambda: self.snapshots().fields, self.clock, self.backlog.appended_at)
        self.polled: list[str] = []
        self.app = self.application(**context)
        self.client: FlaskClient = self.app.test_client()
        for gate in GATES:
            self.status(gate, CameraState.UP)
        self.passes_hours(hours)

    def application(self, **context) -> Flask:
        """Another one on the same shop."""
        parts = {
            "counts": self.counts,
            "records": MissedCounts(RecordPages(self.database), self.past),
            "poll_camera": self.polled.append,
            "public_url": "https://counts.example",
        }
        return create_app(self.context(**parts | context))

    def passes_hours(self, hours: int) -> None:
        """In each of them some come and go at every line, and it is closed."""
        for _ in range(hours):
            begin = self.clock.now().replace(minute=0)
            for number, gate in enumerate(GATES, 1):
                until(self, begin + timedelta(minutes=10 * number))
                self.count(gate, number, number - 1)
            until(self, begin + HOUR + timedelta(minutes=1))
            for number, gate in enumerate(GATES, 1):
                self.closes(gate, begin, Figures(number, number - 1))
            self.write()

    def closes(self, gate: Gate, begin: datetime, figures: Figures | None, length: timedelta = HOUR) -> None:
        """An interval of a line is over."""
        told = (Quality.MEASURED, 1.0) if figures is not None else (Quality.MISSING, 0.0)
        local = begin.replace(tzinfo=None) + 2 * HOUR
        interval = ClosedInterval(Scope.LINE, str(gate.key), begin, length, local, figures, *told)
        self.append(interval_event(gate.place, interval, self.clock.now()))

    def write(self) -> None:
        """Everything is in the database, and on the board."""
        while self.writer.run_once():
            pass
        self.catch_up()

    def get(self, address: str, status: int = 200, **options):
        """The answer below ``/api/v1``."""
        answer = self.client.get(f"/api/v1{address}", **options)
        assert answer.status_code == status, answer.text
        return answer

    def end(self) -> None:
        """Let go of the database."""
        self.database.disconnect()
