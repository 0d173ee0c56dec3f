"""The frame of the pages of administration: where one may go, and how a page of it is answered."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, flash, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.web import gate
from peoplecount.web.languages import said
from peoplecount.web.needs import NEEDS


class Section(NamedTuple):
    """One part of administration."""

    path: str
    words: str
    also: tuple[str, ...] = ()
    """Other addresses of it."""

    def has(self, path: str) -> bool:
        """Whether the page at an address belongs to it."""
        return any(path == own or path.startswith(f"{own}/") for own in (self.path, *self.also))


SECTIONS = (
    Section("/admin/cameras", say("Cameras")),
    Section("/admin/sites", say("Sites"), ("/admin/new-site", "/admin/doors", "/admin/walk")),
    Section("/admin/people", say("Users"), ("/admin/new-person",)),
    Section("/admin/tokens", say("Tokens"), ("/admin/new-token",)),
    Section("/admin/screens", say("Screens")),
    Section("/admin/webhooks", say("Webhooks"), ("/admin/new-webhook",)),
    Section("/admin/alerts", say("Alerts"), ("/admin/new-alert",)),
    Section("/admin/reports", say("Reports"), ("/admin/new-report",)),
    Section("/admin/mail", say("Mail")),
    Section("/admin/log", say("Audit log")),
)


def routes() -> Blueprint:
    """``/admin``, which leads to the first part that the visitor may see."""
    blueprint = Blueprint("admin", __name__, url_prefix="/admin")

    @blueprint.get("")
    def front() -> AnyResponse:
        sections = open_sections()
        return redirect(sections[0].path, 303) if sections else abort(404)

    return blueprint


def open_sections() -> list[Section]:
    """The parts that are there and that the visitor may see."""
    return [section for section in SECTIONS if _is_open(section)]


def page(template: str, status: int = 200, **values: object) -> Response:
    """A page in the frame. It is kept nowhere: it may be another one in a moment, or for somebody else."""
    here = next((one.path for one in SECTIONS if one.has(request.path)), "")
    answer = make_response(render_template(template, sections=open_sections(), here=here, **values), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def done(words: str, path: str, *, well: bool = True) -> AnyResponse:
    """On to a page of ours, which says once what was done, and whether it went ``well``."""
    flash(said(words), "done" if well else "notice")
    return redirect(path, 303)


def author() -> str:
    """Who does this, as the audit log names them."""
    return gate.visitor().name


def _is_open(section: Section) -> bool:
    try:
        endpoint, _ = current_app.url_map.bind("").match(section.path, "GET")
    except HTTPException:  # nobody has built it in
        return False
    need = NEEDS.get(str(endpoint))
    return need is not None and gate.may(need, gate.visitor())
