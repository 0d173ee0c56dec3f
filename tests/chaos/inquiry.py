"""The inquiry: asks everybody what they know of a round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import LineDay
from peoplecount.domain.event import Quality, parse_utc
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.played_clock import PlayedClock
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import CameraError
from tests.chaos.accounts import Days, Mark, Pair, Source, add, differing
from tests.chaos.postgres_database import SCHEMA
from tests.chaos.stage import Stage

Hours = Mapping[tuple[str, str, int], Pair]
"""By line id, camera-local day and hour of the wall clock."""

_DOUBTFUL = (Quality.ESTIMATED.value, Quality.MISSING.value)


@dataclass(slots=True)
class Testimony:
    """What everybody said."""

    days: dict[Source, Days] = field(default_factory=dict)
    marks: dict[Source, set[Mark]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    """What cannot be right whatever was seen."""


def hear_all(stage: Stage) -> Testimony:
    """Ask everybody."""
    heard = Testimony()
    truth = stage.town.ask("truth/hours?days=1")
    seen, remembered = _by_day(truth, "seen"), _by_day(truth, "history")
    heard.days[Source.CAMERA] = seen
    asked = dict(_camera_history(stage.town.ask("cameras"), {day for _, day in seen}))
    heard.doubts += differing("asked for its history", asked, "the camera has", remembered)
    # What a camera has forgotten is no figure of it.
    heard.days[Source.HISTORY] = {key: people for key, people in asked.items() if remembered.get(key) == seen.get(key)}
    log_hours = _hear_log(stage, heard)
    database_hours = _hear_database(stage, heard)
    told = {key: people for key, people in log_hours.items() if people != (0, 0)}
    heard.doubts += differing("the log has", told, "the hours of the database", database_hours)
    _hear_stream(stage, heard)
    return heard


def _by_day(truth: Iterable[Mapping[str, Any]], what: str) -> dict[tuple[str, str], Pair]:
    days: dict[tuple[str, str], Pair] = {}
    for line in truth:
        key = f"{line['cameraId']}-{line['channel']}-{line['rule']}-{line['index']}"
        for day, hours in line[what].items():
            days[key, day] = add(days.get((key, day), (0, 0)), (sum(hours["in"]), sum(hours["out"])))
    return days


def _camera_history(fleet: Iterable[dict[str, Any]], days: Iterable[str]) -> Iterator[tuple[tuple[str, str], Pair]]:
    """What the cameras' own histories say of the days, asked for as the service asks."""
    wanted = sorted(days)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda camera: _history_of(camera, wanted), fleet):
            yield from found


def _history_of(fields: dict[str, Any], days: list[str]) -> list[tuple[tuple[str, str], Pair]]:
    names = ("name", "address", "username", "password")
    camera = Camera(camera_id=fields["cameraId"], **{name: fields[name] for name in names})
    client = SunapiClient(camera, clock=PlayedClock(), sleep=lambda _: None)
    found = []
    try:
        for day in days:
            for key, hours in client.history(date.fromisoformat(day)).hours.items():
                found.append(((str(key), day), (sum(hours.entered), sum(hours.left))))
    except CameraError as error:
        raise RuntimeError(f"camera {camera.camera_id} does not tell its history: {error}") from error
    finally:
        client.close()
    return found


def _hear_log(stage: Stage, heard: Testimony) -> Hours:
    """The hour ledger beside the log."""
    log = SQLiteEventLog(stage.log_file)
    try:
        memory = CountMemory(log.load_states(), log.seen())
    finally:
        log.close()
    hours: dict[tuple[str, str, int], Pair] = {}
    days: dict[tuple[str, str], Pair] = {}
    marks = heard.marks[Source.LOG] = set()
    for camera_id in memory.counts:
        for day, of_camera in memory.days(camera_id).items():
            for key, line in of_camera.lines.items():
                place = (str(key), day.isoformat())
                for slot, cell in line.cells.items():
                    hours[*place, slot] = (cell.told.entered, cell.told.left)
                    days[place] = add(days.get(place, (0, 0)), hours[*place, slot])
                if _is_marked(line):
                    marks.add(place)
    heard.days[Source.LOG] = days
    return hours


def _is_marked(line: LineDay) -> bool:
    """Whether the ledger says of a line's day that there may be people nobody knows of."""
    unsure = (cell.broke or cell.quality.value in _DOUBTFUL for cell in line.cells.values() if not cell.settled)
    return bool(line.refusal) or line.barred > 0 or any(unsure)


def _hear_database(stage: Stage, heard: Testimony) -> Hours:
    sums = {table: _sums(stage, table) for table in ("records", "hour_counts", "quarter_hours")}
    heard.doubts += differing("the records sum up to", sums["records"], "the hours", sums["hour_counts"])
    heard.doubts += differing("the records sum up to", sums["records"], "the quarter hours", sums["quarter_hours"])
    if not stage.witness.gaps:
        heard.doubts += differing("the records sum up to", sums["records"], "the stream", stage.witness.sums)
    hours: dict[tuple[str, str, int], Pair] = {}
    days: dict[tuple[str, str], Pair] = {}
    marks = heard.marks[Source.DATABASE] = set()
    query = f"SELECT line_id, local_start, in_count, out_count, quality FROM {SCHEMA}.hour_counts"
    for line, local_start, entered, left, quality in stage.database.rows(query):
        place = (line, local_start.date().isoformat())
        hour = (*place, local_start.hour)
        hours[hour] = add(hours.get(hour, (0, 0)), (int(entered), int(left)))
        days[place] = add(days.get(place, (0, 0)), (int(entered), int(left)))
        if quality in _DOUBTFUL:
            marks.add(place)
    heard.days[Source.DATABASE] = days
    return {hour: people for hour, people in hours.items() if people != (0, 0)}


def _sums(stage: Stage, table: str) -> dict[str, Pair]:
    query = f"SELECT line_id, sum(in_count), sum(out_count) FROM {SCHEMA}.{table} GROUP BY line_id"
    return {line: (int(entered), int(left)) for line, entered, left in stage.database.rows(query)}


def _hear_stream(stage: Stage, heard: Testimony) -> None:
    """Where the stream says that the day stands, and of which days it said that something is unknown."""
    heard.days[Source.STREAM] = {(line, today.day): today.people for line, today in stage.witness.today().items()}
    heard.doubts += stage.witness.doubts
    marks = heard.marks[Source.STREAM] = set()
    zones = {camera["cameraId"]: camera["timeZone"] for camera in stage.town.ask("cameras")}
    for broke in stage.witness.breaks:
        if broke["unknown"]:
            marks.update(_days_around(broke["lineId"], parse_utc(broke["time"]), zones[broke["cameraId"]]))


def _days_around(line: str, moment: datetime, zone: str) -> Iterator[Mark]:
    """The camera-local days that a break may be about: a fall is seen a while after it."""
    local = moment.astimezone(ZoneInfo(zone))
    yield line, local.date().isoformat()
    yield line, datetime.fromtimestamp(moment.timestamp() - 3600, ZoneInfo(zone)).date().isoformat()
