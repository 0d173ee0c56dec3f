"""A database under gevent: a slow query stops no greenlet, many may ask at once, and one that hangs is given up.

Run as a program, on what the service runs on: a native thread for each connection.
"""

# ruff: noqa: E402 (the patch comes before everything else, as it does in the gunicorn worker)
from gevent import monkey

monkey.patch_all()

import sys
import time
from pathlib import Path

import gevent

sys.path.insert(0, str(Path(__file__).parents[2]))

from sqlalchemy import func, insert, select, update

from peoplecount.runtime import this_runtime
from peoplecount.storage.engine import CONNECTIONS
from peoplecount.storage.errors import DatabaseBusy
from peoplecount.storage.lanes import Lanes, Patience
from peoplecount.storage.migrate import upgrade
from peoplecount.storage.proxy import ProxyDB
from peoplecount.storage.schema import sites
from peoplecount.storage.sqlite import SQLiteConnection

CALLERS = 40
SLOW_SECONDS = 2.0
LONGEST_STALL = 0.5

HASTY = Patience(queue=20, alarm=0.1, probe=20, most=0.3, leaves=1)
"""Nobody is given up but who hangs while others are answered."""


def main(path: Path) -> None:
    gevent.get_hub().threadpool.apply(upgrade, (SQLiteConnection(path),))
    lanes = Lanes([SQLiteConnection(path) for _ in range(CONNECTIONS)], this_runtime().database_thread, pages=HASTY)
    db = ProxyDB(lanes)
    a_slow_query_stops_nobody(db)
    many_may_ask_at_once(db)
    what_hangs_is_given_up_and_its_connection_comes_back(db, lanes)
    db.disconnect()
    print("the loop went on")


def a_slow_query_stops_nobody(db: ProxyDB) -> None:
    sleeping = "pc_sleep"
    native_sleep = monkey.get_original("time", "sleep")

    def slow(transaction) -> None:
        raw = transaction._transaction._connection.connection.driver_connection
        raw.create_function(sleeping, 1, native_sleep)
        transaction.execute(select(func.pc_sleep(SLOW_SECONDS)))

    asking = gevent.spawn(db.transaction, slow)
    longest, last = 0.0, time.monotonic()
    while not asking.ready():
        gevent.sleep(0.005)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    asking.get()
    assert longest < LONGEST_STALL, f"the loop stood still for {longest:.2f} s"


def many_may_ask_at_once(db: ProxyDB) -> None:
    row = {"site_id": "a", "name": "0", "time_zone": "UTC", "capacity": 0, "reset_time": "00:00"}
    db.execute(insert(sites), row)
    one_more = update(sites).values(capacity=sites.c.capacity + 1)

    def work() -> None:
        for _ in range(5):
            db.transaction(lambda transaction: transaction.change(one_more))
            assert len(db.execute(select(sites))) == 1

    callers = [gevent.spawn(work) for _ in range(CALLERS)]
    finished = gevent.joinall(callers, timeout=60, raise_error=True)
    assert len(finished) == CALLERS, f"{CALLERS - len(finished)} are left waiting"
    assert db.execute(select(sites.c.capacity))[0][0] == CALLERS * 5


def what_hangs_is_given_up_and_its_connection_comes_back(db: ProxyDB, lanes: Lanes) -> None:
    hung = monkey.get_original("threading", "Event")()

    def hangs(transaction) -> None:
        raw = transaction._transaction._connection.connection.driver_connection
        raw.create_function("pc_hang", 0, lambda: hung.wait(30))
        transaction.execute(select(func.pc_hang()))

    try:
        db.hurried().transaction(hangs)
    except DatabaseBusy:
        pass
    else:
        raise AssertionError("it was waited for")
    assert lanes.busy == 1
    assert len(db.hurried().execute(select(sites))) == 1, "the others answer"
    hung.set()
    with gevent.Timeout(20):
        while lanes.busy:
            gevent.sleep(0.005)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
