"""People: who may sign in, what they may do, and where they are signed in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import PasswordField, RadioField, SelectChoice

from peoplecount.domain.user import Role, UnfitName
from peoplecount.eventlog.log import LogError
from peoplecount.services.one_time_links import GOOD_FOR
from peoplecount.services.passwords import SHORTEST
from peoplecount.services.people_desk import LetIn, PeopleDesk, Person
from peoplecount.services.site_desk import SiteDesk
from peoplecount.services.user_book import UserRefused
from peoplecount.storage.errors import ChangedMeanwhile
from peoplecount.web.admin import frame
from peoplecount.web.admin.form import KNOWN_FAULTS, AdminForm, Text, chosen, needed, sent, store_words
from peoplecount.web.admin.reach import ReachForm, reach_of

LINK, TYPED = "link", "typed"
LINK_HOURS = int(GOOD_FOR.total_seconds() // 3600)

_ROLES = [
    SelectChoice(Role.VIEWER.value, "viewer: sees pages, charts, counts, exports, door audits and the stream"),
    SelectChoice(Role.OPERATOR.value, "operator: also sees in detail how the service is doing"),
    SelectChoice(Role.ADMINISTRATOR.value, "administrator: also changes the installation, as here"),
]


class RightsForm(ReachForm):
    """What somebody may do."""

    role = RadioField("Role", [chosen("Choose a role.")], choices=_ROLES, default=Role.VIEWER.value)


class PasswordForm(AdminForm):
    """How somebody gets a password."""

    way = RadioField(
        "Password",
        [chosen("Choose how they get a password.")],
        choices=[
            SelectChoice(LINK, "A one-time link, by which they choose it themselves"),
            SelectChoice(TYPED, "The one typed in here"),
        ],
        default=LINK,
    )
    password = PasswordField("Password for them")

    def typed(self) -> str | None:
        """The password; ``None``: they choose one."""
        return None if self.way.data == LINK else self.password.data or ""


class PersonForm(RightsForm, PasswordForm):
    """Somebody new."""

    name = Text("Name", [needed("A name is needed, such as anna or anna@example.org.")])


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
        form, status = PersonForm(sent()), 200
        form.offer(self._sites.known())
        if request.method == "POST":
            status = 400
            if form.validate():
                try:
                    let_in = self._desk.add(
                        frame.author(), form.name.data, Role(form.role.data), form.chosen_sites(), form.typed()
                    )
                except KNOWN_FAULTS as error:
                    status = form.blame(error)
                else:
                    return self._let_in(let_in, f"{let_in.user.name} may sign in as {let_in.user.role}.")
        parts = {"form": form, "shortest": SHORTEST, "hours": LINK_HOURS}
        return frame.page("admin/person_new.html", status, **parts)

    def person(self, name: str) -> AnyResponse:
        if request.method != "POST":
            return self._page(name)
        form, status = RightsForm(request.form), 400
        try:
            person = self._demand(name)
            form.offer(self._sites.known(), person.user.sites or ())
            if form.validate():
                wanted = (Role(form.role.data), form.chosen_sites(), form.seen())
                self._desk.change(frame.author(), name, *wanted)
                return frame.done(f"{name} is changed, at once and also where they are signed in.", _path(name))
        except ChangedMeanwhile:
            status = 409
            now = self._demand(name)
            form.version.data = now.version
            form.fault = (
                f"Somebody else changed what {name} may do after you opened this page: now {_in_words(now)}. "
                "Save again to put yours in its place."
            )
        except KNOWN_FAULTS as error:
            status = form.blame(error)
        return self._page(name, status, form=form)

    def reset(self, name: str) -> AnyResponse:
        form, status = PasswordForm(request.form), 400
        if form.validate():
            try:
                self._demand(name)
                let_in = self._desk.reset(frame.author(), name, form.typed())
            except KNOWN_FAULTS as error:
                status = form.blame(error)
            else:
                return self._let_in(let_in, f"{name} is signed out everywhere, and has a new way in.")
        return self._page(name, status, password_form=form)

    def end_sessions(self, name: str) -> AnyResponse:
        try:
            self._demand(name)
            self._desk.end_sessions(frame.author(), name)
        except KNOWN_FAULTS as error:
            return self._refused(name, error)
        return frame.done(f"{name} is signed out everywhere.", _path(name))

    def remove(self, name: str) -> AnyResponse:
        try:
            self._demand(name)
            self._desk.remove(frame.author(), name)
        except KNOWN_FAULTS as error:
            return self._refused(name, error)
        return frame.done(f"{name} may not sign in any more.", url_for("admin_people.people"))

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
            form.offer(self._sites.known(), user.sites or ())
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
            abort(404, f"There is no user {name[:64]!r}.")


def _in_words(person: Person) -> str:
    sites = person.user.sites
    return f"{person.user.role} of {'all sites' if sites is None else ', '.join(sorted(sites)) or 'no site'}"


def _path(name: str) -> str:
    return url_for("admin_people.person", name=name)
