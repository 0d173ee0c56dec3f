"""The unit for systemd and the image, looked at by those who know: systemd-analyze and hadolint."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import ROOT

UNIT = ROOT / "deploy" / "peoplecount.service"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
ANALYZE = shutil.which("systemd-analyze")

MOST_EXPOSURE = 3.0
"""Of 10, by ``systemd-analyze security``."""

systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed (apt install systemd)")


def _exposure(unit: Path) -> float:
    told = subprocess.run(
        [ANALYZE or "", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    return float(found[1])


@systemd
def test_the_unit_exposes_little(tmp_path: Path) -> None:
    assert _exposure(UNIT) < MOST_EXPOSURE
    text = UNIT.read_text()
    (tmp_path / "peoplecount.service").write_text(text[: text.index("CapabilityBoundingSet=")])
    assert _exposure(tmp_path / "peoplecount.service") > MOST_EXPOSURE, "it is the lines below that do it"


@systemd
def test_systemd_finds_nothing_odd_in_the_unit(tmp_path: Path) -> None:
    here = UNIT.read_text().replace("/opt/peoplecount/bin/peoplecount", sys.executable)
    (tmp_path / "peoplecount.service").write_text(here)
    told = subprocess.run(
        [ANALYZE or "", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "peoplecount.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


def _lint(path: Path) -> subprocess.CompletedProcess[str]:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (requirements-dev.txt)")
    return subprocess.run([hadolint, "--no-color", str(path)], capture_output=True, text=True, check=False)


def test_hadolint_finds_nothing_in_the_dockerfile(tmp_path: Path) -> None:
    told = _lint(DOCKERFILE)
    assert (told.returncode, told.stdout) == (0, "")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.read_text().replace("USER 10001", "USER root"))
    assert "DL3002" in _lint(tmp_path / "Dockerfile").stdout


def _instructions() -> list[tuple[str, str]]:
    """Instruction and what follows it, with continued lines joined and comments left out."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = (line.partition(" ") for line in text.splitlines() if line)
    return [(name, " ".join(rest.split())) for name, _, rest in lines]


def test_the_image_is_made_in_two_stages_and_is_nobodys_root() -> None:
    instructions = _instructions()
    assert [name for name, _ in instructions].count("FROM") == 2
    last_stage = max(at for at, (name, _) in enumerate(instructions) if name == "FROM")
    assert instructions.index(("USER", "10001")) > last_stage
    assert instructions[-1] == ("CMD", '["peoplecount", "serve"]')


def test_everything_copied_into_the_image_is_let_through_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*"
    assert {name for name in let_through if not (ROOT / name).exists()} == set()
    assert {
        "requirements.lock",
        "requirements-build.lock",
        "requirements-redis.lock",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "peoplecount",
        "templates",
    } <= let_through
    assert not let_through & {".env", "var", ".git", "tests"}


def test_the_steps_of_the_image_install_a_program_that_runs(tmp_path: Path) -> None:
    """The build's own RUN lines, without apt, on what the ``.dockerignore`` lets through, under another root."""
    source, program = tmp_path / "source", tmp_path / "opt" / "peoplecount"
    source.mkdir()
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line.startswith("!"):
            path = ROOT / line[1:]
            (shutil.copytree if path.is_dir() else shutil.copy)(path, source / path.name)
    instructions = _instructions()
    second_stage = [name for name, _ in instructions].index("FROM", 1)
    steps = [rest for name, rest in instructions[:second_stage] if name == "RUN" and "apt-get" not in rest]
    assert len(steps) == 4
    for step in steps:
        there = step.replace("/opt/peoplecount", str(program))
        environment = {**os.environ, "EXTRAS": "mqtt redis"}
        subprocess.run(["sh", "-eu", "-c", there], cwd=source, env=environment, check=True, capture_output=True)
    subprocess.run([program / "bin" / "python", "-c", "import paho.mqtt, redis"], check=True)
    built_by = subprocess.run([program / "bin" / "python", "-c", "import hatchling"], capture_output=True, check=False)
    assert built_by.returncode == 1, "what makes the package stays out of the image"
    told = subprocess.run([program / "bin" / "peoplecount", "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("peoplecount ")
    alive = [program / "bin" / "peoplecount", "alive"]
    health = subprocess.run(alive, cwd=tmp_path, env={"PORT": "1"}, capture_output=True, text=True, check=False)
    assert (health.returncode, health.stderr.startswith("The service is not alive: ")) == (1, True)
