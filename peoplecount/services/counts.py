"""Counts of earlier times, with how far they can be trusted: for the API and the export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from peoplecount.domain.clock import Clock
from peoplecount.domain.event_id import EventId
from peoplecount.domain.line import camera_of
from peoplecount.domain.owed_history import OwedSpan
from peoplecount.services.count_rows import CountRow, Names
from peoplecount.services.count_views import Changed, as_known
from peoplecount.services.counts_query import CountsQuery, Position
from peoplecount.services.day_looks import DayLooks
from peoplecount.services.look import ONE_DAY, CountHistory, Look, Looks
from peoplecount.services.owed_history import OwedLines, OwedSpans, nothing_owed
from peoplecount.services.stretch_looks import StretchLooks
from peoplecount.services.unhurried import unhurried
from peoplecount.services.version import version_of

ROWS_A_LOOK = 5_000
"""Of lines, where all are wanted: some 60 ms, and 5 MB."""

MOST_LOOKED_THROUGH = 24_000
"""Rows of the history. A page ends there, though it may have few rows: so it is made in some 50 ms."""

NAMED_AT_MOST = 20


class NoSuchPlace(LookupError):
    """A site, door or line was asked for of which nothing is known; the message names those that are."""


def _never(_: EventId) -> datetime | None:
    return None


class Counts:
    """Answers what people ask of the past.

    Intervals that are not over are left out, and so are times of which nothing at all is known. Of a line every
    interval between its first and its last one of a day is told, known or not; and every sum over lines says whether
    it has them all.
    """

    def __init__(
        self,
        history: CountHistory,
        board: Callable[[], Mapping[str, Any]],
        clock: Clock,
        appended_at: Callable[[EventId], datetime | None] = _never,
        owed: OwedSpans = nothing_owed,
    ) -> None:
        """``board`` gives a snapshot of the live board: what things are called.

        ``appended_at`` tells when an event was appended; ``None`` where the log does not have it any more. ``owed`` is
        what cameras are still being asked about: sums in which it lacks are not complete.
        """
        self._history = history
        self._board = board
        self._clock = clock
        self._appended_at = appended_at
        self._owed = owed

    def ask(self, asked: Mapping[str, str]) -> CountsQuery:
        """Understand parameters. Days are those of the site's zone, of UTC where sites differ. Raises ``BadQuery``."""
        site_id = asked.get("site")
        sites = self._board()["sites"]
        zones = {site["timeZone"] for site in sites if site["siteId"] == site_id or not site_id}
        zone = ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")
        return CountsQuery.parse(asked, zone, self._clock.now())

    def page(self, query: CountsQuery) -> tuple[list[CountRow], Position | None]:
        """Rows, as many as are asked for at most, and where the next ones begin. Raises ``DatabaseError``.

        There are fewer where a lot had to be looked through for them.
        """
        changed = self._changed(query)
        rows, after = self._page(query if changed is None else _from(query, changed.begin))
        return as_known(rows if changed is None else changed.of(rows), query, self._history), after

    def as_of(self) -> EventId | None:
        """What has been written so far: whoever asks next for what changed since misses nothing.

        To be asked for before the rows. Raises ``DatabaseError``.
        """
        return self._history.written_up_to()

    def version(self, query: CountsQuery) -> str:
        """Another text means that there may be another answer; the same one, that there is none.

        Rows appear with time alone, too, at most every quarter of an hour. Raises ``DatabaseError``.
        """
        end = min(query.end, self._clock.now())
        step = end.replace(minute=end.minute // 15 * 15, second=0, microsecond=0)
        written = self._history.stamp_sum(query.begin - ONE_DAY, end + ONE_DAY)
        return version_of(replace(query, end=step), written, Names.of(self._board()), self._owed_by(query))

    def _changed(self, query: CountsQuery) -> Changed | None:
        """``None`` where all rows may have changed: of a log that was lost or is not kept so far back nobody knows."""
        since = query.changed_since
        written = self._history.written_up_to() if since else None
        at = self._appended_at(since) if since and written and written.epoch == since.epoch else None
        if since is None or at is None:
            return None
        return Changed(self._history.changed_since(query.scope, since, at), at)

    def _page(self, query: CountsQuery) -> tuple[list[CountRow], Position | None]:
        found: list[CountRow] = []
        looked_through = 0
        looks, now = self._looks(query, query.limit), self._clock.now()
        for look in looks:
            found += islice(_over(look, now), query.limit + 1 - len(found))
            if len(found) > query.limit:
                return found[: query.limit], _behind(found[query.limit - 1])
            looked_through += look.looked_through
            is_full = len(found) == query.limit or looked_through >= MOST_LOOKED_THROUGH
            if found and is_full and look.until < query.end:
                return found, _behind(found[-1]) if looks.goes_on(look.until, now) else None
            looks.at_once = query.limit - len(found)
        return found, None

    def rows(self, query: CountsQuery, *, with_today: bool = False) -> Iterator[CountRow]:
        """All rows by time and subject; the history is read on as they are taken. Raises ``DatabaseError``.

        ``with_today``: of days, what is known so far of those that are not over, too.
        """
        if with_today and query.step.length is None and query.known is None and query.changed_since is None:
            for look in self._looks(query, ROWS_A_LOOK):
                yield from unhurried(look.rows)
            return
        now, changed = self._clock.now(), self._changed(query)
        for look in self._looks(query if changed is None else _from(query, changed.begin), ROWS_A_LOOK):
            rows = _over(look, now) if changed is None else changed.of(_over(look, now))
            yield from unhurried(as_known(rows, query, self._history) if query.known else rows)

    def demand_known(self, query: CountsQuery) -> None:
        """Raise ``NoSuchPlace`` where what was asked for is not on the board.

        For a question that brought no rows: what was removed is not on the board either, but has its counts.
        """
        board = self._board()
        asked = (query.site_id, query.door_id, query.camera_id, query.line_id)
        for kind, wanted in zip(("site", "door", "camera", "line"), asked, strict=True):
            known = sorted(str(one[f"{kind}Id"]) for one in board[f"{kind}s"])
            if wanted is not None and wanted not in known:
                more = f" and {len(known) - NAMED_AT_MOST} more" if len(known) > NAMED_AT_MOST else ""
                names = ", ".join(known[:NAMED_AT_MOST]) or "none yet"
                raise NoSuchPlace(
                    f"No {kind} {wanted[:80]!r} here, nor counts of one then. {kind.title()}s: {names}{more}."
                )

    def _looks(self, query: CountsQuery, at_once: int) -> Looks:
        names = Names.of(self._board())
        step, owed = query.step.length, OwedLines(self._owed_by(query), query.scope)
        if step is None:
            return DayLooks(self._history, query, names, owed)
        return StretchLooks(self._history, query, step, names, at_once, owed)

    def _owed_by(self, query: CountsQuery) -> Sequence[OwedSpan]:
        """Of the lines that are asked for."""
        asked = (query.site_id, query.door_id, query.line_id, query.camera_id)
        return [
            span
            for span in self._owed()
            if all(
                wanted in {None, there}
                for wanted, there in zip(
                    asked, (span.site_id, span.door_id, span.line_id, camera_of(span.line_id)), strict=True
                )
            )
        ]


def _over(look: Look, now: datetime) -> Iterator[CountRow]:
    return (row for row in look.rows if row.end <= now)


def _from(query: CountsQuery, begin: datetime) -> CountsQuery:
    """Without what begins a day before ``begin`` and earlier; days are long."""
    return replace(query, begin=min(max(query.begin, begin - 2 * ONE_DAY), query.end))


def _behind(row: CountRow) -> Position:
    return Position(row.begin, row.subject)
