"""An OpenID Connect provider on this machine, that signs in whomever a test says: a small real server."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "peoplecount"
CLIENT_SECRET = "a secret of the client"


@cache
def _key(name: str, of: str = "the provider") -> RSAKey:
    """Made once per process: it takes long."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, private=True)


class OidcProvider:
    """What it signs, and for whom. Its faults are verbs."""

    def __init__(self) -> None:
        self.issuer = ""
        self.person: dict[str, Any] = {}
        self.lies: dict[str, Any] = {}
        """Claims in the place of those that would be right."""

        self.denies = False
        self.calls_itself = ""
        self._key = _key("first")
        self._signing = self._key
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Flask("provider")
        for path, view in (
            ("/.well-known/openid-configuration", self._configuration),
            ("/keys", self._keys),
            ("/authorize", self._authorize),
        ):
            self.app.add_url_rule(path, view.__name__, view)
        self.app.add_url_rule("/token", "token", self._token, methods=["POST"])

    def signs_in(self, subject: str, name: str, *groups: str, **claims: Any) -> None:
        """From now on it is they who come back."""
        self.person = {"sub": subject, "preferred_username": name, "groups": list(groups)} | claims

    def signs_with_a_key_of_nobodys(self) -> None:
        """As somebody would who only pretends to be it."""
        self._signing = _key("first", of="somebody else")

    def changes_its_key(self) -> None:
        """As providers do every few weeks."""
        self._key = self._signing = _key("second")

    def _configuration(self) -> Response:
        return jsonify(
            issuer=self.calls_itself or self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
            id_token_signing_alg_values_supported=["RS256"],
        )

    def _keys(self) -> Response:
        return jsonify(KeySet([self._key]).as_dict(private=False))

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        back = {"state": asked["state"]}
        if self.denies:
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_urlsafe()
            self._codes[back["code"]] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode(back)}")

    def _token(self) -> Any:
        asked = self._codes.pop(request.form["code"])  # each is good once
        proof = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == asked["code_challenge"]
        assert request.authorization is not None
        assert (request.authorization.username, request.authorization.password) == (CLIENT_ID, CLIENT_SECRET)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        header = {"alg": "RS256", "kid": self._signing.kid}
        signed = jwt.encode(header, claims | self.person | self.lies, self._signing)
        return jsonify(access_token=secrets.token_urlsafe(), token_type="Bearer", expires_in=300, id_token=signed)


@contextmanager
def running_provider() -> Iterator[OidcProvider]:
    """A provider on a free port."""
    provider = OidcProvider()
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
