"""``python -m tests.links``: pages of others that the documents lead to; ``--ask`` says which of them are not there."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import requests

from tests.support.processes import ROOT

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "integrations").rglob("*.md")),
]

_LINK = re.compile(r"\]\((https?://[^)\s]+)\)|<(https?://[^>\s]+)>")


def links(documents: Iterable[Path] = DOCUMENTS) -> dict[str, list[Path]]:
    """Addresses, and the documents that lead to each."""
    found: dict[str, list[Path]] = {}
    for document in documents:
        for match in _LINK.finditer(document.read_text(encoding="utf-8")):
            found.setdefault(match[1] or match[2], []).append(document)
    return dict(sorted(found.items()))


def fault_of(address: str) -> str:
    """What asking for a page comes to; empty where it is there."""
    try:
        answer = requests.get(address, timeout=20, stream=True, headers={"User-Agent": "Mozilla/5.0"})
    except requests.RequestException as error:
        return type(error).__name__
    with answer:
        return "" if answer.ok else f"HTTP {answer.status_code}"


def main(arguments: Sequence[str]) -> int:
    """List them; with ``--ask`` exit code 1 where one is not there."""
    parser = argparse.ArgumentParser("python -m tests.links", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--ask", action="store_true", help="ask for each page, which takes the internet")
    chosen = parser.parse_args(arguments)
    missing = 0
    for address, documents in links().items():
        fault = fault_of(address) if chosen.ask else ""
        missing += bool(fault)
        print(address, ", ".join(str(one.relative_to(ROOT)) for one in documents), fault, sep="  ")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
