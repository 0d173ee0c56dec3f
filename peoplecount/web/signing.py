"""Sessions of browsers: the cookie, and who is signed in by it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from peoplecount.services.accounts import Accounts
from peoplecount.services.signed_in import SignedIn
from peoplecount.services.user_sessions import LONGEST
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.outside import OutsideSignIn
from peoplecount.web.proxy_identity import SOURCE
from peoplecount.web.transport import Transport, transport_of

COOKIE = "peoplecount"
SECURE_COOKIE = "__Host-peoplecount"
"""Browsers take a cookie of that prefix only over HTTPS, from this very host and for all of it."""


class CarefulCookies(SecureCookieSessionInterface):
    """Flask's signed cookie, of the strictest kind that the way it takes allows."""

    def __init__(self, addresses: ClientAddresses) -> None:
        self._addresses = addresses

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002  Flask's signature
        """A cookie that was set over plain HTTP, by whomever, is not looked at over HTTPS."""
        return SECURE_COOKIE if self._is_secure() else COOKIE

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  Flask's signature
        """Browsers keep a secure cookie from plain HTTP."""
        return self._is_secure()

    def _is_secure(self) -> bool:
        return transport_of(request, self._addresses) is Transport.SECURE


class _Login:
    """What Flask-Login keeps in the cookie: the session's secret in place of a user's id."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, secret: str, known: SignedIn) -> None:
        self.known = known
        self._secret = secret

    def get_id(self) -> str:
        return self._secret


def register(app: Flask, accounts: Accounts, addresses: ClientAddresses, outside: OutsideSignIn | None = None) -> None:
    """Let people be known by a cookie. Forms carry a token against forgery, which the gate looks at.

    Whom a proxy has signed in is known as long as it says so, with groups that give the same rights.
    """
    app.session_interface = CarefulCookies(addresses)
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LONGEST + timedelta(days=1),  # when it is over is known here
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate knows where it is needed
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # which wants a Referer; browsers say where from by Sec-Fetch-Site and Origin
    )
    CSRFProtect(app)
    manager = LoginManager(app)
    manager.session_protection = None  # addresses of phones change; sessions are kept and ended here

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
    def load(secret: str) -> _Login | None:
        known = accounts.of_session(secret, addresses.of(request))
        return _Login(secret, known) if known and _is_said_still(known, outside) else None


def _is_said_still(known: SignedIn, outside: OutsideSignIn | None) -> bool:
    """Of somebody whom a proxy has signed in: whether it says the same of this request. Of others, ``True``."""
    if not known.user.outside.startswith(f"{SOURCE} "):
        return True
    said = outside.proxy.of(request) if outside else None
    return outside is not None and said is not None and outside.people.may_what_they_did(said, known.user)


def signed_in() -> SignedIn | None:
    """Who is signed in by the cookie of this request."""
    login = current_user._get_current_object()  # noqa: SLF001  the object behind werkzeug's proxy
    return login.known if isinstance(login, _Login) else None


def begin(secret: str, known: SignedIn) -> None:
    """The browser of this request is signed in from now on. Nothing of its cookie so far is kept."""
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = True
    login_user(_Login(secret, known))


def end() -> None:
    """It is not any more."""
    logout_user()
    session.clear()
