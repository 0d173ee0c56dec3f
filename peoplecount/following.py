"""Following the log: what every process shows of it, connected."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from peoplecount.installation import Installation
from peoplecount.services.board_state import Judges
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.log_follower import LogFollower
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.today_chart import TodayChart
from peoplecount.services.worker_threads import Worker
from peoplecount.storage.history import History
from peoplecount.stream.hub import Hub


class Following:
    """The board, its streams and the chart of today, kept up to date while ``workers`` run."""

    def __init__(self, installation: Installation, history: History, judges: Judges) -> None:
        """``history`` is where the hours of today are that the board does not have.

        ``judges`` are the cameras by which our clock is judged.
        """
        clock = installation.clock
        self.hub = Hub()
        self.board = LiveBoard(installation.sites, installation.intervals, clock.speed, judges=judges)
        self.snapshots = Snapshots(self.board, clock)
        self.chart = TodayChart(history, self.board, clock)
        self._wake = threading.Event()
        self._follower = LogFollower(
            installation.folder.log,
            self.board,
            self.hub,
            self.snapshots,
            offload=installation.runtime.offload,
            clock=clock,
            wake=self._wake,
            is_shared=installation.folder.shares_log,
        )

    def workers(self) -> dict[str, Worker]:
        """What runs for as long as the process does, by name."""
        return {"log-follower": self._follower.run, "today-chart": self.chart.keep_ready}

    def wake(self) -> None:
        """There is something new, or the end has come."""
        self._wake.set()

    @property
    def is_failing(self) -> bool:
        """Whether the log cannot be read."""
        return self._follower.is_failing

    def known(self) -> Mapping[str, Any] | None:
        """How everything stands; ``None`` until the log has been read."""
        return self.snapshots().fields if self.board.head.epoch else None
