"""Whether the service answers at an address, and whether its stream comes from there as it is sent.

A proxy that buffers holds a stream back until so much has come that its buffer is full: counts then arrive minutes
late, and nothing else looks wrong.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3

from peoplecount.services.inspection import Step, odd, wrong

STREAM_SECONDS = 8
"""How long the stream is asked for. It holds next to nothing, so that a buffer keeps it until its end."""

AT_ONCE = 1.0
"""Seconds within which the first of it usually is there; then nothing holds it back."""

LEAST_GAP = 2.0
"""Seconds between the first of it and its end, where the first came later: all at once is what a buffer gives."""

PATIENCE = 2.0 * STREAM_SECONDS
"""Seconds to connect, and for an answer to begin."""

CLOCK_APART = 5.0
"""Seconds by which the clock of another machine may differ."""

_ASKED = f"/events?since=latest&timeout={STREAM_SECONDS}"


@dataclass(frozen=True, slots=True)
class StreamProbe:
    """Looks at the service at ``address``."""

    address: str
    headers: Mapping[str, str]
    """By which it knows us."""

    is_own: bool = False
    """Whether it is this machine's own port: its certificate is then for another name, and is not looked at."""

    def health(self) -> Iterator[Step]:
        """Whether it answers, and what it says of itself."""
        try:
            answer = self._get("/health/ready")
        except requests.exceptions.SSLError as error:
            yield wrong("TLS", _cause(error), self._untrusted(error), ends=True)
            return
        except requests.RequestException as error:
            yield wrong("answer", _cause(error), self._silent(error), ends=True)
            return
        if self.address.startswith("https:") and not self.is_own:
            yield Step("TLS", "its certificate is trusted")
        said = _fields(answer)
        status = said.get("status")
        if not isinstance(status, str):
            yield wrong(
                "answer",
                f"HTTP {answer.status_code}, and not this service",
                f"Something else answers at {self.address}: look at PUBLIC_URL, and where the proxy leads.",
                ends=True,
            )
            return
        yield _status(status, said)
        yield from self._clock(answer)

    def stream(self) -> Step:
        """Whether the stream arrives as it is sent."""
        headers = {**self.headers, "Accept": "text/event-stream"}
        began = time.monotonic()
        try:
            with self._get(_ASKED, headers=headers, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    return self._refused(answer)
                pieces = answer.iter_content(1)
                is_empty = not next(pieces, b"")
                first = time.monotonic() - began
                if not is_empty and first >= AT_ONCE:
                    for _ in pieces:
                        pass
                gap = time.monotonic() - began - first
        except requests.RequestException as error:
            return self._broken(error, time.monotonic() - began)
        said = f"its first bytes came after {first:.1f} s"
        if not is_empty and (first < AT_ONCE or gap >= LEAST_GAP):
            return Step("stream", f"arrives as it is sent; {said}")
        return wrong("stream", said, self._buffered())

    def _get(self, path: str, headers: Mapping[str, str] | None = None, *, stream: bool = False) -> requests.Response:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return requests.get(
                f"{self.address}{path}",
                headers=headers or self.headers,
                timeout=PATIENCE,
                allow_redirects=False,
                stream=stream,
                verify=not self.is_own,
            )

    def _clock(self, answer: requests.Response) -> Iterator[Step]:
        """Of whoever answered last: a proxy on another machine has a clock of its own, and tickets go by ours."""
        if self.is_own:
            return
        try:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return
        apart = abs((told.astimezone(UTC) - datetime.now(UTC)).total_seconds())
        if apart <= CLOCK_APART:
            yield Step("clock", "agrees with this machine's")
        else:
            yield odd("clock", f"{apart:.0f} s from this machine's", "Set the clocks of both by a time server (NTP).")

    def _refused(self, answer: requests.Response) -> Step:
        said = f"HTTP {answer.status_code}"
        if answer.status_code in {401, 403}:
            advice = (
                "Our API token does not come through, or leads to another installation: let the proxy pass the header "
                "Authorization on, and look at where it leads."
            )
        elif answer.is_redirect:
            advice = (
                f"The proxy sends us to {answer.headers.get('Location', 'another address')[:100]}: mend PUBLIC_URL."
            )
        else:
            advice = f"The stream is not to be had at {self.address} ({said}): look at the proxy's rules for /events."
        return wrong("stream", said, advice)

    def _broken(self, error: requests.RequestException, seconds: float) -> Step:
        if (
            isinstance(error, requests.exceptions.Timeout | requests.exceptions.ConnectionError)
            and seconds >= STREAM_SECONDS
        ):
            return wrong("stream", f"nothing came within {seconds:.0f} s", self._buffered())
        return wrong("stream", _cause(error), self._silent(error))

    def _buffered(self) -> str:
        return (
            f"Something between holds the stream of {self.address} back: switch buffering off for /events "
            "(nginx: proxy_buffering off), and let nothing pack it."
        )

    def _untrusted(self, error: requests.RequestException) -> str:
        return (
            f"The certificate at {self.address} is not trusted by this machine ({_cause(error)}): browsers will warn, "
            "and programs refuse. Renew it, or have its authority added to this system."
        )

    def _silent(self, error: requests.RequestException) -> str:
        if self.is_own:
            return f"The service does not answer at {self.address} ({_cause(error)}): start it, or look at its log."
        return f"Nobody answers at {self.address} ({_cause(error)}): look at PUBLIC_URL, the DNS, and the proxy."


def _status(status: str, said: Mapping[str, Any]) -> Step:
    troubles = [str(one) for one in said.get("degraded", ())]
    reason = str(said.get("reason", ""))
    if status == "ok":
        return Step("answer", "runs, and is well")
    if status == "degraded":
        return odd("answer", "runs, but something does not work", " ".join(troubles) or "Look at its log.")
    return wrong("answer", f"runs, and is {status}", f"{reason or 'It is starting, or its log cannot be read'}.")


def _fields(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cause(error: BaseException) -> str:
    """What is at the bottom of it, short."""
    while True:
        inner = getattr(error, "reason", None) or next((one for one in error.args if isinstance(one, Exception)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return str(text).rpartition(": ")[2][:200].lower() or type(error).__name__
