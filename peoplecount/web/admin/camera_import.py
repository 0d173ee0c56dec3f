"""Cameras out of a file, by a page: the same as ``camera import``."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.domain.visible_text import as_seen
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_import import ImportOptions, Outcome
from peoplecount.services.camera_sheet import COLUMNS, MOST_BYTES, MOST_ROWS, NEEDED, SheetRefused, read_sheet
from peoplecount.services.import_jobs import ImportJob, TooManyImports
from peoplecount.services.sheet_lines import COLUMNS as LINE_COLUMNS
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import sentence
from peoplecount.web.context import CameraPages
from peoplecount.web.errors import unavailable

LONGEST_FILE_NAME = 120
"""Of it is shown; it names nothing here."""

_NO_SUCH = say("There is no such import of yours; verdicts are kept for a week.")


def routes(pages: CameraPages) -> Blueprint:
    """``/admin/cameras/import`` and ``/admin/cameras/import/JOB``."""
    blueprint = Blueprint("admin_import", __name__, url_prefix="/admin/cameras/import")
    desk = _Desk(pages)
    blueprint.add_url_rule("", "upload", desk.upload)
    blueprint.add_url_rule("", "begin", desk.begin, methods=["POST"])
    blueprint.add_url_rule("/<job_id>", "job", desk.job)
    blueprint.add_url_rule("/<job_id>/stop", "stop", desk.stop, methods=["POST"])
    return blueprint


class _Desk:
    def __init__(self, pages: CameraPages) -> None:
        self._jobs = pages.jobs
        self._imports = pages.office.imports

    def upload(self) -> Response:
        return self._form()

    def begin(self) -> AnyResponse:
        """Take the file in, and begin."""
        file = request.files.get("file")
        if file is None or not file.filename:
            return self._form(400, say("Choose a file."))
        try:
            rows = read_sheet(file.read())
            job_id = self._jobs.start(gate.visitor(), as_seen(file.filename)[:LONGEST_FILE_NAME], rows, self._options())
        except SheetRefused as error:
            return self._form(400, sentence(error))
        except TooManyImports as error:
            return self._form(429, str(error))
        except LogError as error:
            return self._form(503, say("Nothing was begun: %(error)s. Try again in a moment.", error=error))
        return redirect(url_for("admin_import.job", job_id=job_id), 303)

    def job(self, job_id: str) -> Response:
        """How far it is; looks again by itself as long as it goes on."""
        job = self._find(job_id)
        if job is None:
            abort(404, _NO_SUCH)
        is_lost = job.is_lost(self._jobs.now())
        only = request.args.get("only", "")
        shown = [one for one in job.verdicts if not only or not one.is_well or one.sentences]
        counted = {outcome: sum(one.outcome is outcome for one in job.verdicts) for outcome in Outcome}
        return frame.page(
            "admin/camera_import_job.html",
            job=job,
            is_lost=is_lost,
            goes_on=not job.over and not is_lost,
            shown=shown,
            only=only,
            counted={outcome.value: number for outcome, number in counted.items() if number},
        )

    def stop(self, job_id: str) -> AnyResponse:
        """Let an import end before its next row."""
        try:
            job = self._jobs.stop(gate.visitor(), job_id)
        except LogError as error:
            unavailable(sentence(error), 10)
        if job is None:
            abort(404, _NO_SUCH)
        return redirect(url_for("admin_import.job", job_id=job_id), 303)

    def _options(self) -> ImportOptions:
        form, accepted = request.form, {}
        earlier = self._find(form.get("accept", "")) if form.get("accept") else None
        if earlier and earlier.owner == gate.visitor().name:
            accepted = {verdict.camera_id: verdict.fingerprint for verdict in earlier.waiting}
        return ImportOptions(
            dry_run="dry-run" in form,
            update="update" in form,
            make_sites="make-sites" in form and not gate.visitor().is_limited,
            accepted=accepted,
        )

    def _find(self, job_id: str) -> ImportJob | None:
        try:
            return self._jobs.find(gate.visitor(), job_id)
        except LogError as error:
            unavailable(sentence(error), 10)

    def _under_way(self) -> list[ImportJob]:
        try:
            return self._jobs.under_way(gate.visitor())
        except LogError:
            return []  # the form is good without

    def _form(self, status: int = 200, fault: str = "") -> Response:
        return frame.page(
            "admin/camera_import.html",
            status,
            fault=fault,
            columns=(*COLUMNS, *LINE_COLUMNS),
            needed=NEEDED,
            most_rows=MOST_ROWS,
            most_bytes=MOST_BYTES,
            is_limited=gate.visitor().is_limited,
            under_way=self._under_way(),
            time_zone=self._imports.time_zone,
            chosen=request.form,
        )
