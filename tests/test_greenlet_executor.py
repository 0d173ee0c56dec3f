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
