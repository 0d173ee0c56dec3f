"""Records a second into the database, from a log that is far behind, with roll-ups, positions and cursor.

Beside it, in the same run, a bare ``executemany`` of the same records by the driver alone. What the rest of the process
notices of it is the longest time a loop that wants to run every 5 ms had to wait.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from peoplecount.domain.figures import Figures
from peoplecount.eventlog.memory_log import MemoryEventLog
from peoplecount.services.new_records import CountEntry, NewRecords
from peoplecount.services.record_writer import RecordWriter
from peoplecount.storage.engine import EngineConnection
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.postgresql import PostgreSQLConnection
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.records import _row
from peoplecount.storage.schema import records
from peoplecount.storage.sqlite import SQLiteConnection
from tests.support.counting_line import CountingLine, append
from tests.support.postgres import binaries, running_postgres

QUARTER = timedelta(minutes=15)


def busy_log(cameras: int, minutes: int) -> MemoryEventLog:
    """Two lines a camera, somebody at each every ten seconds, and the quarters closed."""
    log, term = MemoryEventLog(), 0
    lines = [CountingLine(f"cam{number:04}", index) for number in range(cameras) for index in (1, 2)]
    term = log.raise_term()
    for step in range(minutes * 6):
        append(log, *(line.count(1, step % 2) for line in lines), term=term)
        if step % 90 == 89:
            start = lines[0].read_at - QUARTER
            append(log, *(line.close(start, QUARTER, Figures(90, 45)) for line in lines), term=term)
    return log


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


def measure(name: str, connection: EngineConnection, log: MemoryEventLog) -> None:
    upgrade(connection)
    entries = log.read(0, 10**9)
    counts = [CountEntry.read(entry) for entry in entries if entry.event.kind == "PeopleCountingUpdate"]
    rows = [_row(record) for record in NewRecords.of({}, counts).records.values()]
    for row in rows:
        row["event_epoch"] = "bare"
    begun = time.perf_counter()
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        connection.transaction(lambda transaction, part=part: transaction.change_each(insert(records), part))
    bare = len(rows) / (time.perf_counter() - begun)
    with watched() as longest:
        time.sleep(3)
        idle = longest()
    writer = RecordWriter(log, ProxyDB(connection))
    stop, wake = threading.Event(), threading.Event()
    begun, cpu = time.perf_counter(), time.process_time()
    with watched() as longest:
        thread = threading.Thread(target=writer.run, args=(stop, wake))
        thread.start()
        while writer.written_up_to() != log.head():
            time.sleep(0.01)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    stop.set()
    wake.set()
    thread.join()
    rate = writer.state.written / took
    print(f"{name}: {rate:,.0f} records/s, {writer.state.written / cpu:,.0f} a second of CPU")
    print(f"    bare executemany {bare:,.0f}/s, ratio {rate / bare:.2f}")
    print(f"    longest wait of others {longest() * 1000:.0f} ms, {idle * 1000:.0f} ms without the writer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=50)
    parser.add_argument("--minutes", type=int, default=60)
    arguments = parser.parse_args()
    log = busy_log(arguments.cameras, arguments.minutes)
    entries = log.read(0, 10**9)
    log.read = lambda after, limit: entries[after : after + limit]  # type: ignore[method-assign] - not what is measured
    print(f"{log.head().number:,} events of {arguments.cameras} cameras")
    with tempfile.TemporaryDirectory(prefix="pc-bench-") as folder:
        measure("SQLite", SQLiteConnection(Path(folder) / "bench.db"), log)
    found = binaries()
    if found is None:
        print("PostgreSQL is not installed")
        return
    with running_postgres(found) as server:
        measure(
            "PostgreSQL",
            PostgreSQLConnection(
                server.socket_folder, "postgres", port=server.port, user="peoplecount", schema="bench"
            ),
            log,
        )


if __name__ == "__main__":
    main()
