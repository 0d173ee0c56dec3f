"""``run.sh`` with a Python that only writes down what it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

if sys.platform == "win32":
    pytest.skip("run.sh needs bash", allow_module_level=True)

PYTHON = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
    *version_info*) exit "${TOO_OLD:-0}" ;;
    *"import ensurepip"*) exit "${NO_ENSUREPIP:-0}" ;;
    *" ${FAILING:-nothing}"*) echo "a fault"; exit 1 ;;
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
esac
"""

TOOLS = ["bash", "env", "dirname", "basename", "cat", "cksum", "mkdir", "mktemp", "rm", "cp", "sed", "sh"]


class Checkout:
    """A copy of the script in a folder whose name has blanks, called from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "people count"
        self.elsewhere = folder / "elsewhere"
        self._tools, self._calls = folder / "bin", folder / "calls"
        for made in (self.folder, self.elsewhere, self._tools):
            made.mkdir()
        shutil.copy(ROOT / "run.sh", self.folder)
        (self.folder / "requirements.txt").write_text("flask\n")
        (self.folder / "requirements-dev.txt").write_text("-r requirements.txt\nruff\n")
        for tool in TOOLS:
            os.symlink(shutil.which(tool) or tool, self._tools / tool)
        fake = self._tools / "python3"
        fake.write_text(PYTHON)
        fake.chmod(0o755)

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        self._calls.write_text("")
        environment = {"PATH": str(self._tools), "CALLS": str(self._calls)} | environ
        script = str(self.folder / "run.sh")
        return subprocess.run(
            [script, *arguments], cwd=self.elsewhere, env=environment, capture_output=True, text=True, check=False
        )

    def calls(self) -> list[str]:
        """What Python was asked for, without questions about itself."""
        return [line for line in self._calls.read_text().splitlines() if not line.startswith("-c import")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_alone_it_lists_its_chores_each_with_a_sentence(checkout: Checkout, arguments: tuple[str, ...]) -> None:
    listed = checkout.run(*arguments)
    assert listed.returncode == 0
    for chore in ("demo", "serve", "test", "check", "bench", "chaos"):
        (line,) = [line for line in listed.stdout.splitlines() if line.startswith(f"  {chore} ")]
        assert line.endswith(".")
    assert checkout.calls() == []


def test_an_unknown_chore_is_refused_with_the_list(checkout: Checkout) -> None:
    told = checkout.run("dmeo")
    assert told.returncode == 1
    assert told.stderr.endswith("There is no chore dmeo.\n")
    assert "  demo " in told.stderr


def test_the_first_demo_makes_the_environment_installs_and_starts(checkout: Checkout) -> None:
    assert checkout.run("demo").returncode == 0
    assert checkout.calls() == [
        "-m venv --clear .venv",
        "-m pip install --disable-pip-version-check --requirement requirements.txt",
        "-m peoplecount demo",
    ]


def test_afterwards_nothing_is_installed_again(checkout: Checkout) -> None:
    checkout.run("demo")
    checkout.run("serve", "--reload")
    assert checkout.calls() == ["-m peoplecount serve --reload"]


def test_changed_requirements_are_installed_again(checkout: Checkout) -> None:
    checkout.run("demo")
    (checkout.folder / "requirements.txt").write_text("flask\nrequests\n")
    checkout.run("demo")
    assert [call.split()[1] for call in checkout.calls()] == ["pip", "peoplecount"]


def test_tests_run_in_parallel_unless_told_otherwise(checkout: Checkout) -> None:
    checkout.run("test")
    assert "--requirement requirements-dev.txt" in checkout.calls()[1]
    assert checkout.calls()[-1] == "-m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder"
    checkout.run("test", "-k", "a b", "-x")
    assert checkout.calls() == ["-m pytest -k a b -x"]


def test_every_check_is_run(checkout: Checkout) -> None:
    checkout.run("test")
    assert checkout.run("check").returncode == 0
    modules = [call.split()[1] for call in checkout.calls() if call.startswith("-m")]
    assert sorted(modules) == [
        "bandit",
        "mypy",
        "peoplecount.settings.document",
        "peoplecount.web.api.connector",
        "peoplecount.web.extraction",
        "ruff",
        "ruff",
        "tests.sbom",
    ]
    assert "deploy/release.py --check" in checkout.calls()


@pytest.mark.parametrize("failing", ["ruff", "mypy", "tests.sbom"])
def test_one_check_that_fails_is_enough_and_the_others_are_run(checkout: Checkout, failing: str) -> None:
    checkout.run("test")
    told = checkout.run("check", FAILING=failing)
    assert told.returncode == 1
    assert ("a fault" in told.stdout) == (failing != "tests.sbom"), "what that one prints is no fault"
    assert len(checkout.calls()) == 10


def test_an_old_python_is_one_line(checkout: Checkout) -> None:
    told = checkout.run("demo", TOO_OLD="1")
    assert told.returncode == 1
    assert told.stderr.startswith("Python 3.11 or newer is needed")
    assert told.stderr.count("\n") == 1


def test_a_missing_ensurepip_is_one_line_that_names_the_package(checkout: Checkout) -> None:
    told = checkout.run("demo", NO_ENSUREPIP="1")
    assert told.returncode == 1
    assert "apt install python3-venv" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (checkout.folder / ".venv").exists()


def test_benches_are_listed_with_their_sentences(checkout: Checkout) -> None:
    assert "nothing to measure yet" in checkout.run("bench").stdout
    (checkout.folder / "bench").mkdir()
    (checkout.folder / "bench" / "poll.py").write_text('"""What a poll costs."""\n')
    assert "  poll     What a poll costs." in checkout.run("bench").stdout
    assert checkout.run("bench", "pol").stderr == "There is no bench pol. ./run.sh bench lists them.\n"
    checkout.run("bench", "poll", "--cameras", "9")
    assert checkout.calls()[-1] == "-m bench.poll --cameras 9"


def test_scripts_keep_their_line_ends_on_every_system() -> None:
    attributes = (ROOT / ".gitattributes").read_text()
    assert "*.sh text eol=lf" in attributes
    assert b"\r" not in (ROOT / "run.sh").read_bytes() + (ROOT / ".ci" / "run").read_bytes()


@pytest.mark.parametrize("script", ["run.sh", ".ci/run"])
def test_scripts_may_be_run_and_use_nothing_newer_than_bash_3(script: str) -> None:
    source = (ROOT / script).read_text()
    assert os.access(ROOT / script, os.X_OK)
    assert source.startswith("#!/usr/bin/env bash\n")
    for newer in ("declare -A", "mapfile", "readarray", "${1^", "${1,", "&>>", "|&", "local -n"):
        assert newer not in source
