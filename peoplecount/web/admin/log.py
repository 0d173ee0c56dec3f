"""The audit log on a page."""

from __future__ import annotations

from flask import Blueprint, Response, request

from peoplecount.domain.change import Subject
from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import LogError
from peoplecount.services.administration import Administration
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.errors import unavailable

WORDS = (
    *(say("added"), say("changed"), say("removed"), say("revoked"), say("confirmed"), say("swapped"), say("paused")),
    *(say("resumed"), say("began"), say("ended"), say("stopped"), say("did not finish"), say("signed out")),
    *(say("put back"), say("made"), say("sessions ended"), say("screens revoked"), say("one-time links voided")),
    *(say("changed the password of"), say("chose a password by a one-time link:")),
    *(say("camera"), say("import"), say("line"), say("site"), say("door"), say("person"), say("token"), say("screen")),
    *(say("backup"), say("webhook"), say("made a new secret for"), say("host"), say("events"), say("doors")),
    *(say("cameras"), say("threshold"), say("gap"), say("by")),
    *(say("alert"), say("alert rule"), say("report"), say("has seen"), say("sent"), say("sent a test mail to")),
    *(say("role"), say("sites"), say("kind"), say("name"), say("margin"), say("lasts"), say("on"), say("language")),
    *(say("period"), say("recipients"), say("recovery"), say("quiet hours"), say("quiet time"), say("ends")),
    *(say("may"), say("address"), say("browser"), say("from"), say("at"), say("password"), say("user"), say("all")),
    *(say("time zone"), say("opening hours"), say("capacity"), say("busy from"), say("full from"), say("reset time")),
    *(say("protocol"), say("interval"), say("command line"), say("command line (%(user)s)", user="")),
)
"""What the log says was done, and to what, so that catalogues have it."""


def routes(administration: Administration) -> Blueprint:
    """``/admin/log``: who changed what, the newest first."""
    blueprint = Blueprint("admin_log", __name__, url_prefix="/admin/log")

    @blueprint.get("")
    def changes() -> Response:
        subject, who, below = _subject(request.args.get("of", "")), request.args.get("who", ""), _below()
        sites = gate.visitor().sites
        try:
            shown = administration.log.page(subject=subject, who=who, below=below, sites=sites)
            authors = administration.log.authors() if sites is None else []
        except LogError as error:
            unavailable(str(error), 10)
        return frame.page(
            "admin/log.html",
            shown=shown,
            authors=authors,
            subjects=list(Subject),
            subject=subject,
            who=who,
            below=below,
            zone=administration.zone,
        )

    return blueprint


def _subject(text: str) -> Subject | None:
    """Nonsense chooses nothing, like no choice."""
    return Subject(text) if text in set(Subject) else None


def _below() -> int | None:
    text = request.args.get("below", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
