"""The record writer beside ``executemany`` of the same rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import event, insert, select

from bench.support.busy_log import BusyFleet
from bench.support.times import Times, timed
from peoplecount import garbage
from peoplecount.eventlog.sqlite_log import SQLiteEventLog
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.copy_rows import copy_rows
from peoplecount.storage.dialects import schema_map
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.prepared import PreparedStatements
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import records

ROUNDS = 5
QUARTERS_A_ROUND = 4
ROWS_AT_ONCE = 4_000
"""As many as the writer takes when it is far behind."""


def race_records(connection: EngineConnection, folder: Path, cameras: int) -> None:
    """Print records a second, in rounds of all in turns."""
    garbage.begin()  # as in the service: or a search through all of a round's rows falls to whoever is at work
    upgrade(connection)
    folder.mkdir()
    log = SQLiteEventLog(folder / "events.sqlite")
    fleet, writer = BusyFleet(log, cameras), RecordWriter(log, ProxyDB(connection))
    rounds: dict[str, list[tuple[int, Times]]] = {"the writer": []}
    for number in range(ROUNDS):
        fleet.count(QUARTERS_A_ROUND)
        before = writer.state.written
        times = timed(lambda: _catch_up(writer, log))
        rows = _rows_written(connection, writer.state.written - before)
        rounds["the writer"].append((len(rows), times))
        for name, run in (("SQLAlchemy's executemany", _by_sqlalchemy), ("the driver's executemany", _by_driver)):
            times = run(connection, _called(rows, f"{name[4:8]}{number}"))
            rounds.setdefault(name, []).append((len(rows), times))
    fleet.count(QUARTERS_A_ROUND)
    with watched() as delay:  # in a round of its own, because watching takes time, too
        _catch_up(writer, log)
        longest = delay()
    log.close()
    _print(connection, rounds, longest)


def _print(connection: EngineConnection, rounds: dict[str, list[tuple[int, Times]]], longest: float) -> None:
    print(f"{connection.product.spoken}, {connection.driver}: records a second (of our processor), median of {ROUNDS}")
    writer = rounds["the writer"]
    for name, found in rounds.items():
        rates = [median(count / times[place] for count, times in found) for place in (0, 1)]
        pairs = [(one, mine) for (_, mine), (_, one) in zip(writer, found, strict=True)]
        ratios = [median(one[place] / mine[place] for one, mine in pairs) for place in (0, 1)]
        beside = "" if found is writer else f": the writer is at {ratios[0]:.2f} ({ratios[1]:.2f}) of it"
        print(f"    {name}: {rates[0]:,.0f} ({rates[1]:,.0f}){beside}")
    print(f"    a loop that wants to run every 5 ms was {longest * 1000:.0f} ms late at most while it wrote")


def _catch_up(writer: RecordWriter, log: SQLiteEventLog) -> None:
    """As in the service, its rests for others included."""
    stop, wake, head = threading.Event(), threading.Event(), log.head()
    thread = threading.Thread(target=writer.run, args=(stop, wake))
    thread.start()
    while writer.written_up_to() != head:
        if writer.state.error:
            print(f"    {writer.state.error}")
        time.sleep(0.02)
    stop.set()
    wake.set()
    thread.join()


def _rows_written(connection: EngineConnection, count: int) -> list[dict[str, Any]]:
    newest = select(records).order_by(records.c.record_id.desc()).limit(count)
    written = records.c.event_epoch.not_like("e-%")
    return [
        dict(row._mapping)  # noqa: SLF001 - the name it is documented under
        for row in connection.execute(newest.where(written))
    ][::-1]


def _called(rows: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{key: row[key] for key in row if key != "record_id"} | {"event_epoch": f"e-{name}"} for row in rows]


def _by_sqlalchemy(connection: EngineConnection, rows: Sequence[dict[str, Any]]) -> Times:
    statement = insert(records)
    with _without_copy(connection):
        return timed(lambda: _in_parts(connection, rows, lambda opened, part: opened.execute(statement, part)))


def _by_driver(connection: EngineConnection, rows: Sequence[dict[str, Any]]) -> Times:
    """Everything but the driver's own work is done beforehand."""
    dialect = connection.run(lambda opened: opened.dialect)
    prepared = PreparedStatements(dialect, schema_map(connection.product, connection.schema))
    statement = prepared.of(insert(records), list(rows[0]))
    parameters = statement.parameters(rows)
    with _without_copy(connection):
        return timed(
            lambda: _in_parts(connection, parameters, lambda opened, part: opened.exec_driver_sql(statement.sql, part))
        )


@contextmanager
def _without_copy(connection: EngineConnection) -> Iterator[None]:
    """On PostgreSQL the engine makes COPY of ``executemany``, which is not bare any more."""
    engine = connection.run(lambda opened: opened.engine)
    if not event.contains(engine, "do_executemany", copy_rows):
        yield
        return
    event.remove(engine, "do_executemany", copy_rows)
    try:
        yield
    finally:
        event.listen(engine, "do_executemany", copy_rows)


def _in_parts(connection: EngineConnection, rows: Sequence[Any], work: Callable[..., object]) -> None:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = list(rows[start : start + ROWS_AT_ONCE])
        connection.run(partial(work, part=part))


@contextmanager
def watched() -> Iterator[Callable[[], float]]:
    """The longest delay of a loop that wants to run every 5 ms."""
    stop, longest = threading.Event(), [0.0]

    def loop() -> None:
        while not stop.is_set():
            begun = time.monotonic()
            time.sleep(0.005)
            longest[0] = max(longest[0], time.monotonic() - begun - 0.005)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield lambda: longest[0]
    finally:
        stop.set()
        thread.join()
