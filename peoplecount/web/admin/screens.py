"""Screens on walls: which there are, and confirming the code that a new one shows."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField

from peoplecount.domain.sentence import say
from peoplecount.eventlog.log import LogError
from peoplecount.services.administration import Administration
from peoplecount.services.screen import WaitingScreen
from peoplecount.services.screens import LONGEST_NAME
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, needed, sent, store_words
from peoplecount.web.admin.reach import SOME, ReachForm
from peoplecount.web.client_address import ClientAddresses


class CodeForm(AdminForm):
    """The code that a screen shows."""

    code = Text(say("Code on the screen"), [needed(say("Type in the code that the screen shows."))])


class ScreenForm(ReachForm):
    """What the screen with a code is to be."""

    code = HiddenField()
    name = Text(say("Name"), [needed(say("The screen needs a name, such as Entrance hall."))])


def routes(administration: Administration, addresses: ClientAddresses) -> Blueprint:
    """``/admin/screens`` and what is sent from there."""
    blueprint = Blueprint("admin_screens", __name__, url_prefix="/admin/screens")
    pages = _Pages(administration, addresses)
    blueprint.add_url_rule("", "screens", pages.screens, methods=["GET", "POST"])
    blueprint.add_url_rule("/confirm", "confirm", pages.confirm, methods=["POST"])
    blueprint.add_url_rule("/<key>/revoke", "revoke", pages.revoke, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, administration: Administration, addresses: ClientAddresses) -> None:
        self._desk = administration.screens
        self._sites = administration.sites
        self._zone = administration.zone
        self._addresses = addresses

    def screens(self) -> AnyResponse:
        """The list; whoever sends a code goes on to say what the screen is to be."""
        form = CodeForm(sent())
        if request.method != "POST":
            return self._list(form)
        if not form.validate():
            return self._list(form, 400)
        try:
            waiting = self._desk.find(frame.author(), self._address(), form.code.data)
        except KNOWN_FAULTS as error:
            return self._list(form, form.blame(error))
        used = sorted(self._sites.in_use())
        only = used if len(used) == 1 else []
        chosen = ScreenForm(code=waiting.code, reach=SOME, sites=only)  # all of them are seldom meant for passers-by
        return self._ask(chosen, waiting)

    def confirm(self) -> AnyResponse:
        """The screen shows its view from now on."""
        form = ScreenForm(sent())
        form.offer(self._sites.offered())
        who, code = frame.author(), form.code.data or ""
        try:
            waiting = self._desk.find(who, self._address(), code)
            if not form.validate():
                return self._ask(form, waiting, 400)
            screen = self._desk.confirm(who, self._address(), code, form.name.data, form.chosen_sites())
        except KNOWN_FAULTS as error:
            again = CodeForm()
            return self._list(again, again.blame(error))
        words = say("%(screen)s shows its view now.", screen=screen.name)
        return frame.done(words, url_for("admin_screens.screens"))

    def revoke(self, key: str) -> AnyResponse:
        """It shows nothing any more, and a new code instead."""
        try:
            screen = self._desk.revoke(frame.author(), key)
        except KNOWN_FAULTS as error:
            form = CodeForm()
            return self._list(form, form.blame(error))
        return frame.done(
            say("%(screen)s shows nothing any more.", screen=screen.name), url_for("admin_screens.screens")
        )

    def _ask(self, form: ScreenForm, waiting: WaitingScreen, status: int = 200) -> Response:
        form.offer(self._sites.offered())
        most = LONGEST_NAME
        return frame.page("admin/screen_new.html", status, form=form, waiting=waiting, zone=self._zone, most=most)

    def _list(self, form: CodeForm, status: int = 200) -> Response:
        values: dict[str, object] = {"form": form, "sites": self._sites.known(), "zone": self._zone}
        try:
            found = self._desk.screens()
        except LogError as error:
            form.fault = store_words(error)
            return frame.page("admin/screens.html", 503, found=None, **values)
        return frame.page("admin/screens.html", status, found=found, **values)

    def _address(self) -> str:
        return self._addresses.of(request)
