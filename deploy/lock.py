"""``./run.sh lock``: packages as the files of requirements pin them, each with the hashes of its files.

``requirements.lock`` is what the service needs; ``requirements-EXTRA.lock`` takes that in and adds what an extra
brings; ``requirements-build.lock`` is what makes a wheel of this repository.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SERVICE = "requirements.lock"
BUILD = "requirements-build.lock"

_OPTIONS = ("--generate-hashes", "--universal", "--python-version", "3.11", "--no-header", "--no-annotate")


def main() -> int:
    """Write all locks; exit code 1 where packages that fit cannot be found."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    try:
        service = _resolved("pyproject.toml", pins="requirements.txt")
        _write(SERVICE, service)
        for extra in project["project"]["optional-dependencies"]:
            wanted = _resolved("pyproject.toml", "--extra", extra, pins=f"requirements-{extra}.txt")
            _write(f"requirements-{extra}.lock", [f"-r {SERVICE}", *(one for one in wanted if one not in service)])
        made_by = "\n".join(project["build-system"]["requires"])
        _write(BUILD, _resolved("-", pins="requirements-dev.txt", said=made_by))
    except subprocess.CalledProcessError:
        print("what uv said of it stands above", file=sys.stderr)
        return 1
    return 0


def _resolved(wanted: str, *options: str, pins: str, said: str = "") -> list[str]:
    """A block of lines for each package. Raises ``CalledProcessError``."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "--quiet",
        "pip",
        "compile",
        wanted,
        *options,
        "--constraints",
        pins,
        *_OPTIONS,
    ]
    told = subprocess.run(  # noqa: S603  uv, on files of our own
        command, cwd=ROOT, input=said, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return re.split(r"\n(?=\S)", told.strip())


def _write(name: str, blocks: Iterable[str]) -> None:
    (ROOT / name).write_text("\n".join(blocks) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
