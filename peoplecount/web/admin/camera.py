"""One camera: what is known of it, its lines, and whether it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.camera import Camera
from peoplecount.domain.line import LineKey
from peoplecount.domain.sentence import say
from peoplecount.services.camera_desk import EnteredCamera, NoSuchCamera
from peoplecount.services.camera_entry import texts_of
from peoplecount.services.line_desk import LineWish
from peoplecount.services.site_day import zone_of
from peoplecount.services.swap_moments import this_hour
from peoplecount.storage.errors import InvalidEntry
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.camera_form import FAULTS, CameraForm, form_of, status_of, words_of
from peoplecount.web.admin.camera_lines import LineRow, LineRows, wishes
from peoplecount.web.admin.camera_states import CameraStates
from peoplecount.web.context import CameraPages
from peoplecount.web.formats import day_and_time

_ASKED_ABOUT = ("address", "username", "password", "protocol", "nvr_channel")
"""What is saved only once the camera has been asked again."""


def routes(pages: CameraPages) -> Blueprint:
    """``/admin/cameras/ID`` and what is sent from there."""
    blueprint = Blueprint("admin_camera", __name__, url_prefix="/admin/cameras/<camera_id>")
    desk = _Desk(pages)
    blueprint.add_url_rule("", "camera", desk.camera)
    blueprint.add_url_rule("", "change", desk.change, methods=["POST"])
    blueprint.add_url_rule("/test", "test", desk.test, methods=["POST"])
    blueprint.add_url_rule("/lines", "lines", desk.lines, methods=["POST"])
    blueprint.add_url_rule("/swap", "swap", desk.swap, methods=["POST"])
    blueprint.add_url_rule("/pause", "pause", desk.pause, methods=["POST"])
    blueprint.add_url_rule("/remove", "remove", desk.remove, methods=["GET", "POST"])
    return blueprint


class _Desk:
    def __init__(self, pages: CameraPages) -> None:
        self._pages = pages
        self._desk = pages.office.desk

    def camera(self, camera_id: str) -> AnyResponse:
        return self._page(camera_id)

    def change(self, camera_id: str) -> AnyResponse:
        form, by = CameraForm(request.form), gate.visitor()
        try:
            one = self._desk.unchanged(by, camera_id, form.version.data or "")
            known = self._known(one)
            camera = form.camera(self._pages.office.default_interval, known)
            if camera is None:
                return self._page(camera_id, 400, form=form)
            if any(getattr(camera, name) != getattr(known, name) for name in _ASKED_ABOUT):
                return self._changed_after_asking(one, camera, form)
            self._desk.change(by, camera, one.version, keeps_password=True)
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            return self._page(camera_id, form.blamed(error), form=form)
        return frame.done(
            say("%(name)s is changed; the service takes it up within some seconds.", name=camera.name), _path(camera_id)
        )

    def _changed_after_asking(self, one: EnteredCamera, camera: Camera, form: CameraForm) -> AnyResponse:
        """Saved at once where it counts like that; else somebody is to look at what it said."""
        by = gate.visitor()
        trial = self._desk.try_out(by, camera)
        if trial.is_fit:
            self._desk.change(by, camera, one.version, trial, keeps_password=not form.password.data)
            return frame.done(say("%(name)s answered, and is changed.", name=camera.name), _path(camera.camera_id))
        draft = self._pages.drafts.keep(
            by.name,
            form.typed(),
            trial,
            camera_id=camera.camera_id,
            version=one.version,
            is_change=True,
            password=form.password.data or "",
        )
        return redirect(url_for("admin_cameras.tried", draft_id=draft.draft_id), 303)

    def test(self, camera_id: str) -> AnyResponse:
        """Ask it as it is entered."""
        by = gate.visitor()
        try:
            one = self._desk.find(by, camera_id)
            trial = self._desk.try_out(by, self._desk.with_password(one))
            draft = self._pages.drafts.keep(
                by.name, texts_of(one.camera), trial, camera_id=camera_id, version=one.version
            )
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            return self._page(camera_id, status_of(error), fault=words_of(error))
        return redirect(url_for("admin_cameras.tried", draft_id=draft.draft_id), 303)

    def lines(self, camera_id: str) -> AnyResponse:
        """Name lines and give them doors."""
        chosen: list[LineWish] = []
        try:
            chosen = wishes(request.form)
            self._pages.office.lines.put(gate.visitor(), camera_id, request.form.get("version", ""), chosen)
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            typed = {wish.key: wish for wish in chosen}
            return self._page(camera_id, status_of(error), line_fault=words_of(error), typed=typed)
        return frame.done(
            say("The lines are named; events say so from the next reading on."), f"{_path(camera_id)}#lines"
        )

    def swap(self, camera_id: str) -> AnyResponse:
        line_id, form = request.form.get("line", ""), request.form
        since = {"this": None, "next": ""}.get(form.get("when", ""), form.get("since", "").strip())
        try:
            one = self._desk.find(gate.visitor(), camera_id)
            _demand_own(line_id, camera_id)
            if since is None:
                local = this_hour(one.site, self._pages.office.lines.now()).astimezone(zone_of(one.site))
                since = local.isoformat()
            elif not since and form.get("when") != "next":
                raise InvalidEntry(say("say from when on: a full hour on the site's clock"))
            take_back = form.get("take-back") == "yes"
            moment = self._pages.office.lines.swap(gate.visitor(), line_id, since, take_back=take_back)
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            return self._page(camera_id, status_of(error), line_fault=words_of(error), swapped=line_id)
        at = day_and_time(moment, zone_of(one.site))
        told = {"line": line_id, "at": at}
        if take_back:
            done = say("From %(at)s on, %(line)s counts as it did before; hours that are over are told anew.", **told)
        else:
            done = say("In and out of %(line)s are swapped from %(at)s on; hours that are over are told anew.", **told)
        return frame.done(
            done,
            f"{_path(camera_id)}#lines",
        )

    def pause(self, camera_id: str) -> AnyResponse:
        paused = request.form.get("paused") == "yes"
        try:
            self._desk.pause(gate.visitor(), camera_id, paused=paused)
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            return self._page(camera_id, status_of(error), fault=words_of(error))
        words = (
            say("It is paused, and not asked any more.") if paused else say("It is asked again within some seconds.")
        )
        return frame.done(words, _path(camera_id))

    def remove(self, camera_id: str) -> AnyResponse:
        by = gate.visitor()
        try:
            one = self._desk.find(by, camera_id)
            if request.method != "POST":
                return frame.page("admin/camera_remove.html", one=one, are_theirs=self._desk.are_theirs)
            self._desk.remove(by, camera_id, request.form.get("version", ""))
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            return frame.page("admin/camera_remove.html", status_of(error), one=None, fault=words_of(error))
        return frame.done(
            say("%(name)s is forgotten; what it counted stays.", name=one.camera.name), url_for("admin_cameras.cameras")
        )

    def _page(
        self,
        camera_id: str,
        status: int = 200,
        *,
        form: CameraForm | None = None,
        typed: Mapping[LineKey, LineWish] | None = None,
        **values: object,
    ) -> Response:
        """The page of a camera; where the database is away, with nothing but what was typed."""
        by = gate.visitor()
        try:
            one, sites = self._desk.find(by, camera_id), self._desk.offered(by)
            lines = LineRows(self._pages.office.lines, by).of_camera(one)
        except NoSuchCamera as error:
            abort(404, words_of(error))
        except FAULTS as error:
            if form is not None:
                form.without_sites()
            parts = {"one": None, "form": form, "fault": words_of(error), "camera_id": camera_id}
            return frame.page("admin/camera.html", 503, **{**values, **parts})
        return frame.page(
            "admin/camera.html",
            status,
            one=one,
            camera_id=camera_id,
            form=form.with_sites(sites) if form else form_of(one.camera, one.version, sites),
            lines=[_as_typed(row, typed or {}) for row in lines],
            now=CameraStates(self._pages.cameras_now()).of(one),
            zone=zone_of(one.site),
            this_hour=this_hour(one.site, self._pages.office.lines.now()),
            are_theirs=self._desk.are_theirs,
            **values,
        )

    def _known(self, one: EnteredCamera) -> Camera:
        try:
            return self._desk.with_password(one)
        except ValueError:  # sealed with another key: it has to be typed again
            return one.camera


def _as_typed(row: LineRow, typed: Mapping[LineKey, LineWish]) -> LineRow:
    """A row with what was typed into it before something was found wrong."""
    wish = typed.get(LineKey.parse(row.line_id))
    return replace(row, name=wish.name, door_id=wish.door_id) if wish else row


def _demand_own(line_id: str, camera_id: str) -> None:
    """Raise ``InvalidEntry`` unless the line is one of the camera's."""
    try:
        is_own = LineKey.parse(line_id).camera_id == camera_id
    except ValueError:
        is_own = False
    if not is_own:
        raise InvalidEntry(say("%(line_id)s is no line of this camera", line_id=repr(line_id[:64])))


def _path(camera_id: str) -> str:
    return url_for("admin_camera.camera", camera_id=camera_id)
