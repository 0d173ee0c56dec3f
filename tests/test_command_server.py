"""What runs the product's commands in tests gives what a process of its own gives."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.commands import end_command_server, run_command
from tests.support.processes import python
from tests.support.running import plain_environment


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--version",), ""),
        (("site", "list"), ""),
        (("site", "add", "Station", "--time-zone", "Mars/Olympus"), ""),
        (("user", "add", "anna", "--role", "viewer", "--password-stdin"), "short"),
        (("nothing",), ""),
    ],
)
def test_it_gives_what_a_process_of_its_own_gives(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    folders = [tmp_path / "server", tmp_path / "process"]
    for folder in folders:
        folder.mkdir()
    environment = plain_environment(DATA_DIR="var", TZ="Asia/Tokyo")
    found = run_command(*arguments, environment=environment, folder=folders[0], said=said)
    alone = subprocess.run(
        python("-m", "peoplecount", *arguments), env=environment, cwd=folders[1], input=said,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert found.stdout + found.stderr
    made = [sorted(path.relative_to(folder) for path in folder.rglob("*")) for folder in folders]
    assert made[0] == made[1]


def test_nothing_of_one_command_is_there_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    wrong = run_command("site", "list", environment=plain_environment(PORT="x"), folder=tmp_path)
    right = run_command("site", "list", environment=plain_environment(DATA_DIR="var"), folder=tmp_path)
    assert (wrong.returncode, right.returncode) == (2, 0)
    assert "PORT" in wrong.stderr
    assert right.stderr == ""


def test_another_program_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "peoplecount.py").write_text("print('another')")
    found = run_command("--version", environment=plain_environment(PYTHONPATH=str(tmp_path)), folder=tmp_path)
    assert found.stdout == "another\n"


def test_what_takes_too_long_is_killed_and_the_next_one_runs(tmp_path: Path) -> None:
    environment = plain_environment(DATA_DIR="var")
    with pytest.raises(subprocess.TimeoutExpired):
        run_command("simulate", "--port", "0", environment=environment, folder=tmp_path, timeout=1)
    assert run_command("--version", environment=environment, folder=tmp_path).returncode == 0


def test_it_can_be_ended_twice(tmp_path: Path) -> None:
    end_command_server()
    end_command_server()
    assert run_command("--version", environment=plain_environment(), folder=tmp_path).returncode == 0
