"""``./run.sh release 1.2.0``: what is unreleased becomes that version, in the program and in the changelog.

``--check`` says whether the two fit together.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

UNRELEASED = "## Unreleased"

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_RELEASED = re.compile(r"(\d+)\.(\d+)\.(\d+) \((\d{4}-\d{2}-\d{2})\)")
_VERSION = re.compile(r"^__version__ = \"(.+)\"$", re.MULTILINE)

Number = tuple[int, ...]


class Unfit(ValueError):
    """It cannot be released so; says why."""


class Source:
    """The two files that know the version."""

    def __init__(self, root: Path) -> None:
        self._program = root / "peoplecount" / "__init__.py"
        self._changes = root / "CHANGELOG.md"

    @property
    def version(self) -> str:
        """What the program says."""
        found = _VERSION.search(self._program.read_text(encoding="utf-8"))
        return found[1] if found else ""

    def faults(self) -> list[str]:
        """What does not fit together, in sentences."""
        first, *released = _HEADING.findall(self._changes.read_text(encoding="utf-8")) or [""]
        found = [] if f"## {first}" == UNRELEASED else [f"CHANGELOG.md begins with {first!r}, not with Unreleased"]
        odd = [heading for heading in released if not _is_released(heading)]
        found += [f"CHANGELOG.md: {heading!r} is no heading such as 1.2.0 (2026-03-04)" for heading in odd]
        if odd or not released:
            return found
        newest = released[0].partition(" ")[0]
        if newest != self.version:
            found.append(f"the program says it is {self.version}, and CHANGELOG.md's newest version is {newest}")
        if released != sorted(released, key=_number, reverse=True):
            found.append("CHANGELOG.md's versions do not fall")
        return found

    def release(self, version: str, day: date) -> None:
        """Give what is unreleased a version. Raises ``Unfit``, and then nothing is changed."""
        heading = f"{version} ({day})"
        if not _is_released(heading):
            raise Unfit(f"{version!r} is no version such as 1.2.0")
        if faults := self.faults():
            raise Unfit("; ".join(faults))
        changes = self._changes.read_text(encoding="utf-8")
        earlier = _HEADING.findall(changes)[1:]
        if earlier and _number(heading) <= _number(earlier[0]):
            raise Unfit(f"{version} does not come after {earlier[0]}")
        if not changes.partition(UNRELEASED)[2].partition("\n## ")[0].strip():
            raise Unfit("nothing has changed: CHANGELOG.md has nothing under Unreleased")
        program = self._program.read_text(encoding="utf-8")
        self._changes.write_text(changes.replace(UNRELEASED, f"{UNRELEASED}\n\n## {heading}", 1), encoding="utf-8")
        self._program.write_text(_VERSION.sub(f'__version__ = "{version}"', program), encoding="utf-8")


def _is_released(heading: str) -> bool:
    return _RELEASED.fullmatch(heading) is not None


def _number(heading: str) -> Number:
    return tuple(int(part) for part in heading.partition(" ")[0].split("."))


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Release, or look; exit code 1 where something does not fit."""
    parser = argparse.ArgumentParser("./run.sh release", description=(__doc__ or "").partition("\n")[2])
    parser.add_argument("version", nargs="?", help="such as 1.2.0")
    parser.add_argument("--check", action="store_true", help="change nothing")
    chosen = parser.parse_args(arguments)
    if chosen.check == bool(chosen.version):
        parser.error("a version or --check is needed")
    source = Source(root)
    if chosen.check:
        faults = source.faults()
        print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
        return 1 if faults else 0
    try:
        source.release(chosen.version, datetime.now(UTC).date())
    except Unfit as error:
        print(error, file=sys.stderr)
        return 1
    print(f"This is {chosen.version} now. docs/contributing.md says what comes next.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
