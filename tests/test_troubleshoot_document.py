"""What docs/troubleshoot.md quotes is what the program says."""

import ast
import re

import pytest

from tests.support.processes import ROOT

DOCUMENT = (ROOT / "docs" / "troubleshoot.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"^\| `([^`]+)` \|", DOCUMENT, re.MULTILINE)


@pytest.fixture(scope="module")
def sentences():
    """All texts in the source, as the program has them: what is written in pieces is one."""
    found = []
    for file in (ROOT / "peoplecount").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                found.append("…".join(one.value for one in node.values if isinstance(one, ast.Constant)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.sub(r"%\(\w+\)s|%[-+.\d]*[a-z]|\{[\w:.]*\}", "…", node.value))
    return found


def is_said(quoted, sentences):
    """Whether one of the texts has all its pieces, one after the other."""
    wanted = re.compile(".*".join(re.escape(piece.strip(" :,")) for piece in quoted.split("…")), re.DOTALL)
    return any(wanted.search(one) for one in sentences)


def test_enough_is_quoted():
    assert len(QUOTED) > 50


@pytest.mark.parametrize("quoted", QUOTED)
def test_it_is_said_so(quoted, sentences):
    assert is_said(quoted, sentences)


def test_what_is_not_said_would_be_found(sentences):
    assert not is_said("The database is a way.", sentences)
