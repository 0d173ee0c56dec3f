"""Doors: give one another name, move it to another site, or remove it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectChoice, SelectField

from peoplecount.domain.sentence import joined, say
from peoplecount.services.door_desk import DoorInHand, NoSuchPlace
from peoplecount.services.site_desk import SiteDesk
from peoplecount.storage.errors import ChangedMeanwhile, DatabaseError
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, needed, sentence, store_words


class DoorForm(AdminForm):
    """What can be said of a door."""

    name = Text(say("Name"), [needed(say("A name is needed, such as Main entrance."))])
    site_id = SelectField(say("Site"), validate_choice=False)


def routes(desk: SiteDesk) -> Blueprint:
    """``/admin/doors/ID``."""
    blueprint = Blueprint("admin_doors", __name__, url_prefix="/admin/doors")
    pages = _Pages(desk)
    blueprint.add_url_rule("/<door_id>", "door", pages.door, methods=["GET", "POST"])
    blueprint.add_url_rule("/<door_id>/remove", "remove", pages.remove, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: SiteDesk) -> None:
        self._desk = desk

    def door(self, door_id: str) -> AnyResponse:
        if request.method != "POST":
            return self._page(door_id)
        form, status = DoorForm(request.form), 400
        try:
            before = self._demand(door_id)
            if form.validate():
                self._demand_own_site(form.site_id.data)
                wanted = (form.name.data, form.site_id.data, form.seen())
                door = self._desk.doors.change(frame.author(), door_id, *wanted)
                moved = (
                    say("What was counted there so far stays where it was.")
                    if door.site_id != before.door.site_id
                    else ""
                )
                return frame.done(
                    joined([say("The door %(name)s is changed.", name=door.name), moved]), _site_path(door.site_id)
                )
        except NoSuchPlace as error:
            abort(404, sentence(error))
        except ChangedMeanwhile:
            status = 409
            self._overtaken(form, door_id)
        except KNOWN_FAULTS as error:
            status = form.blame(error)
        return self._page(door_id, status, form)

    def remove(self, door_id: str) -> AnyResponse:
        form = DoorForm()
        try:
            site_id = self._demand(door_id).door.site_id
            door = self._desk.doors.remove(frame.author(), door_id)
        except NoSuchPlace as error:
            abort(404, sentence(error))
        except KNOWN_FAULTS as error:
            return self._page(door_id, form.blame(error), fault=form.fault)
        return frame.done(
            say("The door %(name)s is removed; what was counted there stays.", name=door.name), _site_path(site_id)
        )

    def _page(self, door_id: str, status: int = 200, form: DoorForm | None = None, fault: str = "") -> Response:
        try:
            one = self._demand(door_id)
        except NoSuchPlace as error:
            abort(404, sentence(error))
        except DatabaseError as error:
            self._offer_sites(form)
            return frame.page("admin/door.html", 503, one=None, form=form, away=store_words(error), fault=fault)
        form = form or DoorForm(data={"name": one.door.name, "site_id": one.door.site_id, "version": one.version})
        self._offer_sites(form)
        site = self._desk.known().get(one.door.site_id)
        return frame.page("admin/door.html", status, one=one, site=site, form=form, fault=fault)

    def _overtaken(self, form: DoorForm, door_id: str) -> None:
        """What was typed stays, and what stands there now is said beside it."""
        now = self._desk.doors.one_in_hand(door_id)
        for name in ("name", "site_id"):
            value = getattr(now.door, name)
            if form[name].data != value:
                form[name].errors = [say("Now %(value)s.", value=value)]
        form.version.data = now.version
        form.fault = say(
            "Somebody else changed this door after you opened its page. Save again to put yours in its place."
        )

    def _offer_sites(self, form: DoorForm | None) -> None:
        if form is not None:
            of = gate.visitor()
            sites = [site for site in self._desk.known().values() if of.may_see(site.site_id)]
            chosen = form.site_id.data
            missing = [SelectChoice(chosen)] if chosen not in {site.site_id for site in sites} else []
            form.site_id.choices = [*missing, *(SelectChoice(site.site_id, site.name) for site in sites)]

    def _demand(self, door_id: str) -> DoorInHand:
        """The door, where it is of a site of the visitor's. Raises ``NoSuchPlace``."""
        one = self._desk.doors.one_in_hand(door_id)
        if not gate.visitor().may_see(one.door.site_id):
            raise NoSuchPlace(say("there is no door %(door_id)s", door_id=repr(door_id[:64])))
        return one

    def _demand_own_site(self, site_id: str) -> None:
        if not gate.visitor().may_see(site_id):
            raise NoSuchPlace(say("there is no site %(site_id)s", site_id=repr(site_id[:64])))


def _site_path(site_id: str) -> str:
    return url_for("admin_sites.site", site_id=site_id)
