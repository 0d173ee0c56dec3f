"""The commissioning report of a site, made to be printed."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from peoplecount.eventlog.log import LogError
from peoplecount.services.camera_desk import EnteredCamera
from peoplecount.services.commissioning import StateWords
from peoplecount.storage.errors import DatabaseError, InvalidEntry
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.camera_form import words_of
from peoplecount.web.admin.camera_states import CameraStates
from peoplecount.web.context import CameraPages
from peoplecount.web.errors import unavailable


def routes(pages: CameraPages) -> Blueprint:
    """``/admin/sites/SITE/commissioning``."""
    blueprint = Blueprint("admin_commissioning", __name__)

    @blueprint.get("/admin/sites/<site_id>/commissioning")
    def report(site_id: str) -> Response:
        states = CameraStates(pages.cameras_now())

        def state_of(one: EnteredCamera) -> StateWords:
            now = states.of(one)
            return StateWords(now.words, now.kind == "good", now.reason)

        try:
            made = pages.commissioning.report(gate.visitor(), site_id, state_of)
        except InvalidEntry as error:
            abort(404, words_of(error))
        except (DatabaseError, LogError) as error:
            unavailable(words_of(error), 10)
        return frame.page("admin/commissioning.html", report=made, who=gate.visitor().name)

    return blueprint
