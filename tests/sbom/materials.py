"""What the service is made of: the packages it installs, and the files of others that lie in it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.sbom.licences import LicenceUnknown, licence_of, strange_in

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "requirements.txt"
EXTRAS = tuple(ROOT / f"requirements-{extra}.txt" for extra in ("mqtt", "oidc", "postgresql", "redis"))
VENDORED = ROOT / "static" / "vendor" / "README.md"
PASSWORDS = ROOT / "peoplecount" / "services" / "common_passwords.txt"

_VENDORED_ROW = re.compile(
    r"\| \[(?P<name>[^\]]+)\]\((?P<home>[^)]+)\) \| (?P<version>[^ |]+) \| (?P<licence>[^ |]+)[^|]*\|[^|]*\|"
    r" npm package `(?P<package>[^`]+)`"
)


@dataclass(frozen=True)
class Material:
    """One part of the service."""

    name: str
    version: str
    """Empty where it has none."""

    licence: str
    """An expression of SPDX."""

    registry: str
    """Where it comes from, as package URLs name it: ``pypi``, ``npm`` or ``github``."""

    home: str
    needs: frozenset[str] = frozenset()
    """Names of others that it needs itself."""

    is_optional: bool = False
    owner: str = ""
    """Whose it is there, where names are not unique without."""

    @property
    def strange_licences(self) -> list[str]:
        """Those that may not be brought along."""
        return strange_in(self.licence, is_optional=self.is_optional)


def materials() -> list[Material]:
    """All of them, as they are installed on this platform. Raises ``LicenceUnknown``."""
    extras = [one for file in EXTRAS for one in _installed(file, is_optional=True)]
    return [
        *_installed(SERVICE),
        *extras,
        *vendored(VENDORED.read_text("utf-8")),
        word_list(PASSWORDS.read_text("utf-8")),
    ]


def pinned(text: str) -> Iterator[Requirement]:
    """What a file of requirements asks for on this platform, without what it takes from other files."""
    for line in text.splitlines():
        told = re.split(r"\s#|\s--hash|\\$", line)[0].strip()
        if told and not told.startswith(("#", "-")):
            wanted = Requirement(told)
            if wanted.marker is None or wanted.marker.evaluate():
                yield wanted


def _installed(file: Path, *, is_optional: bool = False) -> Iterator[Material]:
    for wanted in pinned(file.read_text("utf-8")):
        found = distribution(wanted.name)
        if found.version not in wanted.specifier:
            raise ValueError(f"{wanted.name} {found.version} is installed, and {wanted} is asked for: install it first")
        yield Material(
            plain_name(wanted.name),
            found.version,
            licence_of(found.metadata),
            "pypi",
            f"https://pypi.org/project/{plain_name(wanted.name)}/",
            frozenset(_needs(found, wanted.extras)),
            is_optional,
        )


def _needs(found: Distribution, extras: Iterable[str]) -> Iterator[str]:
    for text in found.requires or ():
        need = Requirement(text)
        environments = [{"extra": extra} for extra in ("", *extras)]
        if need.marker is None or any(need.marker.evaluate(one) for one in environments):
            yield plain_name(need.name)


def plain_name(name: str) -> str:
    """A name of PyPI as package URLs have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def vendored(table: str) -> Iterator[Material]:
    """Files of others, as their table tells them."""
    for row in _VENDORED_ROW.finditer(table):
        yield Material(row["package"], row["version"], row["licence"], "npm", row["home"])


def word_list(text: str) -> Material:
    """Whose list of passwords we have, as its head says. Raises ``LicenceUnknown``."""
    head = "".join(itertools.takewhile(lambda line: line.startswith("#"), text.splitlines(keepends=True)))
    home, licence = (
        re.search(r"https://github\.com/([\w-]+)/([\w-]+)", head),
        re.search(r"# (\S+) License, Copyr", head),
    )
    if home is None or licence is None:
        raise LicenceUnknown("The list of common passwords does not say where it comes from, and under which licence")
    return Material(home[2].lower(), "", licence[1], "github", home[0], owner=home[1])
