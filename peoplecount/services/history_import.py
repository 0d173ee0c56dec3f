"""Importing what other software had counted: the dated rows of ``registros`` become hours and quarter hours of ours.

Only hours of which nothing is known here are filled in, so it may be done again at any time, and what was counted or
corrected by us stays. A camera's own history, asked for its past, may correct imported hours later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from peoplecount.domain.camera import Camera
from peoplecount.domain.clock_sight import ClockSight
from peoplecount.domain.count_book import CountBook, Crossings
from peoplecount.domain.event import Quality
from peoplecount.domain.figures import Figures
from peoplecount.domain.imported_totals import Come, ImportedTotals
from peoplecount.domain.line import LineKey
from peoplecount.domain.roll_up import HOUR, RollUp
from peoplecount.domain.roster import Roster
from peoplecount.storage.connection import IDBConnection, Transaction
from peoplecount.storage.positions import all_positions
from peoplecount.storage.registros import OldRow
from peoplecount.storage.roll_ups import RollUpRows

SETTLED = timedelta(days=2)
"""Days that lie this much before the row that is read are complete: rows come in order, give or take a clock."""

UNFINISHED = timedelta(hours=2)
"""The newest rows are of hours that are not over, and that we count ourselves."""


@dataclass
class Imported:
    """What an import has done so far."""

    rows: int = 0
    hours: int = 0
    left_alone: int = 0
    """Hours of which something was known already."""

    people: Figures = field(default_factory=Figures)
    first: datetime | None = None
    last: datetime | None = None
    lines: set[str] = field(default_factory=set)


class HistoryImport:
    """Reads rows in their order, counts by the rules of everything, and fills in hours. Raises ``DatabaseError``."""

    def __init__(
        self,
        own: IDBConnection,
        roster: Roster,
        clock: ZoneInfo,
        *,
        now: datetime,
        tell: Callable[[Imported], None] = lambda _: None,
    ) -> None:
        """``clock`` is that of the rows' dates; ``tell`` hears of the progress."""
        self._own = own
        self._roster = roster
        self._clock = clock
        self._before = now - UNFINISHED
        self._tell = tell
        self._keys = _keys(all_positions(own))
        self._cameras: dict[str, ImportedTotals] = {}
        self._waiting: dict[tuple[LineKey, datetime], CountBook] = {}
        self.done = Imported()

    def run(self, pages: Iterable[Sequence[OldRow]]) -> Imported:
        """Import everything; what that was."""
        for page in pages:
            for row in page:
                self._take(row)
            if page and page[-1].dated is not None:
                self._fill_in(self._utc(page[-1].dated) - SETTLED)
                self._tell(self.done)
        self._fill_in(self._before)
        return self.done

    def _take(self, row: OldRow) -> None:
        self.done.rows += 1
        if row.dated is None:
            return
        camera_id = row.row.camera_id
        totals = self._cameras.get(camera_id)
        if totals is None:
            totals = self._cameras[camera_id] = ImportedTotals(self._clock, self._zone(camera_id))
        for come in totals.take(row.dated, row.row.totals):
            self._note(camera_id, come)

    def _note(self, camera_id: str, come: Come) -> None:
        """Keep people by the hour until its day is complete."""
        key = self._keys.get((camera_id, come.index), LineKey(camera_id, index=come.index))
        camera = self._roster.cameras.get(camera_id) or Camera(camera_id, camera_id, "")
        place = self._roster.place_of_line(camera, key, "")
        local = come.ended_at.astimezone(self._zone(camera_id)).replace(tzinfo=None)
        crossings = Crossings.between(
            come.started_at,
            come.ended_at,
            line_id=str(key),
            door_id=place.door_id,
            site_id=place.site_id,
            sight=ClockSight.of(come.ended_at, local),
            people=come.people.swapped(self._roster.is_swapped(key, come.ended_at)),
            quality=come.quality,
        )
        for share in crossings.shares:
            book = self._waiting.setdefault((key, share.hour), CountBook())
            book.add(_only(crossings, share.hour))

    def _fill_in(self, before: datetime) -> None:
        """Write the hours that are complete, those of a day in a transaction."""
        due = sorted((hour, key) for key, hour in self._waiting if hour + HOUR <= min(before, self._before))
        by_day: dict[object, list[tuple[LineKey, datetime]]] = {}
        for hour, key in due:
            by_day.setdefault(hour.date(), []).append((key, hour))
        for some in by_day.values():
            books = {one: self._waiting.pop(one) for one in some}
            filled = self._own.transaction(lambda transaction, books=books: _fill(transaction, books))  # type: ignore[misc]
            self._note_filled(books, filled)

    def _note_filled(self, books: Mapping[tuple[LineKey, datetime], CountBook], filled: Sequence[Figures]) -> None:
        done = self.done
        done.hours += len(filled)
        done.left_alone += len(books) - len(filled)
        done.people = sum(filled, done.people)
        if filled:
            hours = [hour for _, hour in books]
            done.first, done.last = done.first or min(hours), max(hours)
            done.lines |= {str(key) for key, _ in books}

    def _zone(self, camera_id: str) -> ZoneInfo:
        camera = self._roster.cameras.get(camera_id)
        site = self._roster.site_of(camera) if camera else next(iter(self._roster.sites.values()), None)
        return ZoneInfo(site.time_zone) if site else self._clock

    def _utc(self, dated: datetime) -> datetime:
        return (dated if dated.tzinfo else dated.replace(tzinfo=self._clock)).astimezone(UTC)


def _keys(positions: Iterable[LineKey]) -> dict[tuple[str, int], LineKey]:
    """Lines that were counted here, as they stand in rows: those of the lowest channel and rule, by their index."""
    keys: dict[tuple[str, int], LineKey] = {}
    first: dict[str, tuple[int, int]] = {}
    for key in sorted(positions):
        if first.setdefault(key.camera_id, (key.channel, key.rule)) == (key.channel, key.rule):
            keys[key.camera_id, key.index] = key
    return keys


def _only(crossings: Crossings, hour: datetime) -> Crossings:
    """The part of crossings that is of one hour."""
    shares = [share for share in crossings.shares if share.hour == hour]
    return Crossings(
        crossings.line_id,
        crossings.door_id,
        crossings.site_id,
        crossings.lasted,
        crossings.offset,
        crossings.quality,
        shares,
    )


def _fill(transaction: Transaction, books: Mapping[tuple[LineKey, datetime], CountBook]) -> list[Figures]:
    """Add hours of which nothing is there, with their quarters; the people of each."""
    hours: dict[str, set[datetime]] = {}
    for key, hour in books:
        hours.setdefault(str(key), set()).add(hour)
    rows = RollUpRows(transaction, hours)
    filled = []
    for (key, hour), book in books.items():
        if rows.book.hours.at(str(key), hour):
            continue
        filled.append(sum((book.hours[one].figures for one in book.hours), Figures()))
        _copy(book.hours, rows.book.hours)
        _copy(book.quarters, rows.book.quarters)
    rows.save()
    return filled


def _copy(part: RollUp, into: RollUp) -> None:
    for stretch in part:
        cell = part[stretch]
        into.open(stretch, cell.local_start).put(cell.figures, _imported(cell.quality))


def _imported(quality: Quality) -> Quality:
    """What was spread over a time in which nobody polled is worse than imported."""
    return quality if quality is Quality.ESTIMATED else Quality.IMPORTED
