"""The gate: what each address asks of those who come to it. What is not in the table is closed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect

from peoplecount.domain.sentence import say
from peoplecount.domain.user import Role, role_words
from peoplecount.domain.visitor import Scope, Visitor, Way
from peoplecount.services.signed_in import AccountsUnavailable
from peoplecount.web.access import ADMIN_HEADER, Access, BadToken
from peoplecount.web.client_address import ClientAddresses
from peoplecount.web.errors import unavailable
from peoplecount.web.transport import Transport, transport_of

logger = logging.getLogger(__name__)

_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Need:
    """What an address asks of a visitor."""

    role: Role | None = None
    """The least role of people; ``None``: it is not for people."""

    scope: Scope | None = None
    """What a token must be for; ``None``: it is not for tokens."""

    is_open: bool = False
    """Everybody may; who they are is of no matter."""

    session: bool = False
    """Only who is signed in in a browser."""

    whole: bool = False
    """Only who may see all sites: it concerns them all."""

    page: bool = False
    """People come by it: who is not signed in is led to where they can."""

    form: bool = False
    """What is sent here must come from a form of ours, also where nobody is signed in yet."""

    local: bool = False
    """Whoever sits at this machine may, too."""

    looker: bool = False
    """Whoever may look without signing in may, too, where they sit at this machine."""

    ticket: bool = False
    """A ticket in the address will do: ``stream_access`` looks at it."""

    screen: bool = False
    """A screen on a wall may, too: it is part of the one view that it shows."""

    entrance: str = ""
    """Where whoever is not known is led to; empty: to where they can sign in."""

    refusal: str = ""
    """What is said to whoever may not."""


OPEN = Need(is_open=True)
_PAGE = Need(Role.VIEWER, page=True)
_HEALTH = Need(Role.OPERATOR, Scope.HEALTH, whole=True, local=True)
_ADMINISTRATION = Need(Role.ADMINISTRATOR, page=True, form=True)
_ADMINISTRATION_OF_ALL = Need(Role.ADMINISTRATOR, page=True, form=True, whole=True)
_SUBSCRIPTIONS = Need(Role.ADMINISTRATOR, Scope.SUBSCRIBE)
_FIGURES = Need(Role.VIEWER, Scope.READ)
STREAM = Need(Role.VIEWER, Scope.READ, ticket=True, screen=True)

NEEDS: Mapping[str, Need] = {
    # Pages
    "dashboard.dashboard": _PAGE,
    "dashboard.site": _PAGE,
    "dashboard.board": Need(Role.VIEWER),  # fetched by a script, which must not take a sign-in for it
    "wall.wall": Need(Role.VIEWER, page=True, screen=True, entrance="wall.pair"),
    "wall.board": Need(Role.VIEWER, screen=True),
    "wall.pair": OPEN,
    "wall.state": OPEN,
    "evacuation.sheet": _PAGE,
    "audit.report": _PAGE,
    "history.history": _PAGE,
    "history_export.as_csv": _FIGURES,
    "history_export.as_workbook": _FIGURES,
    "replay.bar": Need(Role.VIEWER),  # a replay is an instance of its own, and nobody signs in to it
    "replay.go": Need(Role.VIEWER),
    "fleet.fleet": Need(Role.OPERATOR, page=True),
    "fleet.camera": Need(Role.OPERATOR, page=True),
    "integrations.integrations": Need(Role.OPERATOR, page=True),
    "alerts.alerts": _PAGE,
    "alerts.open_now": Need(Role.VIEWER),  # fetched by a script
    "alerts.see": Need(Role.OPERATOR, page=True, form=True),
    # Figures
    "stream.events": STREAM,
    "stream_access.ticket": _FIGURES,
    "chart.today": _FIGURES,
    "chart.usual": _FIGURES,
    "counts.export": _FIGURES,
    # The API
    "api_document.as_json": OPEN,
    "api_document.as_page": OPEN,
    "api_document.connector_definition": OPEN,
    "api_document.connector_properties": OPEN,
    "api.ping": _FIGURES,
    "api.get_health": Need(Role.OPERATOR, Scope.HEALTH, whole=True),
    "api.list_exports": _FIGURES,
    "api.poll_camera": Need(Role.OPERATOR, Scope.OPERATE),
    "api.list_sites": _FIGURES,
    "api.list_doors": _FIGURES,
    "api.list_cameras": _FIGURES,
    "api.list_lines": _FIGURES,
    "api.get_latest": _FIGURES,
    "api.get_counts": _FIGURES,
    "api.get_counts_file": _FIGURES,
    "api.get_records": _FIGURES,
    "api.get_events": _FIGURES,
    "api.stream_events": _FIGURES,
    "api.poll_events": _FIGURES,
    "api.create_subscription": _SUBSCRIPTIONS,
    "api.list_subscriptions": _SUBSCRIPTIONS,
    "api.delete_subscription": OPEN,  # who knows its id may
    "api.unsubscribe": _SUBSCRIPTIONS,
    "api.test_subscription": _SUBSCRIPTIONS,
    # How the service is doing
    "page_version.tell": OPEN,
    "health.live": OPEN,
    "health.ready": OPEN,  # in one word; more where _HEALTH is met
    "health.database": _HEALTH,
    "metrics.metrics": Need(Role.OPERATOR, Scope.HEALTH, whole=True, looker=True),
    # What is done to it
    "stream_access.close_stream": Need(
        Role.ADMINISTRATOR,
        Scope.END_STREAMS,
        whole=True,
        refusal=say(
            "Only an administrator may end streams, or a token with the scope %(end_streams)s: "
            "send what ADMIN_TOKEN is set to as %(admin_header)s.",
            end_streams=Scope.END_STREAMS,
            admin_header=ADMIN_HEADER,
        ),
    ),
    # Administration
    "admin.front": _ADMINISTRATION,
    "admin_sites.sites": _ADMINISTRATION,
    "admin_sites.add": _ADMINISTRATION_OF_ALL,
    "admin_sites.site": _ADMINISTRATION,
    "admin_sites.add_door": _ADMINISTRATION,
    "admin_sites.count": _ADMINISTRATION,
    "admin_sites.remove": _ADMINISTRATION_OF_ALL,
    "admin_doors.door": _ADMINISTRATION,
    "admin_doors.remove": _ADMINISTRATION,
    "admin_people.people": _ADMINISTRATION_OF_ALL,
    "admin_people.add": _ADMINISTRATION_OF_ALL,
    "admin_people.person": _ADMINISTRATION_OF_ALL,
    "admin_people.reset": _ADMINISTRATION_OF_ALL,
    "admin_people.end_sessions": _ADMINISTRATION_OF_ALL,
    "admin_people.remove": _ADMINISTRATION_OF_ALL,
    "admin_tokens.tokens": _ADMINISTRATION_OF_ALL,
    "admin_tokens.add": _ADMINISTRATION_OF_ALL,
    "admin_tokens.revoke": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.webhooks": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.add": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.webhook": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.test": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.pause": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.resume": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.rotate": _ADMINISTRATION_OF_ALL,
    "admin_webhooks.remove": _ADMINISTRATION_OF_ALL,
    "admin_screens.screens": _ADMINISTRATION_OF_ALL,
    "admin_screens.confirm": _ADMINISTRATION_OF_ALL,
    "admin_screens.revoke": _ADMINISTRATION_OF_ALL,
    "admin_log.changes": _ADMINISTRATION,
    "admin_alerts.rules": _ADMINISTRATION_OF_ALL,
    "admin_alerts.add": _ADMINISTRATION_OF_ALL,
    "admin_alerts.rule": _ADMINISTRATION_OF_ALL,
    "admin_alerts.remove": _ADMINISTRATION_OF_ALL,
    "admin_mail.mail": _ADMINISTRATION_OF_ALL,
    "admin_reports.schedules": _ADMINISTRATION_OF_ALL,
    "admin_reports.add": _ADMINISTRATION_OF_ALL,
    "admin_reports.schedule": _ADMINISTRATION_OF_ALL,
    "admin_reports.send": _ADMINISTRATION_OF_ALL,
    "admin_reports.remove": _ADMINISTRATION_OF_ALL,
    "admin_cameras.cameras": _ADMINISTRATION,
    "admin_cameras.export": _ADMINISTRATION,
    "admin_cameras.add": _ADMINISTRATION,
    "admin_cameras.tried": _ADMINISTRATION,
    "admin_cameras.save": _ADMINISTRATION,
    "admin_cameras.again": _ADMINISTRATION,
    "admin_camera.camera": _ADMINISTRATION,
    "admin_camera.change": _ADMINISTRATION,
    "admin_camera.test": _ADMINISTRATION,
    "admin_camera.lines": _ADMINISTRATION,
    "admin_camera.swap": _ADMINISTRATION,
    "admin_camera.pause": _ADMINISTRATION,
    "admin_camera.remove": _ADMINISTRATION,
    "admin_import.upload": _ADMINISTRATION,
    "admin_import.begin": _ADMINISTRATION,
    "admin_import.job": _ADMINISTRATION,
    "admin_import.stop": _ADMINISTRATION,
    "admin_commissioning.report": _ADMINISTRATION,
    "admin_walk.walk": _ADMINISTRATION,
    "admin_walk.begin": _ADMINISTRATION,
    "admin_walk.figures": Need(Role.ADMINISTRATOR),  # fetched by a script
    "admin_walk.conclude": _ADMINISTRATION,
    "admin_walk.swap": _ADMINISTRATION,
    # Signing in
    "sign_in.sign_in": Need(is_open=True, form=True),
    "oidc.begin": OPEN,
    "oidc.back": OPEN,
    "sign_in.welcome": Need(is_open=True, form=True),
    "sign_in.sign_out": Need(is_open=True, form=True),
    "account.account": Need(Role.VIEWER, session=True, page=True),
    "account.change_password": Need(Role.VIEWER, session=True, page=True, form=True),
    "account.end_session": Need(Role.VIEWER, session=True, page=True, form=True),
    "account.end_others": Need(Role.VIEWER, session=True, page=True, form=True),
    "languages.choose": OPEN,  # the browser keeps it; it asks for our form by itself where an account does, too
    "languages.words": OPEN,
    "static": OPEN,
}


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
        return may(_HEALTH, access.visitor(request))
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
    asked = request.full_path.rstrip("?") if request.method in _SAFE else "/"
    answer = redirect(url_for("sign_in.sign_in", next=None if asked == "/" else asked), 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]  # werkzeug's, of which Flask's is one


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
