"""One's own account: the password, and where one is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.services.accounts import Accounts
from peoplecount.services.passwords import SHORTEST, TooManyAtOnce, UnfitPassword, demand_same
from peoplecount.services.sign_in_throttle import TriedTooOften
from peoplecount.services.signed_in import AccountsUnavailable, SignedIn, SignInRefused
from peoplecount.web import signing
from peoplecount.web.context import WebContext
from peoplecount.web.errors import unavailable


def routes(context: WebContext, accounts: Accounts) -> Blueprint:
    """``/account``, and what is sent from there."""
    blueprint = Blueprint("account", __name__, url_prefix="/account")
    desk = _Desk(context, accounts)
    blueprint.add_url_rule("", "account", desk.account)
    blueprint.add_url_rule("/password", "change_password", desk.change_password, methods=["POST"])
    blueprint.add_url_rule("/sessions/<key>/end", "end_session", desk.end_session, methods=["POST"])
    blueprint.add_url_rule("/sessions/end-others", "end_others", desk.end_others, methods=["POST"])
    blueprint.register_error_handler(AccountsUnavailable, _away)
    blueprint.register_error_handler(TooManyAtOnce, _away)
    return blueprint


class _Desk:
    def __init__(self, context: WebContext, accounts: Accounts) -> None:
        self._context = context
        self._accounts = accounts

    def account(self) -> Response:
        return self._page(is_changed="changed" in request.args)

    def change_password(self) -> AnyResponse:
        me, new = _me(), request.form.get("new", "")
        address = self._context.addresses.of(request)
        try:
            demand_same(new, request.form.get("again", ""))
            user = self._accounts.change_password(me.user, request.form.get("current", ""), new, address)
        except SignInRefused:
            return self._page(403, fault=say("The current password is not right."))
        except TriedTooOften as error:
            return self._page(429, fault=str(error))
        except UnfitPassword as error:
            return self._page(400, fault=str(error))
        if self._context.administration:
            self._context.administration.people.note_own(user, "changed the password of")
        secret = self._accounts.begin_session(user, address, me.session.browser)
        known = self._accounts.of_session(secret, address)
        if known is None:  # an administrator was quicker
            return redirect("/sign-in", 303)
        signing.begin(secret, known)
        return redirect("/account?changed", 303)

    def end_session(self, key: str) -> AnyResponse:
        if not self._accounts.end_session(_me().user, key):
            abort(404, say("There is no such session of yours."))
        return redirect("/account", 303)

    def end_others(self) -> AnyResponse:
        self._accounts.end_other_sessions(_me())
        return redirect("/account", 303)

    def _page(self, status: int = 200, **values: object) -> Response:
        me = _me()
        parts = {"me": me, "sessions": self._accounts.sessions_of(me.user), "shortest": SHORTEST, **values}
        answer = make_response(render_template("account.html", **parts), status)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _away(error: Exception) -> Response:
    unavailable(str(error), 10)


def _me() -> SignedIn:
    """Who is signed in; the gate has seen to it that somebody is."""
    me = signing.signed_in()
    if me is None:
        abort(401, say("Sign in first."))
    return me
