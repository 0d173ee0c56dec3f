"""APScheduler on greenlets: what fails runs again, and nothing runs twice at a time. In a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("gevent")

SCRIPT = """
from gevent import monkey; monkey.patch_all()
import json
from gevent.event import Event
from peoplecount.runtime import this_runtime

scheduler = this_runtime().make_scheduler()
failed, overlapped, enough, lets_go = [], [], Event(), Event()
running = 0

def fails():
    failed.append(1)
    if len(failed) == 3:
        enough.set()
    raise RuntimeError("this time, too")

def lasts():
    global running
    running += 1
    overlapped.append(running)
    lets_go.wait()
    running -= 1

for function in (fails, lasts):
    scheduler.add_job(function, "interval", seconds=0.02, max_instances=1, coalesce=True, misfire_grace_time=None)
scheduler.start()
enough.wait(20)
before = list(overlapped)
lets_go.set()
enough.clear()
failed.clear()
enough.wait(20)
scheduler.shutdown(wait=False)
print(json.dumps([enough.is_set(), before, max(overlapped), len(overlapped) > 1]))
"""


def test_what_fails_runs_again_and_what_lasts_runs_once_at_a_time() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)

    runs_again, while_it_lasted, most_at_a_time, ran_again = json.loads(done.stdout)
    assert runs_again
    assert while_it_lasted == [1]
    assert most_at_a_time == 1
    assert ran_again


REUSE = """
import json
import gevent
from types import SimpleNamespace
from gevent import getcurrent
from gevent.event import Event
from peoplecount.runtime import MOST_IDLE, GreenletExecutor

executor, seen, lets_go = GreenletExecutor(), set(), Event()
executor.start(SimpleNamespace(_create_lock=lambda: None), "default")

def submit(number, work):
    job = SimpleNamespace(id=str(number), func=work, args=(), kwargs={})
    executor.submit_job(job, [])

def alive():
    return sum(not one.dead for one in seen)

def lasts():
    seen.add(getcurrent())
    lets_go.wait()

for number in range(100):
    submit(number, lambda: seen.add(getcurrent()))
    gevent.idle()
one_by_one = len(seen)
seen.clear()
for number in range(MOST_IDLE + 20):
    submit(number, lasts)
gevent.idle()
together = len(seen)
lets_go.set()
gevent.idle()
kept = alive()
lets_go.clear()
submit("last", lasts)
gevent.idle()
executor.shutdown()
gevent.idle()
working = alive()
lets_go.set()
gevent.idle()
print(json.dumps([one_by_one, together - MOST_IDLE, kept - MOST_IDLE, working, alive()]))
"""


def test_greenlets_are_used_again_as_many_as_are_needed_and_end_with_the_scheduler() -> None:
    done = subprocess.run([sys.executable, "-c", REUSE], capture_output=True, text=True, timeout=60, check=True)

    one_by_one, together, kept, working, left = json.loads(done.stdout)
    assert one_by_one == 1
    assert together == 20, "each of those that last has its own"
    assert kept == 0
    assert working == 1
    assert left == 0
