"""Digest authentication, the server's side, as Hanwha devices do it.

Source: SUNAPI introduction 2.6.2 (digest only; five failures in a row lock the account, HTTP 490), RFC 2617 and
RFC 7616 (the arithmetic), and challenges seen from real devices (see ``DigestStyle``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from random import Random

from peoplecount.simulator.firmware import DigestStyle
from peoplecount.simulator.http_message import Request, Response

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
"""Blanks instead of commas between fields are taken, too: the vendor's own web viewer leaves one comma out."""

_FAILURES_BEFORE_LOCK = 5
_NONCES_KEPT = 64
"""Clients that can be logged in at once; the longest silent one is asked again."""

_HASHES: Mapping[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}

_UNAUTHORIZED_BODY = (
    "<html><head><title>401 - Unauthorized</title></head><body><h1>401 - Unauthorized</h1></body></html>"
)
_BLOCKED_BODY = (
    "<html><head><title>490 - Account Blocked</title></head><body>"
    "<h1>Account Blocked</h1>You have exceeded the maximum number of login attempts, please try later.</body></html>"
)


class DigestGate:
    """Lets one account in. Callers bring the time and see to it that one request comes at a time."""

    def __init__(
        self,
        *,
        username: str,
        password: str,
        mac: str,
        style: DigestStyle,
        chance: Random,
        nonce_uses: int = 1000,
        lock_seconds: float = 300.0,
    ) -> None:
        self._username = username
        self._style = style
        self._realm = "iPolis" if style is DigestStyle.OLD else f"iPolis_{mac.replace(':', '-')}"
        self._algorithms = ("SHA-256", "MD5") if style is DigestStyle.TWO_ALGORITHMS else ("MD5",)
        account = f"{username}:{self._realm}:{password}".encode()
        self._accounts = {algorithm: _HASHES[algorithm](account) for algorithm in self._algorithms}
        self._chance = chance
        self._nonce_uses = nonce_uses
        self._lock_seconds = lock_seconds
        self._last_nc: OrderedDict[str, int] = OrderedDict()
        self._failures = 0
        self._locked_until = float("-inf")

    def refuse(self, request: Request, now: float) -> Response | None:
        """``None`` where the request may pass, else the 401 or 490 to answer. ``now`` in seconds of any clock."""
        if now < self._locked_until:
            return blocked()
        authorization = request.headers.get("authorization", "")
        if authorization[:7].lower() != "digest ":
            return self.challenge()
        fields = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(authorization)}
        if not self._proves_password(request, fields):
            return self._count_failure(now)
        self._failures = 0
        return None if self._is_fresh(fields) else self.challenge(stale=True)

    def challenge(self, *, stale: bool = False) -> Response:
        """A 401 with a new nonce."""
        nonce = f"{self._chance.getrandbits(128):032x}"
        self._last_nc[nonce] = 0
        if len(self._last_nc) > _NONCES_KEPT:
            self._last_nc.popitem(last=False)
        headers = tuple(("WWW-Authenticate", text) for text in self._challenges(nonce, stale=stale))
        return Response(401, _UNAUTHORIZED_BODY.encode(), "text/html", headers=headers)

    def _challenges(self, nonce: str, *, stale: bool) -> list[str]:
        tail = ", stale=true" if stale else ""
        if self._style is DigestStyle.QOP_FIRST:
            return [f'Digest qop="auth", realm="{self._realm}", nonce="{nonce}"{tail}']
        plain = f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth"'
        if self._style is DigestStyle.TWO_ALGORITHMS:
            return [f'{plain}, algorithm="{name}", charset="UTF-8"{tail}' for name in self._algorithms]
        return [plain + tail]

    def _proves_password(self, request: Request, fields: Mapping[str, str]) -> bool:
        """Whether the answer is right for the nonce it names, known or not."""
        algorithm = fields.get("algorithm", "MD5").upper()
        account = self._accounts.get(algorithm)
        if account is None or fields.get("qop") != "auth" or fields.get("uri") != request.target:
            return False
        if fields.get("username") != self._username or fields.get("realm") != self._realm:
            return False
        digest = _HASHES[algorithm]
        subject = digest(f"{request.method}:{request.target}".encode())
        proof = ":".join((account, *(fields.get(name, "") for name in ("nonce", "nc", "cnonce")), "auth", subject))
        return hmac.compare_digest(digest(proof.encode()), fields.get("response", ""))

    def _is_fresh(self, fields: Mapping[str, str]) -> bool:
        """Whether the nonce is ours, not used up, and ``nc`` has grown since its last use."""
        nonce = fields["nonce"]
        last = self._last_nc.get(nonce)
        try:
            count = int(fields.get("nc", ""), 16)
        except ValueError:
            return False
        if last is None or count <= last or count > self._nonce_uses:
            return False
        self._last_nc[nonce] = count
        self._last_nc.move_to_end(nonce)
        return True

    def _count_failure(self, now: float) -> Response:
        self._failures += 1
        if self._failures >= _FAILURES_BEFORE_LOCK:
            self._failures = 0
            self._locked_until = now + self._lock_seconds
        return self.challenge()


def blocked() -> Response:
    """HTTP 490: too many failures, try later."""
    return Response(490, _BLOCKED_BODY.encode(), "text/html")
