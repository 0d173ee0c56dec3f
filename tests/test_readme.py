"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peoplecount.__main__ import command_sentences
from tests.support.processes import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_chore_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    commands = set(re.findall(r"python -m peoplecount ([a-z]+)", text))
    assert commands <= command_sentences().keys()
    chores = set(re.findall(r"\./run\.sh ([a-z]+)", text))
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", (ROOT / "run.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert chores <= set(listed)


def test_the_readme_names_the_two_commands_first() -> None:
    commands = re.findall(r"^\./run\.sh (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands[:2] == ["demo", "test"]


def test_what_is_said_to_be_tried_is_tried() -> None:
    said = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    assert len(said) > 30
    assert [path for path in said if not (ROOT / path).exists()] == []
