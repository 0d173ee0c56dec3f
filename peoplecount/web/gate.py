"""The gate: nobody comes by who does not meet what an address asks (``needs.py``)."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect

from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role, role_words
from peoplecount.domain.visitor import Visitor, Way
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.web.access import Access, BadToken
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.errors import unavailable
from peoplecount.web.needs import HEALTH, NEEDS, Need
from peoplecount.web.own_path import HOME, own_path
from peoplecount.web.transport import Transport, transport_of

logger = logging.getLogger(__name__)

_SAFE = {"GET", "HEAD", "OPTIONS"}


def register(app: Flask, access: Access, addresses: ClientAddresses) -> None:
    """Ask of every request what its address needs, before anything is done for it."""

    @app.before_request
    def demand_right() -> Response | None:
        if request.endpoint is None or request.method == "OPTIONS":  # nothing is here; or what methods there are, alone
            return None
        need = NEEDS.get(request.endpoint)
        if need is None:
            logger.error("%s is in no table of rights, and closed therefore", request.endpoint)
            abort(403, say("Nobody has said who may come here."))
        by_ticket = need.ticket and "ticket" in request.args
        is_here = need.local and transport_of(request, addresses) is Transport.LOCAL
        if not (need.is_open or by_ticket or is_here):
            found = _visitor(access, addresses)
            if found is None:
                return _led_to_sign_in(need)
            demand_fit(need, found)
            g.visitor = found
        if request.method not in _SAFE and (need.form or visitor().way is Way.SESSION):
            demand_own_form()
        return None

    app.after_request(_keep_private)

    @app.context_processor
    def tell_templates() -> dict[str, object]:
        return {"visitor": g.get("visitor")}


def visitor() -> Visitor:
    """Who sends this request, where its address asks that; else somebody who may do nothing."""
    found: Visitor = g.get("visitor") or Visitor(sites=frozenset())
    return found


def may_see_health(access: Access, addresses: ClientAddresses) -> bool:
    """Whether whoever asks is told how the service is doing in detail."""
    if transport_of(request, addresses) is Transport.LOCAL:
        return True
    try:
        return may(HEALTH, access.visitor(request))
    except (BadToken, AccountsUnavailable):
        return False


def may(need: Need, found: Visitor | None) -> bool:
    """Whether somebody has the right that is needed."""
    if found is None or (need.whole and found.is_limited):
        return False
    if found.sites == frozenset() and not need.session:  # one's own account is of no site
        return False
    if found.way is Way.SCREEN:
        return need.screen
    if found.way is Way.TOKEN:
        return need.scope is not None and need.scope in found.scopes
    if need.session and found.way is not Way.SESSION:
        return False
    least = Role.VIEWER if need.looker and found.way is Way.NOBODY else need.role
    return least is not None and found.role is not None and found.role.covers(least)


def _keep_private(response: Response) -> Response:
    """What somebody is shown by name is nobody else's: neither a cache between nor the browser keeps it."""
    if "visitor" in g and g.visitor.way is not Way.NOBODY:
        if response.mimetype == "text/event-stream":
            response.cache_control.private = True
        else:
            response.headers["Cache-Control"] = "no-store"
    return response


def _visitor(access: Access, addresses: ClientAddresses) -> Visitor | None:
    try:
        return access.visitor(request)
    except BadToken:
        logger.info("A token that is none was shown at %s, from %s", request.endpoint, addresses.of(request))
        abort(
            401, say("This API token was revoked, is too old, or never was. Make one: python -m peoplecount token add.")
        )
    except AccountsUnavailable:
        unavailable(say("Who you are cannot be looked up just now. Try again in a moment."), 10)


def _led_to_sign_in(need: Need) -> Response:
    if not need.page:
        abort(
            401, say("Sign in, send an API token in a header, or open the stream with a ticket (POST /events/ticket).")
        )
    if need.entrance:
        return redirect(url_for(need.entrance), 303)  # type: ignore[return-value]  # as below
    is_sent = request.method not in _SAFE
    asked = _page_of_the_form() if is_sent else request.full_path.rstrip("?")
    goes_on, unsent = None if asked == HOME else asked, "yes" if is_sent else None
    answer = redirect(url_for("sign_in.sign_in", next=goes_on, unsent=unsent), 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # werkzeug's, of which Flask's is one


def _page_of_the_form() -> str:
    """Where somebody had the form that came after the end of a session; the dashboard, if the browser does not say."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return HOME
    return own_path(page.path + (f"?{page.query}" if page.query else "")) if page.netloc == request.host else HOME


def demand_fit(need: Need, found: Visitor) -> None:
    """403 where somebody may not, in words that say what is missing."""
    if may(need, found):
        return
    logger.info("%s may not come to %s", found.name or found.way, request.endpoint)
    if (need.session or need.page) and found.way in {Way.NOBODY, Way.SCREEN}:
        abort(_led_to_sign_in(need))
    if need.refusal:
        abort(403, need.refusal)
    if found.sites == frozenset():
        abort(403, say("You may see no site yet. An administrator can change that: python -m peoplecount user set."))
    if found.way is Way.SCREEN:
        abort(403, say("A screen on a wall shows its view, and nothing else."))
    if need.whole and found.is_limited:
        abort(403, say("This concerns all sites, and you may see some of them."))
    if found.way is Way.TOKEN:
        wanted = f"needs the scope {need.scope}" if need.scope else "is for people and takes no API token"
        abort(403, f"This address {wanted}; this token has {', '.join(sorted(found.scopes))}.")
    if need.role is None or found.role is None:
        abort(403, say("This is for programs, which show an API token."))
    abort(
        403,
        say(
            "This takes the role %(needed)s, and you have %(role)s.",
            needed=role_words(need.role),
            role=role_words(found.role),
        ),
    )


def demand_own_form() -> None:
    """400 where a form does not carry the token that was given with it (Flask-WTF)."""
    csrf: CSRFProtect = current_app.extensions["csrf"]
    try:
        csrf.protect()
    except CSRFError:
        abort(
            400,
            say(
                "This form is too old, or does not come from here. Load its page again; the browser must keep "
                "cookies of this address."
            ),
        )
