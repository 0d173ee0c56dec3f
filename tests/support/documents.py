"""What the documents are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "integrations").rglob("*.md")),
]

_BLOCK = re.compile(r"^( *)(?:\d+\. )?```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Code:
    """A block of lines, or words in a sentence."""

    document: Path
    language: str
    """As the block says; empty where it says none."""

    text: str
    is_block: bool

    @property
    def lines(self) -> list[str]:
        """Its commands and settings: lines that go on are one, comments are left out."""
        joined = re.sub(r"[\\`]\n\s*", "", self.text)
        bare = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
        return [line for line in bare if line]


_OURS = re.compile(
    r"(?:https?://(?:counts\.example|YOUR-SERVER|127\.0\.0\.1:80\d\d|localhost:80\d\d)|PUBLIC_URL"
    r"|^(?:GET |POST |PUT |DELETE |PATCH )?)(/[^\s\"'`,;|?#)]*)"
)


def addresses(one: Code) -> Iterator[str]:
    """Paths of web addresses that some code names as the service's, or that may be: files have paths, too."""
    for line in one.text.splitlines():
        yield from _OURS.findall(line)


def headings(document: Path) -> set[str]:
    """What links to a part of a document name, as GitHub makes it of headings."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles]
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in plain}


def code(document: Path) -> Iterator[Code]:
    """All that a document shows as code, of whatever language."""
    text = document.read_text(encoding="utf-8")
    for _, language, block in _BLOCK.findall(text):
        yield Code(document, language, block, is_block=True)
    for words in re.findall(r"`([^`]+)`", _BLOCK.sub("", text)):
        yield Code(document, "", re.sub(r"\s*\n\s*", " ", words), is_block=False)
