"""Signing in by OpenID Connect: there, and back again (Authlib's client, with ``state``, ``nonce`` and PKCE)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, request, session
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as AnyResponse

from peoplecount.domain.sentence import say
from peoplecount.services.outside_people import OutsideIdentity
from peoplecount.web.outside import OidcSettings
from peoplecount.web.own_path import HOME, own_path

logger = logging.getLogger("peoplecount.sign_in")

TIMEOUT = 10.0
"""Seconds that the provider has for an answer."""

_NEXT = "goes-on"
_NAMES = ("preferred_username", "upn", "email")
"""Claims that hold a name people know; the first that is there is taken."""


class OidcFault(Exception):
    """Somebody could not be signed in; the message says why, and what may help."""


class OidcProvider:
    """One provider, whose configuration is asked for when somebody first signs in."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        self.settings = settings
        self._client = OAuth(app).register(
            "oidc",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT,
            },
        )

    def lead_there(self) -> AnyResponse:
        """The redirect to the provider. Raises ``OidcFault``."""
        return self._asked(lambda: self._client.authorize_redirect(self.settings.come_back_to))  # type: ignore[no-any-return]

    def who_came_back(self) -> OutsideIdentity:
        """Whom the provider has signed in. Raises ``OidcFault``."""
        if "error" in request.args:
            logger.warning("%s signed nobody in: %r", self.settings.name, request.args["error"][:80])
            raise OidcFault(say("%(name)s did not sign you in.", name=self.settings.name))
        token = self._asked(self._client.authorize_access_token)
        claims = token.get("userinfo")
        if not claims:
            raise OidcFault(say("%(name)s did not say who you are.", name=self.settings.name))
        return OutsideIdentity(self.settings.issuer, str(claims["sub"]), _name(claims), self._groups(claims))

    def _asked(self, work: Callable[[], Any]) -> Any:  # noqa: ANN401  Authlib has no types
        try:
            self._demand_issuer()
            return work()
        except RequestException as error:
            logger.warning("%s does not answer as it should: %s", self.settings.name, type(error).__name__)
            raise OidcFault(
                say("%(name)s does not answer just now. Try again in a moment.", name=self.settings.name)
            ) from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            logger.warning("A sign-in by %s failed: %s", self.settings.name, _kind(error))
            raise OidcFault(
                say(
                    "This sign-in was begun in another browser or too long ago, or something in between has spoiled "
                    "it. Sign in once more."
                )
            ) from error

    def _demand_issuer(self) -> None:
        """Who answers must call itself what it is called here (OpenID Connect Discovery 1.0, 4.3)."""
        told = self._client.load_server_metadata().get("issuer")
        if told != self.settings.issuer:
            logger.error("The provider at OIDC_ISSUER calls itself %r: set that", told)
            raise OidcFault(
                say("%(name)s is not set up as it should be: OIDC_ISSUER is another's name.", name=self.settings.name)
            )

    def _groups(self, claims: Mapping[str, Any]) -> frozenset[str]:
        """Groups, and the roles that the provider gives people in this service."""
        if "groups" in claims.get("_claim_names", {}):  # Entra ID: more than 200
            logger.warning("%s does not say the groups of %s: they are too many", self.settings.name, _name(claims))
        told = [claims.get(name) or [] for name in ("groups", "roles")]
        return frozenset(str(group) for one in told for group in ([one] if isinstance(one, str) else one))


def _name(claims: Mapping[str, Any]) -> str:
    return next((str(claims[name]) for name in _NAMES if claims.get(name)), str(claims["sub"]))


def _kind(error: Exception) -> str:
    """What a fault is called; its words may quote what was sent."""
    return getattr(error, "error", None) or type(error).__name__


class Entrance(Protocol):
    """Where people come in."""

    def not_this_way(self) -> AnyResponse | None:
        """The page that says what to do, where nobody must sign in by this connection."""
        ...

    def let_in(self, who: OutsideIdentity, goes_on: str) -> AnyResponse:
        """Sign in somebody, who then goes on to a path of ours."""
        ...

    def turn_away(self, fault: str) -> AnyResponse:
        """Say why somebody was not."""
        ...


def routes(provider: OidcProvider, entrance: Entrance) -> Blueprint:
    """``/sign-in/oidc`` and, where people come back to, ``/sign-in/oidc/back``."""
    blueprint = Blueprint("oidc", __name__, url_prefix="/sign-in/oidc")

    @blueprint.get("")
    def begin() -> AnyResponse:
        if refused := entrance.not_this_way():
            return refused
        try:
            answer = provider.lead_there()
        except OidcFault as error:
            return entrance.turn_away(str(error))
        session[_NEXT] = own_path(request.args.get("next", HOME))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @blueprint.get("/back")
    def back() -> AnyResponse:
        goes_on = own_path(session.pop(_NEXT, HOME))
        try:
            who = provider.who_came_back()
        except OidcFault as error:
            return entrance.turn_away(str(error))
        return entrance.let_in(who, goes_on)

    return blueprint
