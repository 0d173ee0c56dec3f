"""Importing cameras: each row of a file is looked at, its camera asked, and what came of it said in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from enum import StrEnum

from peoplecount.domain.camera import Camera
from peoplecount.domain.change import Subject
from peoplecount.domain.line import Line, camera_of
from peoplecount.domain.sentence import say
from peoplecount.domain.site import Site
from peoplecount.domain.visitor import Visitor
from peoplecount.services.audit_log import AuditLog
from peoplecount.services.camera_desk import CameraDesk
from peoplecount.services.camera_sheet import SheetRow
from peoplecount.services.fleet import id_of
from peoplecount.services.import_book import ImportBook, ImportPlan, RowRefused
from peoplecount.services.line_desk import LineDesk, LineWish
from peoplecount.services.sheet_lines import door_of, key_of
from peoplecount.services.trial import Trial
from peoplecount.services.trial_findings import as_sentence
from peoplecount.storage.errors import InvalidEntry
from peoplecount.storage.site_table import SiteTable

AT_ONCE = 16
"""Cameras asked at the same time: some out of reach must not make hundreds wait. Each device is asked by one only."""

LOOKED_AFTER = 1.0
"""Seconds that a camera is waited for before it is looked whether the import is to go on."""


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = say("added")
    UPDATED = say("updated")
    THERE = say("already there")
    FIT = say("fit")
    """It would be entered, or updated; nothing was, because it was only tried."""

    DIFFERENT = say("different")
    """It is there already, and otherwise; it is changed only where that is asked for."""

    CERTIFICATE = say("certificate")
    """Somebody has to accept its certificate first."""

    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a row; plain values only."""

    row: int
    camera_id: str
    name: str
    outcome: Outcome
    sentences: tuple[str, ...] = ()
    """What is wrong, and what to do."""

    fingerprint: str = ""
    """Of the certificate that somebody has to accept."""

    certificate: str = ""
    """The same in words."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is left to do for this row."""
        return self.outcome in {Outcome.ADDED, Outcome.UPDATED, Outcome.THERE, Outcome.FIT}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import goes."""

    dry_run: bool = False
    """Everything is looked at and asked, and nothing entered."""

    update: bool = False
    """Cameras that are there already are changed to what the file says."""

    make_sites: bool = False
    """Sites that are missing are made."""

    trust: bool = False
    """Certificates that nobody vouches for are accepted as they are shown."""

    accepted: Mapping[str, str] = field(default_factory=dict)
    """Fingerprints that somebody has accepted, by camera."""

    untested: bool = False
    """Cameras are entered without being asked."""


class CameraImport:
    """Imports rows at the cameras' desk. What is in already stays as it is, so the same file may be sent again."""

    def __init__(
        self,
        desk: CameraDesk,
        lines: LineDesk,
        sites: SiteTable,
        audit: AuditLog,
        *,
        default_interval: float,
        time_zone: str,
    ) -> None:
        """``time_zone`` is that of sites that are made without one."""
        self._desk = desk
        self._lines = lines
        self._sites = sites
        self._audit = audit
        self._default_interval = default_interval
        self.time_zone = time_zone

    def run(
        self,
        by: Visitor,
        rows: Sequence[SheetRow],
        options: ImportOptions,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> Iterator[Verdict]:
        """The verdicts: first of rows whose camera need not be asked, then of the others in their order.

        ``goes_on`` is asked before each row is entered, and while its camera is waited for: where it is not to go on
        nothing more is asked or entered.

        Raises ``DatabaseError`` and ``LogError``, after which the same rows may be sent again.
        """
        doors = self._lines.doors(by)
        book = ImportBook.of(self._desk, by, self._default_interval, self.time_zone, doors)
        plans = []
        for row in rows:
            try:
                plan = book.plan(row, update=options.update, make_sites=options.make_sites)
            except RowRefused as refused:
                yield _refused(row, refused)
                continue
            if plan.known and not plan.changes:
                yield Verdict(row.number, plan.camera.camera_id, plan.camera.name, Outcome.THERE)
            else:
                plans.append(plan)
        yield from self._entered(by, plans, book, options, goes_on)

    def _entered(
        self,
        by: Visitor,
        plans: Sequence[ImportPlan],
        book: ImportBook,
        options: ImportOptions,
        goes_on: Callable[[], bool],
    ) -> Iterator[Verdict]:
        stop = threading.Event()
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="camera-import") as pool:
            asked = [(plan, pool.submit(self._ask, plan, options, stop)) for plan in plans]
            try:
                for plan, future in asked:  # in their order, so that of two that are the same the first is entered
                    if not _is_awaited(future, goes_on):
                        return
                    camera, trial = future.result()
                    yield self._verdict(by, replace(plan, camera=camera), trial, book, options)
            finally:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, plan: ImportPlan, options: ImportOptions, stop: threading.Event) -> tuple[Camera, Trial | None]:
        """What the camera says, and the camera with the certificate that was accepted."""
        camera = plan.camera
        if options.untested or not plan.is_to_be_asked or stop.is_set():
            return camera, None
        trial = self._desk.ask(camera, plan.site)
        if trial.awaits_certificate and (options.trust or options.accepted.get(camera.camera_id) == trial.fingerprint):
            camera = replace(camera, certificate=trial.fingerprint)
            trial = self._desk.ask(camera, plan.site)
        return camera, trial

    def _verdict(
        self, by: Visitor, plan: ImportPlan, trial: Trial | None, book: ImportBook, options: ImportOptions
    ) -> Verdict:
        camera = plan.camera
        verdict = Verdict(plan.row, camera.camera_id, camera.name, Outcome.FIT)
        if trial is not None:
            verdict = replace(verdict, sentences=tuple(finding.sentence for finding in trial.findings))
            if trial.awaits_certificate:
                return replace(
                    verdict,
                    outcome=Outcome.CERTIFICATE,
                    fingerprint=trial.fingerprint,
                    certificate=trial.certificate,
                )
            twin = book.twin(camera.camera_id, trial.serial)
            if twin:
                return replace(verdict, outcome=Outcome.REFUSED, sentences=(twin, *verdict.sentences))
            if not trial.is_fit:
                return replace(verdict, outcome=Outcome.REFUSED)
            book.note(trial.serial, plan.row)
        verdict = replace(
            verdict, sentences=(*verdict.sentences, *_strange_lines(plan, self._lines_there(plan, trial)))
        )
        if options.dry_run:
            return verdict
        try:
            verdict = replace(verdict, outcome=self._enter(by, plan, trial))
            self._name_lines(by, plan)
        except InvalidEntry as error:  # its lines may be at fault when the camera is in already
            outcome = Outcome.REFUSED if verdict.outcome is Outcome.FIT else verdict.outcome
            return replace(verdict, outcome=outcome, sentences=(as_sentence(str(error)), *verdict.sentences))
        return verdict

    def _enter(self, by: Visitor, plan: ImportPlan, trial: Trial | None) -> Outcome:
        """Enter or change a camera. Raises ``InvalidEntry``."""
        self._make_site(by, plan.site)
        camera = plan.camera
        if plan.known is None:
            self._desk.add(by, camera, trial, again=True)  # the book has looked
        else:
            keeps = not plan.has_password
            self._desk.change(by, camera, plan.known.version, trial, keeps_password=keeps)
        if plan.paused is not None:
            self._desk.pause(by, camera.camera_id, paused=plan.paused)
        return Outcome.ADDED if plan.known is None else Outcome.UPDATED

    def _lines_there(self, plan: ImportPlan, trial: Trial | None) -> set[str]:
        """The lines that the camera has, as it says now or has said; empty where nobody knows."""
        if trial is not None:
            return {line.line_id for line in trial.lines}
        return {line_id for line_id in self._lines.names_read() if camera_of(line_id) == plan.camera.camera_id}

    def _name_lines(self, by: Visitor, plan: ImportPlan) -> None:
        """Give the lines the names and doors of the row; what it says nothing of stays. Raises ``InvalidEntry``."""
        if not plan.lines:
            return
        one, doors = self._desk.find(by, plan.camera.camera_id), self._lines.doors(by)
        known = {line.key: line for line in one.camera.lines}
        wishes = []
        for place, cells in plan.lines.items():
            key = key_of(one.camera.camera_id, place)
            line, door = known.get(key, Line(key, "", "")), door_of(cells.door, one.site.site_id, doors.values())
            door_id = door.door_id if door else "" if cells.door else line.door_id
            new_door = cells.door if cells.door and not door else ""
            wishes.append(LineWish(key, cells.name or line.name, door_id, new_door))
        self._lines.put(by, one.camera.camera_id, one.version, wishes)
        for place, cells in plan.lines.items():
            self._lines.restore_swaps(by, key_of(one.camera.camera_id, place), cells.swaps)

    def _make_site(self, by: Visitor, site: Site) -> None:
        if site.site_id not in self._desk.sites(by):
            self._sites.put_site(site)
            self._audit.note(
                by.name,
                "added",
                Subject.SITE,
                site.site_id,
                site.name,
                sites={site.site_id},
                after={"time zone": site.time_zone},
            )


def _is_awaited(future: Future[tuple[Camera, Trial | None]], goes_on: Callable[[], bool]) -> bool:
    """Wait for a camera; whether the import is to go on then."""
    while goes_on():
        if wait([future], timeout=LOOKED_AFTER).done:
            return goes_on()
    return False


def _strange_lines(plan: ImportPlan, there: set[str]) -> list[str]:
    """What the row says of lines that the camera does not have, in words."""
    if not there:
        return []
    keys = [key_of(plan.camera.camera_id, place) for place in plan.lines]
    strange = [f"{key.channel}-{key.rule}-{key.index}" for key in keys if str(key) not in there]
    found = ", ".join(line_id.removeprefix(f"{plan.camera.camera_id}-") for line_id in sorted(there))
    return [
        say(
            "The file names line %(one)s, which the camera does not have; it has %(found)s: call the column "
            "line_CHANNEL-RULE-LINE.",
            one=one,
            found=found,
        )
        for one in strange
    ]


def _refused(row: SheetRow, refused: RowRefused) -> Verdict:
    name = row.texts.get("name", "")[:200]
    outcome = Outcome.DIFFERENT if refused.is_there else Outcome.REFUSED
    camera_id = refused.camera_id or row.texts.get("id", "")[:64] or (id_of(name) if name else "")
    return Verdict(row.number, camera_id, name, outcome, tuple(map(as_sentence, refused.sentences)))
