"""Figures of each worker, kept where all of them can read them.

A process counts for itself: streams, requests, queries. Each keeps its figures in the local store every ten seconds and
whenever it is asked for all of them, so that whichever worker answers tells the same, and no counter ever goes back.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from peoplecount.domain.clock import Clock
from peoplecount.domain.durations import Durations, read_durations
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.offload import Offload, call_here
from peoplecount.eventlog.log import LogError
from peoplecount.services.kept_texts import KeptTexts

logger = logging.getLogger(__name__)

WORKERS = "worker:"
"""What the keys of their figures begin with; the worker's number follows."""

KEEP_SECONDS = 10.0

FRESH_FOR = timedelta(seconds=45)
"""Who has not kept anything for so long has ended, or stands still."""

FORGOTTEN_AFTER = timedelta(days=1)

Number = tuple[str, tuple[str, ...], float]
"""The name of a figure, the values of its labels, and what it is."""


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """One worker's figures at one moment."""

    worker: str
    """Its number among those of this machine, from 1."""

    at: datetime
    """UTC, real time."""

    started: datetime
    pid: int
    leads: bool
    """Whether it polls the cameras."""

    numbers: Sequence[Number] = ()
    durations: Mapping[str, Durations] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    """Sentences: what does not work while the rest goes on."""

    has_ended: bool = False
    """In order; who was killed has not said so."""

    def runs(self, now: datetime) -> bool:
        """Whether it can be thought to run still."""
        return not self.has_ended and abs(now - self.at) <= FRESH_FOR

    def number(self, name: str, *labels: str) -> float | None:
        """A figure by its name and labels; ``None`` where it is not known."""
        return next((value for known, of, value in self.numbers if (known, of) == (name, labels)), None)


class WorkerNotes:
    """The figures of one worker, and its view of all."""

    def __init__(
        self,
        store: KeptTexts,
        *,
        number: Callable[[], int],
        leads: Callable[[], bool],
        numbers: Callable[[], Iterable[Number]],
        durations: Mapping[str, Durations],
        troubles: Callable[[], Iterable[str]] = tuple,
        clock: Clock,
        offload: Offload = call_here,
    ) -> None:
        """``number`` tells this worker's, which is its own for as long as it lives; ``numbers`` may raise ``LogError``.

        ``clock`` is one of real time.
        """
        self._store = store
        self._number = number
        self._leads = leads
        self._numbers = numbers
        self._durations = durations
        self._troubles = troubles
        self._clock = clock
        self._offload = offload
        self._started = clock.now()
        self._keeping = threading.Lock()
        self._last: WorkerFigures | None = None
        self._is_away = False

    def run(self, stop: threading.Event) -> None:
        """Keep the figures every ten seconds until told to stop; then say that these were the last."""
        while True:
            try:
                self.keep()
                self._is_away = False
            except LogError as error:
                if not self._is_away:
                    logger.warning("figures of this process cannot be kept for now: %s", error)
                self._is_away = True
            if stop.wait(KEEP_SECONDS):
                break
        self.end()

    def keep(self) -> None:
        """Keep the figures as they are now. Raises ``LogError``."""
        with self._keeping:  # what was looked at later must be kept later, or a counter would go back
            self._last = self._now()
            self._offload(self._keep, self._last)

    def all(self) -> list[WorkerFigures]:
        """The figures of all workers that run, this one's as they are now. Raises ``LogError``."""
        self.keep()
        found = self._offload(read_workers, self._store)
        return [one for one in found if one.runs(self._clock.now())]

    def end(self) -> None:
        """Say that this worker has ended; what it kept last stays to be looked at."""
        last = self._last
        if last is not None:
            try:
                self._offload(self._put, replace(last, has_ended=True))
            except LogError as error:
                logger.debug("that this process has ended cannot be kept: %s", error)

    def _put(self, figures: WorkerFigures) -> None:
        self._store.put(f"{WORKERS}{figures.worker}", write_worker(figures))

    def _keep(self, figures: WorkerFigures) -> None:
        self._put(figures)
        for old in read_workers(self._store):
            if figures.at - old.at > FORGOTTEN_AFTER:
                self._store.change(f"{WORKERS}{old.worker}", lambda _: None)

    def _now(self) -> WorkerFigures:
        return WorkerFigures(
            str(self._number()),
            self._clock.now(),
            self._started,
            os.getpid(),
            self._leads(),
            tuple(self._numbers()),
            self._durations,
            tuple(self._troubles()),
        )


def read_workers(store: KeptTexts) -> list[WorkerFigures]:
    """What every worker kept last, by number; those that ended a while ago, too. Raises ``LogError``."""
    found = (read_worker(key.removeprefix(WORKERS), body) for key, body in store.under(WORKERS).items())
    return sorted((one for one in found if one), key=lambda one: int(one.worker))


def write_worker(figures: WorkerFigures) -> str:
    """One worker's figures as a text."""
    return json.dumps(
        {
            "at": utc_text(figures.at),
            "started": utc_text(figures.started),
            "pid": figures.pid,
            "leads": figures.leads,
            "numbers": [[name, *labels, value] for name, labels, value in figures.numbers],
            "durations": {name: one.figures() for name, one in figures.durations.items()},
            "troubles": figures.troubles,
            "ended": figures.has_ended,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_worker(number: str, body: str) -> WorkerFigures | None:
    """What ``write_worker`` wrote; ``None`` where it cannot be read, as of another version."""
    try:
        told = json.loads(body)
        return WorkerFigures(
            str(int(number)),
            parse_utc(told["at"]),
            parse_utc(told["started"]),
            int(told["pid"]),
            bool(told["leads"]),
            tuple((str(name), tuple(map(str, labels)), float(value)) for name, *labels, value in told["numbers"]),
            {str(name): read_durations(one) for name, one in told["durations"].items()},
            tuple(map(str, told["troubles"])),
            bool(told["ended"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
