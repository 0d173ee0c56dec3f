"""The event log: appends a second, a look at the change counter, a long log, and how late a follower hears.

Each append holds one event and one state of the size that counting writes. Needs about 1 GB for a moment. Appends go
into a Redis, too, where one is installed; it writes everything through to the disk (``appendfsync always``).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from peoplecount.domain.event import EventKind, NewEvent
from peoplecount.domain.offload import call_here
from peoplecount.eventlog.group_commit import GroupCommit
from peoplecount.eventlog.log import Append, EventLog, StateChange
from peoplecount.eventlog.sqlite_log import SQLiteEventLog

BODY = '{"kind":"PeopleCountingUpdate","text":"' + "x" * 600 + '"}'
STATE = "x" * 800
WATCH_SECONDS = 0.005
FOLLOWED = 300
CALLERS = (1, 10, 100)


def now() -> datetime:
    return datetime.now(UTC)


def an_event(number: int) -> NewEvent:
    return NewEvent(EventKind.COUNT, "site", "camera", "door", f"line-{number % 200}", BODY)


def measure_appends(log: EventLog, term: int, callers: int, seconds: float = 3.0) -> None:
    group = GroupCommit(log, call_here, now)
    before, begun = log.head().number, time.perf_counter()

    def call(caller: int) -> None:
        version = 0
        while time.perf_counter() < begun + seconds:
            group.append(term, Append((an_event(caller),), (StateChange(f"{callers}/{caller}", version, STATE),)))
            version += 1

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = log.head().number - before
    print(f"{type(log).__name__}: appends, {callers:3} at once: {made / (time.perf_counter() - begun):,.0f} a second")


def measure_redis() -> None:
    """Appends to a log in a Redis of our own."""
    from peoplecount.eventlog.redis_log import RedisEventLog  # noqa: PLC0415 - an extra
    from tests.support.redis_server import is_installed, running_redis  # noqa: PLC0415 - needs it

    if not is_installed():
        print("Redis is not installed: not measured")
        return
    with running_redis() as server:
        log = RedisEventLog(server.address())
        log.open()
        term = log.raise_term()
        for callers in CALLERS:
            measure_appends(log, term, callers)
        log.close()


def measure_change_counter(log: SQLiteEventLog, times: int = 20_000) -> None:
    begun = time.perf_counter()
    for _ in range(times):
        log.change_counter()
    print(f"change_counter: {(time.perf_counter() - begun) / times * 1e6:.1f} µs")


def fill(log: SQLiteEventLog, term: int, entries: int) -> None:
    while (missing := entries - log.head().number) > 0:
        log.append(term, [Append(tuple(an_event(number) for number in range(min(missing, 10_000))))], now())


def measure_opening(path: Path) -> None:
    begun = time.perf_counter()
    log = SQLiteEventLog(path)
    head = log.head()
    opened = time.perf_counter()
    log.latest()
    log.load_states()
    loaded = time.perf_counter()
    log.read(head.number // 2, 500)
    read = time.perf_counter()
    print(
        f"{head.number:,} entries, {log.size() / 1e6:,.0f} MB: opened in {(opened - begun) * 1e3:.1f} ms, newest "
        f"entries and states {(loaded - opened) * 1e3:.1f} ms, 500 entries {(read - loaded) * 1e3:.1f} ms"
    )
    log.close()


def follow(path: Path) -> None:
    """What a second process does; the time from append to hearing of it, disk included."""
    log = SQLiteEventLog(path)
    number, counter = log.head().number, log.change_counter()
    print("ready", flush=True)
    delays: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    while len(delays) < FOLLOWED:
        time.sleep(WATCH_SECONDS)
        if (seen := log.change_counter()) != counter:
            counter = seen
            for entry in log.read(number, 500):
                number = entry.event_id.number
                delays.append((now() - entry.appended_at).total_seconds() * 1e3)
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    late = statistics.quantiles(delays, n=20)[-1]
    print(f"following: median {statistics.median(delays):.1f} ms, 95 % within {late:.1f} ms, {share:.1%} of a core")
    log.close()


def measure_following(path: Path) -> None:
    log = SQLiteEventLog(path)
    term = log.raise_term()
    command = [sys.executable, "-m", "bench.event_log", "--follow", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while child.poll() is None:
            log.append(term, [Append((an_event(0),))], now())
            time.sleep(0.017)
        print(child.stdout.read(), end="")
    log.close()


def measure_trimming(path: Path, entries: int) -> None:
    log = SQLiteEventLog(path)
    begun = time.perf_counter()
    dropped = log.trim(entries // 2, now())
    print(f"trimming {dropped:,}: {time.perf_counter() - begun:.1f} s, {log.size() / 1e6:,.0f} MB left")
    log.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000, help="how long the long log is")
    parser.add_argument("--follow", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.follow:
        follow(arguments.follow)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.sqlite"
        log = SQLiteEventLog(path)
        term = log.raise_term()
        for callers in CALLERS:
            measure_appends(log, term, callers)
        measure_redis()
        measure_change_counter(log)
        fill(log, term, arguments.entries)
        log.close()
        measure_opening(path)
        measure_following(path)
        measure_trimming(path, arguments.entries)


if __name__ == "__main__":
    main()
