"""Reconciliation, connected: what the process that polls needs to hold its counts against cameras and database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from peoplecount.domain.bucket_clock import BucketClock
from peoplecount.domain.camera import Camera
from peoplecount.domain.clock import Clock
from peoplecount.domain.offload import Offload
from peoplecount.domain.roster import Roster
from peoplecount.eventlog.data_folder import DataFolder
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_history import CameraHistory
from peoplecount.services.count_keeper import CountKeeper
from peoplecount.services.database_check import DatabaseCheck
from peoplecount.services.database_doubts import DatabaseDoubts
from peoplecount.services.history_notes_keeper import HistoryNotesKeeper
from peoplecount.services.history_requests import HistoryRequests
from peoplecount.services.history_source import HistorySource
from peoplecount.services.polled_camera import Client, PolledCamera
from peoplecount.services.reconciler import SEARCHES_AT_ONCE, Reconciler
from peoplecount.services.site_day import zone_of
from peoplecount.services.worker_threads import Worker
from peoplecount.storage.history import History

FEWEST_KEPT_DAYS = 31
"""Days of hours that are remembered behind today's, however few are filled in: an outage may be long."""


def kept_days(back_fill_days: int) -> int:
    """How many days of hours are remembered: those before the first reading, too."""
    return max(FEWEST_KEPT_DAYS, back_fill_days + 1)


class Reconciliation:
    """The reconciler of one polling session, and the cameras it looks after."""

    def __init__(
        self,
        folder: DataFolder,
        keeper: CountKeeper,
        history: History,
        make_client: Callable[[Camera], Client],
        *,
        roster: Callable[[], Roster],
        clock: Clock,
        offload: Offload,
        back_fill_days: int,
        on_log_error: Callable[[LogError], None],
    ) -> None:
        self._keeper = keeper
        self._make_client = make_client
        self._roster = roster
        self._clock = clock
        self._back_fill_days = back_fill_days
        self._notes = HistoryNotesKeeper(folder.store, offload)
        self._doubts = DatabaseDoubts(folder.store, offload)
        self._polled: dict[str, PolledCamera] = {}
        self._listed: Mapping[str, PolledCamera] | None = None
        """Those that are polled, as long as they stay the same: it is asked for all the time, and there may be
        thousands."""

        self.reconciler = Reconciler(
            self._sources,
            self._history_of,
            kept_days=keeper.days,
            notes=self._notes,
            requests=HistoryRequests(folder.store, offload),
            doubts=self._doubts,
            check=DatabaseCheck(keeper, history, head=lambda: offload(folder.log.head), roster=roster, clock=clock),
            clock=clock,
            on_log_error=on_log_error,
        )

    def polled(self, camera: Camera) -> PolledCamera:
        """The client of a camera that is polled from now on; until it is closed, its history is looked after."""
        polled = PolledCamera(camera, self._make_client(camera), self._clock_of_history, self._forget)
        self._polled[camera.camera_id] = polled
        self._listed = None
        return polled

    def doubt_database(self, camera_ids: Iterable[str]) -> None:
        """The database may lack what was told of days that are over: whoever polls these cameras looks into it.

        Raises ``LogError``.
        """
        self._doubts.leave(camera_ids)

    def workers(self) -> Mapping[str, Worker]:
        """What a polling session runs, by name: one for every search that may go on at the same time."""
        return {f"history-{number}": self.reconciler.run for number in range(1, SEARCHES_AT_ONCE + 1)}

    def _sources(self) -> Mapping[str, PolledCamera]:
        listed = self._listed
        if listed is None:
            listed = self._listed = dict(self._polled)
        return listed

    def _forget(self, closed: PolledCamera) -> None:
        if self._polled.get(closed.camera.camera_id) is closed:  # and nobody else is polled in its place by now
            del self._polled[closed.camera.camera_id]
            self._listed = None

    def _history_of(self, source: HistorySource) -> CameraHistory:
        return CameraHistory(
            source,
            self._keeper,
            self._notes,
            clock=self._clock,
            zone=zone_of(self._roster().site_of(source.camera)),
            back_fill_days=self._back_fill_days,
        )

    def _clock_of_history(self, camera_id: str) -> BucketClock | None:
        return self._notes.of(camera_id).clock
