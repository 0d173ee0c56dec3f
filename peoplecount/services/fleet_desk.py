"""The fleet's desk: all cameras with how they are doing, those with trouble first, and how the service keeps up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.camera import Camera, CameraState
from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc
from peoplecount.domain.event_id import EventId
from peoplecount.domain.roster import Roster
from peoplecount.domain.sentence import say
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.services.fleet_camera import NO_FACTS, PAUSED, FleetCamera, Level
from peoplecount.services.fleet_record import NOBODY_ASKED, FleetRecord, FleetRecords
from peoplecount.services.fleet_remarks import remarks, sign_in_words
from peoplecount.services.unhurried import Breath, unhurried
from peoplecount.services.writer_state import lag_of
from peoplecount.storage.errors import DatabaseError

CAMERAS_AT_ONCE = 10
"""Cameras that are put together before others have their turn; some 4 ms on a slow machine."""

_LEVELS = list(Level)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How the service keeps up with itself. What is ``None`` is not known."""

    noted_at: datetime | None = None
    """When the process that polls last said so; ``None`` where it has not yet."""

    database_lag: int | None = None
    """Events of the log that are not in the database yet."""

    writes: bool | None = None
    """Whether the database takes what is written."""

    refused: int | None = None
    """Events that the database did not take, and that were set aside."""

    log_bytes: int | None = None
    log_budget: int | None = None
    log_problem: str = ""
    page_lag: int | None = None
    """Events of the log that this process has not taken up yet."""

    history_days: int | None = None
    """Days of all cameras' own history that are still to be read."""


@dataclass(frozen=True, slots=True)
class FleetPicture:
    """The fleet at one moment."""

    cameras: tuple[FleetCamera, ...]
    """Those with trouble first, then by name."""

    keeping: Keeping
    missing: tuple[str, ...] = ()
    """Sentences: what could not be read, and is therefore not in it."""

    knows_paused: bool = True
    """Whether those that are paused are in it."""


class FleetDesk:
    """Puts together what the log, the list of cameras and the fleet's record say. From any thread or greenlet."""

    def __init__(
        self,
        records: FleetRecords,
        *,
        roster: Callable[[], Roster],
        board: Callable[[], Mapping[str, Any]],
        paused: Callable[[], Mapping[str, Camera]],
        heads: Callable[[], tuple[EventId, EventId]],
        clock: Clock,
        real_time: Clock,
    ) -> None:
        """``board`` gives the fields of a snapshot, and ``paused`` the cameras that are not polled for now.

        ``heads`` gives the newest event of the log, and the newest one that this process has taken up. ``paused`` may
        raise ``DatabaseError``, and ``heads`` ``LogError``.
        """
        self._records = records
        self._roster = roster
        self._board = board
        self._paused = paused
        self._heads = heads
        self._clock = clock
        self._real_time = real_time

    def picture(self, by: Visitor) -> FleetPicture:
        """The cameras of the sites that somebody may see."""
        missing: list[str] = []
        record = self._record(missing)
        told = self._all_paused(missing)
        paused = told or {}
        roster, fields = self._roster(), self._board()
        known = {one["cameraId"]: one for one in fields["cameras"]}
        lines: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for line in unhurried(fields["lines"]):
            lines[line["cameraId"]].append(line)
        found = []
        everybody = {**paused, **roster.cameras}
        for camera in unhurried(everybody.values(), Breath(CAMERAS_AT_ONCE)):
            if by.may_see(roster.site_of(camera).site_id):
                one = self._of(camera, roster, record)
                if camera.camera_id in roster.cameras:
                    of_it = lines[camera.camera_id]
                    one = self._on_board(one, known.get(camera.camera_id))
                    theirs = tuple(line for line in of_it if by.may_see(line["siteId"]))
                    one = replace(one, lines=theirs, counts=bool(of_it))
                else:
                    one = replace(one, state=PAUSED)
                found.append(replace(one, remarks=remarks(one, self._real_time.now())))
        cameras = tuple(sorted(found, key=_urgency))
        return FleetPicture(cameras, self._keeping(record), tuple(missing), knows_paused=told is not None)

    def find(self, by: Visitor, camera_id: str) -> FleetCamera | None:
        """One of them; ``None`` where there is none, or it is not theirs to see."""
        return next((one for one in self.picture(by).cameras if one.camera_id == camera_id), None)

    def history_days(self) -> int | None:
        """Days of all cameras' own history that are still to be read; ``None`` where that is not known of each."""
        try:
            return _history_days(self._records.days_left(), self._roster())
        except LogError:
            return None

    def _record(self, missing: list[str]) -> FleetRecord:
        try:
            return self._records.now()
        except LogError:
            missing.append(say("How often cameras answered cannot be read just now."))
            return FleetRecord()

    def _all_paused(self, missing: list[str]) -> Mapping[str, Camera] | None:
        try:
            return self._paused()
        except DatabaseError:
            missing.append(say("Which cameras are paused cannot be read just now: the database is away."))
            return None

    def _of(self, camera: Camera, roster: Roster, record: FleetRecord) -> FleetCamera:
        sign_ins = record.sign_ins_at(camera.address, camera.username)
        return FleetCamera(
            camera.camera_id,
            camera.name,
            roster.site_of(camera),
            address=camera.address,
            interval=camera.poll_interval,
            channel=camera.nvr_channel,
            accepted=camera.certificate,
            device=record.devices.get(camera.camera_id, NO_FACTS),
            day=record.day_of(camera.camera_id),
            ever=record.totals.get(camera.camera_id, NOBODY_ASKED),
            sign_ins=sign_ins,
            sign_ins_said=sign_in_words(sign_ins, self._real_time.now()),
        )

    def _on_board(self, one: FleetCamera, row: Mapping[str, Any] | None) -> FleetCamera:
        if row is None:
            return one
        read_at = parse_utc(row["lastReadingAt"]) if row["lastReadingAt"] else None
        patience = timedelta(seconds=row["staleAfter"])
        return replace(
            one,
            state=row["state"],
            reason=row["reason"],
            since=parse_utc(row["since"]) if row["since"] else None,
            read_at=read_at,
            is_stale=row["state"] == CameraState.UP and read_at is not None and self._clock.now() - read_at > patience,
            clock_error=row["clockError"],
            clock_words=row["clock"],
            utc_offset=row["utcOffset"],
        )

    def _keeping(self, record: FleetRecord) -> Keeping:
        told = record.condition
        log, database = _part(told, "log"), _part(told, "database")
        return Keeping(
            noted_at=_moment(told.get("at")),
            database_lag=_number(database.get("lag")),
            writes=database["writes"] if isinstance(database.get("writes"), bool) else None,
            refused=_number(database.get("refused")),
            log_bytes=_number(log.get("bytes")),
            log_budget=_number(log.get("budgetBytes")),
            log_problem=str(log.get("problem") or ""),
            page_lag=self._page_lag(),
            history_days=_history_days(record.days_left, self._roster()),
        )

    def _page_lag(self) -> int | None:
        try:
            head, taken_up = self._heads()
        except LogError:
            return None
        return max(0, lag_of(taken_up, head) or 0)


def _urgency(camera: FleetCamera) -> tuple[int, str, str]:
    return _LEVELS.index(camera.level), camera.name.casefold(), camera.camera_id


def _history_days(left: Mapping[str, int], roster: Roster) -> int | None:
    known = [left.get(camera_id) for camera_id in roster.cameras]
    return None if None in known else sum(filter(None, known))


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(text: object) -> datetime | None:
    try:
        return parse_utc(text) if isinstance(text, str) else None
    except ValueError:
        return None
