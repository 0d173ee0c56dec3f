"""What the documents point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from peoplecount.__main__ import command_sentences
from peoplecount.settings.table import by_name
from tests.support.documents import headings
from tests.support.processes import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_part_of_a_document_finds_it(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*\.md|)#([^)]+)\)", document.read_text(encoding="utf-8"))
    missing = [
        f"{path}#{part}" for path, part in links if part not in headings(document.parent / path if path else document)
    ]
    assert missing == []


def test_what_the_drawings_of_the_components_name_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = "".join(re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL))
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][A-Za-z]+)+\b", drawing)) - {"APScheduler", "PostgreSQL", "SQLite"}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "peoplecount").rglob("*.py"))
    assert len(named) > 8
    assert {name for name in named if f"class {name}" not in source} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_chore_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    commands = set(re.findall(r"python -m peoplecount ([a-z]+)", text))
    assert commands <= command_sentences().keys()
    chores = set(re.findall(r"\./run\.sh ([a-z]+)", text))
    listed = re.findall(r"^  ([a-z]+) +[A-Z]", (ROOT / "run.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert chores <= set(listed)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_that_is_set_in_a_command_exists(document: Path) -> None:
    blocks = re.findall(r"^ *```\w*\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [
        line.strip() for block in blocks for line in block.splitlines() if "peoplecount" in line or "run.sh" in line
    ]
    prefixes = [re.match(r"(?:[A-Z][A-Z_]+=\S* )+", line) for line in lines]
    named = {name for prefix in prefixes if prefix for name in re.findall(r"([A-Z][A-Z_]+)=", prefix.group())}
    assert named <= by_name().keys() | {"PYTHON", "TEST_MSSQL_URL"}


def test_the_readme_is_read_at_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_the_readme_names_the_two_commands_first() -> None:
    commands = re.findall(r"^\./run\.sh (\w+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands[:2] == ["demo", "test"]
