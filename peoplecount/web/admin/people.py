"""People: who may sign in, what they may do, and where they are signed in."""

from __future__ import annotations

from collections.abc import Collection

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import PasswordField, RadioField, SelectChoice

from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role, UnfitName, role_words
from peoplecount.eventlog.log import LogError
from peoplecount.services.one_time_links import GOOD_FOR
from peoplecount.services.passwords import SHORTEST
from peoplecount.services.people_desk import LetIn, PeopleDesk, Person
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.user_book import UserRefused
from peoplecount.storage.errors import ChangedMeanwhile
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, answered, chosen, needed, sent, store_words
from peoplecount.web.admin.reach import ReachForm, reach_of

LINK, TYPED = "link", "typed"
LINK_HOURS = int(GOOD_FOR.total_seconds() // 3600)

_ROLES = [
    SelectChoice(Role.VIEWER.value, say("viewer: sees pages, charts, counts, exports, door audits and the stream")),
    SelectChoice(Role.OPERATOR.value, say("operator: also sees in detail how the service is doing")),
    SelectChoice(Role.ADMINISTRATOR.value, say("administrator: also changes the installation, as here")),
]


class RightsForm(ReachForm):
    """What somebody may do."""

    role = RadioField(say("Role"), [chosen(say("Choose a role."))], choices=_ROLES, default=Role.VIEWER.value)


class PasswordForm(AdminForm):
    """How somebody gets a password."""

    way = RadioField(
        say("Password"),
        [chosen(say("Choose how they get a password."))],
        choices=[
            SelectChoice(LINK, say("A one-time link, by which they choose it themselves")),
            SelectChoice(TYPED, say("The one typed in here")),
        ],
        default=LINK,
    )
    password = PasswordField(say("Password for them"))

    def typed(self) -> str | None:
        """The password; ``None``: they choose one."""
        return None if self.way.data == LINK else self.password.data or ""


class PersonForm(RightsForm, PasswordForm):
    """Somebody new."""

    name = Text(say("Name"), [needed(say("A name is needed, such as anna or anna@example.org."))])


def routes(desk: PeopleDesk, sites: SiteDesk) -> Blueprint:
    """``/admin/people`` and everything under it, and ``/admin/new-person``: ``new`` may be somebody's name."""
    blueprint = Blueprint("admin_people", __name__, url_prefix="/admin")
    pages = _Pages(desk, sites)
    blueprint.add_url_rule("/people", "people", pages.people)
    blueprint.add_url_rule("/new-person", "add", pages.add, methods=["GET", "POST"])
    blueprint.add_url_rule("/people/<name>", "person", pages.person, methods=["GET", "POST"])
    blueprint.add_url_rule("/people/<name>/reset", "reset", pages.reset, methods=["POST"])
    blueprint.add_url_rule("/people/<name>/end-sessions", "end_sessions", pages.end_sessions, methods=["POST"])
    blueprint.add_url_rule("/people/<name>/remove", "remove", pages.remove, methods=["POST"])
    return blueprint


class _Pages:
    def __init__(self, desk: PeopleDesk, sites: SiteDesk) -> None:
        self._desk = desk
        self._sites = sites

    def people(self) -> Response:
        try:
            found = self._desk.people()
        except LogError as error:
            return frame.page("admin/people.html", 503, found=None, fault=store_words(error))
        return frame.page("admin/people.html", found=found, sites=self._sites.known(), me=frame.author())

    def add(self) -> AnyResponse:
        form = PersonForm(sent())
        form.offer(self._sites.offered())
        parts = {"form": form, "shortest": SHORTEST, "hours": LINK_HOURS}
        return answered(
            form,
            lambda status: frame.page("admin/person_new.html", status, **parts),
            lambda: self._desk.add(
                frame.author(), form.name.data, Role(form.role.data), form.chosen_sites(), form.typed()
            ),
            self._added,
        )

    def _added(self, let_in: LetIn) -> AnyResponse:
        user = let_in.user
        words = say("%(name)s may sign in as %(role)s.", name=user.name, role=role_words(user.role))
        return self._let_in(let_in, words)

    def person(self, name: str) -> AnyResponse:
        if request.method != "POST":
            return self._page(name)
        form, status = RightsForm(request.form), 400
        try:
            person = self._demand(name)
            form.offer(self._sites.offered(person.user.sites or ()), person.user.sites or ())
            if form.validate():
                wanted = (Role(form.role.data), form.chosen_sites(), form.seen())
                self._desk.change(frame.author(), name, *wanted)
                return frame.done(
                    say("%(name)s is changed, at once and also where they are signed in.", name=name), _path(name)
                )
        except ChangedMeanwhile:
            status = 409
            now = self._demand(name)
            form.version.data = now.version
            form.fault = say(
                "Somebody else changed what %(name)s may do after you opened this page: now "
                "%(in_words)s. Save again to put yours in its place.",
                name=name,
                in_words=_in_words(now),
            )
        except KNOWN_FAULTS as error:
            status = form.blame(error)
        return self._page(name, status, form=form)

    def reset(self, name: str) -> AnyResponse:
        form = PasswordForm(request.form)
        words = say("%(name)s is signed out everywhere, and has a new way in.", name=name)
        return answered(
            form,
            lambda status: self._page(name, status, password_form=form),
            lambda: self._reset(name, form.typed()),
            lambda let_in: self._let_in(let_in, words),
        )

    def _reset(self, name: str, password: str | None) -> LetIn:
        self._demand(name)
        return self._desk.reset(frame.author(), name, password)

    def end_sessions(self, name: str) -> AnyResponse:
        try:
            self._demand(name)
            self._desk.end_sessions(frame.author(), name)
        except KNOWN_FAULTS as error:
            return self._refused(name, error)
        return frame.done(say("%(name)s is signed out everywhere.", name=name), _path(name))

    def remove(self, name: str) -> AnyResponse:
        try:
            self._demand(name)
            self._desk.remove(frame.author(), name)
        except KNOWN_FAULTS as error:
            return self._refused(name, error)
        return frame.done(say("%(name)s may not sign in any more.", name=name), url_for("admin_people.people"))

    def _let_in(self, let_in: LetIn, words: str) -> AnyResponse:
        """On to their page; a link is shown with it, this once, and stands in no address and no cookie."""
        if not let_in.link:
            return frame.done(words, _path(let_in.user.name))
        return self._page(let_in.user.name, said=words, link=let_in.link)

    def _refused(self, name: str, error: Exception) -> Response:
        form = AdminForm()
        return self._page(name, form.blame(error), fault=form.fault)

    def _page(self, name: str, status: int = 200, *, form: RightsForm | None = None, **more: object) -> Response:
        try:
            person = self._demand(name)
        except LogError as error:
            parts = {"person": None, "form": form, "fault": store_words(error)}
            return frame.page("admin/person.html", 503, **{**parts, **more})
        user = person.user
        if form is None:
            form = RightsForm(data={"role": user.role.value, "version": person.version, **reach_of(user.sites)})
            form.offer(self._sites.offered(user.sites or ()), user.sites or ())
        shown: dict[str, object] = {
            "person": person,
            "form": form,
            "password_form": PasswordForm(),
            "shortest": SHORTEST,
            "hours": LINK_HOURS,
            "is_me": name == frame.author(),
            "elsewhere": user.outside.partition(" ")[0],
        }
        return frame.page("admin/person.html", status, **{**shown, **more})

    def _demand(self, name: str) -> Person:
        """Somebody of that name; 404 where there is nobody. Raises ``LogError``."""
        try:
            return self._desk.person(name)
        except (UserRefused, UnfitName):
            abort(404, say("There is no user %(name)s.", name=repr(name[:64])))


def _in_words(person: Person) -> str:
    sites = person.user.sites
    return say("%(role)s of %(sites)s", role=role_words(person.user.role), sites=_sites_in_words(sites))


def _sites_in_words(sites: Collection[str] | None) -> str:
    if sites is None:
        return say("all sites")
    return ", ".join(sorted(sites)) or say("no site")


def _path(name: str) -> str:
    return url_for("admin_people.person", name=name)
