"""Digest authentication as cameras speak it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import HTTPDigestAuth

_PREFERENCE = ("SHA-256", "MD5")
"""Recent cameras offer both side by side; the stronger is taken (RFC 7616, 3.7). No camera has been seen to ask for
another one, nor for a ``-sess`` variant."""

_LONGEST_HEADER = 4096
"""Real ones are under 400 characters."""

_MOST_OFFERS = 4
_LONGEST_DETAIL = 20
"""Of what a camera offers, told in an error."""

# Matches begin where a word does, so that the time taken grows no faster than the header.
_PARAMETER = re.compile(
    r"""(?<![\w-])(?:(?P<scheme>[A-Za-z][\w-]*)[ \t]+)?  # only before the first parameter of a challenge
        (?P<name>[A-Za-z][\w-]*)[ \t]*=[ \t]*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*))""",
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a camera wants an answer to."""

    realm: str
    nonce: str
    algorithm: str | None = None
    """As the camera names it, in capitals; ``None`` where it names none, which means MD5."""

    qop: str | None = None
    """``auth``, or ``None`` for the old form without it (RFC 2069)."""

    opaque: str | None = None
    stale: bool = False
    """The camera says that only the nonce was too old, not the password wrong."""


def parse_challenges(headers: Sequence[str]) -> list[Challenge]:
    """All usable Digest challenges in ``WWW-Authenticate`` headers, in their order.

    Several headers, several challenges in one header, Basic beside Digest, quoted or bare values, any order of
    parameters and missing commas are seen with real cameras. What cannot be answered (another scheme, an unknown
    algorithm or a ``-sess`` one, ``auth-int`` only) is left out.
    """
    digests = [parameters for scheme, parameters in _schemes(headers) if scheme.lower() == "digest"]
    return [challenge for challenge in map(_challenge, digests) if challenge is not None]


def offers(headers: Sequence[str]) -> str:
    """The ways to log in that ``WWW-Authenticate`` headers offer, in words; for those that cannot be taken up."""
    found = [_offer(scheme, parameters) for scheme, parameters in _schemes(headers)]
    return ", ".join(list(dict.fromkeys(found))[:_MOST_OFFERS]) if found else "none"


def _offer(scheme: str, parameters: dict[str, str]) -> str:
    details = (
        f"{name} {parameters[name][:_LONGEST_DETAIL]!r}" for name in ("algorithm", "qop") if parameters.get(name)
    )
    return " ".join([scheme[:_LONGEST_DETAIL], *details])


def _schemes(headers: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Each challenge in the headers: its scheme and its parameters, by names in small letters."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        current: dict[str, str] | None = None
        for match in _PARAMETER.finditer(header[:_LONGEST_HEADER]):
            if match["scheme"] is not None:
                current = {}
                found.append((match["scheme"], current))
            if current is not None:
                value = match["quoted"] if match["quoted"] is not None else match["bare"]
                current.setdefault(match["name"].lower(), value)
    return found


def _challenge(parameters: dict[str, str]) -> Challenge | None:
    algorithm = parameters.get("algorithm", "").upper() or None
    qop = parameters.get("qop")
    wanted = {word.strip().lower() for word in qop.split(",")} if qop else {"auth"}
    answerable = "realm" in parameters and parameters.get("nonce") and "auth" in wanted
    if not answerable or (algorithm or "MD5") not in _PREFERENCE:
        return None
    return Challenge(
        realm=parameters["realm"],
        nonce=parameters["nonce"],
        algorithm=algorithm,
        qop="auth" if qop else None,
        opaque=parameters.get("opaque"),
        stale=parameters.get("stale", "").lower() == "true",
    )


def strongest(challenges: Sequence[Challenge]) -> Challenge | None:
    """The challenge to answer: the strongest algorithm, the first of equals."""
    return min(challenges, key=lambda challenge: _PREFERENCE.index(challenge.algorithm or "MD5"), default=None)


def _own_nonce() -> str:
    return os.urandom(8).hex()


class CameraDigest(HTTPDigestAuth):
    """``HTTPDigestAuth`` that remembers its nonce wherever it is called from.

    The stock class keeps its state per thread, and so per greenlet: a scheduler that runs every poll in a new one
    would pay a refused request each time. It also works out anew with each request what is the same for all of a
    camera's, which takes as long as everything else about a poll's request. One object serves one camera, one request
    at a time.
    """

    def __init__(self, username: str, password: str, *, own_nonce: Callable[[], str] = _own_nonce) -> None:
        """``own_nonce`` makes what keeps two equal requests from being signed alike."""
        # Not what the stock class does besides: its state by thread takes 6 KB a camera under gevent, and is not used.
        self.username, self.password = username, password
        self._name = username
        self._password = password
        self._own_nonce = own_nonce
        self.challenge: Challenge | None = None
        self._hash = _HASHES["MD5"]
        self._account = ""
        """Hashed: name, realm and password."""

        self._last_subject = ("", "", "", "")
        """Of method and URL signed last: those, what is signed of the URL, and both hashed."""

        self._last_nonce = ""
        self._count = 0

    def take(self, challenge: Challenge) -> None:
        """Answer this challenge from now on."""
        self.challenge = challenge
        self._hash = _HASHES[challenge.algorithm or "MD5"]
        self._account = self._hash(f"{self._name}:{challenge.realm}:{self._password}")
        self._last_subject = ("", "", "", "")

    def forget(self) -> None:
        """Send the next request without an answer, to be challenged anew."""
        self.challenge = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign the request if a challenge is known; each signature counts the nonce up.

        No hook is left on the request, unlike with the stock class: who sends it deals with refusals, because it
        counts them and must never repeat an answer that was wrong.
        """
        if self.challenge is None:
            request.headers.pop("Authorization", None)
        else:
            header = self._signature(self.challenge, str(request.method), str(request.url))
            # As bytes, because names and realms may hold more than Latin-1 (RFC 7616, charset=UTF-8).
            request.headers["Authorization"] = header.encode()  # type: ignore[assignment]
        return request

    def _signature(self, challenge: Challenge, method: str, url: str) -> str:
        """What the stock ``build_digest_header`` gives."""
        nonce = challenge.nonce
        self._count = self._count + 1 if nonce == self._last_nonce else 1
        self._last_nonce = nonce
        path, subject = self._subject(method, url)
        count, own_nonce = f"{self._count:08x}", self._own_nonce()
        middle = f"{nonce}:{count}:{own_nonce}:auth" if challenge.qop else nonce
        answer = self._hash(f"{self._account}:{middle}:{subject}")
        parts = [
            f'Digest username="{self._name}", realm="{challenge.realm}", nonce="{nonce}", uri="{path}", '
            f'response="{answer}"'
        ]
        if challenge.opaque:
            parts.append(f'opaque="{challenge.opaque}"')
        if challenge.algorithm:
            parts.append(f'algorithm="{challenge.algorithm}"')
        if challenge.qop:
            parts.append(f'qop="auth", nc={count}, cnonce="{own_nonce}"')
        return ", ".join(parts)

    def _subject(self, method: str, url: str) -> tuple[str, str]:
        last_method, last_url, path, hashed = self._last_subject
        if (method, url) != (last_method, last_url):
            parts = urlsplit(url)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            hashed = self._hash(f"{method}:{path}")
            self._last_subject = method, url, path, hashed
        return path, hashed


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # what cameras ask for


def _sha_256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_HASHES = {"MD5": _md5, "SHA-256": _sha_256}
