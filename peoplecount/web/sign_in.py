"""Signing in and out, and the one-time link."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.domain.user import UnfitName, User
from peoplecount.services.accounts import Accounts
from peoplecount.services.outside_people import NotAdmitted, OutsideIdentity
from peoplecount.services.passwords import SHORTEST, TooManyAtOnce, UnfitPassword, demand_same
from peoplecount.services.sign_in_throttle import TriedTooOften
from peoplecount.services.signed_in import AccountsUnavailable, LinkVoid, SignedIn, SignInRefused
from peoplecount.web import signing
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable
from peoplecount.web.outside import OidcSettings
from peoplecount.web.own_path import HOME, own_path
from peoplecount.web.transport import Transport, transport_of


def routes(context: WebContext, accounts: Accounts) -> Blueprint:
    """``/sign-in``, ``/sign-out`` and ``/welcome``."""
    blueprint = Blueprint("sign_in", __name__)
    entrance = _Entrance(context, accounts)
    blueprint.add_url_rule("/sign-in", "sign_in", entrance.sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", entrance.sign_out, methods=["POST"])
    blueprint.add_url_rule("/welcome", "welcome", entrance.welcome, methods=["GET", "POST"])
    return blueprint


def oidc_routes(app: Flask, oidc: OidcSettings, context: WebContext, accounts: Accounts) -> Blueprint:
    """``/sign-in/oidc``. Authlib is imported only where it is used: it need not be installed."""
    from peoplecount.web.oidc import OidcProvider, routes  # noqa: PLC0415

    entrance = _Entrance(context, accounts)
    return routes(OidcProvider(app, oidc), entrance)


class _Entrance:
    def __init__(self, context: WebContext, accounts: Accounts) -> None:
        self._context = context
        self._accounts = accounts

    def sign_in(self) -> AnyResponse:
        goes_on = own_path(request.values.get("next", HOME))
        if refused := self.not_this_way():
            return refused
        if request.method != "POST":
            return self._come(goes_on)
        typed, password = request.form.get("name", "").strip(), request.form.get("password", "")
        try:
            secret, user = self._accounts.sign_in(typed, password, self._address(), _browser())
        except SignInRefused as error:
            return self._sign_in_page(goes_on, 403, name=typed, fault=str(error))
        except TriedTooOften as error:
            answer = self._sign_in_page(goes_on, 429, name=typed, fault=str(error))
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        except (TooManyAtOnce, AccountsUnavailable) as error:
            unavailable(str(error), 10)
        return self._signed_in(secret, user, goes_on)

    def _come(self, goes_on: str) -> AnyResponse:
        """Who is known goes on; whom a proxy has signed in is from now on."""
        if _known():
            return redirect(goes_on, 303)
        said = self._context.outside.proxy.of(request) if self._context.outside else None
        return self.let_in(said, goes_on) if said else self._sign_in_page(goes_on, is_unsent="unsent" in request.args)

    def let_in(self, who: OutsideIdentity, goes_on: str) -> AnyResponse:
        """Sign in somebody who was signed in elsewhere, as far as they may come in."""
        assert self._context.outside is not None  # noqa: S101  else nobody comes from there
        try:
            user = self._context.outside.people.admit(who)
            secret = self._accounts.begin_session(user, self._address(), _browser())
        except NotAdmitted as error:
            return self.turn_away(str(error))
        except AccountsUnavailable as error:
            unavailable(str(error), 10)
        return self._signed_in(secret, user, goes_on)

    def turn_away(self, fault: str) -> AnyResponse:
        """The sign-in page, with what went wrong elsewhere."""
        return self._sign_in_page(HOME, 403, fault=fault)

    def _sign_in_page(self, goes_on: str, status: int = 200, **values: object) -> Response:
        oidc = self._context.outside.oidc if self._context.outside else None
        return _page("sign_in.html", status, next=goes_on, elsewhere=oidc.name if oidc else "", **values)

    def sign_out(self) -> AnyResponse:
        known = _known()
        if known:
            try:
                self._accounts.sign_out(known.session)
            except AccountsUnavailable as error:
                unavailable(str(error), 10)
        signing.end()
        return redirect("/sign-in", 303)

    def welcome(self) -> AnyResponse:
        """The code is in the part of the link that browsers keep to themselves, and comes here in a form."""
        if refused := self.not_this_way():
            return refused
        if request.method != "POST":
            return _page("welcome.html", shortest=SHORTEST)
        code, name = request.form.get("code", ""), request.form.get("name", "")
        password, again = request.form.get("password", ""), request.form.get("again", "")
        try:
            demand_same(password, again)
            user = self._accounts.welcome(code, name, password)
            if self._context.administration:
                self._context.administration.people.note_own(user, "chose a password by a one-time link:")
            secret = self._accounts.begin_session(user, self._address(), _browser())
        except LinkVoid as error:
            return _page("welcome.html", 403, shortest=SHORTEST, name=name, fault=str(error))
        except (UnfitName, UnfitPassword) as error:
            return _page("welcome.html", 400, shortest=SHORTEST, name=name, code=code, fault=str(error))
        except (TooManyAtOnce, AccountsUnavailable) as error:
            unavailable(str(error), 10)
        return self._signed_in(secret, user, HOME)

    def _signed_in(self, secret: str, user: User, goes_on: str) -> AnyResponse:
        """A session of its own for every sign-in: whoever knows the browser's cookie so far has nothing of it."""
        try:
            before = _known()
            if before:
                self._accounts.sign_out(before.session)
            known = self._accounts.of_session(secret, self._address())
        except AccountsUnavailable as error:
            unavailable(str(error), 10)
        if known is None:
            unavailable(say("%(name)s was changed just now. Sign in again.", name=user.name), 1)
        signing.begin(secret, known)
        return redirect(goes_on, 303)

    def not_this_way(self) -> Response | None:
        """The page that says what to do where a password would be read along with. No redirect: it would loop."""
        way = transport_of(request, self._context.addresses)
        if way in {Transport.SECURE, Transport.LOCAL}:
            return None
        public = self._context.public_url if self._context.public_url.startswith("https://") else ""
        port = request.host.rpartition(":")[2]
        return _page(
            "not_this_way.html",
            403,
            is_plain=way is Transport.PLAIN,
            public=public,
            port=port if port.isdecimal() else "8000",
        )

    def _address(self) -> str:
        return self._context.addresses.of(request)


def _known() -> SignedIn | None:
    try:
        return signing.signed_in()
    except AccountsUnavailable as error:
        unavailable(str(error), 10)


def _browser() -> str:
    return request.headers.get("User-Agent", "")


def _page(template: str, status: int = 200, **values: object) -> Response:
    answer = make_response(render_template(template, **values), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
