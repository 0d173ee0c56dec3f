"""A replay, connected: the real pages and the real stream over a log of its own, without cameras and databases."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Request

from peoplecount.domain.recording import Recording
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.runtime import Runtime, this_runtime
from peoplecount.services.live_board import LiveBoard
from peoplecount.services.log_backlog import LogBacklog
from peoplecount.services.log_follower import LogFollower
from peoplecount.services.replay_clock import ReplayClock
from peoplecount.services.replay_desk import ReplayDesk
from peoplecount.services.replay_events import MARK
from peoplecount.services.replay_player import ReplayPlayer
from peoplecount.services.replayed_history import ReplayedHistory
from peoplecount.services.snapshots import Snapshots
from peoplecount.services.today_chart import TodayChart
from peoplecount.services.usual_days import UsualDays
from peoplecount.services.worker_threads import WorkerThreads
from peoplecount.stream.hub import Hub
from peoplecount.web.access import ANYBODY
from peoplecount.web.app import create_app
from peoplecount.web.context import WebContext
from peoplecount.web.transport import LOOPBACK_NAMES


class Onlookers:
    """Whoever reaches a replay may look at it: it is served to this machine only."""

    def visitor(self, asked: Request) -> Visitor:  # noqa: ARG002  the shape of ``Access``
        """See ``Access``."""
        return ANYBODY

    def of_holders(self, holders: Collection[str]) -> Mapping[str, Visitor]:  # noqa: ARG002
        """See ``Access``."""
        return {ANYBODY.holder: ANYBODY}


class ReplayService:
    """``start`` begins, ``stop`` ends. What it keeps lies in ``folder``, which is its own and may be deleted after."""

    def __init__(
        self,
        recording: Recording,
        folder: Path,
        *,
        speed: float,
        begin: datetime | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        """``begin`` is from when on it is watched (UTC); what was before is there at once."""
        offload = (runtime or this_runtime()).offload
        sites = list(recording.sites.values())
        self._log = SQLiteEventLog(folder / "replay.sqlite")
        self._clock = ReplayClock(begin or recording.begin, recording.end, speed)
        self._board = LiveBoard(lambda: sites, speed=speed)
        self._hub = Hub()
        self._snapshots = Snapshots(self._board, self._clock, MARK)
        self._wake = threading.Event()
        self._threads = WorkerThreads()
        history = ReplayedHistory()
        self._player = ReplayPlayer(
            recording,
            self._log,
            history,
            self._clock,
            offload=offload,
            appended=self._wake.set,
            turned=self._turn,
        )
        self._follower = LogFollower(
            self._log,
            self._board,
            self._hub,
            self._snapshots,
            offload=offload,
            clock=self._clock,
            wake=self._wake,
        )
        context = WebContext(
            hub=self._hub,
            board=self._board,
            backlog=LogBacklog(self._log, offload),
            snapshots=self._snapshots,
            clock=self._clock,
            chart=TodayChart(history, self._board, self._clock),
            usual=UsualDays(history, lambda: sites, self._clock),
            replay=ReplayDesk(self._clock, ZoneInfo(sites[0].time_zone), self._turn),
            access=Onlookers(),
            trusted_hosts=LOOPBACK_NAMES,
        )
        self.app: Flask = create_app(context)
        self.app.secret_key = secrets.token_bytes(32)

    def start(self) -> None:
        """Begin to play. Raises ``LogError``."""
        self._log.open()
        self._player.begin()
        self._threads.start({"log-follower": self._follower.run, "player": self._player.run})

    def stop(self) -> None:
        """End streams, and then everything; may come twice."""
        self._hub.close("the replay is over")
        self._threads.stop()
        self._wake.set()
        self._threads.join(2)
        self._log.close()

    def _turn(self) -> None:
        """Time goes at another speed: whoever shows it is told."""
        self._board.go_at(self._clock.speed)
        self._follower.look_now()
