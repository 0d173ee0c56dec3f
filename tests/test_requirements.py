"""Files of requirements pin all that what they name brings along, on every system and Python that is promised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.sbom.materials import pinned, plain_name
from tests.support.processes import ROOT

FILES = sorted(ROOT.glob("requirements*.txt"))

PLACES = [
    {"python_full_version": f"{python}.0", "python_version": python, **system}
    for python in ("3.11", "3.14")
    for system in (
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    )
]


def _with_others(file: Path) -> Iterator[Requirement]:
    """What a file asks for, and what those ask for that it takes in."""
    text = file.read_text("utf-8")
    for other in re.findall(r"^-r (\S+)", text, re.MULTILINE):
        yield from _with_others(ROOT / other)
    for line in text.splitlines():
        if line and not line.startswith(("#", "-")):
            yield Requirement(line)


def _brought(wanted: Requirement, place: dict[str, str]) -> Iterator[str]:
    """What a package needs itself, there. What is not installed here (for another system) cannot be asked."""
    try:
        needs = distribution(wanted.name).requires or ()
    except PackageNotFoundError:
        return
    for need in map(Requirement, needs):
        if need.marker is None or any(need.marker.evaluate(place | {"extra": extra}) for extra in ("", *wanted.extras)):
            yield plain_name(need.name)


def _unpinned(requirements: list[Requirement], place: dict[str, str]) -> set[str]:
    there = [one for one in requirements if one.marker is None or one.marker.evaluate(place)]
    names = {plain_name(one.name) for one in there}
    return {f"{name}, by {one.name}" for one in there for name in _brought(one, place) if name not in names}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_all_that_is_brought_along_is_pinned(file: Path) -> None:
    requirements = list(_with_others(file))
    assert [str(one) for one in requirements if not str(one.specifier).startswith("==")] == []
    unpinned = {f"{place['sys_platform']}: {one}" for place in PLACES for one in _unpinned(requirements, place)}
    assert unpinned == set()


def test_what_is_brought_along_and_not_pinned_would_be_found() -> None:
    assert "werkzeug, by flask" in _unpinned([Requirement("flask==3.1.3")], PLACES[0])
    windows = next(place for place in PLACES if place["sys_platform"] == "win32")
    assert "colorama, by pytest" in _unpinned([Requirement("pytest==9.2.0")], windows)
    assert [one.name for one in pinned("flask==3.1.3  # web\n-r other.txt\n")] == ["flask"]
