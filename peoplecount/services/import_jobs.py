"""Imports by a page: they go on by themselves while the page shows how far they are, whichever worker it asks."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from peoplecount.domain.change import Subject, Value
from peoplecount.domain.clock import Clock
from peoplecount.domain.event import parse_utc, utc_text
from peoplecount.domain.offload import Offload, call_here
from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role
from peoplecount.domain.visitor import Visitor
from peoplecount.eventlog.log import LogError
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.camera_import import CameraImport, ImportOptions, Outcome, Verdict
from peoplecount.services.camera_sheet import SheetRow
from peoplecount.services.kept_texts import KeptTexts
from peoplecount.services.signed_in import AccountsUnavailable
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
_STOPS = "camera-import-stop:"

Rights = Callable[[Visitor], Visitor | None]
"""What somebody may do now; ``None`` where they are not signed in any more. Raises ``AccountsUnavailable``."""


class TooManyImports(Exception):
    """Others are under way."""


class _Halted(Exception):
    """It is not to go on; the message says why."""


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

    stamp: str = ""
    """Of the owner when it began: somebody else may have the name by now."""

    sites: tuple[str, ...] | None = None
    """Ids of the sites that the owner might see then, and that are named in it; ``None``: all."""

    def is_lost(self, now: datetime) -> bool:
        """Whether it ended with its worker."""
        return not self.over and now - self.told > SILENT_FOR

    @property
    def waiting(self) -> tuple[Verdict, ...]:
        """Those whose certificates somebody has to accept."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome is Outcome.CERTIFICATE)


class ImportJobs:
    """In the local store are the verdicts, and nothing else of the file: it holds passwords. All raise ``LogError``."""

    def __init__(
        self,
        imports: CameraImport,
        store: KeptTexts,
        audit: AuditLog,
        clock: Clock,
        offload: Offload = call_here,
        *,
        rights: Rights,
    ) -> None:
        """``clock`` must be one of real time."""
        self._imports = imports
        self._store = store
        self._audit = audit
        self._rights = rights
        self._clock = clock
        self._offload = offload
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def start(self, by: Visitor, file: str, rows: Sequence[SheetRow], options: ImportOptions) -> str:
        """Begin an import; its id. Raises ``TooManyImports``."""
        if not self._room.acquire(blocking=False):
            raise TooManyImports(say("Other imports are under way; wait until one of them is over."))
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
            stamp=by.stamp,
            sites=None if by.sites is None else tuple(sorted(by.sites)),
        )
        try:
            self._offload(self._tidy)
            self._write(job)
            self._note(by.name, "began", job, {"rows": len(rows), "only tried": options.dry_run})
        except BaseException:
            self._room.release()
            raise
        threading.Thread(
            target=self._run, args=(by, job, list(rows), options), name="camera-import", daemon=True
        ).start()
        return job.job_id

    def find(self, by: Visitor, job_id: str) -> ImportJob | None:
        """An import of theirs, or of anybody for who may see all sites; ``None`` where it is another's, or too old."""
        kept = self._offload(lambda: self._store.get(_PREFIX + job_id))
        job = _read(job_id, kept.body) if kept else None
        return job if job and _may_see(by, job) else None

    def under_way(self, by: Visitor) -> list[ImportJob]:
        """Those that go on just now and that they may see, the oldest first."""
        kept = self._offload(lambda: self._store.under(_PREFIX))
        jobs = [_read(key.removeprefix(_PREFIX), body) for key, body in kept.items()]
        now = self._clock.now()
        found = [job for job in jobs if job and not job.over and not job.is_lost(now) and _may_see(by, job)]
        return sorted(found, key=lambda job: job.began)

    def stop(self, by: Visitor, job_id: str) -> ImportJob | None:
        """Let one that goes on end before its next row; as it was, or ``None`` where there is none. See ``find``."""
        job = self.find(by, job_id)
        if job and not job.over and not job.is_lost(self._clock.now()):
            self._offload(lambda: self._store.put(_STOPS + job_id, by.name))
            self._note(by.name, "stopped", job, {})
        return job

    def now(self) -> datetime:
        """The time by which imports tell how far they are."""
        return self._clock.now()

    def _run(self, by: Visitor, job: ImportJob, rows: Sequence[SheetRow], options: ImportOptions) -> None:
        verdicts: list[Verdict] = []
        failure = ""
        try:
            told = self._clock.monotonic()
            for verdict in self._imports.run(by, rows, options, lambda: self._demand_going_on(by, job)):
                verdicts.append(verdict)
                if self._clock.monotonic() - told >= TOLD_EVERY:
                    told = self._clock.monotonic()
                    self._write(self._at(job, verdicts))
        except _Halted as halted:
            failure = str(halted)
        except (DatabaseError, LogError, AccountsUnavailable) as error:
            failure = say(
                "It ended before the last row, because something it needs is away: %(error)s. Send the file again.",
                error=error,
            )
        except Exception:
            logger.exception("an import of cameras failed for an unforeseen reason")
            failure = say(
                "It ended before the last row, for a reason that is in the service's log. Send the file again."
            )
        finally:
            self._room.release()
        counted: dict[str, Value] = {str(kind): number for kind, number in Counter(v.outcome for v in verdicts).items()}
        self._note(by.name, "did not finish" if failure else "ended", job, counted)
        try:
            self._offload(lambda: self._store.change(_STOPS + job.job_id, lambda _: None))
            self._write(replace(self._at(job, verdicts), over=True, failure=failure))
        except LogError as error:
            logger.warning("What became of an import of cameras cannot be written down: %s", error)

    def _demand_going_on(self, by: Visitor, job: ImportJob) -> bool:
        """Look whether it is still wanted, and whether whoever began it still may. Raises ``_Halted``."""
        stopped_by = self._offload(lambda: self._store.get(_STOPS + job.job_id))
        if stopped_by:
            raise _Halted(
                say(
                    "%(body)s stopped it. What is in stays; the rest was neither asked nor entered.",
                    body=stopped_by.body,
                )
            )
        if not _covers(self._rights(by), by):
            raise _Halted(
                say(
                    "It was stopped, because %(name)s has signed out or may do less than when it was "
                    "begun. What is in stays; the rest was not entered.",
                    name=by.name,
                )
            )
        return True

    def _note(self, who: str, verb: str, job: ImportJob, facts: dict[str, Value]) -> None:
        self._audit.note(who, verb, Subject.IMPORT, job.job_id, job.file, after=facts)

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
        for key in self._store.under(_STOPS):
            if not self._store.get(_PREFIX + key.removeprefix(_STOPS)):
                self._store.change(key, lambda _: None)


def _may_see(by: Visitor, job: ImportJob) -> bool:
    """Whether they may see all that stands in it: theirs, and of sites that are theirs still."""
    if by.sites is None:
        return True
    is_theirs = (job.owner, job.stamp) == (by.name, by.stamp)
    return is_theirs and job.sites is not None and by.sites.issuperset(job.sites)


def _covers(now: Visitor | None, then: Visitor) -> bool:
    """Whether somebody may still do all that they might when an import was begun."""
    if now is None or now.role is None or not now.role.covers(Role.ADMINISTRATOR):
        return False
    return now.sites is None or (then.sites is not None and then.sites <= now.sites)


def _read(job_id: str, body: str) -> ImportJob | None:
    try:
        fields: dict[str, Any] = json.loads(body)
        verdicts = tuple(
            Verdict(**one | {"outcome": Outcome(one["outcome"]), "sentences": tuple(one["sentences"])})
            for one in fields["verdicts"]
        )
        times = {name: parse_utc(fields[name]) for name in ("began", "told")}
        sites = fields.get("sites")
        kept = {"job_id": job_id, "verdicts": verdicts, "sites": None if sites is None else tuple(sites)}
        return ImportJob(**fields | times | kept)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
