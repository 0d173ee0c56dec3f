"""What pages and programs ask of earlier times, beside the best statement by hand with the same answer in it."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import Executable, bindparam, text

from bench.support.counted_year import CountedYear
from bench.support.history_pages import time_pages
from bench.support.times import Times, timed, worked_by
from peoplecount import garbage
from peoplecount.domain.roll_up import QUARTER
from peoplecount.services.counts import Counts
from peoplecount.services.site_quarters import SiteQuarters
from peoplecount.storage.column_types import UtcTime, local_time
from peoplecount.storage.connection import Parameters, Rows
from peoplecount.storage.dialects import Product
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.history import History
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.quarter_stamps import put_stamps
from tests.support.fake_clock import FakeClock

TIMES = 100
"""So that what 95 of 100 are within is not the longest one."""

EXPORTED = 200_000

_ROWS = "line_id, starts_at, door_id, site_id, local_start, in_count, out_count, quality, coverage"
_RANK = "MAX(CASE quality WHEN 'measured' THEN 0 WHEN 'back-filled' THEN 1 WHEN 'corrected' THEN 2 \
WHEN 'imported' THEN 3 WHEN 'estimated' THEN 4 ELSE 5 END)"
_SUMS = f"SUM(in_count), SUM(out_count), {_RANK}, SUM(coverage), COUNT(*)"
_IN_TIME = "starts_at >= :begin AND starts_at < :end"


@dataclass(frozen=True, slots=True)
class Question:
    """One way to ask."""

    name: str
    asked: dict[str, str]
    """Parameters of ``/api/v1/counts`` besides the time; ``from`` and ``to`` are days before the last one."""

    by_hand: str
    """With ``{hours}`` and ``{quarters}`` for tables, ``{top}`` for the first thousand rows, ``{day}`` for a day."""


QUESTIONS = (
    Question(
        "all lines by the hour, first page of a day",
        {"from": "1", "to": "0"},
        f"SELECT {_ROWS} FROM {{hours}} WHERE {_IN_TIME} ORDER BY starts_at, line_id {{top}}",
    ),
    Question(
        "all sites by the hour, first page of a day",
        {"from": "1", "to": "0", "scope": "site"},
        f"SELECT starts_at, site_id, {_SUMS} FROM {{hours}} WHERE {_IN_TIME} GROUP BY starts_at, site_id "
        "ORDER BY starts_at, site_id {top}",
    ),
    Question(
        "all sites, a day",
        {"from": "1", "to": "0", "scope": "site", "step": "day"},
        f"SELECT {{day}}, site_id, {_SUMS} FROM {{hours}} "
        "WHERE local_start >= :local_begin AND local_start < :local_end GROUP BY site_id, {day}",
    ),
    Question(
        "a site's lines by the quarter of an hour, first page of a day",
        {"from": "1", "to": "0", "step": "15", "site": "site007"},
        f"SELECT line_id, starts_at, door_id, site_id, in_count, out_count, quality, coverage FROM {{quarters}} "
        f"WHERE site_id = 'site007' AND {_IN_TIME} ORDER BY starts_at, line_id {{top}}",
    ),
    Question(
        "a site by the hour, a month",
        {"from": "30", "to": "0", "scope": "site", "site": "site007"},
        f"SELECT starts_at, {_SUMS} FROM {{hours}} WHERE site_id = 'site007' AND {_IN_TIME} GROUP BY starts_at "
        "ORDER BY starts_at {top}",
    ),
    Question(
        "a site's doors by the day, a month",
        {"from": "30", "to": "0", "scope": "door", "step": "day", "site": "site007"},
        f"SELECT {{day}}, door_id, {_SUMS} FROM {{hours}} WHERE site_id = 'site007' AND {_IN_TIME} "
        "GROUP BY door_id, {day}",
    ),
    Question(
        "a door by the hour, a month",
        {"from": "30", "to": "0", "scope": "door", "door": "door0077"},
        f"SELECT starts_at, {_SUMS} FROM {{hours}} WHERE door_id = 'door0077' AND {_IN_TIME} GROUP BY starts_at "
        "ORDER BY starts_at {top}",
    ),
    Question(
        "a line by the hour, a month",
        {"from": "30", "to": "0", "line": "cam0077-0-1-1"},
        f"SELECT {_ROWS} FROM {{hours}} WHERE line_id = 'cam0077-0-1-1' AND {_IN_TIME} ORDER BY starts_at {{top}}",
    ),
    Question(
        "a line by the day, a year",
        {"from": "364", "to": "0", "line": "cam0077-0-1-1", "step": "day"},
        f"SELECT {{day}}, {_SUMS} FROM {{hours}} WHERE line_id = 'cam0077-0-1-1' AND {_IN_TIME} GROUP BY {{day}}",
    ),
)


class TimedDatabase:
    """A database that adds up how long questions take."""

    def __init__(self, db: ProxyDB, now: Callable[[], Times]) -> None:
        self._db = db
        self._now = now
        self.spent = Times(0.0, 0.0)

    def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Ask."""
        begun = self._now()
        rows = self._db.execute(statement, parameters)
        self.spent = self.spent + self._now() - begun
        return rows


class HistoryRace:
    """Asks in turns: through the service, and by hand."""

    def __init__(self, connection: EngineConnection, year: CountedYear) -> None:
        self._connection = connection
        self._year = year
        self._end = datetime.combine(year.last, datetime.min.time(), UTC) + timedelta(hours=23)
        self._server = _processor_of(connection)
        self._asked = TimedDatabase(ProxyDB(connection), lambda: Times.now(self._server))
        history = History(self._asked)  # type: ignore[arg-type]  # it only asks
        self._counts = Counts(history, year.board, FakeClock(self._end + timedelta(minutes=5)))
        self.history = history

    def run(self, question: Question) -> None:
        """Print how long both take."""
        days = self._days(question)
        self.beside(question.name, self.asking(question), self._by_hand(question.by_hand, days["from"], days["to"]))

    def asking(self, question: Question) -> Callable[[], int]:
        """Ask through the service; how many rows that gives."""
        query = self._counts.ask(
            question.asked | {name: moment.isoformat() for name, moment in self._days(question).items()}
        )
        return lambda: len(self._counts.page(query)[0])

    def _days(self, question: Question) -> dict[str, datetime]:
        return {name: self._end - int(question.asked[name]) * timedelta(days=1) for name in ("from", "to")}

    def chart(self) -> None:
        """What today's curves are made of, at the end of a day: read for the first time, and after more was written."""
        begin = self._end - timedelta(days=1)
        sums = f"SELECT starts_at, site_id, {_SUMS} FROM {{quarters}} WHERE {_IN_TIME} GROUP BY starts_at, site_id"
        by_hand = self._by_hand(sums, begin, self._end)
        name = "today's curves of all sites, late at night"
        self.beside(f"{name}, at first", lambda: self._sites(SiteQuarters(self.history), begin), by_hand)
        kept, written = SiteQuarters(self.history), [self._end - 2 * QUARTER, self._end - QUARTER]

        def write() -> None:
            self._connection.transaction(lambda transaction: put_stamps(transaction, written))

        self.beside(f"{name}, two quarters written since", lambda: self._sites(kept, begin), by_hand, write)

    def _sites(self, quarters: SiteQuarters, begin: datetime) -> int:
        found, _ = self.history.as_of(lambda: quarters.read(begin, self._end))
        return sum(len(quarter.sums) for quarter in found.values())

    def beside(
        self,
        name: str,
        asked: Callable[[], int],
        by_hand: Callable[[], int],
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Print how long both take, in turns: the whole answer, and what of it the database was waited for."""
        answers: list[Times] = []
        queries: list[Times] = []
        bare: list[Times] = []
        rows = asked(), by_hand()
        for _ in range(TIMES):
            meanwhile()
            self._asked.spent = Times(0.0, 0.0)
            answers.append(timed(asked, self._server))
            queries.append(self._asked.spent)
            bare.append(timed(by_hand, self._server))
        late, worked = (quantiles([one[place] * 1000 for one in answers], n=20)[-1] for place in (0, 1))
        middle = median(one.worked for one in answers) * 1000
        ratios = [median(one[place] for one in queries) / median(one[place] for one in bare) for place in (0, 1)]
        print(
            f"    {name}: {rows[0]} rows, {rows[1]} by hand. Queries {ratios[0]:.1f} ({ratios[1]:.1f}) times as long "
            f"as by hand; the answer within {late:.0f} ms ({worked:.0f} ms, half {middle:.0f} ms) in 95 of 100"
        )

    def export(self) -> None:
        """Print what reading on and on costs."""
        query = self._counts.ask({"from": self._year.first.isoformat(), "to": self._end.isoformat()})
        before, begun = _most_memory(), time.process_time()
        rows = sum(1 for _ in islice(self._counts.rows(query), EXPORTED))
        rate = rows / (time.process_time() - begun)
        print(f"    export: {rate:,.0f} rows a second of our processor, {_most_memory() - before:.0f} MB more at most")

    def _by_hand(self, statement: str, begin: datetime, end: datetime) -> Callable[[], int]:
        product, schema = self._connection.product, self._connection.schema
        prefix = "" if product is Product.SQLITE else f'"{schema}".'
        sql = statement.format(
            hours=f"{prefix}hour_counts",
            quarters=f"{prefix}quarter_hours",
            top="LIMIT 1000" if product is Product.SQLITE else "OFFSET 0 ROWS FETCH NEXT 1000 ROWS ONLY",
            day="date(local_start)" if product is Product.SQLITE else "CAST(local_start AS DATE)",
        )
        offset = timedelta(hours=1)
        values = {
            "begin": (begin, UtcTime()),
            "end": (end, UtcTime()),
            "local_begin": ((begin + offset).replace(tzinfo=None), local_time()),
            "local_end": ((end + offset).replace(tzinfo=None), local_time()),
        }
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        bound = text(sql).bindparams(*(bindparam(name, value, type_) for name, (value, type_) in used.items()))
        return lambda: len(self._connection.run(lambda opened: opened.execute(bound).all(), writes=False))


def _processor_of(connection: EngineConnection) -> Callable[[], float]:
    """The time of the processor of the server's process that answers us, where it is one on this machine."""
    if connection.product is not Product.POSTGRESQL:
        return lambda: 0.0
    process = int(connection.execute(text("SELECT pg_backend_pid()"))[0][0])
    return lambda: worked_by(process)


def race_history(connection: EngineConnection, cameras: int, days: int, sums: Path) -> None:
    """Make the year unless it is there, and print how long every question and every page takes.

    ``sums`` is the file with the sums of past days, which pages are made of.
    """
    upgrade(connection)
    year = CountedYear(cameras, date(2026, 11, 20), days)
    print(f"{connection.product.spoken}, {connection.driver}: {cameras * 2 * 24 * days:,} hours of {cameras * 2} lines")
    year.fill(connection)
    garbage.begin()  # as in the service: or a search through everything falls to whoever is just asking
    race = HistoryRace(connection, year)
    for question in QUESTIONS:
        race.run(question)
    race.chart()
    race.export()
    time_pages(connection, year, sums)


def _most_memory() -> float:
    """MB that this process has held at most."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
