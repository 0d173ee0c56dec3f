"""Sites: the list, and a page for each with its doors and what was counted there by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.hand_count import HandCount
from peoplecount.domain.sentence import say
from peoplecount.domain.site import DEFAULT_SITE_ID, Site
from peoplecount.services.door_desk import NoSuchPlace
from peoplecount.services.site_day import zone_of
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.site_entry import as_texts
from peoplecount.storage.errors import ChangedMeanwhile, DatabaseError
from peoplecount.web import gate
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, answered, needed, sent, sentence, store_words
from peoplecount.web.admin.time_zones import time_zones
from peoplecount.web.formats import day_and_time

FIELDS = ("name", "time_zone", "opening_hours", "capacity", "busy_from", "full_from", "reset_time")

Occupancies = Callable[[], Mapping[str, int | None]]
"""How many people are inside by now, by site."""


class SiteForm(AdminForm):
    """What can be said of a site."""

    name = Text(say("Name"), [needed(say("A name is needed, such as Shop in the Old Town."))])
    site_id = Text(say("Id"))
    time_zone = Text(say("Time zone"), [needed(say("A time zone is needed, such as Europe/Zurich."))])
    opening_hours = Text(say("Opening hours"))
    capacity = Text(say("Capacity"))
    busy_from = Text(say("Busy from"))
    full_from = Text(say("Full from"))
    reset_time = Text(say("Daily reset"), [needed(say("A time of day is needed, such as 00:00 or 04:00."))])


class DoorForm(AdminForm):
    """A door that is to be added."""

    door_name = Text(say("Another door"), [needed(say("A name is needed, such as Main entrance."))])


class CountForm(AdminForm):
    """People that somebody counted."""

    people = Text(say("People inside"), [needed(say("How many people were inside?"))])
    at = Text(say("When"))
    note = Text(say("Note"))


def routes(desk: SiteDesk, occupancies: Occupancies) -> Blueprint:
    """``/admin/sites`` and everything under it, and ``/admin/new-site``: ``new`` may be the id of a site."""
    blueprint = Blueprint("admin_sites", __name__, url_prefix="/admin")
    pages = _Pages(desk, occupancies)
    blueprint.add_url_rule("/sites", "sites", pages.sites)
    blueprint.add_url_rule("/new-site", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/sites/<site_id>", "site", pages.site, methods=["GET", "POST"])
    blueprint.add_url_rule("/sites/<site_id>/doors", "add_door", pages.add_door, methods=["POST"])
    blueprint.add_url_rule("/sites/<site_id>/count", "count", pages.count, methods=["POST"])
    blueprint.add_url_rule("/sites/<site_id>/remove", "remove", pages.remove, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: SiteDesk, occupancies: Occupancies) -> None:
        self._desk = desk
        self._occupancies = occupancies

    def sites(self) -> Response:
        of = gate.visitor()
        try:
            found = [one for one in self._desk.in_hand() if of.may_see(one.site.site_id)]
        except DatabaseError as error:
            return frame.page("admin/sites.html", 503, found=None, fault=store_words(error))
        return frame.page("admin/sites.html", found=found, default_id=DEFAULT_SITE_ID, may_add=not of.is_limited)

    def add(self) -> AnyResponse:
        default = self._desk.known()[DEFAULT_SITE_ID]
        form = SiteForm(sent(), data={"time_zone": default.time_zone, "reset_time": "00:00"})
        return answered(
            form,
            lambda status: frame.page("admin/site_new.html", status, form=form, zones=time_zones()),
            lambda: self._desk.add_site(frame.author(), form.texts(*FIELDS), form.site_id.data),
            lambda site: frame.done(say("%(name)s is added. Give it doors.", name=site.name), _path(site.site_id)),
        )

    def site(self, site_id: str) -> AnyResponse:
        self._demand(site_id)
        if request.method != "POST":
            return self._page(site_id)
        form, status = SiteForm(request.form), 400
        if form.validate():
            try:
                texts = form.texts(*FIELDS)
                site = self._desk.change_site(frame.author(), site_id, texts, form.seen())
            except NoSuchPlace as error:
                abort(404, sentence(error))
            except ChangedMeanwhile:
                return self._page(site_id, 409, form=self._overtaken(form, site_id))
            except KNOWN_FAULTS as error:
                status = form.blame(error)
            else:
                return frame.done(
                    say("%(name)s is changed. The service takes it up within some seconds.", name=site.name),
                    _path(site_id),
                )
        return self._page(site_id, status, form=form)

    def add_door(self, site_id: str) -> AnyResponse:
        self._demand(site_id)
        form = DoorForm(request.form)
        return answered(
            form,
            lambda status: self._page(site_id, status, door_form=form),
            lambda: self._desk.doors.add(frame.author(), site_id, form.door_name.data),
            lambda door: frame.done(
                say("The door %(name)s is added. Lines are given to it at their camera.", name=door.name),
                _path(site_id),
            ),
        )

    def count(self, site_id: str) -> AnyResponse:
        self._demand(site_id)
        form = CountForm(request.form)
        return answered(
            form,
            lambda status: self._page(site_id, status, count_form=form),
            lambda: self._count(site_id, form),
            _counted,
        )

    def _count(self, site_id: str, form: CountForm) -> tuple[Site, HandCount]:
        site = self._known(site_id)
        typed = (form.people.data, form.at.data, form.note.data or "")
        return site, self._desk.count(frame.author(), site, *typed)

    def remove(self, site_id: str) -> AnyResponse:
        self._demand(site_id)
        form = SiteForm()
        try:
            site = self._desk.remove_site(frame.author(), site_id)
        except NoSuchPlace as error:
            abort(404, sentence(error))
        except KNOWN_FAULTS as error:
            return self._page(site_id, form.blame(error), fault=form.fault)
        return frame.done(
            say("%(name)s is removed; what was counted there stays.", name=site.name), url_for("admin_sites.sites")
        )

    def _page(self, site_id: str, status: int = 200, *, form: SiteForm | None = None, **forms: object) -> Response:
        """The page of a site; where the database does not answer, with nothing but what was typed."""
        try:
            one, counts = self._desk.one_in_hand(site_id), self._desk.counts(site_id)
        except NoSuchPlace as error:
            abort(404, sentence(error))
        except DatabaseError as error:
            site = self._desk.known().get(site_id)
            parts = {"one": None, "site": site, "form": form, "away": store_words(error), "zones": time_zones()}
            return frame.page("admin/site.html", 503, **parts, **forms)
        form = form or SiteForm(data={**as_texts(one.site), "version": one.version})
        shown: dict[str, object] = {
            "one": one,
            "site": one.site,
            "form": form,
            "zones": time_zones(),
            "counts": counts,
            "zone": zone_of(one.site),
            "inside": self._occupancies().get(site_id),
            "may_remove": not gate.visitor().is_limited and site_id != DEFAULT_SITE_ID,
            "is_default": site_id == DEFAULT_SITE_ID,
            "door_form": DoorForm(),
            "count_form": CountForm(),
        }
        return frame.page("admin/site.html", status, **{**shown, **forms})

    def _overtaken(self, form: SiteForm, site_id: str) -> SiteForm:
        """The form of who came second: as it was typed, and what stands there now beside it."""
        try:
            now = self._desk.one_in_hand(site_id)
        except (NoSuchPlace, DatabaseError):
            form.fault = say("Somebody else changed this site meanwhile. Load its page again.")
            return form
        texts = as_texts(now.site)
        for name in FIELDS:
            if form[name].data != texts[name]:
                form[name].errors = [say("Now %(value)s.", value=texts[name] or say("empty"))]
        form.version.data = now.version
        form.fault = say(
            "Somebody else changed this site after you opened its page. What you typed is kept, and what stands there "
            "now is said beside it. Save again to put yours in its place."
        )
        return form

    def _known(self, site_id: str) -> Site:
        site = self._desk.sites().get(site_id)
        if site is None:
            abort(404, say("There is no such site."))
        return site

    def _demand(self, site_id: str) -> None:
        """404 for a site that is not the visitor's, as for one that never was."""
        if not gate.visitor().may_see(site_id):
            abort(404, say("There is no site %(site_id)s.", site_id=repr(site_id[:64])))


def _counted(counted: tuple[Site, HandCount]) -> AnyResponse:
    site, count = counted
    words = say(
        "%(people)s people inside %(name)s at %(at)s. The occupancy goes on from there.",
        people=count.people,
        name=site.name,
        at=day_and_time(count.counted_at, zone_of(site)),
    )
    return frame.done(words, _path(site.site_id))


def _path(site_id: str) -> str:
    return url_for("admin_sites.site", site_id=site_id)
