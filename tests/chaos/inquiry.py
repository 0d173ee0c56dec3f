"""The inquiry: asks everybody what they know of a round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import Camera
from peoplecount.domain.camera_day import LineDay, Slots
from peoplecount.domain.event import Quality, parse_utc
from peoplecount.domain.hour_ledger import HourLedger
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.count_memory import CountMemory
from peoplecount.services.played_clock import PlayedClock
from peoplecount.sunapi.client import SunapiClient
from peoplecount.sunapi.errors import CameraError
from tests.chaos.accounts import Days, Mark, Pair, Source, add, differing
from tests.chaos.postgres_database import SCHEMA
from tests.chaos.stage import Stage

Hours = Mapping[tuple[str, datetime], Pair]
"""By line id and when an hour began, UTC."""

Stretches = Mapping[tuple[str, datetime, datetime], Pair]
"""By line id, beginning and end, UTC."""

_DOUBTFUL = (Quality.ESTIMATED.value, Quality.MISSING.value)


@dataclass(slots=True)
class Testimony:
    """What everybody said."""

    days: dict[Source, Days] = field(default_factory=dict)
    marks: dict[Source, set[Mark]] = field(default_factory=dict)
    slack: dict[Mark, Pair] = field(default_factory=dict)
    """Of a day that goes on and whose totals began anew, how many people may be told of two hours, or of none, until it
    is over."""

    forgotten: dict[Mark, Pair] = field(default_factory=dict)
    """What a camera knows of a day after it has forgotten people whom nobody had heard of by then: nobody can know."""

    doubts: list[str] = field(default_factory=list)
    """What cannot be right whatever was seen."""


class Inquiry:
    """Asks everybody, as often as wanted. The cameras only once: when the clock stands nothing changes there."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        fleet = stage.town.ask("cameras")
        zones = {camera["cameraId"]: ZoneInfo(camera["timeZone"]) for camera in fleet}
        truth = stage.town.ask("truth/hours")
        self._seen, remembered = _by_day(truth, "seen"), _by_day(truth, "history")
        self._clock = FleetClock(stage.ended_at, zones, tuple(sorted({line for line, _ in self._seen})))
        asked = dict(_camera_history(fleet, {day for _, day in self._seen}))
        self._misheard = differing("asked for its history", asked, "the camera has", remembered)
        # What a camera has forgotten is no figure of it.
        self._history = {key: people for key, people in asked.items() if remembered.get(key) == self._seen.get(key)}
        self._forgotten = {key: people for key, people in remembered.items() if people != self._seen.get(key)}

    def hear_all(self) -> Testimony:
        """What everybody says now."""
        heard = Testimony(doubts=[*self._misheard])
        heard.days[Source.CAMERA], heard.days[Source.HISTORY] = self._seen, self._history
        most = self._stage.witness.most
        heard.forgotten = {key: people for key, people in self._forgotten.items() if _is_within(most.get(key), people)}
        settled = _hear_log(self._stage, heard, self._clock)
        hours = _hear_database(self._stage, heard, self._clock)
        of_database = {stretch: _sum_within(hours, *stretch) for stretch in settled}
        heard.doubts += differing("the log has settled", settled, "the database", of_database)
        _hear_stream(self._stage, heard, self._clock)
        _mark_what_nobody_tells(heard)
        return heard


@dataclass(frozen=True, slots=True)
class FleetClock:
    """When it is for whom, at the end of a round."""

    now: datetime
    """UTC."""

    zones: Mapping[str, ZoneInfo]
    """By camera id."""

    lines: tuple[str, ...]
    """Ids of all lines."""

    def lines_of(self, camera_id: str) -> list[str]:
        """The lines of a camera."""
        return [line for line in self.lines if line.partition("-")[0] == camera_id]

    def day_of(self, line: str, moment: datetime) -> str:
        """The local day a moment falls on, where a line's camera hangs."""
        return moment.astimezone(self.zones[line.partition("-")[0]]).date().isoformat()

    def is_over(self, line: str, day: str) -> bool:
        """Whether a day is over where a line's camera hangs."""
        return day < self.day_of(line, self.now)

    def finished_hours(self, line: str, day: str) -> set[int]:
        """The hours of a day of its wall clock that are over."""
        zone = self.zones[line.partition("-")[0]]
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), zone).astimezone(UTC)
        ends = [midnight + timedelta(hours=hours) for hours in range(1, 26)]
        begun = [(end - timedelta(hours=1)).astimezone(zone) for end in ends if end <= self.now]
        return {local.hour for local in begun if local.date().isoformat() == day}


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


def _hear_log(stage: Stage, heard: Testimony, clock: FleetClock) -> Stretches:
    """The hour ledger beside the log; returns the hours that it has settled."""
    log = SQLiteEventLog(stage.log_file)
    try:
        memory = CountMemory(log.load_states(), log.seen())
    finally:
        log.close()
    settled: dict[tuple[str, datetime, datetime], Pair] = {}
    days: dict[Mark, Pair] = {}
    marks = heard.marks[Source.LOG] = set()
    for camera_id in memory.counts:
        ledger, lines = HourLedger(memory.days(camera_id), clock.zones[camera_id]), memory.counts[camera_id].lines
        for day, of_camera in ledger.days.items():
            for key, line in of_camera.lines.items():
                place = (str(key), day.isoformat())
                told = (cell.told for cell in line.cells.values())
                days[place] = add((0, 0), *((people.entered, people.left) for people in told))
                settled |= _settled(str(key), line, ledger.slots(day))
                if _is_marked(line) or clock.finished_hours(*place) - line.cells.keys():
                    marks.add(place)
                if not clock.is_over(*place) and (key not in lines or lines[key].total_of(day) is None):
                    heard.slack[place] = _slack(line)
    heard.days[Source.LOG] = days
    return settled


def _settled(line_id: str, line: LineDay, slots: Slots) -> Stretches:
    """The settled hours of a line's day; one that the clock left out belongs to the one that began with it."""
    found: dict[tuple[str, datetime, datetime], Pair] = {}
    for slot in (slot for slot in range(24) if slots.begin(slot) < slots.end(slot)):
        cells = [line.cell(other) for other in range(24) if slots.begin(other) == slots.begin(slot)]
        if all(cell.settled for cell in cells):
            people = add((0, 0), *((cell.told.entered, cell.told.left) for cell in cells))
            found[line_id, slots.begin(slot), slots.end(slot)] = people
    return found


def _slack(line: LineDay) -> Pair:
    """The people of the readings across the ends of settled hours.

    Where the totals began anew on a day, nobody knows what its hours sum up to before it is over.
    """
    settled = [cell for cell in line.cells.values() if cell.settled]
    return add((0, 0), *((cell.straddling.entered, cell.straddling.left) for cell in settled[-1:]))


def _sum_within(hours: Hours, line: str, begin: datetime, end: datetime) -> Pair:
    return add((0, 0), *(people for (of, start), people in hours.items() if of == line and begin <= start < end))


def _is_within(said: Pair | None, people: Pair) -> bool:
    return said is None or (said[0] <= people[0] and said[1] <= people[1])


def _mark_what_nobody_tells(heard: Testimony) -> None:
    """A day of which neither the ledger nor the database has anything is unknown, and not a day of nobody."""
    nobody = (0, 0)
    log, database = heard.days[Source.LOG], heard.days[Source.DATABASE]
    untold = {
        place for place in heard.days[Source.CAMERA] if place not in log and database.get(place, nobody) == nobody
    }
    heard.marks[Source.LOG] |= untold
    heard.marks[Source.DATABASE] |= untold


def _is_marked(line: LineDay) -> bool:
    """Whether the ledger says of a line's day that there may be people nobody knows of."""
    unsure = (cell.broke or cell.quality.value in _DOUBTFUL for cell in line.cells.values() if not cell.settled)
    return bool(line.refusal) or line.barred > 0 or any(unsure)


def is_said_to_be_unknown(quality: str, coverage: float | None, *, day_is_over: bool) -> bool:
    """Whether an hour of the database says of itself that there may be people nobody knows of.

    Of days that are over all that a camera's history knows is settled; what was measured in part stays so.
    """
    in_part = quality == Quality.MEASURED.value and coverage is not None and coverage < 1
    return quality in _DOUBTFUL or (in_part and day_is_over)


def _hear_database(stage: Stage, heard: Testimony, clock: FleetClock) -> Hours:
    sums = {table: _sums(stage, table) for table in ("records", "hour_counts", "quarter_hours")}
    heard.doubts += differing("the records sum up to", sums["records"], "the hours", sums["hour_counts"])
    heard.doubts += differing("the records sum up to", sums["records"], "the quarter hours", sums["quarter_hours"])
    if not stage.witness.gaps:
        heard.doubts += differing("the records sum up to", sums["records"], "the stream", stage.witness.sums)
    hours: dict[tuple[str, datetime], Pair] = {}
    days: dict[Mark, Pair] = {}
    known: dict[Mark, set[int]] = {}
    marks = heard.marks[Source.DATABASE] = set()
    figures = "in_count, out_count, quality, coverage"
    query = f"SELECT line_id, starts_at, local_start, {figures} FROM {SCHEMA}.hour_counts"
    for line, starts_at, local_start, entered, left, quality, coverage in stage.database.rows(query):
        people = int(entered), int(left)
        place, hour = (line, local_start.date().isoformat()), (line, starts_at.replace(tzinfo=UTC))
        hours[hour] = add(hours.get(hour, (0, 0)), people)
        days[place] = add(days.get(place, (0, 0)), people)
        known.setdefault(place, set()).add(local_start.hour)
        if is_said_to_be_unknown(quality, coverage, day_is_over=clock.is_over(*place)):
            marks.add(place)
    marks.update(place for place, of_day in known.items() if clock.finished_hours(*place) - of_day)
    marks.update(_resets_nobody_settled(stage))
    heard.days[Source.DATABASE] = days
    return hours


def _resets_nobody_settled(stage: Stage) -> Iterator[Mark]:
    """Days of which the database has a total that began anew, and no correction of the hour.

    A record names the generation of the totals it was made from: another one means that whoever crossed between the
    record before and the reset is in neither.
    """
    union = " UNION ".join(
        f"SELECT line_id, {direction}_generation FROM {SCHEMA}.records WHERE {direction}_generation IS NOT NULL"
        for direction in ("in", "out")
    )
    day = "to_char(local_start, 'YYYY-MM-DD')"
    query = f"SELECT line_id, {day} FROM {SCHEMA}.corrections WHERE local_start::time = '23:00'"
    settled = set(stage.database.rows(query))
    begun: dict[str, str] = {}
    for line, generation in sorted(stage.database.rows(union)):
        day, _, number = generation.partition(".")
        if int(number) > 0:
            yield line, day
        elif line in begun:
            before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
            if (line, before) not in settled:
                yield line, before
        begun[line] = generation


def _sums(stage: Stage, table: str) -> dict[str, Pair]:
    query = f"SELECT line_id, sum(in_count), sum(out_count) FROM {SCHEMA}.{table} GROUP BY line_id"
    return {line: (int(entered), int(left)) for line, entered, left in stage.database.rows(query)}


def _hear_stream(stage: Stage, heard: Testimony, clock: FleetClock) -> None:
    """Where the stream says that the day stands, and of which days it said that something is unknown."""
    heard.days[Source.STREAM] = {(line, today.day): today.people for line, today in stage.witness.today().items()}
    heard.doubts += stage.witness.doubts
    doubtful = (hour for hour, quality in stage.witness.hours.items() if quality in _DOUBTFUL)
    marks = heard.marks[Source.STREAM] = {(line, local_start[:10]) for line, local_start in doubtful}
    for broke in stage.witness.breaks:
        if broke["unknown"]:
            seen_at = parse_utc(broke["time"])  # a fall is seen a while after it
            about = [broke["lineId"]] if broke["lineId"] else clock.lines_of(broke["cameraId"])
            for line in about:
                days = (clock.day_of(line, moment) for moment in (seen_at, seen_at - timedelta(hours=1)))
                marks.update((line, day) for day in days)
