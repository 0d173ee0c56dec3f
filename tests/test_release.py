"""``./run.sh release``: a version in the program and in the changelog, which agree."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT

RELEASE: dict[str, Any] = runpy.run_path(str(ROOT / "deploy" / "release.py"))
Source, Unfit, main = RELEASE["Source"], RELEASE["Unfit"], RELEASE["main"]

NEW = "# Changes\n\nNewest first.\n\n## Unreleased\n\n- Something new.\n"
OLD = "\n## 0.2.0 (2026-03-04)\n\n- This.\n\n## 0.1.0 (2026-01-02)\n\n- That.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "peoplecount").mkdir()
    program(tmp_path).write_text('"""The program."""\n\n__version__ = "0.2.0"\n')
    changes(tmp_path).write_text(NEW + OLD)
    return tmp_path


def program(root: Path) -> Path:
    return root / "peoplecount" / "__init__.py"


def changes(root: Path) -> Path:
    return root / "CHANGELOG.md"


def test_this_program_and_this_changelog_agree() -> None:
    assert Source(ROOT).faults() == []
    assert main(["--check"]) == 0


def test_what_is_unreleased_becomes_a_version_and_new_things_have_a_place(root: Path) -> None:
    Source(root).release("0.3.0", date(2026, 5, 6))
    assert program(root).read_text() == '"""The program."""\n\n__version__ = "0.3.0"\n'
    assert changes(root).read_text() == NEW.replace("Unreleased", "Unreleased\n\n## 0.3.0 (2026-05-06)") + OLD
    assert Source(root).faults() == []


def test_the_first_version_may_be_the_one_the_program_says_already(root: Path) -> None:
    changes(root).write_text(NEW)
    assert Source(root).faults() == []
    Source(root).release("0.2.0", date(2026, 5, 6))
    assert Source(root).faults() == []


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("0.2.0", "does not come after"),
        ("0.1.9", "does not come after"),
        ("v0.3.0", "no version such as"),
        ("0.3", "no version such as"),
        ("0.3.0rc1", "no version such as"),
    ],
)
def test_another_version_is_refused_and_nothing_changes(
    root: Path, version: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([version], root) == 1
    assert says in capsys.readouterr().err
    assert changes(root).read_text() == NEW + OLD


def test_ten_comes_after_nine(root: Path) -> None:
    Source(root).release("0.10.0", date(2026, 5, 6))
    changes(root).write_text(changes(root).read_text().replace("## Unreleased\n", "## Unreleased\n\n- More.\n"))
    with pytest.raises(Unfit, match="does not come after"):
        Source(root).release("0.9.0", date(2026, 5, 7))


def test_where_nothing_has_changed_there_is_no_version(root: Path) -> None:
    changes(root).write_text("# Changes\n\n## Unreleased\n" + OLD)
    with pytest.raises(Unfit, match="nothing has changed"):
        Source(root).release("0.3.0", date(2026, 5, 6))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (OLD, "not with Unreleased"),
        (NEW + OLD.replace("0.2.0", "0.2.1"), "newest version is 0.2.1"),
        (NEW + OLD.replace("0.2.0 (2026-03-04)", "0.2.0"), "no heading such as"),
        (NEW + OLD.replace("0.1.0", "0.3.0"), "do not fall"),
        ("", "not with Unreleased"),
    ],
)
def test_what_does_not_fit_is_said(root: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    changes(root).write_text(text)
    assert main(["--check"], root) == 1
    assert says in capsys.readouterr().err
