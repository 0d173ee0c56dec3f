"""Replay files: recordings as comma-separated values, written here or by anybody."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.event import QUALITIES, Quality, utc_text
from peoplecount.domain.event_body import Place
from peoplecount.domain.figures import Figures
from peoplecount.domain.line import LineKey
from peoplecount.domain.recording import RecordedCount, Recording
from peoplecount.domain.site import Site

COLUMNS = (
    *("from_utc", "to_utc", "time_zone", "site_id", "site", "capacity", "door_id", "door", "camera", "line_id", "line"),
    *("in", "out", "quality"),
)
"""Those that are written; ``/export/counts.csv`` has most of them, too."""

MOST_ROWS = 2_000_000
LONGEST_ROW = timedelta(days=1)
MOST_PEOPLE = 100_000
"""Of a row, in one direction."""

_AT_MOST_BETWEEN = timedelta(minutes=1)
"""Where rows have one time, they are of the time since the line's row before, and of no more than this."""

_NO_LETTERS = re.compile(r"[\W_]+")


class BadRecording(ValueError):
    """A file that cannot be played; the message says where and why."""


def write_recording(recording: Recording) -> Iterator[str]:
    """Lines of a file that ``read_recording`` reads, a header first."""
    yield _line(COLUMNS)
    for count in recording.counts:
        place, site = count.place, recording.sites[count.place.site_id]
        people = ("", "") if count.people is None else (count.people.entered, count.people.left)
        yield _line(
            (
                *(utc_text(count.started_at), utc_text(count.ended_at), site.time_zone, place.site_id, place.site_name),
                *(site.capacity or "", place.door_id, place.door_name, place.camera_name, count.key, place.line_name),
                *people,
                count.quality.value,
            )
        )


class _Echo:
    """What ``csv`` writes to, to have it back."""

    def write(self, text: str) -> str:
        return text


def _line(cells: Iterable[object]) -> str:
    text: str = csv.writer(_Echo(), lineterminator="\r\n").writerow(cells)
    return text


def read_recording(lines: Iterable[str], time_zone: str = "UTC") -> Recording:
    """A recording from a file's lines. ``time_zone`` is that of rows that name none. Raises ``BadRecording``.

    Columns go by their names, in any order; others are not looked at. Needed are ``in``, ``out``, a line (``line_id``,
    or ``camera`` and ``line``) and the time: ``from_utc`` and ``to_utc``, or ``time`` alone.
    """
    reader = csv.DictReader(lines, restval="")
    rows = _Rows(time_zone)
    try:
        names = [(name or "").strip().lower().removeprefix("\ufeff") for name in reader.fieldnames or ()]
        reader.fieldnames = names
        _demand_columns(names)
        for row in reader:
            if any(row.values()):
                rows.add(row, reader.line_num)
    except csv.Error as error:
        raise BadRecording(f"after line {reader.line_num}: {error}") from error
    return rows.recording()


def _demand_columns(names: list[str]) -> None:
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise BadRecording(f"the column {min(twice)} is there twice")
    for wanted in (("in",), ("out",), ("line_id", "line"), ("to_utc", "time")):
        if not set(wanted) & set(names):
            raise BadRecording(
                f"there is no column {' or '.join(wanted)}; the first line names the columns, such as "
                "time,camera,line,in,out"
            )
    if "to_utc" in names and "from_utc" not in names:
        raise BadRecording("there is a column to_utc and none from_utc")


class _Rows:
    """Rows as they are taken up."""

    def __init__(self, time_zone: str) -> None:
        self._zone = time_zone
        self._counts: list[RecordedCount] = []
        self._sites: dict[str, Site] = {}
        self._places: dict[tuple[str, ...], tuple[Place, LineKey]] = {}
        self._last: dict[LineKey, datetime] = {}

    def add(self, row: Mapping[str, str], number: int) -> None:
        """One more; ``number`` is that of its line in the file."""
        try:
            self._counts.append(self._count({key: (value or "").strip() for key, value in row.items() if key}))
        except BadRecording as error:
            raise BadRecording(f"line {number}: {error}") from None

    def recording(self) -> Recording:
        """All of them. Raises ``BadRecording`` where there are none."""
        if not self._counts:
            raise BadRecording("there are no counts in it")
        self._counts.sort(key=lambda count: count.started_at)
        return Recording(self._counts, self._sites)

    def _count(self, row: Mapping[str, str]) -> RecordedCount:
        if len(self._counts) >= MOST_ROWS:
            raise BadRecording(f"there are more than {MOST_ROWS:,} rows: cut the file into days")
        place, key = self._placed(row)
        begin, end = self._times(row, key, self._site(row, place))
        self._last[key] = max(end, self._last.get(key, end))
        people = _people(row)
        quality = Quality.MISSING if people is None else _quality(row.get("quality", ""))
        return RecordedCount(place, key, begin, end, people, quality)

    def _placed(self, row: Mapping[str, str]) -> tuple[Place, LineKey]:
        names = tuple(row.get(name, "") for name in ("line_id", "line", "camera", "door_id", "door", "site_id", "site"))
        if names not in self._places:
            self._places[names] = self._place(*names)
        return self._places[names]

    def _place(
        self, line_id: str, line: str, camera: str, door_id: str, door: str, site_id: str, site: str
    ) -> tuple[Place, LineKey]:
        if not line_id and not line:
            raise BadRecording("the row names no line (an export must be of lines: scope=line)")
        key = _key(line_id) if line_id else self._new_key(camera or line, line)
        site_id = site_id or _slug(site or "replay")
        place = Place(
            site_id,
            site or site_id,
            key.camera_id,
            camera or key.camera_id,
            door_id or (_slug(f"{site_id} {door}") if door else str(key)),
            door or door_id or line or line_id,
            line or line_id,
        )
        return place, key

    def _new_key(self, camera: str, line: str) -> LineKey:
        camera_id = _slug(camera)
        lines = {(key, place.line_name) for place, key in self._places.values() if key.camera_id == camera_id}
        known = next((key for key, name in lines if name == line), None)
        return known or LineKey(camera_id, 0, 1, max((key.index for key, _ in lines), default=0) + 1)

    def _site(self, row: Mapping[str, str], place: Place) -> Site:
        known = self._sites.get(place.site_id)
        if known is None:
            zone = row.get("time_zone") or self._zone
            try:
                ZoneInfo(zone)
            except (ValueError, OSError, KeyError) as error:
                raise BadRecording(f"there is no time zone {zone[:40]!r}; names look like Europe/Zurich") from error
            known = self._sites[place.site_id] = Site(place.site_id, place.site_name, zone)
        if row.get("capacity") and known.capacity is None:
            known = self._sites[place.site_id] = replace(known, capacity=_number("capacity", row["capacity"]))
        return known

    def _times(self, row: Mapping[str, str], key: LineKey, site: Site) -> tuple[datetime, datetime]:
        if row.get("to_utc"):
            begin, end = (_moment(name, row.get(name, ""), "UTC") for name in ("from_utc", "to_utc"))
        else:
            end = _moment("time", row.get("time", ""), site.time_zone)
            begin = min(end, max(self._last.get(key, end), end - _AT_MOST_BETWEEN))
        if not timedelta(0) <= end - begin <= LONGEST_ROW:
            raise BadRecording("a row must end after it begins, and within a day")
        return begin, end


def _key(line_id: str) -> LineKey:
    try:
        return LineKey.parse(line_id)
    except ValueError as error:
        raise BadRecording(str(error)[:120]) from error


def _people(row: Mapping[str, str]) -> Figures | None:
    if row.get("quality") == Quality.MISSING.value or not (row["in"] or row["out"]):
        return None
    return Figures(_number("in", row["in"]), _number("out", row["out"]))


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or int(text) > MOST_PEOPLE:
        raise BadRecording(f"{name} is {text[:20]!r}: a whole number up to {MOST_PEOPLE:,} is expected")
    return int(text)


def _quality(text: str) -> Quality:
    if text and text not in QUALITIES:
        raise BadRecording(f"quality is {text[:20]!r}; there are {', '.join(QUALITIES)}")
    return QUALITIES[text or Quality.MEASURED.value]


def _moment(name: str, text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRecording(f"{name} is {text[:40]!r}: a time such as 2026-03-03T14:05:10 is expected") from error


def _slug(name: str) -> str:
    """An id for what has a name alone."""
    return _NO_LETTERS.sub("-", name.casefold()).strip("-") or "unnamed"
