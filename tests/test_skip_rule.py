"""The rule for skipped tests, tried on a run of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT, bare_environment, python

TESTS = """
import pytest

def test_runs(): pass

@pytest.mark.skip(reason="{reason}")
def test_is_skipped(): pass
"""


def run(folder: Path, reason: str, *options: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_some.py").write_text(TESTS.format(reason=reason))
    plugins = ["-p", "tests.support.skip_rule", "-p", "no:cacheprovider"]
    command = python("-m", "pytest", *plugins, "--rootdir", str(folder), *options, str(folder))
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # other plugins have no part in the rule, and take long to import
    environment = bare_environment(PYTHONPATH=str(ROOT), **alone, **environ)
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_elsewhere_a_skipped_test_is_no_fault(tmp_path: Path) -> None:
    assert run(tmp_path, "no PostgreSQL").returncode == 0


def test_in_ci_a_skipped_test_fails_the_run_and_is_named(tmp_path: Path) -> None:
    told = run(tmp_path, "no PostgreSQL", CI="true")
    assert told.returncode == 1
    assert "test_is_skipped: Skipped: no PostgreSQL" in told.stdout


@pytest.mark.parametrize("reason", ["needs a SQL Server: set TEST_MSSQL_URL", "the git history is not here"])
def test_in_ci_what_cannot_be_had_there_may_be_skipped(tmp_path: Path, reason: str) -> None:
    assert run(tmp_path, reason, CI="true").returncode == 0


def test_in_ci_the_rule_holds_for_parallel_runs_too(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    assert run(tmp_path, "no PostgreSQL", "-p", "xdist", "-n1", CI="true").returncode == 1
