"""Python's search for cyclic garbage, kept short: while it searches, nothing else runs in the process.

A full search looks at everything that is alive. With five hundred lines that is a third of a million objects and took
0.2 to 1 s on two shared cores, several times a minute while the service started, in whichever thread happened to
allocate next. Nearly all of them live as long as the process does: modules, what is known of lines and days, the ring
of events. So what has stayed for a while is set aside (``gc.freeze``), and a search looks at what came since.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

NEVER_BY_ITSELF = 1_000
"""Searches of the younger generations before Python makes a full one unasked; some ten million objects."""

EARLY_SECONDS = 0.25
"""Between two full searches in the time after the start, when most of what stays is made."""

EARLY_SEARCHES = 480

SECONDS = 60.0
"""Between two full searches from then on."""

ASIDE_AFTER = 60
"""Of these, from one that sets aside what it left to the next, an hour. Not each time: what happens to be under way
then, such as a request, is not found when it becomes garbage, until everything is looked at."""

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""Names of glibc's settings (``malloc.h``)."""

_BIG_BLOCK = 128 * 1024
"""Bytes from which on a block is the system's again as soon as it is freed. It is what glibc begins with; let alone, it
raises that to the size of what is freed, and a text of all cameras then leaves a hole among what stays."""

THAW_AFTER = 1_440
"""Searches from one through everything to the next, a day."""


def put_off() -> None:
    """Search nothing until ``begin``.

    What is imported stays, and looking through it while it came in was a tenth of a start.
    """
    gc.disable()


def keep_together() -> None:
    """Let the C library keep what it hands out in one heap; to be called before there are other threads.

    It makes one for each thread that asks while another one does, up to eight a processor, and each has holes of its
    own: with a thousand cameras a sixteenth of the memory. Threads wait for each other in any case, for Python's lock.
    """
    _tell_c_library("mallopt", _ARENA_MAX, 1)
    _tell_c_library("mallopt", _MMAP_THRESHOLD, _BIG_BLOCK)


def begin() -> None:
    """Set aside all that is there, and leave it to ``keep_searches_short`` when everything is looked at."""
    gc.enable()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, NEVER_BY_ITSELF)
    set_aside()


def keep_searches_short(stop: threading.Event) -> None:
    """Search, and set aside what stays, until ``stop`` is set.

    Once in a process, in a thread or greenlet of its own; before, while nothing waits yet, ``begin``.
    """
    for number, seconds in enumerate(_pauses(), 1):
        if stop.wait(seconds):
            return
        if number % THAW_AFTER == 0:
            set_aside(thawed=True)
        elif number <= EARLY_SEARCHES or number % ASIDE_AFTER == 0:
            set_aside()
        else:
            gc.collect()
        if number == EARLY_SEARCHES or number % ASIDE_AFTER == 0:
            give_back()


def set_aside(*, thawed: bool = False) -> None:
    """Search what is not set aside, or with ``thawed`` everything, and set aside what is left."""
    if thawed:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Give the system back what lies unused between the blocks of the C library, where that is glibc.

    It does so by itself only at the end of its heaps: after the start, with all cameras asked for their past at once, a
    tenth of the memory was such.
    """
    _tell_c_library("malloc_trim", 0)


def _tell_c_library(name: str, *values: int) -> None:
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library, such as musl
            getattr(ctypes.CDLL(None), name)(*values)


def _pauses() -> Iterator[float]:
    for _ in range(EARLY_SEARCHES):
        yield EARLY_SECONDS
    while True:
        yield SECONDS
