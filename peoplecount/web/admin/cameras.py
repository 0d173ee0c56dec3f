"""Cameras: the list, a new one, and what one said that was tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.camera import Camera
from peoplecount.domain.sentence import joined, say
from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.camera_drafts import CameraDraft
from peoplecount.services.camera_entry import read_entry
from peoplecount.services.camera_sheet import write_sheet
from peoplecount.services.line_desk import LineWish
from peoplecount.storage.errors import DatabaseError, InvalidEntry
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.camera_form import FAULTS, CameraForm, status_of, words_of
from peoplecount.web.admin.camera_lines import LineRows, wishes
from peoplecount.web.admin.camera_states import CameraStates
from peoplecount.web.admin.form import sentence
from peoplecount.web.context import CameraPages
from peoplecount.web.errors import unavailable

ON_A_PAGE = 100


def routes(pages: CameraPages) -> Blueprint:
    """``/admin/cameras``, ``/admin/cameras/new`` and ``/admin/cameras/tried/DRAFT``."""
    blueprint = Blueprint("admin_cameras", __name__, url_prefix="/admin/cameras")
    desk = _Desk(pages)
    blueprint.add_url_rule("", "cameras", desk.cameras)
    blueprint.add_url_rule("/export", "export", desk.export)
    blueprint.add_url_rule("/new", "add", desk.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/tried/<draft_id>", "tried", desk.tried)
    blueprint.add_url_rule("/tried/<draft_id>", "save", desk.save, methods=["POST"])
    blueprint.add_url_rule("/tried/<draft_id>/again", "again", desk.again, methods=["POST"])
    return blueprint


class _Desk:
    def __init__(self, pages: CameraPages) -> None:
        self._pages = pages
        self._desk = pages.office.desk
        self._drafts = pages.drafts

    def cameras(self) -> Response:
        wanted, state = request.args.get("q", "").strip()[:100], request.args.get("state", "")
        try:
            entered = self._desk.entered(gate.visitor())
        except FAULTS as error:
            return frame.page("admin/cameras.html", 503, rows=None, fault=words_of(error))
        states = CameraStates(self._pages.cameras_now())
        rows = [(one, states.of(one)) for one in entered if _is_meant(one, wanted)]
        counted = {kind: sum(now.kind == kind for _, now in rows) for kind in ("good", "bad", "paused", "unknown")}
        shown = [(one, now) for one, now in rows if state in {"", now.kind}]
        first = _page_number() * ON_A_PAGE
        return frame.page(
            "admin/cameras.html",
            rows=shown[first : first + ON_A_PAGE],
            q=wanted,
            state=state,
            counted=counted,
            found=len(shown),
            entered=len(entered),
            first=first,
            page=_page_number(),
            on_a_page=ON_A_PAGE,
            are_theirs=self._desk.are_theirs,
        )

    def export(self) -> Response:
        """All of theirs, without passwords."""
        try:
            by = gate.visitor()
            text = write_sheet(self._desk.entered(by), self._pages.office.lines.doors(by))
        except DatabaseError as error:
            unavailable(words_of(error), 10)
        answer = make_response("\ufeff" + text)
        answer.content_type = "text/csv; charset=utf-8"
        answer.headers["Content-Disposition"] = 'attachment; filename="cameras.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def add(self) -> AnyResponse:
        by = gate.visitor()
        if request.method != "POST":
            draft = self._draft_of(request.args.get("draft", ""))
            typed = {**draft.texts, "draft": draft.draft_id} if draft else {"interval": _plain(self._interval)}
            return self._new(CameraForm(data=typed))
        form = CameraForm(request.form)
        draft = self._draft_of(form.draft.data or "")
        camera = form.camera(self._interval, password=draft.password if draft else "")
        if camera is None:
            return self._new(form, 400)
        try:
            self._desk.refuse_double(by, camera)
            kept = self._try(camera, form.typed() | {"id": camera.camera_id})
        except FAULTS as error:
            return self._new(form, form.blamed(error))
        return redirect(url_for("admin_cameras.tried", draft_id=kept.draft_id), 303)

    def tried(self, draft_id: str) -> Response:
        return self._tried(self._demand(draft_id))

    def again(self, draft_id: str) -> AnyResponse:
        """Ask again: with ``accept``, with the certificate that was shown accepted; with another login, with that."""
        before = self._demand(draft_id)
        draft = self._with_login(before)
        accept, texts = request.form.get("accept", ""), dict(draft.texts)
        if accept and accept == draft.trial.fingerprint:
            texts["https_pin"] = accept
        if before.trial.refused_login and draft == before and not self._desk.are_theirs:
            fault = say(
                "The camera has refused this login. Type the password again: the same one sent once more would only "
                "bring the account nearer to being locked."
            )
            return self._tried(draft, 400, fault=fault)
        try:
            camera = self._camera(draft, texts)
            is_change = draft.is_change or "https_pin" in texts.keys() - draft.texts.keys() or bool(accept)
            kept = self._try(camera, texts, replace(draft, is_change=is_change))
        except FAULTS as error:
            return self._tried(draft, status_of(error), fault=words_of(error))
        return redirect(url_for("admin_cameras.tried", draft_id=kept.draft_id), 303)

    def _with_login(self, draft: CameraDraft) -> CameraDraft:
        """With the user and the password that are typed beside what a camera answered; as it is where none are."""
        form = CameraForm(request.form)
        user = (form.user.data or "").strip() if "user" in request.form else draft.texts.get("user", "")
        password = form.password.data or draft.password
        if (user, password) == (draft.texts.get("user", ""), draft.password) and not form.password.data:
            return draft
        return replace(draft, texts={**draft.texts, "user": user}, password=password, is_change=True)

    def save(self, draft_id: str) -> AnyResponse:
        """Enter what was tried, with the names and doors of its lines."""
        draft, by = self._demand(draft_id), gate.visitor()
        if not draft.trial.is_fit and request.form.get("all-the-same") != "yes":
            return self._tried(
                draft, 400, fault=say("It would not count like this. Mend it, or say that it is meant so.")
            )
        try:
            camera, chosen = self._camera(draft, draft.texts), wishes(request.form)
            if draft.camera_id:
                self._desk.change(by, camera, draft.version, draft.trial, keeps_password=not draft.password)
            else:
                self._desk.add(by, camera, draft.trial)
        except FAULTS as error:
            return self._tried(draft, status_of(error), fault=words_of(error))
        where = url_for("admin_camera.camera", camera_id=camera.camera_id)
        fault = self._put_lines(camera, chosen)
        self._forget(draft)
        if draft.camera_id:
            done = say("%(name)s is changed; it is asked within some seconds.", name=camera.name)
        else:
            done = say("%(name)s is entered; it is asked within some seconds.", name=camera.name)
        return frame.done(joined([done, fault]), where)

    def _put_lines(self, camera: Camera, chosen: list[LineWish]) -> str:
        """What is to be said of lines that could not be kept: the camera is in, and they can be entered there."""
        try:
            if any(wish.name or wish.door_id or wish.new_door for wish in chosen):
                version = self._desk.find(gate.visitor(), camera.camera_id).version
                self._pages.office.lines.put(gate.visitor(), camera.camera_id, version, chosen)
        except FAULTS as error:
            return say("Its lines have no names and doors yet: %(fault)s", fault=words_of(error))
        return ""

    def _try(self, camera: Camera, texts: Mapping[str, str], draft: CameraDraft | None = None) -> CameraDraft:
        """Ask a camera and keep what came of it."""
        by = gate.visitor()
        if camera.site_id not in self._desk.sites(by):
            raise InvalidEntry(say("there is no such site"))
        trial = self._desk.try_out(by, camera)
        if draft is None:
            return self._drafts.keep(by.name, texts, trial, is_change=True, password=camera.password)
        return self._drafts.keep(
            by.name,
            texts,
            trial,
            camera_id=draft.camera_id,
            version=draft.version,
            is_change=draft.is_change,
            password=draft.password,
        )

    def _camera(self, draft: CameraDraft, texts: Mapping[str, str]) -> Camera:
        """The camera that was typed, with its password. Raises what a desk raises."""
        known = None
        if draft.camera_id:
            one = self._desk.unchanged(gate.visitor(), draft.camera_id, draft.version)
            known = self._desk.with_password(one)
        site_id = texts.get("site") or (known.site_id if known else "default")
        typed = {**texts, "password": draft.password}
        return read_entry(typed, default_interval=self._interval, known=known, site_id=site_id)

    def _tried(self, draft: CameraDraft, status: int = 200, fault: str = "") -> Response:
        by = gate.visitor()
        try:
            rows = LineRows(self._pages.office.lines, by).of_trial(draft.trial, draft.camera_id)
        except FAULTS as error:
            rows, status, fault = None, max(status, 503), fault or words_of(error)
        login = None
        if draft.trial.awaits_login and not self._desk.are_theirs:
            login = CameraForm(data={"user": draft.texts.get("user", "")})
        return frame.page(
            "admin/camera_tried.html", status, draft=draft, trial=draft.trial, lines=rows, fault=fault, login=login
        )

    def _new(self, form: CameraForm, status: int = 200) -> Response:
        try:
            form.with_sites(self._desk.offered(gate.visitor()))
        except FAULTS as error:
            form.without_sites()
            form.fault, status = words_of(error), 503
        return frame.page("admin/camera_new.html", status, form=form, are_theirs=self._desk.are_theirs)

    @property
    def _interval(self) -> float:
        return self._pages.office.default_interval

    def _draft_of(self, draft_id: str) -> CameraDraft | None:
        try:
            return self._drafts.find(gate.visitor().name, draft_id) if draft_id else None
        except LogError as error:
            unavailable(sentence(error), 10)

    def _demand(self, draft_id: str) -> CameraDraft:
        draft = self._draft_of(draft_id)
        if draft is None:
            abort(
                404, say("What was tried is kept for an hour, and this is older or was somebody else's. Try it again.")
            )
        return draft

    def _forget(self, draft: CameraDraft) -> None:
        try:
            self._drafts.drop(draft.draft_id)
        except LogError:  # it goes by itself in an hour
            return


def _is_meant(one: EnteredCamera, wanted: str) -> bool:
    said = " ".join((one.camera.name, one.camera.camera_id, one.camera.address, one.site.name)).casefold()
    return all(word in said for word in wanted.casefold().split())


def _page_number() -> int:
    text = request.args.get("page", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _plain(seconds: float) -> str:
    return f"{seconds:g}"
