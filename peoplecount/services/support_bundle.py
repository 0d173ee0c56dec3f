"""A support bundle: a zip of texts about an installation for somebody who helps, without what lets anybody in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

LEAST_SECRET = 4
"""Letters. What is shorter stands in every other word; it is left out where it belongs, but not searched for."""

REMOVED = "[removed]"

_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", re.ASCII)

_HERE = {"127.0.0.1", "0.0.0.0", "localhost"}  # noqa: S104  told, not listened on


class BundleRefused(Exception):
    """The bundle cannot be written; the message says why."""


@dataclass
class Discretion:
    """What may not be read in a bundle, and what is put in its place."""

    secrets: Collection[str] = ()
    hosts: Collection[str] = ()
    """Names and addresses that are told apart, but not told."""

    masks: bool = False
    _known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wanted = sorted({one for one in self.secrets if len(one) >= LEAST_SECRET}, key=len, reverse=True)
        self._secrets = _any_of(wanted)
        hosts = {one for one in self.hosts if one and one not in _HERE}
        self._hosts = _any_of(sorted(hosts, key=len, reverse=True), r"[\w.-]")

    def applied(self, text: str) -> str:
        """The text, fit to be handed on."""
        text = self._secrets.sub(REMOVED, text) if self._secrets else text
        if not self.masks:
            return text
        text = self._hosts.sub(self._mask, text) if self._hosts else text
        return _IPV4.sub(self._mask, text)

    def _mask(self, found: re.Match[str]) -> str:
        host = found[0]
        return host if host in _HERE else self._known.setdefault(host.lower(), f"host-{len(self._known) + 1}")


def _any_of(words: Collection[str], beside: str = "") -> re.Pattern[str] | None:
    """Matches any of these, not within a longer word of what may stand ``beside``."""
    if not words:
        return None
    alone = "|".join(map(re.escape, words))
    return re.compile(f"(?<!{beside})(?:{alone})(?!{beside})" if beside else alone, re.IGNORECASE if beside else 0)


class SupportBundle:
    """Collects texts, each under a name and with a sentence on what it is."""

    def __init__(self, discretion: Discretion) -> None:
        self._discretion = discretion
        self._texts: dict[str, tuple[str, str]] = {}

    @property
    def names(self) -> list[str]:
        """Of what is in it."""
        return list(self._texts)

    def add(self, name: str, what: str, make: Callable[[], str]) -> None:
        """Add what ``make`` gives. Where it fails the bundle says so: it is made where something does not work."""
        try:
            text = make()
        except Exception as error:  # noqa: BLE001  whatever it is, the rest is wanted all the more
            text = f"This could not be had: {type(error).__name__}: {error}\n"
        self._texts[name] = what, self._discretion.applied(text)

    def write(self, file: Path, heading: str) -> None:
        """Write it where there is no file yet, for its owner alone. Raises ``BundleRefused``."""
        listed = "\n".join(f"{name:<20} {what}" for name, (what, _) in self._texts.items())
        try:
            with file.open("xb") as target:
                file.chmod(0o600)
                with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
                    bundle.writestr("README.txt", self._discretion.applied(f"{heading}\n\n{listed}\n"))
                    for name, (_, text) in self._texts.items():
                        bundle.writestr(name, text)
        except FileExistsError as error:
            raise BundleRefused(f"{file} is there already; name another file") from error
        except OSError as error:
            raise BundleRefused(f"{file} cannot be written: {error.strerror or error}") from error


def last_lines(text: str, most: int) -> str:
    """The end of a text."""
    return "\n".join(text.splitlines()[-most:]) + "\n"
