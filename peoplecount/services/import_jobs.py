"""Imports by a page: they go on by themselves while the page shows how far they are, whichever worker it asks."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_import import CameraImport, ImportOptions, Outcome, Verdict
from peoplecount.services.camera_sheet import SheetRow
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.storage.errors import DatabaseError

logger = logging.getLogger(__name__)

TOLD_EVERY = 0.5
"""Seconds between two times that it is written down how far an import is."""

SILENT_FOR = timedelta(seconds=60)
"""After which an import that says nothing has ended with its worker. The longest wait for one camera is shorter."""

KEPT_FOR = timedelta(days=7)
MOST_AT_ONCE = 2
"""Imports of one worker."""

_PREFIX = "camera-import:"


class TooManyImports(Exception):
    """Others are under way."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """How far an import is."""

    job_id: str
    owner: str
    file: str
    rows: int
    began: datetime
    told: datetime
    dry_run: bool = False
    make_sites: bool = False
    update: bool = False
    verdicts: tuple[Verdict, ...] = ()
    over: bool = False
    failure: str = ""
    """Why it ended before the last row."""

    def is_lost(self, now: datetime) -> bool:
        """Whether it ended with its worker."""
        return not self.over and now - self.told > SILENT_FOR

    @property
    def waiting(self) -> tuple[Verdict, ...]:
        """Those whose certificates somebody has to accept."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome is Outcome.CERTIFICATE)


class ImportJobs:
    """In the local store are the verdicts, and nothing else of the file: it holds passwords. All raise ``LogError``."""

    def __init__(self, imports: CameraImport, store: KeptTexts, clock: Clock, offload: Offload = call_here) -> None:
        """``clock`` must be one of real time."""
        self._imports = imports
        self._store = store
        self._clock = clock
        self._offload = offload
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def start(self, by: Visitor, file: str, rows: Sequence[SheetRow], options: ImportOptions) -> str:
        """Begin an import; its id. Raises ``TooManyImports``."""
        if not self._room.acquire(blocking=False):
            raise TooManyImports("Other imports are under way; wait until one of them is over.")
        now = self._clock.now()
        job = ImportJob(
            secrets.token_urlsafe(12),
            by.name,
            file[:120],
            len(rows),
            now,
            now,
            options.dry_run,
            options.make_sites,
            options.update,
        )
        try:
            self._offload(self._tidy)
            self._write(job)
        except BaseException:
            self._room.release()
            raise
        threading.Thread(
            target=self._run, args=(by, job, list(rows), options), name="camera-import", daemon=True
        ).start()
        return job.job_id

    def find(self, owner: str, job_id: str) -> ImportJob | None:
        """An import of theirs; ``None`` where it is too old, or somebody else's."""
        kept = self._offload(lambda: self._store.get(_PREFIX + job_id))
        job = _read(job_id, kept.body) if kept else None
        return job if job and job.owner == owner else None

    def now(self) -> datetime:
        """The time by which imports tell how far they are."""
        return self._clock.now()

    def _run(self, by: Visitor, job: ImportJob, rows: Sequence[SheetRow], options: ImportOptions) -> None:
        verdicts: list[Verdict] = []
        failure = ""
        try:
            told = self._clock.monotonic()
            for verdict in self._imports.run(by, rows, options):
                verdicts.append(verdict)
                if self._clock.monotonic() - told >= TOLD_EVERY:
                    told = self._clock.monotonic()
                    self._write(self._at(job, verdicts))
        except (DatabaseError, LogError) as error:
            failure = f"It ended before the last row, because something it needs is away: {error}. Send the file again."
        except Exception:
            logger.exception("an import of cameras failed for an unforeseen reason")
            failure = "It ended before the last row, for a reason that is in the service's log. Send the file again."
        finally:
            self._room.release()
        try:
            self._write(replace(self._at(job, verdicts), over=True, failure=failure))
        except LogError as error:
            logger.warning("What became of an import of cameras cannot be written down: %s", error)

    def _at(self, job: ImportJob, verdicts: Sequence[Verdict]) -> ImportJob:
        in_order = tuple(sorted(verdicts, key=lambda verdict: verdict.row))
        return replace(job, told=self._clock.now(), verdicts=in_order)

    def _write(self, job: ImportJob) -> None:
        fields = asdict(job) | {"began": utc_text(job.began), "told": utc_text(job.told)}
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        self._offload(lambda: self._store.put(_PREFIX + job.job_id, body))

    def _tidy(self) -> None:
        for key, body in self._store.under(_PREFIX).items():
            job = _read(key.removeprefix(_PREFIX), body)
            if job is None or self._clock.now() - job.told > KEPT_FOR:
                self._store.change(key, lambda _: None)


def _read(job_id: str, body: str) -> ImportJob | None:
    try:
        fields: dict[str, Any] = json.loads(body)
        verdicts = tuple(
            Verdict(**one | {"outcome": Outcome(one["outcome"]), "sentences": tuple(one["sentences"])})
            for one in fields["verdicts"]
        )
        times = {name: parse_utc(fields[name]) for name in ("began", "told")}
        return ImportJob(**fields | times | {"job_id": job_id, "verdicts": verdicts})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
