"""Searches for cyclic garbage: what lasts is set aside, and found again once a day. In a process of its own."""

import json
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import gc, json, weakref
from peoplecount.garbage import EARLY_SEARCHES, THAW_AFTER, begin, keep_searches_short, put_off

class Thing:
    pass

put_off()
was_put_off = not gc.isenabled()
lasting = [Thing() for _ in range(50_000)]
begin()
looked_at = []
gc.callbacks.append(lambda phase, info: phase == "start" and looked_at.append(len(gc.get_objects())))

class Stop:
    '''Lets the searches follow at once, and knows what became of a thing between them.'''
    def __init__(self):
        self.pauses, self.gone_after, self.watched = [], {}, {}

    def wait(self, seconds):
        self.pauses.append(seconds)
        number = len(self.pauses)
        if number == 1:  # garbage of before a search
            self.watch("young")
            self.ring = Thing()
            self.ring.itself = self.ring
        elif number == 2:  # set aside by the search before, garbage only now
            self.watched["aside"] = weakref.ref(self.ring)
            del self.ring
        elif number == EARLY_SEARCHES + 1:  # as a request that is under way at a search
            self.watch("late")
            self.ring = self.watched["late"]()
        elif number == EARLY_SEARCHES + 2:
            del self.ring
        for name, thing in self.watched.items():
            if thing() is None:
                self.gone_after.setdefault(name, number - 1)
        return number > THAW_AFTER + 1

    def watch(self, name):
        ring = Thing()
        ring.itself = ring
        self.watched[name] = weakref.ref(ring)

stop = Stop()
keep_searches_short(stop)

print(json.dumps({
    "pauses": stop.pauses, "gone": stop.gone_after, "early": EARLY_SEARCHES, "thaw": THAW_AFTER,
    "looked_at": looked_at, "lasting": len(lasting), "threshold": gc.get_threshold()[2],
    "put_off": was_put_off, "enabled": gc.isenabled(),
}))
"""


def test_what_lasts_is_looked_at_once_a_day_and_what_came_since_each_time():
    answer = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120)
    seen = json.loads(answer.stdout)
    many = [number for number in seen["looked_at"] if number > seen["lasting"]]
    assert len(many) == 1  # the one through everything
    assert len(seen["looked_at"]) >= seen["thaw"]
    assert seen["gone"]["young"] == 1
    assert seen["gone"]["aside"] == seen["thaw"]
    assert seen["gone"]["late"] == seen["early"] + 2, "nothing is set aside but once an hour"
    early, late = seen["pauses"][: seen["early"]], seen["pauses"][seen["early"] :]
    assert max(early) < min(late)
    assert seen["put_off"]
    assert seen["enabled"]
    assert seen["threshold"] > 100  # Python makes no full search by itself


PIECES = """
from pathlib import Path
from peoplecount.garbage import give_back

def megabytes():
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

pieces = [bytes(1_500) for _ in range(40_000)]
kept = pieces[::20]
del pieces
before = megabytes()
give_back()
print(before - megabytes())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_what_lies_unused_between_what_is_kept_goes_back_to_the_system():
    answer = subprocess.run([sys.executable, "-c", PIECES], capture_output=True, text=True, check=True, timeout=60)
    assert float(answer.stdout) > 20


HEAPS = """
import ctypes, sys, threading
from peoplecount.garbage import keep_together

if sys.argv[1] == "together":
    keep_together()
held = []
meeting = threading.Barrier(6)

def work():
    meeting.wait(30)
    held.extend(bytes(5_000) for _ in range(200))
    meeting.wait(30)

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to")
@pytest.mark.parametrize(("how", "is_one"), [("together", True), ("as it likes", False)])
def test_what_threads_ask_for_comes_from_one_heap(how, is_one):
    command = [sys.executable, "-c", HEAPS, how]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert (answer.stdout.count("<heap nr=") == 1) is is_one
